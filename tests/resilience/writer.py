# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A member of a crowd that makes many runs, each of which changes all files.

Usage: writer.py DIRECTORY NUMBER RUNS
"""

from __future__ import annotations

import pathlib
import sys
import time
import typing as t

from ansible_collections.mailops.dms.plugins.module_utils._store.replacing import Hooks
from ansible_collections.mailops.dms.tests.resilience import core, crowd


def options(name: str) -> dict[str, t.Any]:
    """Return options that add one entry to each file."""
    address = f"{name}@example.com"
    return {
        "accounts": [{"address": address, "password_hash": crowd.PASSWORD_HASH, "quota": "20M"}],
        "aliases": [{"alias": f"{name}@example.org", "recipients": [address]}],
        "regex_aliases": [{"pattern": rf"^{name}@example\.net$", "recipients": [address]}],
        "restrictions": [{"address": address, "restrict": ["send", "receive"]}],
        "relays": [{"sender": address, "host": "smtp.example.net", "port": 587}],
        "relay_credentials": [{"sender": address, "user": "relay", "password": "secret"}],
        "masters": [{"name": name, "password_hash": crowd.PASSWORD_HASH}],
    }


def write(directory: pathlib.Path, name: str) -> None:
    """Make one run and tell when it began to prepare its files, and when it returned."""
    prepared: list[float] = []

    def note(descriptor: int) -> None:
        prepared.append(time.monotonic())

    changed = core.run(directory, options(name), timeout=300, hooks=Hooks(note))
    crowd.tell(name=name, changed=changed, start=prepared[0], end=time.monotonic())


def main() -> None:
    directory, number, runs = sys.argv[1:]
    for index in range(int(runs)):
        write(pathlib.Path(directory), f"w{number}-{index}")


if __name__ == "__main__":
    main()

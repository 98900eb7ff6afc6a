# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A member of a crowd that makes many runs, each of which changes all four files.

Usage: writer.py DIRECTORY NUMBER RUNS
"""

from __future__ import annotations

import pathlib
import sys
import typing as t

from ansible_collections.mailops.dms.tests.resilience import core, crowd


def options(name: str) -> dict[str, t.Any]:
    """Return options that add one entry to each file."""
    address = f"{name}@example.com"
    return {
        "accounts": [
            {"address": address, "password_hash": crowd.PASSWORD_HASH, "quota": "20M"}
        ],
        "aliases": [{"alias": f"{name}@example.org", "recipients": [address]}],
        "regex_aliases": [
            {"pattern": rf"^{name}@example\.net$", "recipients": [address]}
        ],
    }


def main() -> None:
    directory, number, runs = sys.argv[1:]
    for index in range(int(runs)):
        name = f"w{number}-{index}"
        with crowd.timed() as deed:
            changed = core.run(pathlib.Path(directory), options(name), timeout=300)
        crowd.tell(name=name, changed=changed, **deed)


if __name__ == "__main__":
    main()

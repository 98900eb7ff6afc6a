# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure the core on large files, or what it is measured against.

Usage: python tests/bench/core.py edit|copy FILE
       python tests/bench/core.py know|verify|crypt DIRECTORY
Prints the seconds that it took and the largest memory (megabytes) as JSON.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import itertools
import json
import resource
import sys
import time
from pathlib import Path

from ansible_collections.mailops.dms.plugins.module_utils._findings.checks import find
from ansible_collections.mailops.dms.plugins.module_utils._kinds.alias import ALIAS
from ansible_collections.mailops.dms.plugins.module_utils._kinds.kinds import FILE_NAMES
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.server import MailServer
from ansible_collections.mailops.dms.plugins.module_utils._plan.plan import make_plan
from ansible_collections.mailops.dms.plugins.module_utils._plan.wish import wish_of_entry
from ansible_collections.mailops.dms.plugins.module_utils._tables.directory import Tables
from ansible_collections.mailops.dms.tests.support import wishes

# The documented password of all accounts, and how many addresses are asked for.
PASSWORD = "secret"
ROUTES = 1000


def edit(path: Path) -> None:
    """Add a recipient to the alias in the middle of a file."""
    options = {
        "alias": "alias500000@example.com",
        "recipients": ["archive@example.org"],
        "append": True,
        "state": "present",
        "allow_account_overlap": False,
        "protect_accounts": True,
    }
    contents = {**dict.fromkeys(FILE_NAMES), path.name: path.read_bytes()}
    plan = make_plan(wish_of_entry(ALIAS, options), contents)
    path.with_suffix(".edited").write_bytes(plan.files[0].content)


def copy(path: Path) -> None:
    """Read a file, split it into lines and write them."""
    lines = path.read_bytes().splitlines(keepends=True)
    path.with_suffix(".copied").write_bytes(b"".join(lines))


def know(directory: Path) -> None:
    """Find all hazards of a config directory, and where mail to its aliases goes."""
    server = MailServer(_contents(directory))
    find(server)
    keys = server.aliases.numbers
    every = max(len(keys) // ROUTES, 1)
    for key in itertools.islice(keys, 0, ROUTES * every, every):
        server.route(f"somebody{key}" if key.startswith("@") else key)


def verify(directory: Path) -> None:
    """Plan for accounts that have their passwords already."""
    contents = _contents(directory)
    accounts = [{"address": address, "password": PASSWORD} for address in Tables(contents).accounts]
    if wishes.plan({"accounts": accounts}, contents).files:
        sys.exit("a password does not verify")


def crypt(directory: Path) -> None:
    """Let the C library hash the passwords of all accounts, one by one."""
    library = ctypes.CDLL(ctypes.util.find_library("crypt"))
    library.crypt.restype = ctypes.c_char_p
    for line in (directory / wishes.ACCOUNTS).read_bytes().splitlines():
        stored = line.partition(b"}")[2]
        if library.crypt(PASSWORD.encode(), stored) != stored:
            sys.exit("a password does not verify")


def _contents(directory: Path) -> dict[str, bytes | None]:
    """Return the contents of a config directory."""
    paths = {name: directory / name for name in FILE_NAMES}
    return {name: path.read_bytes() if path.exists() else None for name, path in paths.items()}


MEASURED = {"edit": edit, "copy": copy, "know": know, "verify": verify, "crypt": crypt}


def main() -> None:
    """Measure what the command line names."""
    measured = MEASURED[sys.argv[1]]
    idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    measured(Path(sys.argv[2]))
    seconds = time.perf_counter() - start
    kibibytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - idle
    print(json.dumps({"seconds": seconds, "megabytes": kibibytes * 1024 / 1e6}))


if __name__ == "__main__":
    main()

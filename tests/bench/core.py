# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure one edit of a large file, or what it is measured against.

Usage: python tests/bench/core.py edit|copy FILE
Prints the seconds that it took and the largest memory (megabytes) as JSON.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from ansible_collections.mailops.dms.plugins.module_utils._provision import make_plan
from ansible_collections.mailops.dms.plugins.module_utils._tables.directory import (
    FILE_NAMES,
)
from ansible_collections.mailops.dms.plugins.module_utils._wish import desired_entry


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
    plan = make_plan(desired_entry("aliases", options), contents)
    path.with_suffix(".edited").write_bytes(plan.files[0].content)


def copy(path: Path) -> None:
    """Read a file, split it into lines and write them."""
    lines = path.read_bytes().splitlines(keepends=True)
    path.with_suffix(".copied").write_bytes(b"".join(lines))


def main() -> None:
    """Measure what the command line names."""
    measured = {"edit": edit, "copy": copy}[sys.argv[1]]
    idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    measured(Path(sys.argv[2]))
    seconds = time.perf_counter() - start
    kibibytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - idle
    print(json.dumps({"seconds": seconds, "megabytes": kibibytes * 1024 / 1e6}))


if __name__ == "__main__":
    main()

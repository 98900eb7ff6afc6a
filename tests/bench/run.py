# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure how fast the collection is, as ratios of two times taken in one run.

Usage: .venv/bin/python tests/bench/run.py [--rounds NUMBER] [--against COMMIT] [--write]
"""

from __future__ import annotations

import argparse
import importlib
import sys
import tempfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT / ".build" / "collections"))

PACKAGE = "ansible_collections.mailops.dms.tests.bench"
rows = importlib.import_module(f"{PACKAGE}.rows")
table = importlib.import_module(f"{PACKAGE}.table")
version = importlib.import_module(f"{PACKAGE}.version")


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="how often to measure")
    parser.add_argument("--against", metavar="COMMIT", help="the version to measure against")
    parser.add_argument("--write", action="store_true", help="write the table and its picture into docs, too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        if options.against:
            with version.version_of(options.against, directory) as other:
                found = rows.compared(other, options.against, directory, options.rounds)
        else:
            found = rows.measured(directory, options.rounds)
    print(table.markdown(found))
    if options.write:
        table.write(found, CHECKOUT / "docs")


if __name__ == "__main__":
    main()

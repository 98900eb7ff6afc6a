# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page about findings names every hazard; its table of findings is generated."""

from __future__ import annotations

import pathlib
import re

from ansible_collections.mailops.dms.plugins.module_utils._findings.checks import CHECKS

CHECKOUT = pathlib.Path(__file__).parents[5]
PAGE = CHECKOUT / "docs" / "docsite" / "rst" / "findings.rst"

# The hazards of docker-mailserver that were known first; others have other numbers.
HAZARDS = {f"H{number:02}" for number in (*range(1, 14), *range(20, 71), 74, 76, 78)}


def rows(text: str) -> list[list[str]]:
    """Return the rows of the tables of a page, without their headers."""
    found: list[list[str]] = []
    for line in text.splitlines():
        cell = re.fullmatch(r"   (\* -|  -) (.*)", line)
        if cell and cell[1] == "* -":
            found.append([])
        if cell:
            found[-1].append(cell[2].strip("`"))
    return [row for row in found if row[0] != "Number"]


def test_each_hazard_is_a_finding_or_has_a_reason() -> None:
    all_rows = rows(PAGE.read_text(encoding="utf-8"))
    hidden = [row[0] for row in all_rows if len(row) == 2]
    assert set(CHECKS).isdisjoint(hidden)
    assert HAZARDS.issubset([*CHECKS, *hidden])

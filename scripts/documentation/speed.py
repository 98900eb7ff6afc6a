# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is generated of the measured speed."""

from __future__ import annotations

import re

from .layout import list_table
from .source import GenerationError, Source

_MEASURED = "docs/speed.md"
_REGION = re.compile(r"<!-- begin measured -->\n\n(.+)\n\n((?:\|.*\n)+)")
_WIDTHS = (40, 16, 24, 12, 8)


def table(source: Source) -> list[str]:
    """Return what "make bench" has measured as a table.

    Raises GenerationError if there is no table of it.
    """
    match = _REGION.search(source.text(_MEASURED))
    if not match:
        raise GenerationError(f"{_MEASURED}: there is no table between its comments; run 'make bench'")
    headers, _alignment, *rows = ([cell.strip() for cell in row.strip("|").split("|")] for row in match[2].splitlines())
    return [match[1], "", *list_table(headers, rows, _WIDTHS)]

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How messages show a text of a user or of a file, how its numbers are read, and how long a line may be."""

from __future__ import annotations

LONGEST_LINE = 65_536
"""How many bytes a line may have, with those that continue it; what is longer is not read (H80).

Neither DMS nor Postfix has such a limit, but Postfix takes 1000 recipients for an address
(virtual_alias_expansion_limit): there is room for 65 bytes each.
"""

_LONGEST_QUOTED = 400
"""How many characters of a text a message quotes; an address has at most 320."""


def in_quotes(text: str) -> str:
    """Return a text in quotes as it was written: a backslash of a pattern stays one.

    Only what could not be seen is escaped, such as a newline, and of a long text there is only its beginning.
    """
    shown = text if len(text) <= _LONGEST_QUOTED else f"{text[:_LONGEST_QUOTED]}..."
    quote = '"' if "'" in shown else "'"
    if not shown.isprintable():
        shown = "".join(map(_visible, shown))
    length = f" ({len(text)} characters)" if len(text) > _LONGEST_QUOTED else ""
    return f"{quote}{shown}{quote}{length}"


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode("ascii")


def bounded_number(digits: str, most: int) -> int:
    """Return the number that digits stand for, one more than `most` where it is larger."""
    digits = digits.lstrip("0") or "0"
    return min(int(digits), most + 1) if len(digits) <= len(str(most)) else most + 1

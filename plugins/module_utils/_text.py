# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How messages show a text of a user or of a file."""

from __future__ import annotations


def in_quotes(text: str) -> str:
    """Return a text in quotes as it was written: a backslash of a pattern stays one.

    Only what could not be seen is escaped, such as a newline.
    """
    quote = '"' if "'" in text else "'"
    if not text.isprintable():
        text = "".join(map(_visible, text))
    return f"{quote}{text}{quote}"


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode("ascii")

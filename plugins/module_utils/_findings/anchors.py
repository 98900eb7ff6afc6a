# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which addresses the text of a pattern is meant for."""

from __future__ import annotations

import functools
import re

_BEGIN = re.compile(r"\^|\\A|@")
_CHARACTER_CLASS = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*(?:\]|\Z)")
_END = re.compile(r"(?<!\\)\$$|\\[zZ]$")
_LITERAL = re.compile(r"[A-Za-z0-9]{2}")
_TOKEN = re.compile(rf"{_CHARACTER_CLASS.pattern}|.", re.DOTALL)


@functools.lru_cache(maxsize=10_000)
def names_its_domain(pattern: str) -> bool:
    """Whether a pattern matches addresses of certain domains alone."""
    return all(map(_ends_with_domain, _alternatives(pattern)))


def names_its_beginning(pattern: str) -> bool:
    """Whether a pattern says with what an address begins."""
    return all(map(_BEGIN.match, _alternatives(pattern)))


def _alternatives(pattern: str) -> list[str]:
    """Return the alternatives at the top of a pattern."""
    pieces: list[list[str]] = [[]]
    depth = 0
    for token in _TOKEN.findall(pattern):
        depth += {"(": 1, ")": -1}.get(token, 0)
        if token == "|" and depth == 0:
            pieces.append([])
        else:
            pieces[-1].append(token)
    return list(map("".join, pieces))


def _ends_with_domain(alternative: str) -> bool:
    at = alternative.rfind("@")
    if at < 0 or not _END.search(alternative):
        return False
    return bool(_LITERAL.search(_CHARACTER_CLASS.sub(" ", alternative[at:])))

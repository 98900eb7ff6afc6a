# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an address holds if a pattern matches it, so that most need not be tried."""

from __future__ import annotations

import re

# What may end a match early, or give another meaning to what follows.
_NOT_READ = re.compile(r"\\[^dDwWsSbBAzZtrnfvVhHKGR\W_]|\(\*|\(\?[^:=!<>|]|\(\?<[^=!]")
_TOKEN = re.compile(
    r"""
    (?P<repeat>[*+?]|\{[0-9, ]*\}?)
  | (?P<other>\[\^?\]?(?:\\.|\[:[a-z^]+:\]|\[(?!:[a-z^]+:\])|[^][\\])*\]|\\\w|[.^$])
  | (?P<group>[()])
  | (?P<bar>\|)
  | \\?(?P<literal>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_BEGINNING = "\n"
_LONG_ENOUGH = 4


def literal_of(pattern: str, flags: set[str]) -> bytes:
    """Return a folded text that each matching address holds, empty where none is known.

    A newline stands for the beginning of an address. `pattern` is valid; what counts stands
    in no group, and there are no alternatives but in groups.
    """
    if "x" in flags or _NOT_READ.search(pattern):
        return b""
    is_anchored = pattern.startswith("^") and "m" not in flags
    runs = [_BEGINNING if is_anchored else ""]
    depth = 0
    for found in _TOKEN.finditer(pattern, int(is_anchored)):
        if found["group"]:
            depth += 1 if found["group"] == "(" else -1
        elif depth:
            continue
        elif found["bar"]:
            return b""
        elif found["literal"]:
            runs[-1] += found["literal"]
            continue
        elif found["repeat"]:
            runs[-1] = runs[-1][:-1]
        runs.append("")
    best = runs[0] if len(runs[0]) >= _LONG_ENOUGH else max(runs, key=len)
    return b"" if best == _BEGINNING else best.encode("utf-8", "surrogateescape").lower()

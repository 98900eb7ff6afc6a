# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The maps and lists that settings of Postfix name (postconf(5))."""

from __future__ import annotations

import typing as t

# Maps of patterns are asked for whole addresses alone (mail_addr_find(3)).
_PATTERNS = ("pcre:", "regexp:", "cidr:")
_PROXY = "proxy:"

_SEPARATORS = ", \t\r\n"


class Entries(t.NamedTuple):
    """What a list of names, files and maps has, each kind in its order."""

    maps: tuple[str, ...]
    files: tuple[str, ...]
    names: tuple[str, ...]


def split(value: str) -> list[str]:
    """Return the entries of a list; what stands in braces is one."""
    entries, depth, entry = [], 0, ""
    for character in f"{value},":
        depth += {"{": 1, "}": -1}.get(character, 0)
        if depth <= 0 and character in _SEPARATORS:
            entries.append(entry)
            entry = ""
        else:
            entry += character
    return [entry for entry in entries if entry]


def entries_of(value: str) -> Entries:
    """Return what a list has, as match_list(3) tells maps, files and names apart."""
    entries = split(value)
    files = [entry for entry in entries if entry.startswith("/")]
    maps = [entry for entry in entries if ":" in entry and entry not in files and not entry.startswith("[")]
    names = [entry for entry in entries if entry not in files and entry not in maps]
    return Entries(tuple(maps), tuple(files), tuple(names))


def has_patterns(map_name: str) -> bool:
    """Whether a map has patterns, which parts of an address are not looked up in."""
    return map_name.removeprefix(_PROXY).startswith(_PATTERNS)


def file_of(map_name: str) -> str | None:
    """Return the file that Postfix reads as a whole when a process of it opens a map, None for any other map.

    It does not notice that such a file changes (DATABASE_README).
    """
    kind, dummy, path = map_name.removeprefix(_PROXY).partition(":")
    return path if kind in ("texthash", "pcre", "regexp", "cidr") and path.startswith("/") else None

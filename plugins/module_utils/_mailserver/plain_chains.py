# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Aliases that lead to other aliases, and come to an end for certain.

A file may have a hundred thousand of them. They are told by the numbers of their lines alone:
what leads to aliases that end ends too. All others are left for a walk.
"""

from __future__ import annotations

import typing as t

from .limits import LONGEST_ADDRESS, MOST_RECIPIENTS
from .syntax import is_plain

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Mapping

    from .state import State

# Longer chains are rare, and a walk does not mind them.
_LONGEST_CHAIN = 10


class Entry(t.NamedTuple):
    """Key, as it is written, and value of an alias."""

    key: str
    value: str


def without_ending_ones(server: State, going_on: Mapping[int, Entry]) -> dict[int, Entry]:
    """Return the aliases, by the number of their line, that are not known to end within the limits of Postfix.

    `going_on` has all those of which a recipient may be replaced once more.
    """
    entries = server.aliases.entries
    keys = server.aliases.numbers
    following = {number: _aliases_of_recipients(server, keys, number, entry) for number, entry in going_on.items()}
    sizes: dict[int, int] = {}

    def size_of(number: int) -> int:
        entry = entries[number - 1]
        return sizes.get(number) or (entry[1].count(",") + 1 if entry else 0)

    for dummy in range(_LONGEST_CHAIN):
        ending = [number for number, numbers in following.items() if following.keys().isdisjoint(numbers)]
        for number in ending:
            sizes[number] = size_of(number) + sum(map(size_of, following[number]))
            if sizes[number] <= MOST_RECIPIENTS:
                del following[number]
        if not ending:
            break
    return {number: going_on[number] for number in following}


def _aliases_of_recipients(server: State, keys: Mapping[str, int], number: int, entry: Entry) -> list[int]:
    """Return which aliases replace recipients of another one, other than its own key.

    Where more than aliases may replace them, the alias follows itself: no end of it is known.
    """
    if not is_plain(entry.value):
        return [number]
    own_key = entry.key.lower()
    found = []
    for recipient in entry.value.split(","):
        folded = recipient.lower()
        alias = keys.get(folded)
        if len(recipient) > LONGEST_ADDRESS or (alias is None and _is_replaced_otherwise(server, recipient)):
            return [number]
        alias = alias or keys.get(folded[folded.rfind("@") :])
        if alias is not None and folded != own_key:
            found.append(alias)
    return found


def _is_replaced_otherwise(server: State, recipient: str) -> bool:
    """Whether something else than these aliases may replace an address, or shorten it."""
    local_part, dummy, domain = recipient.lower().rpartition("@")
    return (
        recipient in server.matched
        or not server.syntax.delimiters.isdisjoint(local_part)
        or not is_plain(recipient)
        or server.domains.is_local(domain)
    )

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
    from collections.abc import Mapping, Sequence

    from .aliases import Alias
    from .state import State

# Longer chains are rare, and a walk does not mind them.
_LONGEST_CHAIN = 10


def without_ending_ones(server: State, going_on: Sequence[Alias]) -> list[Alias]:
    """Return the aliases that are not known to end within the limits of Postfix.

    `going_on` has all those of which a recipient may be replaced once more.
    """
    entries = server.aliases.entries
    keys = server.aliases.numbers
    following = {alias.number: _aliases_of_recipients(server, keys, alias) for alias in going_on}
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
    return [alias for alias in going_on if alias.number in following]


def _aliases_of_recipients(server: State, keys: Mapping[str, int], alias: Alias) -> list[int]:
    """Return which aliases replace recipients of another one, other than its own key.

    Where more than aliases may replace them, the alias follows itself: no end of it is known.
    """
    if not is_plain(alias.value):
        return [alias.number]
    own_key = alias.key
    found = []
    for recipient in alias.value.split(","):
        folded = recipient.lower()
        number = keys.get(folded)
        if len(recipient) > LONGEST_ADDRESS or (number is None and _is_replaced_otherwise(server, recipient)):
            return [alias.number]
        number = number or keys.get(folded[folded.rfind("@") :])
        if number is not None and folded != own_key:
            found.append(number)
    return found


def _is_replaced_otherwise(server: State, recipient: str) -> bool:
    """Whether something else than these aliases may replace a plain address, or shorten it."""
    local_part, dummy, domain = recipient.lower().rpartition("@")
    return (
        recipient in server.matched
        or not server.syntax.delimiters.isdisjoint(local_part)
        or server.domains.is_local(domain)
    )

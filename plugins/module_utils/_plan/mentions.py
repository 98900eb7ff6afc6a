# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines that mention an address which should be no account, and is none.

It may be somebody else's, so it takes nothing with it, as with C(setup email del).
"""

from __future__ import annotations

import collections
import typing as t

from .._addresses import fold_case
from .._warnings import RunWarning

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator

    from .._tables.directory import Tables
    from .wish import Wish

# How many lines one sentence names.
_MOST_NAMED = 5


def warnings_of_mentions(wish: Wish, tables: Tables, addresses: set[str]) -> list[RunWarning]:
    """Return a warning for each of the addresses that the files mention."""
    mentions = collections.defaultdict(list)
    for address, place in _mentions(wish, tables, addresses):
        mentions[address].append(place)
    warnings = []
    for address, places in sorted(mentions.items()):
        named = ", ".join(places[:_MOST_NAMED])
        if len(places) > _MOST_NAMED:
            named += f" and {len(places) - _MOST_NAMED} more"
        sentence = (
            f"account {address!r} is not there, so nothing else is removed, but it is"
            f" still mentioned: {named}; remove these entries too if they are not meant"
            " any more"
        )
        warnings.append(RunWarning(sentence))
    return warnings


def _mentions(wish: Wish, tables: Tables, addresses: set[str]) -> Iterator[tuple[str, str]]:
    """Yield each mentioned address with file and line; what is wanted is no news."""
    wanted = {quota.key for quota in wish.quotas if quota.present}
    for address in addresses - wanted:
        if address in tables.quotas:
            yield address, tables.quotas.line_of(address)
    for table in (tables.aliases, tables.regex_aliases):
        wanted = {e.key for e in wish.wanted(table.section) if e.present}
        for entry in table.entries():
            mentioned = addresses.intersection(map(fold_case, entry.recipients))
            if mentioned and entry.key not in wanted:
                place = table.line_of(entry.key)
                yield from ((address, place) for address in sorted(mentioned))

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which expansions of the files Postfix gives up: where to look for them."""

from __future__ import annotations

import functools
import typing as t

from .limits import LONGEST_ADDRESS, MOST_RECIPIENTS
from .plain_chains import Entry, alias_of, is_replaced_otherwise, without_ending_ones
from .walks import Failure, Walks

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator

    from .state import State

# Whom a catch-all or a rule is tried with.
_SOMEBODY = "somebody"
_SAMPLES = (_SOMEBODY, "1")


def failures(server: State) -> list[Failure]:
    """Return the expansions that Postfix gives up, so that it defers the mail."""
    lookups, keys = server.lookups, server.aliases.numbers
    matched = server.matched
    walks = Walks(lookups.of, lambda address: address.lower() in keys or address in matched)
    return [failure for start in _starts(server) for failure in walks.failures(start)]


def _starts(server: State) -> Iterator[str]:
    """Yield the addresses whose expansion may go on for more than one step, and may have no end."""
    may_go_on = functools.lru_cache(maxsize=None)(functools.partial(_may_go_on, server))
    going_on = {
        number: Entry(key, value)
        for number, key, value in server.aliases.entries_with(_plain_ones_that_go_on(server))
        if may_go_on(value)
    }
    for key, dummy in without_ending_ones(server, going_on).values():
        yield from server.syntax.addresses(f"{_SOMEBODY}{key}" if key[0] == "@" else key)
    yield from server.matched
    for rule in server.regex_aliases.rules:
        for sample in _SAMPLES:
            groups = (sample,) * max(map(int, rule.pieces[1::2]), default=0)
            filled = rule.filled(groups)
            if filled:
                yield from server.syntax.addresses(f"{_SOMEBODY}{filled}" if filled[0] == "@" else filled)


def _plain_ones_that_go_on(server: State) -> set[str]:
    """Return the recipients on plain lines that something may stand for, and perhaps others."""
    keys, plain = server.aliases.numbers, server.aliases.plain_recipients
    found = plain.in_domains(lambda domain: f"@{domain}" in keys or server.domains.is_local(domain))
    return found.union(plain.among(keys), plain.among(server.matched), plain.with_characters(server.syntax.delimiters))


def _may_go_on(server: State, value: str) -> bool:
    """Whether something may stand for one of the recipients of an alias, or they are too many."""
    if value[0] == "@":
        return True
    recipients = server.syntax.addresses(value)
    return len(recipients) > MOST_RECIPIENTS or any(_may_be_replaced(server, recipient) for recipient in recipients)


def _may_be_replaced(server: State, recipient: str) -> bool:
    return (
        len(recipient) > LONGEST_ADDRESS
        or alias_of(server, recipient) is not None
        or is_replaced_otherwise(server, recipient)
    )

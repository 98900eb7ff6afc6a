# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which expansions of the files Postfix gives up: where to look for them."""

from __future__ import annotations

import typing as t

from .aliases import Alias
from .plain_chains import without_ending_ones
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
    going_on = [Alias(*entry) for entry in server.aliases.entries_with(_plain_ones_that_go_on(server))]
    for alias in without_ending_ones(server, going_on):
        yield from server.syntax.addresses(f"{_SOMEBODY}{alias.written}" if alias.written[0] == "@" else alias.written)
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

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One address on its way to the final recipients, as cleanup(8) expands it."""

from __future__ import annotations

import typing as t

from .limits import LONGEST_ADDRESS, MOST_LOOKUPS, MOST_RECIPIENTS, MOST_STEPS

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable

    from .lookups import Found, Lookup


class Chain(t.NamedTuple):
    """What was applied on the way to one recipient, the last first."""

    found: Found
    before: Chain | None
    length: int


class ExpansionError(Exception):
    """An expansion that Postfix gives up."""

    def __init__(self, what: str, chain: Chain | None) -> None:
        """Take what it comes to, and what was applied on the way there."""
        super().__init__(what)
        self.chain = chain


class TooManyLookupsError(Exception):
    """An expansion that is not followed to its end."""


class TemporaryError(Exception):
    """An expansion with a lookup that Postfix answers with a temporary error."""


class Expansion:
    """What an address is expanded to."""

    def __init__(self, look_up: Callable[[str], Lookup], address: str) -> None:
        """Take what looks an address up once, and an address in its internal form."""
        self._look_up = look_up
        self._addresses = [address]
        self._chains: list[Chain | None] = [None]
        self._to_itself: set[str] = set()
        self.count = 0
        """How often an address was looked up."""

        self.lookups: dict[str, Lookup] = {}
        """What was found on the way, by address."""

    @property
    def steps(self) -> int:
        """How often the recipient was replaced that was replaced most often."""
        return max((chain.length for chain in self._chains if chain), default=0)

    def run(self) -> list[str]:
        """Return the final recipients; duplicates are removed later.

        Raises ExpansionError, TooManyLookupsError and TemporaryError.
        """
        position = 0
        while position < len(self._addresses):
            if len(self._addresses) > MOST_RECIPIENTS:
                longest = max(self._chains, key=lambda chain: chain.length if chain else 0)
                raise ExpansionError(f"more than {MOST_RECIPIENTS} recipients", longest)
            self._expand(position)
            position += 1
        return self._addresses

    def _expand(self, position: int) -> None:
        """Replace one address until nothing stands for it any more."""
        for count in range(MOST_STEPS + 1):
            address = self._addresses[position]
            if address.lower() in self._to_itself:
                return
            if count == MOST_STEPS:
                raise ExpansionError(f"more than {MOST_STEPS} steps", self._chains[position])
            lookup = self._look_up_counted(address)
            if lookup.found is None:
                return
            before = self._chains[position]
            chain = Chain(lookup.found, before, before.length + 1 if before else 1)
            results = lookup.results
            if lookup.excess:
                raise ExpansionError(lookup.excess, chain)
            if max(map(len, results)) > LONGEST_ADDRESS:
                raise ExpansionError(f"an address of more than {LONGEST_ADDRESS} bytes", chain)
            self._addresses[position] = results[0]
            self._addresses.extend(results[1:])
            self._chains[position] = chain
            self._chains.extend([chain] * (len(results) - 1))
            if address.lower() in map(str.lower, results):
                self._to_itself.add(address.lower())

    def _look_up_counted(self, address: str) -> Lookup:
        self.count += 1
        if self.count > MOST_LOOKUPS:
            raise TooManyLookupsError
        lookup = self.lookups[address] = self._look_up(address)
        if lookup.temporary:
            raise TemporaryError(lookup.temporary)
        return lookup

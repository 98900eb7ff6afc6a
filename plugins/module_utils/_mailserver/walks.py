# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which expansions Postfix gives up, found without following each address to its end.

A walk goes through what an address is expanded to and keeps how many recipients each key
comes to, so that what many keys lead to is walked through once. Where that does not tell
(an address that grows, too many recipients), the keys on the way are expanded as cleanup(8)
does it, the last one first.
"""

from __future__ import annotations

import collections
import dataclasses
import typing as t

from .expansion import Expansion, ExpansionError, TemporaryError, TooManyLookupsError
from .limits import LONGEST_ADDRESS, MOST_LOOKUPS, MOST_RECIPIENTS, MOST_STEPS

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable, Iterable, Iterator

    from .expansion import Chain
    from .lookups import Found, Lookup


class Failure(t.NamedTuple):
    """An expansion that Postfix gives up."""

    lines: tuple[Found, ...]
    """What comes again and again in it; where nothing does, the first that is applied."""

    limit: str | None = None
    """What it comes to, None where it has no end."""


class _Extent(t.NamedTuple):
    """How much an address comes to at most."""

    recipients: int
    steps: int


_NOTHING = _Extent(0, 0)
_FINAL = _Extent(1, 0)
_TOO_LONG = _Extent(MOST_RECIPIENTS, MOST_STEPS)
_UNKNOWN = _Extent(MOST_RECIPIENTS, 0)
_DEFERRED = _Extent(MOST_RECIPIENTS + 1, MOST_STEPS)


@dataclasses.dataclass
class _Open:
    """An address on the way, the recipients of which are being walked through."""

    found: Found
    to_itself: bool
    """Whether it is among its own recipients; Postfix expands such an address once."""

    waiting: Iterator[str]
    recipients: int
    steps: int = 0

    def add(self, extent: _Extent) -> None:
        """Add what one of the recipients comes to."""
        self.recipients += extent.recipients
        self.steps = max(self.steps, extent.steps)

    @property
    def extent(self) -> _Extent:
        """What the address comes to."""
        return _Extent(self.recipients, self.steps + 1)


class Walks:
    """Walks through the expansions of one state of the files."""

    def __init__(self, look_up: Callable[[str], Lookup], is_key: Callable[[str], bool]) -> None:
        """Take what looks an address up once, and which addresses are worth keeping."""
        self._look_up = look_up
        self._is_key = is_key
        self._extents: dict[str, _Extent] = {}
        """What each key comes to that was walked through."""

    def failures(self, start: str) -> Iterator[Failure]:
        """Yield the expansion on the way from an address that fails, if none did before."""
        path: dict[str, _Open] = {}
        extent = self._extent_of(start, path)
        for dummy in range(MOST_LOOKUPS):
            last = next(reversed(path.values()), None)
            if last is None:
                return
            if extent == _DEFERRED:
                self._keep_deferred(path)
                return
            last.add(extent or _NOTHING)
            if last.recipients > MOST_RECIPIENTS or last.steps + len(path) >= MOST_STEPS:
                break
            address = next(last.waiting, None)
            if address is None:
                extent = self._close(path)
            elif address not in path:
                extent = self._extent_of(address, path)
            else:
                addresses = list(path)
                cycle = [path[a] for a in addresses[addresses.index(address) :]]
                if any(member.to_itself for member in cycle):
                    break
                yield Failure(tuple(dict.fromkeys(member.found for member in cycle)))
                self._keep_deferred(path)
                return
        yield from self._failures_on(list(path))

    def _extent_of(self, address: str, path: dict[str, _Open]) -> _Extent | None:
        """Return what an address comes to; put it on the path if that is to be found."""
        if path and len(address) > LONGEST_ADDRESS:
            return _TOO_LONG
        known = self._extents.get(address)
        if known is not None:
            return known
        lookup = self._look_up(address)
        if lookup.found is None or lookup.temporary:
            return _FINAL
        if lookup.excess:
            path[address] = _Open(lookup.found, False, iter(()), MOST_RECIPIENTS + 1)
            return None
        folded = address.lower()
        others = [result for result in lookup.results if result.lower() != folded]
        to_itself = len(others) < len(lookup.results)
        path[address] = _Open(lookup.found, to_itself, iter(others), int(to_itself))
        return None

    def _close(self, path: dict[str, _Open]) -> _Extent:
        """Take the last address off a path and return what it comes to."""
        address, closed = path.popitem()
        if self._is_key(address):
            self._extents[address] = closed.extent
        return closed.extent

    def _failures_on(self, addresses: list[str]) -> Iterator[Failure]:
        """Yield the failure of the last key on a path that fails on its own."""
        while addresses:
            address = addresses.pop()
            if addresses and not self._is_key(address):
                continue
            found = self._expanded(address)
            if isinstance(found, Failure):
                yield found
                self._keep_deferred([*addresses, address])
                return
            self._extents[address] = found

    def _keep_deferred(self, addresses: Iterable[str]) -> None:
        self._extents.update(dict.fromkeys(filter(self._is_key, addresses), _DEFERRED))

    def _expanded(self, start: str) -> _Extent | Failure:
        """Expand an address as cleanup(8) does; return what it comes to."""
        expansion = Expansion(self._look_up, start)
        try:
            recipients = len(expansion.run())
        except ExpansionError as error:
            return _failure(error.chain, str(error))
        except (TooManyLookupsError, TemporaryError):
            return _UNKNOWN  # nobody knows, or it is told elsewhere
        return _Extent(recipients, expansion.steps)


def _failure(chain: Chain | None, limit: str) -> Failure:
    """Return what to say of a limit: there is no end where a line comes again."""
    lines: list[Found] = []
    while chain is not None:
        lines.append(chain.found)
        chain = chain.before
    times = collections.Counter(lines)
    repeated = tuple(dict.fromkeys(line for line in reversed(lines) if times[line] > 1))
    return Failure(repeated) if repeated else Failure((lines[-1],), limit)

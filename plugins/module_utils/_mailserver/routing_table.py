# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The routes of all addresses that are known, one step each: together they are the way of any of them."""

from __future__ import annotations

import collections
import itertools
import typing as t

from .._secrets import is_login
from .known_addresses import addresses_of_accounts, keys_of_aliases
from .naming import named, shown
from .syntax import from_text, to_text

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator

    from .lookups import Found
    from .router import Route
    from .server import MailServer

# Enough for any server, and no matter of minutes where aliases fan out.
_MOST_ADDRESSES = 100_000
_MOST_LOOKUPS = 500_000

_NOT_FOLLOWED = f"the addresses of this directory take more than {_MOST_LOOKUPS} lookups; ask for this one alone"


class Hop(t.NamedTuple):
    """What the mail server makes of one address at once, and whether its mail arrives."""

    address: str
    found: Found | None
    """The line that stands for the address, None where it is final."""

    recipients: tuple[str, ...]
    """What the line makes of the address."""

    place: str | None
    """One of C(account), C(unknown), C(local) and C(external) for an address that is final or among its own recipients."""

    status: str
    """C(delivered), C(undelivered) where any of the final recipients gets nothing, C(deferred), or C(unknown)."""

    reason: str | None
    """A sentence for each status but C(delivered)."""

    unsure: tuple[str, ...]

    refused: str | None
    """A sentence where mail for the address itself is not taken from outside (access(5))."""


def routing_table(server: MailServer) -> list[Hop]:
    """Return a row for each account, each alias but catch-alls, each recipient and each address on their way.

    What mail that is deferred comes to on the way may have no end, and gets no row.
    """
    hops: list[Hop] = []
    waiting = collections.deque(dict.fromkeys(filter(None, _starts(server))))
    server.lookups.know(waiting)
    seen = set(waiting)
    while waiting and len(hops) < _MOST_ADDRESSES:
        hop, results = _hop(server, waiting.popleft())
        hops.append(hop)
        new = dict.fromkeys(result for result in results if result and result not in seen)
        if hop.status != "deferred":
            seen.update(new)
            waiting.extend(new)
    return hops


def _starts(server: MailServer) -> Iterator[str]:
    """Yield the addresses that stand in the files, in their internal form."""
    keys = (key for key in keys_of_aliases(server) if not key.startswith("@"))
    for key in itertools.chain(filter(is_login, addresses_of_accounts(server)), keys):
        # What a key without a domain stands for gets the host name; what is no address stands for none.
        yield from server.syntax.addresses(from_text(key))[:1]
    values = (entry[1] for entry in server.aliases.entries if entry is not None)
    rules = (rule.value for rule in server.regex_aliases.rules if len(rule.pieces) == 1)
    for value in itertools.chain(values, rules):
        if value and not value.startswith("@"):
            yield from server.syntax.addresses(value)


def _hop(server: MailServer, address: str) -> tuple[Hop, tuple[str, ...]]:
    """Return the row of an address, and the addresses that the next rows are about."""
    lookup = server.lookups.of(address)
    refused = server.router.refused(address)
    hop = Hop(
        address=shown(address),
        found=lookup.found,
        recipients=tuple(map(shown, lookup.results)),
        place=None,
        status="unknown",
        reason=_NOT_FOLLOWED,
        unsure=(),
        refused=refused.reason if refused else None,
    )
    if server.router.count <= _MOST_LOOKUPS:
        route = server.router.route_of(address)
        place = _place_of_copy(server, address, lookup.results) if lookup.found else _place(route)
        hop = hop._replace(place=place, status=_status(route), reason=_reason(route), unsure=route.unsure)
    return hop, lookup.results


def _place(route: Route) -> str | None:
    places = {
        "account": route.accounts,
        "unknown": route.unknown,
        "local": route.local,
        "external": route.external,
    }
    return next((place for place, recipients in places.items() if recipients), None)


def _place_of_copy(server: MailServer, address: str, results: tuple[str, ...]) -> str | None:
    """Return what becomes of the mail that an alias keeps for its own address."""
    if address.lower() not in (result.lower() for result in results):
        return None
    kind = server.place_of(address).kind
    return "unknown" if kind == "invalid" else kind


def _status(route: Route) -> str:
    if route.error:
        return "deferred"
    return "undelivered" if route.unknown or route.local else "delivered"


def _reason(route: Route) -> str | None:
    if route.reason or not (route.unknown or route.local):
        return route.reason
    failing = route.unknown or route.local
    others = f" and {len(failing) - 1} more" if len(failing) > 1 else ""
    name = named(from_text(to_text(failing[0])))
    if route.unknown:
        return (
            f"{name}{others}: no account has it, although its domain is one of this mail server, so mail to it bounces"
        )
    return f"{name}{others}: it is in the domain of the host itself, where mail reaches no mailbox"

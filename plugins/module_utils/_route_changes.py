# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Where mail goes otherwise than before: the routes that a plan changes."""

from __future__ import annotations

import collections
import typing as t

from ansible_collections.mailops.dms.plugins.module_utils._addresses import (
    domain_of,
    fold_case,
)
from ansible_collections.mailops.dms.plugins.module_utils._errors import RefusedError
from ansible_collections.mailops.dms.plugins.module_utils._pcre import compile_pattern
from ansible_collections.mailops.dms.plugins.module_utils._routes.router import (
    Route,
    Router,
)
from ansible_collections.mailops.dms.plugins.module_utils._tables.directory import (
    Tables,
)

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable, Iterator, Mapping

    from ansible_collections.mailops.dms.plugins.module_utils._tables.table import (
        Changes,
    )

    Contents = Mapping[str, "bytes | None"]

# Routes are compared one by one: enough to look at, and no matter of minutes.
_MOST_COMPARED = 1000

# Stands for every address of a catch-all that has no alias of its own.
_ANY_LOCAL_PART = "*"


class RouteChange(t.NamedTuple):
    """An address whose mail goes otherwise than before."""

    before: Route
    after: Route


class RouteChanges(t.NamedTuple):
    """The routes that a plan changes."""

    differing: list[RouteChange]
    not_compared: int
    """How many more addresses may have another route."""


def route_changes(
    before: Contents,
    after: Contents,
    changes: Mapping[str, Changes],
    probe: Iterable[str],
    hostname: str,
    recipient_delimiter: str,
) -> RouteChanges:
    """Return the routes that differ between two states of the files.

    Compared are the addresses in `probe`, the changed accounts and aliases, and the
    aliases that lead to one of those. A catch-all is compared by the address C(*) in
    its domain.
    """
    tables = Tables(before), Tables(after)
    keys = _Dependents(tables, recipient_delimiter).of(changes)
    addresses = list(dict.fromkeys([*probe, *map(_address, keys)]))
    routers = [Router(each, hostname, recipient_delimiter) for each in tables]
    differing = []
    for address in addresses[:_MOST_COMPARED]:
        change = RouteChange(*(router.route(address) for router in routers))
        if _outcome(change.before) != _outcome(change.after):
            differing.append(change)
    return RouteChanges(differing, max(len(addresses) - _MOST_COMPARED, 0))


def described_route(route: Route) -> str:
    """Return a route as one line, with what goes wrong."""
    if route.error:
        return f"{route.address} -> {route.error}"
    notes = dict.fromkeys(route.unknown, " (unknown)")
    notes.update(dict.fromkeys(route.local, " (local)"))
    recipients = ", ".join(r + notes.get(r, "") for r in route.recipients)
    return f"{route.address} -> {recipients}"


def _outcome(route: Route) -> tuple[t.Any, ...]:
    return route.recipients, route.unknown, route.local, route.error


def _address(key: str) -> str:
    return _ANY_LOCAL_PART + key if key.startswith("@") else key


class _Dependents:
    """Which aliases lead to which recipients, before and after."""

    def __init__(self, tables: Iterable[Tables], recipient_delimiter: str) -> None:
        """Read the aliases of all tables."""
        self._delimiter = recipient_delimiter
        self._by_recipient: dict[str, list[str]] = collections.defaultdict(list)
        self._by_domain: dict[str, list[str]] = collections.defaultdict(list)
        for each in tables:
            for alias in each.aliases.entries():
                for recipient in alias.recipients:
                    self._by_recipient[self._base(recipient)].append(alias.key)
        for recipient in self._by_recipient:
            self._by_domain[domain_of(recipient)].append(recipient)

    def _base(self, recipient: str) -> str:
        """Return a recipient as a key may stand for it: folded, without extension."""
        local_part, at, domain = fold_case(recipient).rpartition("@")
        if self._delimiter and at:
            local_part = local_part.split(self._delimiter, 1)[0]
        return f"{local_part}{at}{domain}"

    def of(self, changes: Mapping[str, Changes]) -> list[str]:
        """Return the changed accounts and aliases and all that lead to them."""
        accounts, aliases = changes["accounts"], changes["aliases"]
        changed = [*accounts.added, *accounts.removed]
        for keys in aliases:
            changed.extend(keys)
        found = dict.fromkeys(changed)
        patterns = {key for keys in changes["regex_aliases"] for key in keys}
        waiting = list(found)
        if len(found) < _MOST_COMPARED:
            waiting.extend(self._matched(patterns))
        while waiting:
            for key in self._leading_to(waiting.pop()):
                if key not in found:
                    found[key] = None
                    waiting.append(key)
        return list(found)

    def _leading_to(self, key: str) -> Iterator[str]:
        if key.startswith("@"):
            for recipient in self._by_domain.get(key[1:], ()):
                yield from self._by_recipient[recipient]
        else:
            yield from self._by_recipient.get(key, ())

    def _matched(self, patterns: Iterable[str]) -> Iterator[str]:
        """Yield the recipients that a changed regex alias may match."""
        for pattern in patterns:
            try:
                compiled = compile_pattern(pattern, "")
            except RefusedError:
                continue  # Postfix skips the rule
            yield from filter(compiled.matches, list(self._by_recipient))

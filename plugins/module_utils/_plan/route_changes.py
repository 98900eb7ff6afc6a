# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where mail goes otherwise than before: the routes that a plan changes."""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import functools
import itertools
import typing as t

from .._addresses import domain_of
from .._errors import RefusedError
from .._mailserver.known_addresses import addresses_of_accounts, keys_of_aliases
from .._mailserver.patterns import Addresses
from .._mailserver.syntax import from_text, to_text
from .._secrets import is_login, without_columns
from .._tables.rules import undelimited

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable, Iterator, Mapping

    from .._mailserver.regex_aliases import Rule
    from .._mailserver.router import Route
    from .._mailserver.server import MailServer
    from .._tables.entry import Changes
    from .servers import Servers

# Routes are compared one by one: enough to look at, and no matter of minutes.
_MOST_COMPARED = 1000
_MOST_LOOKUPS = 200_000

# Local parts that stand for all those of a domain that have no alias of their own. They
# have little in common, so that hardly a pattern is meant for each of them.
_STAND_INS = ("~any~other~", "=", "0", "other_address", "any.other.address")

_SHOWN_STAND_IN = "any other address "


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
    servers: Servers,
    changes: Mapping[str, Changes],
    probe: Iterable[str],
) -> RouteChanges:
    """Return the routes that differ between two states of the files.

    Compared are the addresses in `probe` and all accounts and aliases; where that is too
    much, those that changed and those that lead to them. A catch-all is compared by an
    address that has no alias and, if possible, no regex alias of its own.
    """
    keys = dict.fromkeys(
        key for server in servers for key in (*addresses_of_accounts(server), *keys_of_aliases(server))
    )
    # A regex alias may be meant for any address of a domain.
    domains = _catch_alls(keys if any(changes["regex_aliases"]) else ())
    keys.update(dict.fromkeys(_touched_domains(changes)))
    if len(keys) > _MOST_COMPARED:
        keys = dict.fromkeys(key for key in _Dependents(servers).of(changes) if key in keys)
    keys.update(domains)
    keys.update(dict.fromkeys(key for keys_of_changes in changes["restrictions"] for key in keys_of_changes))
    # What begins a line of the accounts and is no address may be a password.
    named = (
        key
        for key in keys
        if is_login(f"any{key}" if key.startswith("@") else key) or any(_is_alias(server, key) for server in servers)
    )
    addresses = list(dict.fromkeys([*probe, *named]))
    comparison = _Comparison(servers)
    differing = []
    compared = 0
    for address in addresses[:_MOST_COMPARED]:
        if sum(server.router.count for server in servers) > _MOST_LOOKUPS:
            break
        compared += 1
        with contextlib.suppress(RefusedError):  # a key that is no address
            change = comparison.of(address)
            if _outcome(change.before) != _outcome(change.after):
                differing.append(change)
    return RouteChanges(differing, len(addresses) - compared)


def described_route(route: Route) -> str:
    """Return a route as one line, with what goes wrong."""
    if route.error:
        return f"{without_columns(route.address)} -> {route.error}"
    notes = dict.fromkeys(route.unknown, " (unknown)")
    notes.update(dict.fromkeys(route.local, " (local)"))
    recipients = ", ".join(without_columns(recipient) + notes.get(recipient, "") for recipient in route.recipients)
    return f"{without_columns(route.address)} -> {recipients}"


def _outcome(route: Route) -> tuple[t.Any, ...]:
    return route.recipients, route.unknown, route.local, route.error


def _is_alias(server: MailServer, address: str) -> bool:
    return from_text(address) in server.aliases.numbers


def _touched_domains(changes: Mapping[str, Changes]) -> dict[str, None]:
    """Return the domains, as catch-alls, that a first or last address makes ours or not."""
    return _catch_alls(itertools.chain(*changes["accounts"], *changes["aliases"]))


def _catch_alls(addresses: Iterable[str]) -> dict[str, None]:
    """Return the catch-alls of the domains of some addresses."""
    return {f"@{domain}": None for domain in map(domain_of, addresses) if domain}


class _Comparison:
    """The routes of one address before and after."""

    def __init__(self, servers: Servers) -> None:
        self._servers = servers
        delimiter = set(servers.before.settings.recipient_delimiter)
        self._stand_ins = [local_part for local_part in _STAND_INS if not delimiter.intersection(local_part)]

    def of(self, key: str) -> RouteChange:
        """Return both routes of an address, or of all others where it is a catch-all.

        Raises RefusedError for what is no address.
        """
        if not key.startswith("@"):
            return self._routes(key)
        best = None
        for local_part in self._stand_ins:
            address = local_part + key
            if any(_is_alias(server, address) or address in server.accounts.by_address for server in self._servers):
                continue
            change = self._routes(address)
            matched = sum(map(self._is_matched, change))
            if best is None or matched < best[0]:
                best = matched, _shown_change(change, local_part)
            if not matched:
                break
        if best is None:
            raise RefusedError(f"{key} has an alias for each address that was tried")
        return best[1]

    def _routes(self, address: str) -> RouteChange:
        return RouteChange(*(server.route(address) for server in self._servers))

    def _is_matched(self, route: Route) -> bool:
        """Whether a regex alias takes the mail, or keeps Postfix from answering."""
        rules = self._servers.before.regex_aliases.name
        return bool(route.error) or (bool(route.path) and route.path[0].file == rules)


def _shown_change(change: RouteChange, local_part: str) -> RouteChange:
    """Return routes with something that is no address in the place of a stand-in."""

    def shown(texts: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(text.replace(f"{local_part}@", f"{_SHOWN_STAND_IN}@") for text in texts))

    return RouteChange(
        *(
            dataclasses.replace(
                route,
                address=shown([route.address])[0],
                recipients=shown(route.recipients),
                accounts=shown(route.accounts),
                unknown=shown(route.unknown),
                local=shown(route.local),
                external=shown(route.external),
            )
            for route in change
        )
    )


class _Dependents:
    """Which addresses lead to which, before and after."""

    def __init__(self, servers: Servers) -> None:
        """Take the accounts, aliases and regex aliases before and after."""
        self._syntax = servers.before.syntax
        self._aliases: dict[str, list[str]] = collections.defaultdict(list)
        self._rules: dict[str, list[Rule]] = collections.defaultdict(list)
        self._patterns: dict[str, list[Rule]] = collections.defaultdict(list)
        self._filled: dict[str, list[Rule]] = collections.defaultdict(list)
        """The rules with recipients that take a part of the address, by the domain of these."""

        self._accounts: dict[str, None] = {}
        for server in servers:
            self._read(server)
        self._recipients: dict[str, list[str]] = collections.defaultdict(list)
        self._known = {**self._aliases, **self._accounts, **self._rules}
        for recipient in self._known:
            self._recipients[domain_of(recipient)].append(recipient)

    def _read(self, server: MailServer) -> None:
        self._accounts.update(dict.fromkeys(addresses_of_accounts(server)))
        for key in keys_of_aliases(server):
            alias = server.aliases.find(from_text(key))
            for recipient in server.syntax.addresses(alias.value) if alias else ():
                if recipient.startswith("@") and not key.startswith("@"):
                    # Postfix keeps the local part.
                    recipient = from_text(key).partition("@")[0] + recipient
                for form in self._forms(recipient):
                    self._aliases[form].append(key)
        for rule in server.regex_aliases.rules:
            self._patterns[to_text(undelimited(rule.condition.delimited))].append(rule)
            for recipient in server.syntax.addresses(rule.value) if rule.value else ():
                for form in (*self._forms(recipient), f"@{domain_of(recipient)}"):
                    self._rules[form.lower()].append(rule)
                if "$" in recipient:
                    self._filled[domain_of(recipient).lower()].append(rule)

    def _forms(self, address: str) -> set[str]:
        """Return the keys that may stand for an address: folded, with and without extension."""
        folded = to_text(address).lower()
        return {folded, self._syntax.split_extension(folded)[0]}

    def of(self, changes: Mapping[str, Changes]) -> dict[str, None]:
        """Return the changed accounts and aliases and all that lead to them."""
        accounts, aliases = changes["accounts"], changes["aliases"]
        changed = [*accounts.added, *accounts.removed]
        for keys in aliases:
            changed.extend(keys)
        found = dict.fromkeys(changed)
        if len(found) > _MOST_COMPARED:
            return found
        for keys in changes["regex_aliases"]:
            for key in keys:
                changed.extend(self._matched_by(self._patterns.pop(key, ())))
        changed.extend(_touched_domains(changes))
        waiting = list(dict.fromkeys(changed))
        seen = set(waiting)
        while waiting:
            key = waiting.pop()
            found[key] = None
            for leading in self._leading_to(key):
                if leading not in seen:
                    seen.add(leading)
                    waiting.append(leading)
        return found

    def _leading_to(self, key: str) -> Iterator[str]:
        """Yield the addresses whose mail may go to a key in the next step."""
        if key.startswith("@"):
            yield from self._recipients.get(key[1:], ())
            yield from self._matched_by(self._rules.pop(key, ()))
            return
        yield from self._aliases.get(f"@{domain_of(key)}", ())
        yield from self._matched_by(self._filled.pop(domain_of(key), ()))
        for form in self._forms(from_text(key)):
            yield from self._aliases.get(form, ())
            yield from self._matched_by(self._rules.pop(form, ()))

    def _matched_by(self, rules: Iterable[Rule]) -> Iterator[str]:
        """Yield the accounts and recipients that regex aliases may match."""
        for rule in rules:
            pattern = rule.condition.pattern
            found: Iterable[str] = self._addresses.all
            if pattern and not rule.condition.negated:
                found = itertools.chain.from_iterable(pattern.among(self._addresses))
            yield from map(to_text, found)

    @functools.cached_property
    def _addresses(self) -> Addresses:
        return Addresses(map(from_text, self._known))

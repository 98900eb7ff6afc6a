# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where mail to an address goes: the aliases and regex aliases as Postfix applies them."""

from __future__ import annotations

import collections
import dataclasses
import graphlib
import typing as t

from .._errors import RefusedError
from .._secrets import without_columns
from .._text import LONGEST_LINE, in_quotes
from .domains import DomainListError
from .expansion import Expansion, ExpansionError, TemporaryError, TooManyLookupsError
from .limits import LONGEST_QUOTED, MOST_LOOKUPS
from .naming import named, shown, shown_cycle, shown_domain_of_account
from .regex_aliases import MOST_UNSURE
from .syntax import from_text, to_text

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable

    from .access import AccessFile
    from .lookups import Found, Lookup
    from .state import State


# What an action in postfix-receive-access.cf makes of a route.
_ERRORS_OF_ACCESS = {"reject": "restricted", "defer": "temporary"}


class Step(t.NamedTuple):
    """One line that Postfix applies on the way."""

    file: str
    line: int
    key: str
    """The key of an alias, or a rule with its delimiters and flags."""

    recipients: tuple[str, ...]
    """What the line makes of the address, before those are looked up in turn."""


@dataclasses.dataclass(frozen=True)
class Route:
    """What Postfix makes of one address."""

    address: str
    recipients: tuple[str, ...]
    """Where mail goes in the end, sorted; empty where there is an error."""

    path: tuple[Step, ...]
    accounts: tuple[str, ...] = ()
    """The accounts that the mail reaches, sorted."""

    unknown: tuple[str, ...] = ()
    """The recipients to which mail bounces: no account of a domain of ours has them, or
    Postfix takes their domain for one that holds aliases alone (hazard H70).
    """

    local: tuple[str, ...] = ()
    """The recipients at the host name: local(8) delivers to them, in no mailbox of DMS."""

    external: tuple[str, ...] = ()
    """The recipients to which the mail leaves the server."""

    error: str | None = None
    """One of C(loop), C(limit) and C(temporary): the mail is deferred again and again. C(restricted) is
    rejected at once.
    """

    reason: str | None = None
    """A sentence for the error, or for an account whose mail bounces all the same."""

    unsure: tuple[str, ...] = ()
    """A sentence for each line of which is not known what it does to the mail."""


class Router:
    """The routes of one state of the mail server."""

    def __init__(self, server: State) -> None:
        """Take the mail server as the files make it."""
        self._server = server
        self.count = 0
        """How many lookups all routes took so far."""

        self._domains_of_aliases: dict[str, Lookup] = {}
        self._unread = [
            f"{file.name} line {number} has more than {LONGEST_LINE} bytes and is not read (hazard H80), so what it does"
            " to mail is not known; make it shorter"
            for file in (server.accounts, server.aliases, server.regex_aliases, server.receive_access)
            for number in file.long_lines
        ]

    def route(self, address: str) -> Route:
        """Return the route of one address, as it would stand in an envelope.

        Raises RefusedError where the text is not exactly one address, or longer than any.
        """
        if len(address) > LONGEST_QUOTED:
            begin = in_quotes(f"{address[:20]}...")
            raise RefusedError(
                f"{begin} has more than {LONGEST_QUOTED} characters; write an address that mail can have"
            )
        given = self._server.syntax.addresses(from_text(address))
        if len(given) != 1 or not given[0]:
            raise RefusedError(
                f"{in_quotes(address)} is not a single address; write user@domain, with quotes around an unusual local"
                " part"
            )
        return self._admitted(given[0])

    def _admitted(self, address: str) -> Route:
        """Return the route of a recipient that smtpd(8) takes or not.

        It looks at the recipient as it is given, before aliases are looked up.
        """
        refused = self.refused(address)
        if refused is not None:
            return refused
        route = self.route_of(address)
        access = self._server.receive_access
        line = access.find(address, self._server.syntax)
        if line is None or line.effect == "permit":
            return route
        sentence = (
            f"{access.name} line {line.number} has an action whose effect on mail for {named(address)} is not told"
        )
        return dataclasses.replace(route, unsure=(sentence, *route.unsure))

    def refused(self, address: str) -> Route | None:
        """Return the route of mail for a recipient that smtpd(8) does not take, None where it takes it."""
        access = self._server.receive_access
        if access.duplicates:
            return Route(shown(address), (), (), error="temporary", reason=_reason_of_access(access))
        line = access.find(address, self._server.syntax)
        if line is None or line.effect not in _ERRORS_OF_ACCESS:
            return None
        step = Step(access.name, line.number, without_columns(to_text(line.key)), ())
        reason = (
            f"{access.name} line {line.number} has {in_quotes(step.key)} with {line.action}, so Postfix does not take mail"
            f" for {named(address)}; what an alias sends to it still arrives"
        )
        return Route(shown(address), (), (step,), error=_ERRORS_OF_ACCESS[line.effect], reason=reason)

    def route_of(self, address: str) -> Route:
        """Return the route of an address in its internal form."""
        error = self._error_of_table()
        if error:
            return Route(shown(address), (), (), error="temporary", reason=error)
        expansion = Expansion(self._server.lookups.of, address)
        try:
            final = expansion.run()
        except (ExpansionError, TooManyLookupsError, TemporaryError) as failure:
            error, reason = _reason(failure, address, expansion.lookups)
            return Route(
                address=shown(address),
                recipients=(),
                path=_path_of_lines(expansion.lookups),
                error=error,
                reason=reason,
                unsure=self._unsure(expansion.lookups.values()),
            )
        finally:
            self.count += expansion.count
        unique: dict[str, str] = {}
        for recipient in final:
            unique.setdefault(recipient.lower(), recipient)
        return self._delivered(address, list(unique.values()), expansion.lookups)

    def _error_of_table(self) -> str | None:
        aliases = self._server.aliases
        if not aliases.duplicates:
            return None
        second = aliases.duplicates[0]
        return (
            f"{aliases.name} lines {aliases.numbers[second.key]} and {second.number} have the same key"
            f" {in_quotes(without_columns(to_text(second.key)))}, so Postfix answers every lookup with an error"
            " (hazard H01); keep one of the lines, with the recipients of both"
        )

    def _delivered(self, address: str, final: list[str], lookups: dict[str, Lookup]) -> Route:
        places: dict[str, set[str]] = collections.defaultdict(set)
        asked = list(lookups.values())
        reasons: list[str] = []
        broken = self._server.domains.broken
        try:
            if broken:
                raise DomainListError(broken)
            for recipient in final:
                kind, name = self._place(recipient, asked, reasons)
                places[kind].add(shown(name))
        except DomainListError as error:
            reason = _list_reason(str(error))
            return Route(
                shown(address), (), _path(lookups), error="temporary", reason=reason, unsure=self._unsure(asked)
            )
        return Route(
            address=shown(address),
            recipients=tuple(sorted(map(shown, final))),
            path=_path(lookups),
            accounts=tuple(sorted(places["account"])),
            unknown=tuple(sorted(places["unknown"])),
            local=tuple(sorted(places["local"])),
            external=tuple(sorted(places["external"])),
            reason=reasons[0] if reasons else None,
            unsure=self._unsure(asked),
        )

    def _place(self, recipient: str, asked: list[Lookup], reasons: list[str]) -> tuple[str, str]:
        """Return what becomes of a final recipient, and the name to tell it by.

        `asked` gets what else was looked up, `reasons` why mail bounces.
        """
        place = self._server.place_of(recipient)
        if place.kind == "local":
            return place.kind, recipient
        if place.kind == "invalid":
            reasons.append(
                f"{named(recipient)} is not a valid address, so Postfix bounces the mail (hazard H72); correct it"
            )
            return "unknown", recipient
        asked.append(self._as_domain_of_aliases(place.domain))
        if asked[-1].found:
            reasons.append(_domain_reason(asked[-1].found, recipient))
            return "unknown", recipient
        if place.error:
            raise place.error
        if place.kind == "unknown":
            reasons += self._reason_of_account(place.base)
        return place.kind, place.base if place.kind == "account" else recipient

    def _reason_of_account(self, address: str) -> list[str]:
        line = self._server.accounts.by_address.get(address)
        if line is None:
            return self._reason_of_login(address)
        return [
            f"{self._server.accounts.name} line {line.number} has the account, but Dovecot does not find it as"
            " it is written there, so mail to it bounces; dms_info says what is wrong with the line"
        ]

    def _reason_of_login(self, address: str) -> list[str]:
        """Say what becomes of mail to an alias that Postfix does not know, but DMS does."""
        aliases = self._server.aliases
        return [
            f"{aliases.name} line {line.number} begins with a blank, so it is not an alias to Postfix, but it is a"
            f" login to DMS: mail to {named(address)} ends up in a mailbox that nobody reads (hazard H25); remove the"
            " blank"
            for line in aliases.odd_lines
            if line.indented and line.key == address and line.number in self._server.alias_logins.numbers
        ]

    def _as_domain_of_aliases(self, domain: str) -> Lookup:
        """Return what Postfix finds for a bare domain among the aliases.

        DMS leaves virtual_alias_domains of postconf(5) at its default, the alias maps.
        """
        if domain not in self._domains_of_aliases:
            self._domains_of_aliases[domain] = self._server.lookups.of_bare_domain(domain)
        return self._domains_of_aliases[domain]

    def _unsure(self, lookups: Iterable[Lookup]) -> tuple[str, ...]:
        """Return as many sentences of what is not known as anybody reads, in the order of the file."""
        unsure: dict[int, str] = {}
        for lookup in lookups:
            unsure.update(lookup.unsure)
        sentences = [*self._unread, *(unsure[number] for number in sorted(unsure))]
        if len(sentences) > MOST_UNSURE:
            sentences[MOST_UNSURE:] = ["more lines may match"]
        return tuple(sentences)


def _reason_of_access(access: AccessFile) -> str:
    second = access.duplicates[0]
    return (
        f"{access.name} lines {access.entries[second.key].number} and {second.number} have the same key"
        f" {in_quotes(without_columns(to_text(second.key)))}, so Postfix answers every recipient with an error"
        " (hazard H01); remove one of the lines"
    )


def _list_reason(entry: str) -> str:
    return (
        f"the domain {in_quotes(shown_domain_of_account(entry))} keeps Postfix from reading its list of domains, so"
        " mail is deferred (hazard H71); correct the account or the alias that has it"
    )


def _domain_reason(found: Found, recipient: str) -> str:
    return (
        f"{found.file} line {found.line} also matches the bare domain of {named(recipient)}, so Postfix treats it as a"
        " virtual alias domain (hazard H70); make that line match only addresses with an '@'"
    )


def _path(lookups: dict[str, Lookup]) -> tuple[Step, ...]:
    """Return what was applied, in its order, the same step once."""
    steps = (
        Step(found.file, found.line, to_text(found.key), tuple(map(shown, lookup.results)))
        for lookup in lookups.values()
        if (found := lookup.found) and lookup.results
    )
    return tuple(dict.fromkeys(steps))


def _path_of_lines(lookups: dict[str, Lookup]) -> tuple[Step, ...]:
    """Return what was applied, each line once: short even where an address grew."""
    lines: dict[tuple[str, int], Lookup] = {}
    for lookup in lookups.values():
        if lookup.found:
            lines.setdefault(lookup.found[:2], lookup)
    return _path({f"{file}:{line}": lookup for (file, line), lookup in lines.items()})


def _reason(failure: Exception, address: str, lookups: dict[str, Lookup]) -> tuple[str, str]:
    """Return the error of a route, and a sentence for it.

    A limit is a loop if an address comes back.
    """
    who = named(address)
    if isinstance(failure, TemporaryError):
        return "temporary", str(failure)
    if isinstance(failure, TooManyLookupsError):
        return "limit", f"mail to {who} needs more than {MOST_LOOKUPS} lookups, and is not followed any further"
    order: graphlib.TopologicalSorter[str] = graphlib.TopologicalSorter()
    for each, lookup in lookups.items():
        folded = each.lower()
        # What is among its own results is expanded once, so no loop leads back to it.
        if folded not in (result.lower() for result in lookup.results):
            order.add(each, *lookup.results)
    try:
        order.prepare()
    except graphlib.CycleError as error:
        cycle = shown_cycle(error.args[1][::-1])
        return (
            "loop",
            f"mail to {who} runs in a loop ({cycle}), so Postfix defers it"
            " (hazard H08); remove one of these recipients",
        )
    return "limit", f"mail to {who} leads to {failure}, so Postfix defers it"

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
from .._text import in_quotes
from .limits import LONGEST_ADDRESS, MOST_LOOKUPS, MOST_RECIPIENTS, MOST_STEPS
from .maps import Found, LimitError, LookupFailureError, PcreMap, TexthashMap
from .naming import named, shown, shown_cycle
from .places import Places
from .syntax import Syntax, from_text, quoted, to_text

if t.TYPE_CHECKING:  # pragma: no cover
    from .._tables.directory import Tables

DEFAULT_HOSTNAME = "mail.example.com"
"""The host name that the documentation of DMS uses."""

DEFAULT_DELIMITER = "+"

# So many lookups are kept for the next route.
_MOST_KEPT = 10_000

# A reason is to be read, though a loop may have many long addresses.


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
    """One of C(loop), C(limit) and C(temporary): the mail is deferred again and again."""

    reason: str | None = None
    """A sentence for the error, or for an account whose mail bounces all the same."""

    unsure: tuple[str, ...] = ()
    """A sentence for each pattern that this machine cannot match as Postfix does."""


class _ExpansionError(Exception):
    """An expansion that Postfix gives up."""

    def __init__(self, error: str, reason: str) -> None:
        super().__init__(reason)
        self.error = error


class _Looked(t.NamedTuple):
    """What one address is replaced by, all addresses in their internal form."""

    step: Step | None
    results: tuple[str, ...]
    unsure: tuple[str, ...]


class Router:
    """The routes of one state of the config directory. Edit the tables: make a new one."""

    def __init__(
        self, tables: Tables, hostname: str = DEFAULT_HOSTNAME, recipient_delimiter: str = DEFAULT_DELIMITER
    ) -> None:
        """Read the tables as they are now."""
        aliases, rules = tables.aliases, tables.regex_aliases
        self._syntax = Syntax(from_text(hostname), recipient_delimiter)
        self._places = Places(tables, hostname)
        self._texthash = TexthashMap(aliases.file_name, aliases.to_bytes())
        self._pcre = PcreMap(rules.file_name, rules.to_bytes())
        self._looked: dict[str, _Looked] = {}
        self._domains_of_aliases: dict[str, Found | None] = {}

    def route(self, address: str) -> Route:
        """Return the route of one address, as it would stand in an envelope.

        Raises RefusedError where the text is not exactly one address.
        """
        given = self._syntax.addresses(from_text(address))
        if len(given) != 1 or not given[0]:
            raise RefusedError(
                f"{in_quotes(address)} is not one address; write user@domain, with quotes around an unusual local part"
            )
        expansion = _Expansion(self._look_up, given[0])
        try:
            final = expansion.run()
        except _ExpansionError as failure:
            return Route(
                address=shown(given[0]),
                recipients=(),
                path=expansion.path_of_lines,
                error=failure.error,
                reason=str(failure),
                unsure=expansion.unsure,
            )
        return self._delivered(given[0], final, expansion)

    def _delivered(self, address: str, final: list[str], expansion: _Expansion) -> Route:
        places: dict[str, set[str]] = collections.defaultdict(set)
        reason = None
        for recipient in final:
            base = self._syntax.split_extension(recipient)[0].lower()
            place = self._places.of(recipient, base)
            found = self._as_domain_of_aliases(recipient)
            if found and place != "local":
                place = "unknown"
                reason = reason or (
                    f"{found.file} line {found.line} also matches the bare domain of"
                    f" {named(recipient)}, so Postfix takes that for a domain of"
                    " aliases alone (hazard H70); let that line match addresses with an '@' alone"
                )
            places[place].add(shown(base if place == "account" else recipient))
        return Route(
            address=shown(address),
            recipients=tuple(sorted(map(shown, final))),
            path=expansion.path,
            accounts=tuple(sorted(places["account"])),
            unknown=tuple(sorted(places["unknown"])),
            local=tuple(sorted(places["local"])),
            external=tuple(sorted(places["external"])),
            reason=reason,
            unsure=expansion.unsure,
        )

    def _as_domain_of_aliases(self, recipient: str) -> Found | None:
        """Return what Postfix finds for the bare domain of a recipient among the aliases.

        DMS leaves virtual_alias_domains of postconf(5) at its default, the alias maps.
        """
        domain = recipient.rpartition("@")[2].lower()
        if domain not in self._domains_of_aliases:
            # Where a pattern is not known for sure, the route to here said so.
            found = self._texthash.find(domain) or self._pcre.find(domain, [])
            self._domains_of_aliases[domain] = found
        return self._domains_of_aliases[domain]

    # --- one lookup

    def _look_up(self, address: str) -> _Looked:
        looked = self._looked.get(address)
        if looked is None:
            if len(self._looked) >= _MOST_KEPT:
                self._looked.clear()
            looked = self._looked[address] = self._look_up_once(address)
        return looked

    def _look_up_once(self, address: str) -> _Looked:
        unsure: list[str] = []
        try:
            found, extension = self._find(address, unsure)
        except LookupFailureError as failure:
            raise _ExpansionError("temporary", str(failure)) from None
        if found is None:
            return _Looked(None, (), tuple(unsure))
        value = found.value
        if value.startswith("@"):
            local_part = address.rpartition("@")[0] if "@" in address else address
            value = quoted(local_part.removesuffix(extension) + value)
        results = tuple(_with_extension(result, extension) for result in self._syntax.addresses(value))
        if not results:
            raise _ExpansionError(
                "temporary",
                f"{found.file} line {found.line} has no address among its recipients, so Postfix answers with an error",
            )
        step = Step(found.file, found.line, to_text(found.key), tuple(map(shown, results)))
        return _Looked(step, results, tuple(unsure))

    def _find(self, address: str, unsure: list[str]) -> tuple[Found | None, str]:
        """Return what stands for an address, and the extension that was not matched."""
        texthash = self._texthash
        local_part, at, domain = address.rpartition("@")
        bare, extension = self._syntax.split_extension(address)
        name = quoted(address)
        found = texthash.find(name) or self._find_by_pattern(name, unsure)
        if found:
            return found, ""
        keys = [(quoted(bare), extension)] if extension else []
        if at and self._places.is_local_domain(domain):
            keys.append((quoted(local_part, bare_local_part=True), ""))
            if extension:
                bare_local_part = bare.rpartition("@")[0]
                keys.append((quoted(bare_local_part, bare_local_part=True), extension))
        if at:
            keys.append((f"@{domain}", ""))
        for key, unmatched in keys:
            found = texthash.find(key)
            if found:
                return found, unmatched
        return None, ""

    def _find_by_pattern(self, name: str, unsure: list[str]) -> Found | None:
        found = self._pcre.find(name, unsure)
        if found is not None and not found.value:
            raise LookupFailureError(
                f"{found.file} line {found.line} has no recipients, so Postfix answers"
                " each address that it matches with an error (hazard H09); give it"
                " recipients, or remove the line"
            )
        return found


class _Expansion:
    """One address on its way to the final recipients, as cleanup(8) expands it."""

    def __init__(self, look_up: t.Callable[[str], _Looked], address: str) -> None:
        self._look_up = look_up
        self._address = address
        self._to_itself: set[str] = set()
        self._replaced: dict[str, tuple[str, ...]] = {}
        self._steps: dict[str, Step] = {}
        self._unsure: dict[str, None] = {}
        self._lookups = 0

    @property
    def path(self) -> tuple[Step, ...]:
        """What was applied, in its order, the same step once."""
        return tuple(dict.fromkeys(self._steps.values()))

    @property
    def path_of_lines(self) -> tuple[Step, ...]:
        """What was applied, each line once: short even where an address grew."""
        lines: dict[tuple[str, int], Step] = {}
        for step in self._steps.values():
            lines.setdefault((step.file, step.line), step)
        return tuple(lines.values())

    @property
    def unsure(self) -> tuple[str, ...]:
        """A sentence for each pattern that could not be matched."""
        return tuple(self._unsure)

    def run(self) -> list[str]:
        """Return the final recipients without duplicates."""
        addresses = [self._address]
        position = 0
        while position < len(addresses):
            if len(addresses) > MOST_RECIPIENTS:
                raise self._limit(f"more than {MOST_RECIPIENTS} recipients")
            self._expand(addresses, position)
            position += 1
        unique: dict[str, str] = {}
        for address in addresses:
            unique.setdefault(address.lower(), address)
        return list(unique.values())

    def _expand(self, addresses: list[str], position: int) -> None:
        """Replace one address until nothing stands for it any more."""
        for count in range(MOST_STEPS + 1):
            address = addresses[position]
            if address.lower() in self._to_itself:
                return
            if count == MOST_STEPS:
                raise self._limit(f"more than {MOST_STEPS} steps")
            results = self._results(address)
            if not results:
                return
            if any(len(result) > LONGEST_ADDRESS for result in results):
                raise self._limit(f"an address of more than {LONGEST_ADDRESS} bytes")
            addresses[position] = results[0]
            addresses.extend(results[1:])
            if address.lower() in {result.lower() for result in results}:
                self._to_itself.add(address.lower())

    def _results(self, address: str) -> tuple[str, ...]:
        self._lookups += 1
        if self._lookups > MOST_LOOKUPS:
            raise _ExpansionError(
                "limit",
                f"mail to {named(self._address)} takes more than {MOST_LOOKUPS} lookups,"
                " and is not followed any further",
            )
        try:
            looked = self._look_up(address)
        except LimitError as error:
            raise self._limit(str(error)) from None
        self._unsure.update(dict.fromkeys(looked.unsure))
        if looked.step is not None:
            self._steps.setdefault(address, looked.step)
            self._replaced[address] = looked.results
        return looked.results

    def _limit(self, what: str) -> _ExpansionError:
        """Return what to say of a limit: it is a loop if an address comes back."""
        order: graphlib.TopologicalSorter[str] = graphlib.TopologicalSorter()
        for address, results in self._replaced.items():
            folded = address.lower()
            # What is among its own results is expanded once, so no loop leads back to it.
            if folded not in (result.lower() for result in results):
                order.add(address, *results)
        who = named(self._address)
        try:
            order.prepare()
        except graphlib.CycleError as error:
            cycle = shown_cycle(error.args[1][::-1])
            return _ExpansionError(
                "loop",
                f"mail to {who} runs in a loop ({cycle}), so Postfix defers it"
                " (hazard H08); remove one of these recipients",
            )
        return _ExpansionError("limit", f"mail to {who} comes to {what}, so Postfix defers it")


def _with_extension(address: str, extension: str) -> str:
    local_part, at, domain = address.rpartition("@")
    return f"{local_part}{extension}{at}{domain}" if at else address + extension

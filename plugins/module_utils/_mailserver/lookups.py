# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one address is replaced by, once: the one step of which routes and loops consist.

Postfix looks an address up as it is among the aliases, then in the regex aliases, then
without its extension, then without its domain where that is the host, then as its
catch-all (mail_addr_find(3)); case counts for regex aliases alone.
"""

from __future__ import annotations

import typing as t

from .limits import LARGEST_RESULT, LONGEST_ADDRESS
from .syntax import is_plain, quoted, with_extension

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable, Mapping

    from .aliases import AliasesFile
    from .domains import Domains
    from .regex_aliases import RegexAliasesFile, Rule
    from .syntax import Syntax

# So many bytes of what lookups give are kept for the next one.
_MOST_KEPT = 20_000_000
_OF_EACH = 100

# Long lists that are another text for each address: so many bytes of them are read.
_MOST_READ = 200_000
_NOT_READ = (
    "makes another long list with quotes, names or blanks of each address, which is not read any more, so where mail"
    " goes is not known; write plain addresses with commas between them"
)


class Found(t.NamedTuple):
    """The line that stands for an address."""

    file: str
    line: int
    key: str
    """The folded key, or the rule with its delimiters and flags."""


class Lookup(t.NamedTuple):
    """What one address is replaced by, all addresses in their internal form."""

    found: Found | None
    """None where nothing stands for the address."""

    results: tuple[str, ...] = ()
    unsure: Mapping[int, str] = {}
    """A sentence for each rule that may match, by the number of its line."""

    temporary: str | None = None
    """Why Postfix answers with a temporary error, as a sentence."""

    excess: str | None = None
    """What the result comes to where Postfix does not take that."""


NOTHING = Lookup(None)


class Lookups:
    """The aliases and regex aliases of one state of the files."""

    def __init__(self, aliases: AliasesFile, regex_aliases: RegexAliasesFile, syntax: Syntax, domains: Domains) -> None:
        """Take the files as they were read."""
        self._aliases = aliases
        self._regex_aliases = regex_aliases
        self._syntax = syntax
        self._domains = domains
        self._kept: dict[str, Lookup] = {}
        self._bytes_kept = 0
        self._room = _MOST_READ
        self.matched: dict[str, Rule] = {}
        """The rule that applies to each of the known addresses, where one does."""

        self._unmatched: set[str] = set()

    def know(self, addresses: Iterable[str]) -> None:
        """Match many addresses at once: for one by one they may be too many."""
        matches = self._regex_aliases.first_matches(addresses)
        self.matched.update(matches.rules)
        self._unmatched |= matches.none

    def of(self, address: str) -> Lookup:
        """Return what an address in its internal form is replaced by.

        Where a key stands in the aliases twice (hazard H01), it is the first one: routes
        tell that error themselves.
        """
        lookup = self._kept.get(address)
        if lookup is None:
            if self._bytes_kept > _MOST_KEPT:
                self._kept.clear()
                self._bytes_kept = 0
            lookup = self._kept[address] = self._look_up(address)
            self._bytes_kept += _OF_EACH * (1 + len(lookup.results)) + sum(map(len, lookup.results))
        return lookup

    def _look_up(self, address: str) -> Lookup:
        name = quoted(address)
        found = self._by_key(name, address, "")
        if found is not None:
            return found
        unsure: dict[int, str] = {}
        found = self._by_rule(name, address, unsure) or self._by_parts(address)
        return found._replace(unsure=unsure) if unsure else found

    def _by_key(self, key: str, address: str, extension: str) -> Lookup | None:
        alias = self._aliases.find(key.lower())
        if alias is None:
            return None
        return self._replaced(Found(self._aliases.name, alias.number, alias.key), alias.value, address, extension)

    def _by_parts(self, address: str) -> Lookup:
        keys = partial_keys(address, self._syntax, self._domains)
        lookups = (self._by_key(key, address, unmatched) for key, unmatched in keys)
        return next(filter(None, lookups), NOTHING)

    def _by_rule(self, name: str, address: str, unsure: dict[int, str]) -> Lookup | None:
        if name in self._unmatched:
            return None
        match = self._regex_aliases.first_match(name, unsure)
        if match is None:
            return None
        rule, groups = match
        found = Found(self._regex_aliases.name, rule.number, rule.condition.written)
        value = rule.filled(groups)
        if value == "":
            return Lookup(
                found,
                temporary=f"{found.file} line {found.line} has no recipients, so Postfix answers with an error for"
                " each address that it matches (hazard H09); add recipients, or remove the line",
            )
        if groups and value and len(value) > LONGEST_ADDRESS and not is_plain(value):
            self._room -= len(value)
            if self._room < 0:
                unsure[found.line] = f"{found.file} line {found.line} {_NOT_READ}"
                return None
        if value is None:
            return Lookup(found, excess=f"a recipient list of more than {LARGEST_RESULT} bytes")
        return self._replaced(found, value, address, "")

    def _replaced(self, found: Found, value: str, address: str, extension: str) -> Lookup:
        results = replaced(value, address, extension, self._syntax)
        if not results:
            return Lookup(
                found,
                temporary=f"{found.file} line {found.line} has no address among its recipients,"
                " so Postfix answers with an error",
            )
        return Lookup(found, results)

    def of_bare_domain(self, domain: str) -> Lookup:
        """Return what Postfix finds for a folded domain alone among the aliases (hazard H70)."""
        alias = self._aliases.find(domain)
        # trivial-rewrite(8) opens the aliases without folding their keys.
        if alias is not None and alias.written == domain:
            return Lookup(Found(self._aliases.name, alias.number, alias.key))
        unsure: dict[int, str] = {}
        match = self._regex_aliases.first_match(domain, unsure)
        found = Found(self._regex_aliases.name, match[0].number, match[0].condition.written) if match else None
        return Lookup(found, unsure=unsure)


def partial_keys(address: str, syntax: Syntax, domains: Domains) -> list[tuple[str, str]]:
    """Return the keys by which Postfix looks an address up after the address itself, each with the extension that it lacks.

    They are the address without its extension, without its domain where that is the host, and the catch-all of its
    domain (mail_addr_find(3)). Maps of patterns are not asked for them.
    """
    local_part, at, domain = address.rpartition("@")
    bare, extension = syntax.split_extension(address)
    keys = [(quoted(bare), extension)] if extension else []
    if at and domains.is_local(domain):
        keys.append((quoted(local_part, bare_local_part=True), ""))
        if extension:
            keys.append((quoted(bare.rpartition("@")[0], bare_local_part=True), extension))
    if at:
        keys.append((f"@{domain}", ""))
    return keys


def replaced(value: str, address: str, extension: str, syntax: Syntax) -> tuple[str, ...]:
    """Return the addresses of a value that stands for an address, with what Postfix adds to them.

    That is the local part where the value is an C(@domain), and the extension that the key lacked.
    """
    if value.startswith("@"):
        local_part = address.rpartition("@")[0] if "@" in address else address
        value = quoted(local_part.removesuffix(extension) + value)
    results = syntax.addresses(value)
    return tuple(with_extension(result, extension) for result in results) if extension else results

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One step of Postfix's alias resolution, for all addresses of the files at once.

An address is looked up as it is among the aliases, then in the rules, then without its
extension, then without its domain where that is the host, then as its catch-all.
"""

from __future__ import annotations

import functools
import typing as t

from .limits import LONGEST_ADDRESS, MOST_RECIPIENTS
from .rules import Rules
from .walks import Failure, Step, Walks

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable, Iterator

    from .reading import AccountsFile, AliasesFile, RulesFile
    from .rules import Rule

# Whom a catch-all or a rule is tried with.
_SOMEBODY = "somebody"


class Expansion:
    """What Postfix makes of addresses, one step at a time."""

    def __init__(self, aliases: AliasesFile, rules: RulesFile, accounts: AccountsFile, hostname: str | None) -> None:
        """Take the files as they were read."""
        self.aliases = aliases
        self.rules = Rules(rules.logical)
        self._accounts = accounts
        self._hostname = (hostname or "localhost").lower()

    @functools.cached_property
    def _known(self) -> set[str]:
        """The folded addresses that may be looked up in the rules."""
        found = set(self._accounts.by_address)
        if self.rules.rules:
            for entry in self.aliases.entries:
                found.update(recipient.lower() for recipient in entry.recipients)
            for rule in self.rules.rules:
                found.update(recipient.lower() for recipient in rule.recipients)
        return found

    @functools.cached_property
    def matched(self) -> dict[str, Rule]:
        """The rule that matches each of the known addresses, where one does."""
        return self.rules.first_matches(self._known)

    def rule_of(self, address: str) -> Rule | None:
        """Return the first rule that matches a folded address."""
        if not self.rules.rules or address in self._known:
            return self.matched.get(address)
        return self.rules.first_match(address)

    def step(self, address: str) -> Step | None:
        """Return what a folded address is expanded to, None where it is final."""
        by_key = self.aliases.by_key
        entry = by_key.get(address)
        if entry is not None:
            return Step(entry, _results(entry.recipients, address, ""))
        rule = self.rule_of(address)
        if rule is not None:
            results = rule.results(address)
            return Step(rule, _results(results or (), address, ""))
        local_part, dummy, domain = address.rpartition("@")
        bare, plus, extension = local_part.partition("+")
        if plus and bare:
            entry = by_key.get(f"{bare}@{domain}")
            if entry is not None:
                return Step(entry, _results(entry.recipients, address, plus + extension))
        if domain in (self._hostname, "localhost"):
            for name, added in ((local_part, ""), (bare, plus + extension)):
                entry = by_key.get(name) if name else None
                if entry is not None:
                    return Step(entry, _results(entry.recipients, address, added))
        entry = by_key.get(f"@{domain}")
        if entry is None:
            return None
        return Step(entry, _results(entry.recipients, address, ""))

    def is_known(self, address: str) -> bool:
        """Whether Postfix expands a folded address, or it is an account."""
        return self._is_account(address) or self.step(address) is not None

    def _is_account(self, address: str) -> bool:
        local_part, dummy, domain = address.rpartition("@")
        bare = local_part.partition("+")[0] or local_part
        accounts = self._accounts.by_address
        return address in accounts or f"{bare}@{domain}" in accounts

    @functools.cached_property
    def failures(self) -> list[Failure]:
        """The expansions that Postfix gives up, so that it defers the mail."""
        walks = Walks(self.step, lambda a: a in self.aliases.by_key or a in self.matched)
        return [failure for start in self._starts() for failure in walks.failures(start)]

    def _starts(self) -> Iterator[str]:
        """Yield the addresses whose expansion may go on for more than one step."""
        for key, entry in self.aliases.by_key.items():
            if len(entry.recipients) > MOST_RECIPIENTS or any(map(self._may_go_on, entry.recipients)):
                yield f"{_SOMEBODY}{key}" if key[0] == "@" else key
        yield from self.matched
        for rule in self.rules.rules:
            for sample in (_SOMEBODY, "1"):
                groups = (sample,) * 9
                yield from (recipient.lower() for recipient in rule.filled(groups))

    def _may_go_on(self, recipient: str) -> bool:
        folded = recipient.lower()
        domain = folded.rpartition("@")[2]
        return (
            folded in self.aliases.by_key
            or folded in self.matched
            or "+" in folded
            or f"@{domain}" in self.aliases.by_key
            or domain in (self._hostname, "localhost")
            or len(folded) > LONGEST_ADDRESS
        )


def _results(recipients: Iterable[str], address: str, extension: str) -> tuple[str, ...]:
    """Return recipients with what Postfix adds: the extension, or the local part."""
    found = []
    for recipient in recipients:
        local_part, at, domain = recipient.lower().rpartition("@")
        if not at:
            found.append(domain + extension)
        elif not local_part:
            found.append(address.rpartition("@")[0] + "@" + domain)
        else:
            found.append(f"{local_part}{extension}@{domain}")
    return tuple(found)

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules that cross files, applied to the state that the files will have."""

from __future__ import annotations

import collections
import functools
import typing as t

from .._addresses import domain_of, fold_case
from .._errors import Refusal, Refusals, RefusedError, refusal
from .._tables.aliases import Alias
from .._tables.regex_aliases import delimit
from .._text import in_quotes
from .._warnings import REFUSAL, RunWarning

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable, Iterator

    from .._kinds.kind import Wanted
    from .._tables.accounts import Account
    from .._tables.directory import Tables
    from .._tables.regex_aliases import RegexAlias
    from .wish import Wish


# The file in which a hazard is told of that a rule refuses.
_FILE_OF_HAZARD = {"H11": "postfix-accounts.cf", "H32": "postfix-virtual.cf"}


class Provision:
    """One run: what is wanted, the tables as they are edited, and what to tell."""

    def __init__(self, desired: Wish, tables: Tables, predict: bool = False) -> None:
        """Begin with the tables as they were read.

        With `predict`, what other entries of the files forbid is only warned of.
        """
        self.desired = desired
        self.tables = tables
        self.predict = predict
        self.warnings: list[RunWarning] = []
        self.refusals = Refusals()
        """What is refused, so that all of it can be told at once."""

        self._accounts_read = len(tables.accounts)

    def apply_rules(self) -> None:
        """Edit what the wanted entries bring with them, and refuse what must not be."""
        self._refuse_recipients_that_go()
        self._forget_accounts_that_go()
        self._warn_of_mentions()
        with self.refusals.noted():
            self._refuse_no_accounts()
        self._refuse_overlaps()
        self._refuse_quotas_without_account()
        self.refusals.raise_noted()
        self._protect_accounts()
        self._withdraw_protection()
        self._put_in_safe_order()

    def refuse(self, error: RefusedError, origin: str = "", hazard: str = "", entry: str = "") -> None:
        """Refuse what other entries of the files forbid, or warn where it is predicted.

        An earlier task of the play may change these entries, which check mode cannot
        see. `origin` is where the user wrote the entry, unless the error says it;
        `hazard` is told of the `entry` in this way, and not a second time.
        """
        if not self.predict:
            raise error
        sentence = str(error.of(origin=origin) if origin else error)
        file = _FILE_OF_HAZARD.get(hazard, "")
        self.warnings.append(RunWarning(sentence, REFUSAL, hazard, file, entry))

    def _refuse_recipients_that_go(self) -> None:
        """Refuse one wish that contradicts another."""
        if not self.gone:
            return
        for wanted in self.desired.aliases:
            contradicted = [r for r in wanted.recipients if fold_case(r) in self._unknown]
            if wanted.present and contradicted:
                reason = (
                    f"its recipient {in_quotes(contradicted[0])} is an account that"
                    " this run removes; take the recipient away, or keep the account"
                )
                self.refusals.note(refusal("alias", wanted.key, wanted.origin, reason))

    @functools.cached_property
    def gone(self) -> set[str]:
        """The addresses that are an account until this run removes it."""
        return set(self.tables.accounts.changes().removed)

    @functools.cached_property
    def no_accounts(self) -> set[str]:
        """The addresses that should be no account, and are none."""
        return {account.key for account in self.desired.accounts if not account.present} - self.gone

    @functools.cached_property
    def _unknown(self) -> set[str]:
        """The addresses that go and are no alias either."""
        return self._without_aliases(self.gone)

    def _without_aliases(self, addresses: set[str]) -> set[str]:
        """Return the addresses whose mail no alias sends elsewhere."""
        aliases = filter(None, map(self.tables.aliases.entry, addresses))
        return addresses - {a.alias for a in aliases if not a.is_identity}

    def _forget_accounts_that_go(self) -> None:
        """Do what `setup email del` does with quota and aliases, but not with mail."""
        wanted_quotas = self._wanted_keys("quotas")
        for address in sorted(self.gone - wanted_quotas.keys()):
            self.tables.quotas.remove(address)
        if not self.gone:
            return
        aliases = self.tables.aliases
        remaining = {alias: self._remaining(alias) for alias in aliases.entries()}
        for alias, recipients in remaining.items():
            if recipients == alias.recipients:
                continue
            if recipients:
                aliases.put(Alias(alias.alias, recipients))
            else:
                aliases.remove(alias.alias)
        for regex_alias in self.tables.regex_aliases.entries():
            mentioned = self._unknown.intersection(fold_case(r) for r in regex_alias.recipients)
            if mentioned:
                table = self.tables.regex_aliases
                place = table.line_of(regex_alias.key)
                sentence = (
                    f"{place} still points to {', '.join(sorted(mentioned))}, which is"
                    " no account any more; regex aliases are not changed with accounts"
                )
                entry = delimit(regex_alias.pattern)
                self.warnings.append(RunWarning(sentence, "warn", "H33", table.file_name, entry))

    def _warn_of_mentions(self) -> None:
        """Name the lines that mention an address that was no account to begin with."""
        unknown = self._without_aliases(self.no_accounts)
        if unknown:
            from .mentions import warnings_of_mentions

            self.warnings += warnings_of_mentions(self.desired, self.tables, unknown)

    def _remaining(self, alias: Alias) -> tuple[str, ...]:
        """Return the recipients of an alias without the accounts that go.

        An alias that points to itself means the account of that address, however many
        other recipients it has.
        """
        own = {alias.alias} & self.gone
        return tuple(r for r in alias.recipients if (folded := fold_case(r)) not in self._unknown and folded not in own)

    def _refuse_no_accounts(self) -> None:
        if self._accounts_read and not len(self.tables.accounts) and not self.desired.allow_no_accounts:
            reason = (
                "would hold no account any more, and DMS then shuts down (hazard H11);"
                " keep one account, or set allow_no_accounts to true"
            )
            error = RefusedError(Refusal(reason, place=self.tables.accounts.file_name))
            if "accounts" in self.desired.prune:
                raise error  # whatever account another task adds goes too
            self.refuse(error, hazard="H11")

    def _refuse_overlaps(self) -> None:
        """Refuse an address that becomes both account and alias; warn if it was both."""
        accounts, aliases = self.tables.accounts, self.tables.aliases
        allowed = {a.key for a in self.desired.accounts if a.allow_alias_overlap}
        allowed |= {a.key for a in self.desired.aliases if a.allow_account_overlap}
        for table, option, other in (
            (accounts, "allow_alias_overlap", aliases),
            (aliases, "allow_account_overlap", accounts),
        ):
            contradicting = self._wanted_keys(other.section)
            for key, wanted in self._wanted_keys(table.section).items():
                if key in allowed or not self._overlaps(key):
                    continue
                reason = (
                    f"has it as an {other.noun} already, and mail to it goes where the alias points;"
                    f" remove one of the two, or set {option} to true"
                )
                error = refusal(table.noun, key, wanted.origin, reason, other.line_of(key))
                if self._overlapped_before(key):
                    self.warnings.append(RunWarning(str(error), "warn", "H32", aliases.file_name, key))
                elif key in contradicting:
                    self.refusals.note(error)
                else:
                    with self.refusals.noted():
                        self.refuse(error, hazard="H32", entry=key)

    def _wanted_keys(self, section: str) -> dict[str, Wanted]:
        """Return the entries of a section that shall be there, by their keys."""
        return {e.key: e for e in self.desired.wanted(section) if e.present}

    def _overlaps(self, key: str) -> bool:
        return _is_overlap(self.tables.aliases.entry(key), self.tables.accounts.entry(key))

    def _overlapped_before(self, key: str) -> bool:
        return _is_overlap(self.tables.aliases.entry_read(key), self.tables.accounts.entry_read(key))

    def _refuse_quotas_without_account(self) -> None:
        unwanted = self.gone | self.no_accounts
        for wanted in self.desired.quotas:
            needs_account = wanted.present and wanted.require_account
            if needs_account and wanted.key not in self.tables.accounts:
                reason = "has no such account; add it first, or set require_account to false"
                place = self.tables.accounts.file_name
                error = refusal("quota", wanted.key, wanted.origin, reason, place)
                if wanted.key in unwanted:
                    self.refusals.note(error)  # the wish contradicts itself
                else:
                    with self.refusals.noted():
                        self.refuse(error)

    def _protect_accounts(self) -> None:
        """Give identity aliases to accounts that a catch-all would leave without mail.

        Hazard H30: the accounts that this run wants, those of a catch-all that it
        wants, and those whose own alias it removes.
        """
        aliases = self.tables.aliases
        unprotected = set()
        endangered = {a.key: None for a in self.desired.accounts if a.present}
        for wanted in self.desired.aliases:
            if wanted.present and wanted.key.startswith("@"):
                domain = wanted.key[1:]
                if wanted.protect_accounts:
                    endangered.update(dict.fromkeys(self._accounts_of(domain)))
                else:
                    unprotected.add(domain)
        removed = aliases.changes().removed
        accounts = self.tables.accounts
        endangered.update(dict.fromkeys(key for key in removed if key in accounts))
        endangered.update(dict.fromkeys(self._matched_before()))
        for address in endangered:
            domain = domain_of(address)
            caught = f"@{domain}" in aliases and domain not in unprotected
            if caught and address not in aliases:
                aliases.put(Alias(address, (address,)))

    def _matched_before(self) -> Iterator[str]:
        """Yield the accounts whose mail a changed regex alias kept from a catch-all."""
        table = self.tables.regex_aliases
        changes = table.changes()
        keys = [*changes.removed, *changes.changed]
        read = list(filter(None, map(table.entry_read, keys)))
        if not read or not any(key.startswith("@") for key in self.tables.aliases):
            return
        for matches in _matchers(read):
            yield from filter(matches, self.tables.accounts)

    def _withdraw_protection(self) -> None:
        """Take the identity aliases away that stood there for a catch-all that went."""
        aliases = self.tables.aliases
        wanted = {alias.key for alias in self.desired.aliases if alias.present}
        for key in aliases.changes().removed:
            if not key.startswith("@"):
                continue
            for address in self._accounts_of(key[1:]):
                alias = aliases.entry(address)
                identity = alias is not None and alias.is_identity
                if identity and address not in wanted and not self._matched(address):
                    aliases.remove(address)

    def _put_in_safe_order(self) -> None:
        changed = [any(table.changes()) for table in self.tables.all()]
        if any(changed):
            from .safe_order import order_accounts, order_quotas

            order_accounts(self.tables)
            order_quotas(self.tables)

    def _accounts_of(self, domain: str) -> list[str]:
        return self._accounts_by_domain.get(domain, [])

    @functools.cached_property
    def _accounts_by_domain(self) -> dict[str, list[str]]:
        grouped = collections.defaultdict(list)
        for address in self.tables.accounts:
            grouped[domain_of(address)].append(address)
        return grouped

    def _matched(self, address: str) -> bool:
        """Whether a regex alias may take the mail of an address without own alias."""
        if self.tables.regex_aliases.has_other_rules:
            return True
        return any(matches(address) for matches in self._present_matchers)

    @functools.cached_property
    def _present_matchers(self) -> list[t.Callable[[str], bool]]:
        return list(_matchers(self.tables.regex_aliases.entries()))


def _is_overlap(alias: Alias | None, account: Account | None) -> bool:
    """Whether the mail of an account goes where the alias of the same key points."""
    return alias is not None and not alias.is_identity and account is not None


def _matchers(regex_aliases: Iterable[RegexAlias]) -> Iterator[t.Callable[[str], bool]]:
    from .._mailserver.patterns import compile_pattern

    for regex_alias in regex_aliases:
        try:
            compiled = compile_pattern(regex_alias.pattern, regex_alias.flags)
        except RefusedError:
            continue  # Postfix skips the rule
        # Python's re may miss what PCRE2 matches: then keep what protects.
        yield compiled.matches if not compiled.warning else lambda address: True

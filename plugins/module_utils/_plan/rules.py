# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules that cross files, applied to the state that the files are going to have."""

from __future__ import annotations

import collections
import typing as t

from .._addresses import domain_of, fold_case
from .._errors import Refusal, RefusedError, refusal
from .._kinds.matched_addresses import exposed_addresses, matched_addresses
from .._tables.aliases import Alias
from .._tables.regex_aliases import delimit
from .._text import in_quotes
from .._warnings import RunWarning

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from .._kinds.draft import Draft
    from .._kinds.kind import Wanted
    from .._tables.accounts import Account
    from .._tables.directory import Tables
    from .wish import Wish

# How many lines one sentence names.
_MOST_NAMED = 5


def apply_rules(draft: Draft, wish: Wish) -> None:
    """Edit what follows from the entries that were put, and refuse what must not be.

    Raises RefusedError for all that the rules refuse.
    """
    removed = set(draft.tables.accounts.changes().removed)
    absent = {account.key for account in wish.accounts if not account.present} - removed
    unknown = _without_alias(draft.tables, removed)
    refuse_removed_recipients(draft, wish, unknown, removed, absent)
    forget_accounts(draft, wish, removed, unknown)
    warn_of_mentions(draft, wish, _without_alias(draft.tables, absent))
    refuse_no_accounts(draft, wish, removed)
    refuse_overlaps(draft, wish)
    refuse_quotas_without_account(draft, wish, removed | absent)
    draft.refusals.raise_noted()
    protect_accounts(draft, wish)
    withdraw_protection(draft, wish)
    put_in_safe_order(draft.tables)


def refuse_removed_recipients(draft: Draft, wish: Wish, unknown: set[str], removed: set[str], absent: set[str]) -> None:
    """Refuse an alias that is wanted to point to an account that is not wanted.

    `unknown` are the addresses that nobody receives mail for any more, `absent` those
    that should be no account, and were none. An alias that points to itself means the
    account of that address.
    """
    for wanted in wish.aliases:
        gone = unknown | ({wanted.key} & (removed | absent))
        contradicted = [r for r in wanted.recipients if fold_case(r) in gone] if gone else []
        if wanted.present and contradicted:
            what = "should be absent" if fold_case(contradicted[0]) in absent else "this run removes"
            reason = (
                f"its recipient {in_quotes(contradicted[0])} is an account that {what}; remove the recipient, or keep"
                " the account"
            )
            draft.refusals.note(refusal("alias", wanted.key, wanted.origin, reason))


def forget_accounts(draft: Draft, wish: Wish, removed: set[str], unknown: set[str]) -> None:
    """Do what `setup email del` does with quotas and aliases of removed accounts.

    Regex aliases are only warned of, and mailboxes stay.
    """
    if not removed:
        return
    tables = draft.tables
    for address in sorted(removed - _wanted_keys(wish, "quotas").keys()):
        tables.quotas.remove(address)
    remaining = {alias: _remaining(alias, removed, unknown) for alias in tables.aliases.entries()}
    left_without = []
    for alias, recipients in remaining.items():
        if recipients == alias.recipients:
            continue
        if recipients:
            tables.aliases.put(Alias(alias.alias, recipients))
            continue
        if not alias.is_identity:
            left_without.append(alias.alias)
        tables.aliases.remove(alias.alias)
    _warn_of_lost_aliases(draft, left_without)
    warn_of_rules(draft, dict.fromkeys(unknown, "which is no longer an account"), "H33")
    warn_of_rules(draft, {old: f"whose mail goes to {new}" for old, new in draft.succeeded.items()})


def _warn_of_lost_aliases(draft: Draft, lost: list[str]) -> None:
    """Warn of aliases that go along with the accounts that they pointed to, and with the mail to them."""
    if not lost:
        return
    table = draft.tables.aliases
    sentence = (
        f"{table.file_name}: {_named(map(in_quotes, lost))} pointed to nobody but accounts that are removed, so"
        f" {'it is' if len(lost) == 1 else 'they are'} removed too; give such an account a successor if somebody should"
        " get that mail"
    )
    draft.warnings.append(RunWarning(sentence))


def warn_of_rules(draft: Draft, changed: Mapping[str, str], hazard: str = "") -> None:
    """Name the regex aliases that point to accounts which go, given what is to be said of each of them."""
    table = draft.tables.regex_aliases
    for regex_alias in table.entries() if changed else ():
        mentioned = sorted(changed.keys() & set(map(fold_case, regex_alias.recipients)))
        if mentioned:
            said = " and ".join(f"{address}, {changed[address]}" for address in mentioned)
            sentence = (
                f"{table.line_of(regex_alias.key)} still points to {said}; regex aliases are not changed along with"
                " accounts that are removed, so edit it by hand"
            )
            draft.warnings.append(RunWarning(sentence, "warn", hazard, table.file_name, delimit(regex_alias.pattern)))


def _named(names: Iterable[str]) -> str:
    """Return names as a sentence has them, if they are not too many."""
    every = list(names)
    more = len(every) - _MOST_NAMED
    return ", ".join(every[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _without_alias(tables: Tables, addresses: set[str]) -> set[str]:
    """Return the addresses whose mail no alias sends elsewhere."""
    aliases = filter(None, map(tables.aliases.entry, addresses))
    return addresses - {alias.alias for alias in aliases if not alias.is_identity}


def _remaining(alias: Alias, removed: set[str], unknown: set[str]) -> tuple[str, ...]:
    """Return the recipients of an alias without the accounts that are removed.

    An alias that points to itself means the account of that address, however many
    other recipients it has.
    """
    gone = unknown | ({alias.alias} & removed)
    return tuple(r for r in alias.recipients if fold_case(r) not in gone)


def warn_of_mentions(draft: Draft, wish: Wish, unknown: set[str]) -> None:
    """Name the lines that mention an address which should be no account, and was none.

    It may be somebody else's, so nothing is removed with it, as with `setup email del`.
    """
    if not unknown:
        return
    mentions = collections.defaultdict(list)
    for address, place in _mentions(draft, wish, unknown):
        mentions[address].append(place)
    for address, places in sorted(mentions.items()):
        sentence = (
            f"account {address!r} does not exist, so nothing else is removed, but it is still mentioned: {_named(places)};"
            " remove these entries too if they are no longer wanted"
        )
        draft.warnings.append(RunWarning(sentence))


def _mentions(draft: Draft, wish: Wish, addresses: set[str]) -> Iterator[tuple[str, str]]:
    """Yield each mentioned address with file and line; what is wanted is no news."""
    tables = draft.tables
    for address in addresses - _wanted_keys(wish, "quotas").keys():
        if address in tables.quotas:
            yield address, tables.quotas.line_of(address)
    for table in (tables.aliases, tables.regex_aliases):
        wanted = _wanted_keys(wish, table.section)
        for entry in table.entries():
            mentioned = addresses.intersection(map(fold_case, entry.recipients))
            if mentioned and entry.key not in wanted:
                place = table.line_of(entry.key)
                yield from ((address, place) for address in sorted(mentioned))


def refuse_no_accounts(draft: Draft, wish: Wish, removed: set[str]) -> None:
    """Refuse to remove the last account (hazard H11)."""
    accounts = draft.tables.accounts
    if not removed or len(accounts) or wish.allow_no_accounts:
        return
    reason = (
        "would no longer hold any account, and DMS would then shut down (hazard H11); keep one account, or set"
        " allow_no_accounts to true"
    )
    error = RefusedError(Refusal(reason, place=accounts.file_name))
    # Whatever account another task adds is pruned too.
    draft.note(error, "accounts" in wish.prune, ("H11", accounts.file_name, ""))


def refuse_overlaps(draft: Draft, wish: Wish) -> None:
    """Refuse an address that becomes both account and alias; warn if it was both."""
    accounts, aliases = draft.tables.accounts, draft.tables.aliases
    allowed = {account.key for account in wish.accounts if account.allow_alias_overlap}
    allowed |= {alias.key for alias in wish.aliases if alias.allow_account_overlap}
    old_addresses = {new: old for old, new in draft.renamed.items()}
    for table, option, other in (
        (accounts, "allow_alias_overlap", aliases),
        (aliases, "allow_account_overlap", accounts),
    ):
        contradicting = _wanted_keys(wish, other.section)
        for key, wanted in _wanted_keys(wish, table.section).items():
            if key in allowed or not _is_overlap(aliases.entry(key), accounts.entry(key)):
                continue
            reason = (
                f"already has it as an {other.noun}, and mail to it goes where the alias points; remove one of the"
                f" two, or set {option} to true"
            )
            error = refusal(table.noun, key, wanted.origin, reason, other.line_of(key))
            before = old_addresses.get(key, key)
            if _is_overlap(aliases.entry_read(before), accounts.entry_read(before)):
                draft.warnings.append(RunWarning(str(error), "warn", "H32", aliases.file_name, key))
            else:
                draft.note(error, key in contradicting, ("H32", aliases.file_name, key))


def _is_overlap(alias: Alias | None, account: Account | None) -> bool:
    """Whether the mail of an account goes where the alias of the same key points."""
    return alias is not None and not alias.is_identity and account is not None


def _wanted_keys(wish: Wish, section: str) -> Mapping[str, Wanted]:
    """Return the entries of a section that should be there, by their keys."""
    return {entry.key: entry for entry in wish.wanted(section) if entry.present}


def refuse_quotas_without_account(draft: Draft, wish: Wish, unwanted: set[str]) -> None:
    """Refuse a quota that no account has; `unwanted` are addresses that should be none."""
    accounts = draft.tables.accounts
    for wanted in wish.quotas:
        if wanted.present and wanted.require_account and wanted.key not in accounts:
            reason = "has no such account; add it first, or set require_account to false"
            error = refusal("quota", wanted.key, wanted.origin, reason, accounts.file_name)
            # It is certain where the wish contradicts itself.
            draft.note(error, wanted.key in unwanted)


def protect_accounts(draft: Draft, wish: Wish) -> None:
    """Give identity aliases to accounts that a catch-all would leave without mail.

    Hazard H30: the accounts that this run wants, those of a catch-all that it
    wants, and those whose own alias it removes.
    """
    accounts, aliases = draft.tables.accounts, draft.tables.aliases
    catch_alls = {a.key[1:]: a.protect_accounts for a in wish.aliases if a.present and a.key.startswith("@")}
    accounts_of = _accounts_by_domain(accounts) if any(catch_alls.values()) else {}
    endangered = [account.key for account in wish.accounts if account.present]
    for domain, protected in catch_alls.items():
        if protected:
            endangered += accounts_of.get(domain, ())
    endangered += (key for key in aliases.changes().removed if key in accounts)
    endangered += _matched_before(draft.tables)
    caught = [
        address
        for address in dict.fromkeys(endangered)
        if address not in aliases and f"@{domain_of(address)}" in aliases and catch_alls.get(domain_of(address), True)
    ]
    served = _served(draft.tables, caught)
    for address in caught:
        if address not in served:
            aliases.put(Alias(address, (address,)))


def _served(tables: Tables, addresses: Iterable[str]) -> set[str]:
    """Return the accounts whose mail a regex alias takes before any catch-all, and took before the run.

    Postfix asks all files for the whole address first. An identity alias would move mail
    that the catch-all never gets.
    """
    accounts, aliases, table = tables.accounts, tables.aliases, tables.regex_aliases
    settled = [each for each in addresses if accounts.entry_read(each) and not aliases.entry_read(each)]
    if not settled or not table.content:
        return set()
    from .._mailserver.regex_aliases import RegexAliasesFile

    # Of an address of which it is not known, the alias is put.
    states = {table.content, table.to_bytes()}
    served = (RegexAliasesFile(table.file_name, content).first_matches(settled).rules for content in states)
    return set(settled).intersection(*served)


def _matched_before(tables: Tables) -> Sequence[str]:
    """Return the accounts whose mail a changed regex alias kept from a catch-all."""
    changes = tables.regex_aliases.changes()
    changed = map(tables.regex_aliases.entry_read, [*changes.removed, *changes.changed])
    read = list(filter(None, changed))
    if not read or not any(key.startswith("@") for key in tables.aliases):
        return ()
    accounts = list(tables.accounts)
    matched = matched_addresses(read, accounts)
    return [address for address in accounts if address in matched]


def withdraw_protection(draft: Draft, wish: Wish) -> None:
    """Remove the identity aliases that stood there for a catch-all that is removed."""
    aliases = draft.tables.aliases
    removed = [key[1:] for key in aliases.changes().removed if key.startswith("@")]
    if not removed:
        return
    wanted = {alias.key for alias in wish.aliases if alias.present}
    accounts_of = _accounts_by_domain(draft.tables.accounts)
    idle = []
    for address in (address for domain in removed for address in accounts_of.get(domain, ())):
        alias = aliases.entry(address)
        kept = address in wanted or ("aliases" in wish.prune and wish.is_kept(address))
        if alias is not None and alias.is_identity and not kept:
            idle.append(address)
    exposed = exposed_addresses(draft.tables.regex_aliases, idle)
    for address in idle:
        if address not in exposed:
            aliases.remove(address)


def _accounts_by_domain(accounts: Iterable[str]) -> Mapping[str, list[str]]:
    grouped = collections.defaultdict(list)
    for address in accounts:
        grouped[domain_of(address)].append(address)
    return grouped


def put_in_safe_order(tables: Tables) -> None:
    """Move lines that DMS would take for those of another account (hazards H20, H22)."""
    changed = [any(table.changes()) for table in tables.all()]
    if any(changed):
        from .safe_order import order_accounts, order_quotas

        order_accounts(tables)
        order_quotas(tables)

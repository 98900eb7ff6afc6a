# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Aliases: addresses whose mail goes to others, and catch-alls."""

from __future__ import annotations

import dataclasses
import typing as t

from .._addresses import check_alias_without_star, domain_of, fold_alias, fold_case, fold_recipient
from .._errors import RefusedError
from .._tables.aliases import Alias, AliasTable
from .._text import in_quotes
from .._warnings import RunWarning
from .kind import Kind, Wanted
from .matched_addresses import exposed_addresses
from .recipients import in_order_of, replaced, wanted_recipients, without

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from .._errors import Refusals
    from .._tables.directory import Tables
    from .draft import Draft
    from .kind import Options


@dataclasses.dataclass(frozen=True)
class WantedAlias(Wanted):
    """An alias that should or should not be there."""

    recipients: tuple[str, ...]
    append: bool
    allow_account_overlap: bool
    protect_accounts: bool


class AliasKind(Kind[WantedAlias, Alias]):
    """The aliases in C(postfix-virtual.cf)."""

    tables = (AliasTable,)
    key = "alias"
    options: t.ClassVar = {
        "alias": {"type": "str", "required": True},
        "recipients": {"type": "list", "elements": "str"},
        "append": {"type": "bool", "default": False},
    }
    guards: t.ClassVar = {"allow_account_overlap": False, "protect_accounts": True}
    rests_on_others = True
    plain_parts = ("recipients",)

    def _wanted(self, options: Options, origin: str, present: bool) -> WantedAlias:
        alias = fold_alias(options["alias"])
        if present:
            check_alias_without_star(alias)
        return WantedAlias(
            origin=origin,
            present=present,
            key=alias,
            recipients=wanted_recipients(options["recipients"], present, fold_recipient),
            append=options["append"],
            allow_account_overlap=options["allow_account_overlap"],
            protect_accounts=options["protect_accounts"],
        )

    def joined(self, entries: list[WantedAlias], refusals: Refusals) -> list[WantedAlias]:
        """Return the aliases, of those that several entries want one with all their recipients.

        More than one of these that gives the whole list is refused.
        """
        by_key: dict[str, list[WantedAlias]] = {}
        for entry in entries:
            by_key.setdefault(entry.key, []).append(entry)
        joined = []
        for same in by_key.values():
            if len(same) > 1 and all(entry.present for entry in same):
                with refusals.noted():
                    _refuse_whole_lists(same)
                same = [_joined_alias(same)]
            joined += same
        return joined

    def prepared(self, draft: Draft, entries: Sequence[WantedAlias]) -> Sequence[WantedAlias]:
        catch_alls = [entry for entry in entries if entry.key.startswith("@")]
        for wanted in catch_alls:
            goes = not wanted.present and not _remaining(draft.tables.aliases.entry(wanted.key), wanted)
            if goes or (wanted.present and not wanted.protect_accounts):
                draft.unguarded_catch_alls.add(wanted.key)
        return entries

    def put(self, draft: Draft, wanted: WantedAlias) -> None:
        table = draft.tables.aliases
        present = table.find(wanted.key)
        before = present.recipients if present else ()
        given = tuple(_fold_own(draft.tables, recipient) for recipient in wanted.recipients)
        if wanted.present:
            draft.warnings.extend(_missing_domains(wanted))
            recipients = before + without(given, before) if wanted.append else given
            alias = Alias(wanted.key, in_order_of(before, recipients))
            if not table.holds(alias):
                table.put(alias)
        elif present:
            remaining = _remaining(present, wanted)
            if not remaining:
                # The rules would put it back, but in another place.
                protects = _is_identity_of_account(draft.tables, wanted.key)
                if not protects or not _is_caught(draft.tables, wanted.key, draft.unguarded_catch_alls):
                    table.remove(wanted.key)
            elif remaining != before:
                table.put(Alias(wanted.key, remaining))

    def renamed(self, draft: Draft, addresses: Mapping[str, str]) -> None:
        self.replace_recipients(draft, draft.renamed_recipients)
        table = draft.tables.aliases
        for old, new in addresses.items():
            own, other = table.find(old), table.find(new)
            if own is None:
                continue
            left = _left_of(draft, own)
            if not left:
                continue
            moved = Alias(new, replaced(left, {old: new}))
            if other is not None and not other.is_identity and not moved.is_identity:
                raise RefusedError(
                    f"{table.line_of(new)} and {table.line_of(old)} say where mail to the new and to the old address"
                    " goes, so it is not certain where it should go; remove one of these aliases"
                )
            table.remove(old)
            if other is None or other.is_identity:
                table.put(moved)

    def replace_recipients(
        self, draft: Draft, addresses: Mapping[str, str], *, own_alone: Collection[str] = ()
    ) -> None:
        """Let all aliases lead to other addresses, given the new address of each old one.

        Of the addresses in `own_alone`, only the aliases of the same address do. What the run
        itself takes from an alias goes first, as it may name the old address or the new one.
        """
        table = draft.tables.aliases
        everywhere = {old: new for old, new in addresses.items() if old not in own_alone}
        for alias in list(table.entries()):
            new = {alias.key: addresses[alias.key], **everywhere} if alias.key in addresses else everywhere
            left = _left_of(draft, alias)
            recipients = replaced(left, new)
            if recipients != left:
                table.put(Alias(alias.alias, recipients))

    def kept_by_rules(self, tables: Tables, unwanted: set[str]) -> set[str]:
        """Return the identity aliases that keep the mail of an account from a catch-all that stays, or a regex alias.

        Without such an alias, hazard H30 hands the mail to somebody else. The regex aliases are those of the
        finished draft.
        """
        identities = {key for key in unwanted if _is_identity_of_account(tables, key)}
        kept = {key for key in identities if _is_caught(tables, key, unwanted)}
        return kept | exposed_addresses(tables.regex_aliases, identities - kept)

    def declaring(self, tables: Tables) -> Callable[[Alias], dict[str, t.Any]]:
        unprotected_domains = {domain_of(key) for key in tables.accounts if key not in tables.aliases}

        def declared(alias: Alias) -> dict[str, t.Any]:
            options: dict[str, t.Any] = {"alias": alias.alias, "recipients": list(alias.recipients)}
            if alias.alias in tables.accounts and not alias.is_identity:
                options["allow_account_overlap"] = True
            if alias.is_catch_all and alias.alias[1:] in unprotected_domains:
                options["protect_accounts"] = False
            return options

        return declared

    def described(self, entry: Alias) -> dict[str, t.Any]:
        return {"alias": entry.alias, "recipients": list(entry.recipients)}


def _is_identity_of_account(tables: Tables, key: str) -> bool:
    alias = tables.aliases.entry(key)
    return alias is not None and alias.is_identity and key in tables.accounts


def _is_caught(tables: Tables, key: str, unwanted: set[str]) -> bool:
    """Whether a catch-all that stays would take the mail of an address without an alias (hazard H30)."""
    catch_all = f"@{domain_of(key)}"
    return catch_all in tables.aliases and catch_all not in unwanted


def _remaining(present: Alias | None, wanted: WantedAlias) -> tuple[str, ...]:
    """Return what an entry that takes recipients from an alias leaves it."""
    return without(present.recipients, wanted.recipients) if present and wanted.recipients else ()


def _left_of(draft: Draft, alias: Alias) -> tuple[str, ...]:
    """Return the recipients that the run leaves an alias, none where that goes as a whole."""
    if alias.key not in draft.unwanted_recipients:
        return alias.recipients
    taken = draft.unwanted_recipients[alias.key]
    return without(alias.recipients, taken) if taken else ()


def _refuse_whole_lists(same: Iterable[WantedAlias]) -> None:
    whole = [entry for entry in same if not entry.append]
    if len(whole) > 1:
        raise RefusedError(
            f"{' and '.join(entry.origin for entry in whole)} are the same alias ({in_quotes(whole[0].key)}), each"
            " with the whole list of recipients; remove all but one of them, or set append to true in all but one of"
            " them"
        )


def _joined_alias(same: Sequence[WantedAlias]) -> WantedAlias:
    recipients: dict[str, str] = {}
    for entry in same:
        for recipient in entry.recipients:
            recipients.setdefault(fold_case(recipient), recipient)
    return dataclasses.replace(
        same[0],
        origin=" and ".join(entry.origin for entry in same),
        recipients=tuple(recipients.values()),
        append=all(entry.append for entry in same),
        allow_account_overlap=any(entry.allow_account_overlap for entry in same),
        protect_accounts=all(entry.protect_accounts for entry in same),
    )


def _fold_own(tables: Tables, recipient: str) -> str:
    """Fold the local part of a recipient that is ours, where case has no meaning."""
    folded = fold_case(recipient)
    ours = folded != recipient and (folded in tables.accounts or folded in tables.aliases)
    return folded if ours else recipient


def _missing_domains(wanted: WantedAlias) -> Iterator[RunWarning]:
    """Yield a warning where Postfix would add the host name of the mail server."""
    file = AliasTable.file_name
    if "@" not in wanted.key:
        sentence = (
            f"alias {in_quotes(wanted.key)} has no domain, so it is only looked up for the host name of the mail"
            " server; write user@domain, unless that is intended"
        )
        yield RunWarning(sentence, "warn", "H36", file, wanted.key)
    bare = [in_quotes(name) for name in wanted.recipients if "@" not in name]
    if bare:
        sentence = (
            f"alias {in_quotes(wanted.key)} has recipients without a domain ({', '.join(bare)}), which get the host"
            " name of the mail server; write user@domain, unless that is intended"
        )
        yield RunWarning(sentence, "warn", "H34", file, wanted.key)


ALIAS = AliasKind()

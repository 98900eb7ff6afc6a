# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The wish of the bulk module: many entries, some of which belong together."""

from __future__ import annotations

import dataclasses
import typing as t

from .._addresses import fold_case
from .._errors import Refusal, Refusals, RefusedError, refusal
from .._kinds.account import ACCOUNT
from .._kinds.alias import ALIAS
from .._kinds.kinds import KINDS
from .._kinds.quota import QUOTA
from .._kinds.recipients import without
from .._kinds.restriction import RESTRICTION
from .._mailserver.settings import DEFAULT_DELIMITER
from .._text import in_quotes
from .moves import refuse_contradictions
from .wish import Wish, refuse_misread

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable, Mapping, Sequence

    from .._kinds.account import WantedAccount
    from .._kinds.alias import WantedAlias
    from .._kinds.kind import AnyKind, Options, Wanted


def wish_of_sections(options: Options, misread: Mapping[tuple[str, int], Sequence[str]] | None = None) -> Wish:
    """Return the wish for many entries, from the options of C(dms_config).

    `misread` says of the entries, by section and position, what is wrong with those of
    their options that were given something else than text. Raises RefusedError for all
    entries that are refused, for one that stands twice with both list positions, for
    `sources` with the same name, and for a `prune_limit` that no run could keep.
    """
    _refuse_same_source(options.get("sources") or ())
    if options["prune_limit"] is not None and options["prune_limit"] < 0:
        raise RefusedError("prune_limit is less than 0; give 0 or more, or leave it out")
    given = frozenset(kind.section for kind in KINDS if options[kind.section] is not None)
    prune = frozenset(options["prune"] or ())
    wish = Wish(
        kinds=KINDS,
        sections=given,
        prune=prune & given,
        prune_keep=tuple(options["prune_keep"] or ()),
        prune_limit=options["prune_limit"],
        allow_no_accounts=options["allow_no_accounts"],
        compares_routes=True,
        recipient_delimiter=options.get("recipient_delimiter", DEFAULT_DELIMITER),
        warnings=[
            f"prune includes {name}, but {name} is not given, so none of them is removed; give an empty list to remove"
            " all of them"
            for name in sorted(prune - given)
        ],
    )
    refusals = Refusals()
    for kind in KINDS:
        wish.entries[kind.section] = _wanted_entries(kind, options, misread or {}, refusals)
    for kind in KINDS:
        wish.entries[kind.section] = kind.joined(wish.entries[kind.section], refusals)
    _add_entries_of_accounts(wish, options, refusals)
    refuse_contradictions(wish, refusals)
    for kind in KINDS:
        _refuse_same_key(kind.noun, wish.wanted(kind.section), refusals)
    for kind in KINDS:
        with refusals.noted():
            wish.entries[kind.section] = kind.in_order(wish.entries[kind.section])
    refusals.raise_noted()
    return wish


def _wanted_entries(
    kind: AnyKind, options: Options, misread: Mapping[tuple[str, int], Sequence[str]], refusals: Refusals
) -> list[t.Any]:
    """Return the entries of a section; note what is refused of them."""
    entries = []
    for index, entry in enumerate(options[kind.section] or ()):
        origin = origin_of(kind.section, index, options.get("sources") or ())
        # A guard of the whole run holds for an entry that does not set it.
        overridden = {name: options[name] for name in kind.guards if entry.get(name) is None}
        complete = {**entry, **overridden}
        with refusals.noted():
            refuse_misread(kind, complete, origin, misread.get((kind.section, index), ()))
            entries.append(kind.wanted(complete, origin))
    return entries


def origin_of(section: str, index: int, sources: Iterable[Options] = ()) -> str:
    """Return where the user wrote an entry, as messages name it.

    A section that was joined from other lists is counted in these.
    """
    counted = 0
    for source in sources:
        if source["section"] == section:
            if index < counted + source["entries"]:
                return f"{source['name']}[{index - counted}]"
            counted += source["entries"]
    return f"{section}[{index}]"


def _refuse_same_source(sources: Iterable[Options]) -> None:
    """Raise RefusedError for two lists of a section that have the same name: an entry is known by name and position."""
    first: dict[tuple[str, str], int] = {}
    for index, source in enumerate(sources):
        other = first.setdefault((source["section"], source["name"]), index)
        if other != index:
            raise RefusedError(
                f"sources[{other}] and sources[{index}] are both named {in_quotes(source['name'])} for"
                f" {source['section']}, so nobody could tell their entries apart; give one of them another name"
            )


def _refuse_same_key(noun: str, entries: Iterable[Wanted], refusals: Refusals) -> None:
    """Note a refusal for each entry that has the same key as one before it."""
    first: dict[str, Wanted] = {}
    for entry in entries:
        other = first.setdefault(entry.key, entry)
        if other is not entry:
            reason = (
                f"{other.origin} and {entry.origin} are the same {noun} ({in_quotes(entry.key)}); remove one of them"
            )
            refusals.note(RefusedError(Refusal(reason, key=entry.key)))


def _add_entries_of_accounts(wish: Wish, options: Options, refusals: Refusals) -> None:
    """Add to a wish what its accounts carry; note what is refused of it."""
    accounts = {account.origin: account for account in wish.accounts}
    aliases: dict[str, WantedAlias] = {}
    for index, entry in enumerate(options["accounts"] or ()):
        account = accounts.get(origin_of("accounts", index, options.get("sources") or ()))
        if account is None:
            continue
        if account.present:
            with refusals.noted():
                _add_limits(wish, options, entry, account)
        own = _aliases_of_account(entry, account, options, refusals)
        _refuse_same_key(ALIAS.noun, own, refusals)
        listed = {alias.key for alias in own}
        with refusals.noted():
            own += (alias for dummy, alias in ACCOUNT.companions(account, options) if alias.key not in listed)
        for each in own:
            # Only who prunes the aliases says that their declared recipients are all there are.
            append = "aliases" not in wish.prune or wish.is_kept(each.key)
            _add_recipients(aliases, dataclasses.replace(each, append=append))
    wish.entries["aliases"].extend(aliases.values())


def _add_limits(wish: Wish, options: Options, entry: Options, account: WantedAccount) -> None:
    """Add the quota and the restriction that an account carries to a wish."""
    if entry["quota"] is not None:
        complete = {**entry, "address": account.key, "require_account": options["require_account"]}
        wish.entries["quotas"].append(QUOTA.wanted(complete, f"{account.origin}.quota"))
    if entry["restrict"] is not None:
        restricted = {"address": account.key, "restrict": entry["restrict"], "state": "present"}
        wish.entries["restrictions"].append(RESTRICTION.wanted(restricted, f"{account.origin}.restrict"))


def _aliases_of_account(
    entry: Options, account: WantedAccount, options: Options, refusals: Refusals
) -> list[WantedAlias]:
    """Return the aliases that an account lists; note what is refused of them.

    Those of an account that goes lead to its successor, so that the list may stay as it is.
    """
    recipient = account.key if account.present else account.successor
    aliases: list[WantedAlias] = []
    if recipient:
        for index, given in enumerate(entry["aliases"] or ()):
            with refusals.noted():
                aliases.append(_alias_of_account(given, account, recipient, index, options))
    return aliases


def _alias_of_account(given: str, account: WantedAccount, recipient: str, index: int, options: Options) -> WantedAlias:
    """Return an alias that an account names, which others may point to somebody as well."""
    complete = {
        **{guard: options[guard] for guard in ALIAS.guards},
        "alias": given,
        "recipients": [recipient],
        "append": True,
        "state": "present",
    }
    alias = ALIAS.wanted(complete, f"{account.origin}.aliases[{index}]")
    if account.successor and alias.key == fold_case(account.successor):
        reason = "it is the successor of the account that lists it; remove it from that list"
        raise refusal(ALIAS.noun, alias.key, alias.origin, reason)
    return alias


def _add_recipients(aliases: dict[str, WantedAlias], alias: WantedAlias) -> None:
    """Add an alias, or its recipients to the same alias of another account."""
    wanted = aliases.setdefault(alias.key, alias)
    if wanted is not alias:
        # Who succeeds somebody may list the same alias.
        recipients = wanted.recipients + without(alias.recipients, wanted.recipients)
        aliases[alias.key] = dataclasses.replace(wanted, recipients=recipients)

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole wish of one run, and how the bulk options become one."""

from __future__ import annotations

import dataclasses
import fnmatch
import graphlib
import typing as t

from .._addresses import check_alias_without_star, fold_alias, fold_case
from .._errors import Refusals, RefusedError
from .._kinds.wanted import (
    Wanted,
    WantedAccount,
    WantedAlias,
    WantedQuota,
    WantedRegexAlias,
    refusal,
    wanted_account,
    wanted_alias,
    wanted_quota,
    wanted_regex_alias,
)
from .._text import in_quotes

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable, Mapping, Sequence

    Options = Mapping[str, t.Any]

# Section -> what one entry is called, and how its options become a wanted entry.
_SECTIONS: dict[str, tuple[str, t.Callable[[Options, str], Wanted]]] = {
    "accounts": ("account", wanted_account),
    "aliases": ("alias", wanted_alias),
    "regex_aliases": ("regex alias", wanted_regex_alias),
    "quotas": ("quota", wanted_quota),
}

SECTION_NAMES = tuple(_SECTIONS)

# What an entry is known by, whatever its section.
_KEYS = ("alias", "pattern", "address")

# Guards that an entry takes over from the whole wish where it does not set them.
_GUARDS = ("allow_alias_overlap", "allow_account_overlap", "protect_accounts", "require_account")


@dataclasses.dataclass
class Desired:
    """All that one run shall bring about."""

    accounts: list[WantedAccount] = dataclasses.field(default_factory=list)
    aliases: list[WantedAlias] = dataclasses.field(default_factory=list)
    regex_aliases: list[WantedRegexAlias] = dataclasses.field(default_factory=list)
    quotas: list[WantedQuota] = dataclasses.field(default_factory=list)
    sections: frozenset[str] = frozenset()
    """The sections that the user gave; the others are only touched by the rules."""

    prune: frozenset[str] = frozenset()
    """The sections of which goes what is not wanted."""

    prune_keep: tuple[str, ...] = ()
    """Shell patterns of the keys that `prune` spares."""

    prune_limit: int | None = None
    """How many entries of one section `prune` may take; None is any number."""

    allow_no_accounts: bool = False
    warnings: list[str] = dataclasses.field(default_factory=list)

    def wanted(self, section: str) -> Sequence[Wanted]:
        """Return the wanted entries of a section."""
        entries: Sequence[Wanted] = getattr(self, section)
        return entries

    def is_kept(self, key: str) -> bool:
        """Whether `prune` spares a key."""
        return any(fnmatch.fnmatchcase(key.lower(), pattern.lower()) for pattern in self.prune_keep)


def desired_entry(section: str, options: Options, misread: Sequence[str] = ()) -> Desired:
    """Return the wish for one entry, from the options of its own module.

    `misread` says of each option that was given something else than text what it is.
    """
    noun, wanted = _SECTIONS[section]
    _refuse_misread(noun, options, "", misread)
    desired = Desired(sections=frozenset([section]), allow_no_accounts=options.get("allow_no_accounts", False))
    getattr(desired, section).append(wanted(options, ""))
    return desired


def desired_entries(options: Options, misread: Mapping[tuple[str, int], Sequence[str]] | None = None) -> Desired:
    """Return the wish for many entries, from the options of C(dms_config).

    `misread` says of the entries, by section and position, what is wrong with those of
    their options that were given something else than text. Raises RefusedError for all
    entries that are refused, for one that stands twice with both list positions.
    """
    given = frozenset(name for name in _SECTIONS if options[name] is not None)
    prune = frozenset(options["prune"] or ())
    desired = Desired(
        sections=given,
        prune=prune & given,
        prune_keep=tuple(options["prune_keep"] or ()),
        prune_limit=options["prune_limit"],
        allow_no_accounts=options["allow_no_accounts"],
        warnings=[
            f"prune names {name}, but {name} is not given, so nothing of it is removed;"
            " give an empty list to remove all"
            for name in sorted(prune - given)
        ],
    )
    refusals = Refusals()
    guards = {name: options[name] for name in _GUARDS}
    sources = options.get("sources") or ()
    for section, (noun, wanted) in _SECTIONS.items():
        for index, entry in enumerate(options[section] or ()):
            origin = _origin(section, index, sources)
            filled = {name: value for name, value in entry.items() if value is not None}
            complete = {**dict.fromkeys(entry), **guards, **filled}
            with refusals.noted():
                reasons = (misread or {}).get((section, index), ())
                _refuse_misread(noun, complete, origin, reasons)
                getattr(desired, section).append(wanted(complete, origin))
    desired.aliases = _joined_levels(desired.aliases, refusals)
    _add_entries_of_accounts(desired, options, guards, refusals)
    for section in _SECTIONS:
        _refuse_same_key(section, desired.wanted(section), refusals)
    with refusals.noted():
        desired.regex_aliases = _in_order_of_positions(desired.regex_aliases)
    refusals.raise_noted()
    return desired


def _origin(section: str, index: int, sources: Iterable[Options]) -> str:
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


def _refuse_misread(noun: str, options: Options, origin: str, reasons: Sequence[str]) -> None:
    if reasons:
        key = next(options[name] for name in _KEYS if name in options)
        raise RefusedError(*(str(refusal(noun, key, origin, reason)) for reason in reasons))


def _add_entries_of_accounts(desired: Desired, options: Options, guards: Options, refusals: Refusals) -> None:
    """Add the quotas and aliases that account entries carry."""
    accounts = {account.origin: account for account in desired.accounts}
    sources = options.get("sources") or ()
    aliases: dict[str, WantedAlias] = {}
    for index, entry in enumerate(options["accounts"] or ()):
        account = accounts.get(_origin("accounts", index, sources))
        if account is None or not account.present:
            continue
        with refusals.noted():
            if entry["quota"] is not None:
                complete = {**guards, **entry, "address": account.address}
                quota = wanted_quota(complete, f"{account.origin}.quota")
                desired.quotas.append(quota)
        own = []
        for number, alias in enumerate(entry["aliases"] or ()):
            with refusals.noted():
                own.append(_alias_of_account(alias, account, number, desired, guards))
        _refuse_same_key("aliases", own, refusals)
        for each in own:
            _add_recipients(aliases, each)
    desired.aliases.extend(aliases.values())


def _alias_of_account(given: str, account: WantedAccount, index: int, desired: Desired, guards: Options) -> WantedAlias:
    """Return an alias that an account names, which others may point it to as well.

    Only who prunes the aliases says that their declared recipients are all there are.
    """
    origin = f"{account.origin}.aliases[{index}]"
    try:
        alias = fold_alias(given)
        check_alias_without_star(alias)
    except RefusedError as error:
        raise refusal("alias", given, origin, error) from None
    return WantedAlias(
        origin=origin,
        present=True,
        alias=alias,
        recipients=(account.address,),
        append="aliases" not in desired.prune or desired.is_kept(alias),
        allow_account_overlap=guards["allow_account_overlap"],
        protect_accounts=guards["protect_accounts"],
    )


def _add_recipients(aliases: dict[str, WantedAlias], alias: WantedAlias) -> None:
    """Add an alias, or its recipients to the same alias of another account."""
    wanted = aliases.setdefault(alias.key, alias)
    if wanted is not alias:
        recipients = wanted.recipients + alias.recipients
        aliases[alias.key] = dataclasses.replace(wanted, recipients=recipients)


def _joined_levels(entries: Iterable[WantedAlias], refusals: Refusals) -> list[WantedAlias]:
    """Return aliases, of those that several entries want one with all their recipients.

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


def _refuse_whole_lists(same: Iterable[WantedAlias]) -> None:
    whole = [entry for entry in same if not entry.append]
    if len(whole) > 1:
        raise RefusedError(
            f"{' and '.join(entry.origin for entry in whole)} are the same alias"
            f" ({in_quotes(whole[0].key)}), each with the whole list of recipients; take"
            " all but one of them away, or set append to true in all but one of them"
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


def _refuse_same_key(section: str, entries: Iterable[Wanted], refusals: Refusals) -> None:
    first: dict[str, Wanted] = {}
    for entry in entries:
        other = first.setdefault(entry.key, entry)
        if other is not entry:
            with refusals.noted():
                raise RefusedError(
                    f"{other.origin} and {entry.origin} are the same"
                    f" {_SECTIONS[section][0]} ({in_quotes(entry.key)}); take one of"
                    " them away"
                )


def _in_order_of_positions(entries: list[WantedRegexAlias]) -> list[WantedRegexAlias]:
    """Return regex aliases so that each stands behind the one it is positioned by.

    Raises RefusedError for positions that cannot all be given.
    """
    positioned = {e.key: e for e in entries if e.present and e.position is not None}
    _refuse_same_end(positioned.values())
    order: graphlib.TopologicalSorter[str] = graphlib.TopologicalSorter()
    for entry in positioned.values():
        order.add(entry.key, *_positioned_by(entry, positioned))
    try:
        keys = list(order.static_order())
    except graphlib.CycleError as error:
        first, second, *dummy = error.args[1]
        raise refusal(
            "regex alias",
            first,
            positioned[first].origin,
            f"its position and that of {positioned[second].origin} depend on each"
            " other; give only one of them before or after the other",
        ) from None
    others = [entry for entry in entries if entry.key not in positioned]
    return others + [positioned[key] for key in keys]


def _positioned_by(entry: WantedRegexAlias, positioned: Mapping[str, WantedRegexAlias]) -> list[str]:
    """Return the key of the other regex alias if this run positions it too."""
    position = entry.position
    other = positioned.get(position.pattern) if position else None
    if position is None or other is None or other.position is None or other is entry:
        return []
    ends = {"before": "first", "after": "last"}
    if other.position.kind == ends.get(position.kind):
        raise refusal(
            "regex alias",
            entry.key,
            entry.origin,
            f"it cannot stand {position.kind} {other.origin}, which shall stand"
            f" {other.position.kind}; change one of the two positions",
        )
    return [other.key]


def _refuse_same_end(entries: Iterable[WantedRegexAlias]) -> None:
    first: dict[str, WantedRegexAlias] = {}
    for entry in entries:
        if entry.position and not entry.position.pattern:
            other = first.setdefault(entry.position.kind, entry)
            if other is not entry:
                raise RefusedError(
                    f"{other.origin} and {entry.origin} shall both stand"
                    f" {entry.position.kind}; give one of them position before or after"
                )

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make a config directory hold what is wanted: edits on the tables, nothing on disk."""

from __future__ import annotations

import contextlib
import typing as t

from .._addresses import domain_of, fold_case, render_size
from .._errors import MissingEntryError, RefusedError
from .._kinds.wanted import refusal
from .._tables.accounts import Account
from .._tables.aliases import Alias
from .._tables.directory import Tables
from .._tables.quotas import Quota
from .._tables.regex_aliases import RegexAlias
from .._text import in_quotes
from .._warnings import RunWarning
from .draft import Provision

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator, Mapping, Sequence

    from .._kinds.wanted import Wanted, WantedAccount, WantedAlias, WantedQuota, WantedRegexAlias
    from .._tables.table import Changes, Table
    from .wish import Desired


# One mail with a photograph is larger.
_SMALLEST_USABLE_QUOTA = 1 << 20


class FileChange(t.NamedTuple):
    """A file that is to be written."""

    table: Table[t.Any]
    content: bytes


class Plan(t.NamedTuple):
    """What a run does to a config directory, known before anything is written."""

    files: list[FileChange]
    """In the order in which they are to be written."""

    changes: dict[str, Changes]
    """The changes of every section, also of those without any."""

    warnings: list[RunWarning]


def make_plan(desired: Desired, contents: Mapping[str, bytes | None], predict: bool = False) -> Plan:
    """Return what is to be done so that the files hold what is wanted.

    `contents` are the bytes of the files by file name. Raises RefusedError where
    anything at all is refused. With `predict`, for check mode, what only other entries
    of the files forbid is a warning, and so is what a missing library cannot tell.
    """
    tables = Tables(contents)
    provision = Provision(desired, tables, predict)
    if desired.accounts:
        from .account_hashes import find_password_hashes

        find_password_hashes(provision)
    refusals = provision.refusals
    for section, put in _PUT.items():
        if section in desired.prune:
            with refusals.noted():
                _prune(provision, section)
        for wanted in desired.wanted(section):
            with refusals.noted(), _named(wanted):
                put(provision, wanted)
    refusals.raise_noted()
    provision.apply_rules()
    return _plan(provision)


def _plan(provision: Provision) -> Plan:
    files = []
    changes = {}
    for table in provision.tables.all():
        content = table.to_bytes()
        changes[table.section] = table.no_changes()
        if content != (table.content or b""):
            files.append(FileChange(table, content))
            changes[table.section] = table.changes()
    if not any(section.added for section in changes.values()):
        # Whoever points to an account goes before it does (hazard H64).
        files.reverse()
    warnings = [*map(RunWarning, provision.desired.warnings), *provision.warnings]
    for table in provision.tables.all():
        warnings += table.warnings()
    return Plan(files, changes, warnings)


@contextlib.contextmanager
def _named(wanted: Wanted) -> Iterator[None]:
    """Add to a refusal where the user wrote the entry."""
    try:
        yield
    except RefusedError as error:
        if not wanted.origin:
            raise
        raise RefusedError(f"{wanted.origin}: {error}") from None


def _put_account(provision: Provision, wanted: WantedAccount) -> None:
    table = provision.tables.accounts
    if not wanted.present:
        is_account = table.find(wanted.address) is not None
        (provision.gone if is_account else provision.no_accounts).add(wanted.address)
        table.remove(wanted.address)
        return
    from .account_hashes import hash_of_account

    present = table.find(wanted.address)
    extra_fields = present.extra_fields if present else None
    if wanted.extra_fields is not None:
        extra_fields = wanted.extra_fields or None
    password_hash = hash_of_account(provision, wanted, present)
    account = Account(wanted.address, password_hash, extra_fields)
    if not table.holds(account):
        table.put(account)


def _put_quota(provision: Provision, wanted: WantedQuota) -> None:
    table = provision.tables.quotas
    present = table.find(wanted.address)
    if not wanted.present:
        if not table.is_guard(wanted.address):
            table.remove(wanted.address)
        elif present is not None and not table.holds(present):
            table.put(present)
        return
    if 0 < wanted.size < _SMALLEST_USABLE_QUOTA:
        provision.warnings.append(RunWarning(str(_small_quota(wanted))))
    if present is None or present.bytes != wanted.size:
        present = Quota(wanted.address, render_size(wanted.size))
    if not table.holds(present):
        table.put(present)


def _small_quota(wanted: WantedQuota) -> RefusedError:
    reason = (
        f"{render_size(wanted.size)} is less than 1M, so hardly a mail fits in; write a"
        " larger size, unless that is meant"
    )
    return refusal("quota", wanted.address, wanted.origin, reason)


def _put_alias(provision: Provision, wanted: WantedAlias) -> None:
    table = provision.tables.aliases
    present = table.find(wanted.alias)
    before = present.recipients if present else ()
    given = tuple(_fold_own(provision, recipient) for recipient in wanted.recipients)
    if wanted.present:
        provision.warn_of_missing_domains(wanted)
        recipients = _joined(before, given) if wanted.append else given
        alias = Alias(wanted.alias, _in_order_of(before, recipients))
        if not table.holds(alias):
            table.put(alias)
    elif present:
        remaining = _without(before, given) if given else ()
        if not remaining:
            table.remove(wanted.alias)
        elif remaining != before:
            table.put(Alias(wanted.alias, remaining))


def _put_regex_alias(provision: Provision, wanted: WantedRegexAlias) -> None:
    table = provision.tables.regex_aliases
    if not wanted.present:
        table.remove(wanted.pattern)
        return
    if wanted.warning:
        provision.warnings.append(RunWarning(wanted.warning))
    present = table.find(wanted.pattern)
    recipients = _in_order_of(present.recipients if present else (), wanted.recipients)
    regex_alias = RegexAlias(wanted.pattern, wanted.flags, recipients)
    if wanted.position:
        try:
            table.put_at(regex_alias, wanted.position)
            return
        except MissingEntryError as error:
            provision.refuse(error, wanted.origin)
    if not table.holds(regex_alias):
        table.put(regex_alias)


_PUT: dict[str, t.Callable[[Provision, t.Any], None]] = {
    "accounts": _put_account,
    "quotas": _put_quota,
    "aliases": _put_alias,
    "regex_aliases": _put_regex_alias,
}


def _fold_own(provision: Provision, recipient: str) -> str:
    """Fold the local part of a recipient that is ours, where case has no meaning."""
    folded = fold_case(recipient)
    tables = provision.tables
    ours = folded != recipient and (folded in tables.accounts or folded in tables.aliases)
    return folded if ours else recipient


def _folded(recipients: Sequence[str]) -> set[str]:
    return {fold_case(recipient) for recipient in recipients}


def _joined(before: tuple[str, ...], given: tuple[str, ...]) -> tuple[str, ...]:
    return before + _without(given, before)


def _without(recipients: tuple[str, ...], gone: Sequence[str]) -> tuple[str, ...]:
    folded = _folded(gone)
    return tuple(r for r in recipients if fold_case(r) not in folded)


def _in_order_of(before: tuple[str, ...], recipients: tuple[str, ...]) -> tuple[str, ...]:
    """Return the recipients in the order in which the file has them, if it has all."""
    return before if _folded(before) == _folded(recipients) else recipients


def _prune(provision: Provision, section: str) -> None:
    """Remove the entries of a section that are not wanted."""
    desired = provision.desired
    table: Table[t.Any] = getattr(provision.tables, section)
    wanted = {entry.key for entry in desired.wanted(section)}
    unwanted = {key for key in table if key not in wanted and not desired.is_kept(key)}
    doomed = [key for key in table if key in unwanted and not _is_kept_by_rules(provision, section, key, unwanted)]
    if desired.prune_limit is not None and len(doomed) > desired.prune_limit:
        error = RefusedError(
            f"prune would remove {len(doomed)} {section.replace('_', ' ')} from"
            f" {table.file_name}, the first of them {in_quotes(table.shown_key(doomed[0]))}, but"
            f" prune_limit is {desired.prune_limit}; list what shall stay, or raise the limit"
        )
        provision.refuse(error)
    for key in doomed:
        table.remove(key)
        if section == "accounts":
            provision.gone.add(key)


def _is_kept_by_rules(provision: Provision, section: str, key: str, unwanted: set[str]) -> bool:
    """Whether an entry is there for the sake of an account (hazards H22, H30)."""
    tables = provision.tables
    if key not in tables.accounts:
        return False
    if section == "quotas":
        quota = tables.quotas.entry(key)
        return quota is not None and not quota.size
    if section == "aliases":
        alias = tables.aliases.entry(key)
        catch_all = f"@{domain_of(key)}"
        return alias is not None and alias.is_identity and catch_all in tables.aliases and catch_all not in unwanted
    return False

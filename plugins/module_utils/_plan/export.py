# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A config directory as variables of the role, which change nothing when applied to it."""

from __future__ import annotations

import functools
import re
import typing as t

from .._addresses import domain_of, render_size
from .._errors import RefusedError
from .._kinds.wanted import refusal
from .._secrets import shown_extra_fields, without_columns
from .._tables.accounts import Account
from .._tables.aliases import Alias
from .._tables.directory import Tables
from .._tables.quotas import Quota
from .._tables.regex_aliases import RegexAlias, delimit
from .._text import in_quotes
from .plan import make_plan
from .wish import SECTION_NAMES, desired_entries, desired_entry

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator, Mapping

    from .._tables.table import Table
    from .plan import Plan

    Options = dict[str, t.Any]

# What the options of an entry are where an export does not name them.
_DEFAULTS: dict[str, Options] = {
    "accounts": {
        "password": None,
        "password_hash": None,
        "update_password": "always",
        "extra_fields": None,
        "quota": None,
        "aliases": None,
    },
    "aliases": {"append": False},
    "regex_aliases": {"flags": None, "position": None},
    "quotas": {},
}
_GUARDS: Options = {
    "allow_alias_overlap": False,
    "allow_account_overlap": False,
    "protect_accounts": True,
    "require_account": True,
    "allow_no_accounts": False,
}


class _ReadTables(Tables):
    """The tables of a directory that is not edited."""

    @functools.cached_property
    def unprotected_domains(self) -> set[str]:
        """The domains of the accounts that have no alias of their own."""
        return {domain_of(key) for key in self.accounts if key not in self.aliases}

    def is_guard(self, key: str) -> bool:
        """Whether a quota only guards an account from that of another (hazard H22)."""
        quota = self.quotas.entry(key)
        return quota is not None and not quota.size and key in self.accounts


# What begins a refusal of one entry of a list.
_ORIGIN = re.compile(r"(\w+)\[([0-9]+)\]: ")
_QUOTED = re.compile(r"'([^']+)'|\"([^\"]+)\"")


class Export(t.NamedTuple):
    """The entries of a directory as the options that declare them."""

    sections: dict[str, list[Options]]
    """Section -> the options of its entries; never a password or a hash."""

    left_out: list[str]
    """What cannot be declared without a change, or may hold a secret, by sentences."""


def export_directory(contents: Mapping[str, bytes | None]) -> Export:
    """Return the entries of a config directory, given the bytes of its files by name."""
    tables = _ReadTables(contents)
    left_out: list[str] = []
    sections = {section: _exported(tables, section, left_out) for section in SECTION_NAMES}
    while _leave_out_changes(_plan(sections, contents, left_out), sections, left_out):
        pass
    return Export(sections, left_out)


def _leave_out_changes(plan: Plan, sections: Mapping[str, list[Options]], left_out: list[str]) -> bool:
    """Leave out what a plan would change; tell whether there was anything."""
    count = len(left_out)
    for section, changes in plan.changes.items():
        differing = {*changes.added, *changes.changed, *changes.removed}
        for options in [o for o in sections[section] if _key(o) in differing]:
            sections[section].remove(options)
            left_out.append(
                f"{section.replace('_', ' ')}: {in_quotes(_key(options))} is written in"
                " another way than this collection writes it; declare it to have it rewritten"
            )
    # A catch-all that is left out still takes the mail of accounts (hazard H30).
    unprotected = set(plan.changes["aliases"].added)
    for options in [o for o in sections["accounts"] if o["address"] in unprotected]:
        sections["accounts"].remove(options)
        left_out.append(
            f"accounts: {in_quotes(options['address'])} gets an identity alias as soon"
            " as it is declared, because a catch-all takes its mail"
        )
    return len(left_out) > count


def _exported(tables: _ReadTables, section: str, left_out: list[str]) -> list[Options]:
    """Return the entries of a section that can be declared one by one."""
    table: t.Any = getattr(tables, section)
    left_out.extend(
        f"{table.place(handle)} is no {table.noun} that can be declared" for handle in table.unread_handles()
    )
    left_out.extend(_hidden_parts(tables, section))
    exported = []
    for key in table:
        if section == "quotas" and tables.is_guard(key):
            continue
        if hides(table, key):
            continue
        try:
            exported.append(_declared(tables, section, key))
        except RefusedError as error:
            left_out.append(f"{table.line_of(key)}: {error}")
    return exported


def hides(table: Table[t.Any], key: str) -> bool:
    """Whether an entry has something that may be a secret where no extra field stands."""
    if table.shown_key(key) != key:
        return True
    entry = table.entry(key)
    texts = [*getattr(entry, "recipients", ()), getattr(entry, "size", "")]
    return any(without_columns(text) != text for text in texts)


def hides_extra_fields(account: Account) -> bool:
    """Whether the extra fields of an account have something that may be a secret."""
    fields = account.extra_fields or ""
    return shown_extra_fields(fields) != fields


def _hidden_parts(tables: Tables, section: str) -> Iterator[str]:
    """Yield a sentence for each entry of a section that is not shown wholly."""
    table: t.Any = getattr(tables, section)
    for key in table:
        if hides(table, key):
            yield (
                f"{table.line_of(key)} has what may be a password or a hash where none"
                " belongs, so it is not shown; look at the line"
            )
        elif section == "accounts" and hides_extra_fields(table.entry(key)):
            yield (
                f"{table.line_of(key)}: account {key!r} has extra fields that may hold a"
                " password, so extra_fields is not shown; where it is not declared, the"
                " file keeps it"
            )


def _declared(tables: _ReadTables, section: str, key: str) -> Options:
    """Return the options that declare an entry; raise RefusedError where none do."""
    table: t.Any = getattr(tables, section)
    try:
        options = _OPTIONS[section](table.find(key), tables)
    except RefusedError as error:
        raise refusal(table.noun, key, "", error) from None
    complete = {**_DEFAULTS[section], **_GUARDS, **options, "state": "present"}
    desired_entry(section, complete)
    return options


def _plan(sections: Mapping[str, list[Options]], contents: Mapping[str, bytes | None], left_out: list[str]) -> Plan:
    """Return the plan of declaring all entries, without those that are refused."""
    while True:
        try:
            return _plan_of_all(sections, contents)
        except RefusedError as error:
            if not _leave_out_refused(error, sections):
                raise
            left_out.extend(_ORIGIN.sub("", each) for each in error.sentences)


def _leave_out_refused(error: RefusedError, sections: Mapping[str, list[Options]]) -> bool:
    """Leave out the entries that refusals are about; tell whether there were any."""
    # All positions are those before the first entry is left out.
    refused = [
        (sections[section], options)
        for sentence in error.sentences
        for section, options in _refused_entries(sentence, sections)
    ]
    for entries, options in refused:
        if options in entries:
            entries.remove(options)
    return bool(refused)


def _refused_entries(sentence: str, sections: Mapping[str, list[Options]]) -> list[tuple[str, Options]]:
    """Return the entries that one refusal is about, each with its section."""
    origin = _ORIGIN.match(sentence)
    if origin:
        return [(origin[1], sections[origin[1]][int(origin[2])])]
    # A rule that comes with the entries names the one that it cannot be applied to.
    named = {key for found in _QUOTED.findall(sentence) for key in found if key}
    return [
        (section, options) for section, entries in sections.items() for options in entries if _key(options) in named
    ]


def _plan_of_all(sections: Mapping[str, list[Options]], contents: Mapping[str, bytes | None]) -> Plan:
    options: Options = {"prune": None, "prune_keep": None, "prune_limit": None, **_GUARDS}
    for section, entries in sections.items():
        options[section] = [{**_DEFAULTS[section], **entry, "state": "present"} for entry in entries]
    return make_plan(desired_entries(options), contents)


def _account(account: Account, tables: _ReadTables) -> Options:
    if not account.password_hash:
        raise RefusedError("it has no hash (hazard H06); declare it with a password or password_hash")
    options: Options = {"address": account.address}
    if account.extra_fields and not hides_extra_fields(account):
        options["extra_fields"] = account.extra_fields
    return options


def _alias(alias: Alias, tables: _ReadTables) -> Options:
    options: Options = {"alias": alias.alias, "recipients": list(alias.recipients)}
    if alias.alias in tables.accounts and not alias.is_identity:
        options["allow_account_overlap"] = True
    if alias.is_catch_all and alias.alias[1:] in tables.unprotected_domains:
        options["protect_accounts"] = False
    return options


def _regex_alias(regex_alias: RegexAlias, tables: _ReadTables) -> Options:
    options: Options = {"pattern": delimit(regex_alias.pattern), "recipients": list(regex_alias.recipients)}
    if regex_alias.flags:
        options["flags"] = regex_alias.flags
    return options


def _quota(quota: Quota, tables: _ReadTables) -> Options:
    if quota.bytes is None:
        raise RefusedError(f"{in_quotes(quota.size)} is not a quota that every release of Dovecot reads")
    options: Options = {"address": quota.address, "quota": render_size(quota.bytes)}
    if quota.address not in tables.accounts:
        options["require_account"] = False
    return options


_OPTIONS: dict[str, t.Callable[[t.Any, _ReadTables], Options]] = {
    "accounts": _account,
    "aliases": _alias,
    "regex_aliases": _regex_alias,
    "quotas": _quota,
}


def _key(options: Options) -> str:
    """Return the key of an exported entry."""
    pattern: str | None = options.get("pattern")
    if pattern is not None:
        return pattern[1:-1].replace("\\/", "/")
    return str(options.get("alias") or options["address"])

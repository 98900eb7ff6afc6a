# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A config directory as variables of the role, which change nothing when applied to it."""

from __future__ import annotations

import typing as t

from .._errors import RefusedError, refusal
from .._kinds.kind import defaults_of
from .._kinds.kinds import FILE_NAMES, KINDS, sections_options
from .._tables.directory import Tables
from .._text import in_quotes
from .bulk import origin_of, wish_of_sections
from .plan import make_plan

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from .._errors import Refusal
    from .._kinds.kind import AnyKind
    from .._tables.section import Section
    from .plan import Plan

    Options = dict[str, t.Any]
    Sections = Mapping[str, dict[str, Options]]
    """Section -> key of an entry -> the options that declare it."""


class Export(t.NamedTuple):
    """The entries of a directory as the options that declare them."""

    sections: dict[str, list[Options]]
    """Section -> the options of its entries; without a password or a hash, unless asked for."""

    keys: dict[str, list[str]]
    """Section -> the keys of the same entries."""

    left_out: list[str]
    """What cannot be declared without a change, or may hold a secret, by sentences."""


def export_directory(contents: Mapping[str, bytes | None], secrets: bool = False) -> Export:
    """Return the entries of a config directory, given the bytes of its files by name.

    With `secrets` they have their passwords or hashes too, which nobody may see, and can be
    applied to an empty directory. What such a directory would not get wholly is left out.
    """
    tables = Tables(contents)
    left_out: list[str] = []
    sections = {kind.section: _exported(tables, kind, left_out, secrets) for kind in KINDS}
    while (
        _leave_out_changes(_plan(sections, contents, left_out), sections, left_out)
        # With secrets, they are for a new host too. What is left out changes nothing in the files, but others may need it.
        or (secrets and _leave_out_refused_by_new_host(sections, left_out))
    ):
        pass
    return Export(
        sections={section: list(entries.values()) for section, entries in sections.items()},
        keys={section: list(entries) for section, entries in sections.items()},
        left_out=left_out,
    )


def _leave_out_changes(plan: Plan, sections: Sections, left_out: list[str]) -> bool:
    """Leave out what a plan would change; tell whether there was anything."""
    count = len(left_out)
    for section, changes in plan.changes.items():
        differing = {*changes.added, *changes.changed, *changes.removed}
        for key in [key for key in sections[section] if key in differing]:
            del sections[section][key]
            left_out.append(
                f"{section.replace('_', ' ')}: {in_quotes(key)} is not written the way this collection writes it;"
                " declare it to have it rewritten"
            )
    # A catch-all that is left out still takes the mail of accounts (hazard H30).
    unprotected = set(plan.changes["aliases"].added)
    for address in [address for address in sections["accounts"] if address in unprotected]:
        del sections["accounts"][address]
        left_out.append(
            f"accounts: {in_quotes(address)} gets an identity alias as soon"
            " as it is declared, because a catch-all takes its mail"
        )
    return len(left_out) > count


def _leave_out_refused_by_new_host(sections: Sections, left_out: list[str]) -> bool:
    """Leave out what is refused where there are no files yet; tell whether there was anything."""
    refused: list[str] = []
    _plan(sections, dict.fromkeys(FILE_NAMES), refused)
    left_out.extend(f"for an empty directory this would be refused: {sentence}" for sentence in refused)
    return bool(refused)


def _exported(tables: Tables, kind: AnyKind, left_out: list[str], secrets: bool) -> dict[str, Options]:
    """Return the entries of a kind that can be declared one by one."""
    table = kind.section_in(tables)
    left_out.extend(f"{place} holds no {kind.noun} that can be declared" for place in table.unread_places())
    left_out.extend(_hidden_parts(tables, kind, secrets))
    defaults = defaults_of(kind.module_options())
    declared = kind.declaring(tables)
    exported: dict[str, Options] = {}
    for key in table:
        if kind.hides(table, key) or not kind.is_declared(tables, key):
            continue
        if secrets and _missing_part(kind, table.entry(key), secrets):
            continue
        try:
            options = _declared(table, key, declared)
            if secrets:
                options.update(kind.secret_options(table.find(key)))
            wanted = kind.wanted({**defaults, **options}, "")
        except RefusedError as error:
            left_out.append(f"{table.line_of(key)}: {error}")
            continue
        if wanted.key == key:
            exported[key] = options
        else:
            left_out.append(
                f"{table.line_of(key)}: {table.noun} {in_quotes(key)} would be added once more, as"
                f" {in_quotes(wanted.key)}; write it so in the file to have it declared"
            )
    return exported


def _declared(table: Section[t.Any], key: str, declared: Callable[[t.Any], Options]) -> Options:
    try:
        return declared(table.find(key))
    except RefusedError as error:
        raise refusal(table.noun, key, "", error) from None


def _hidden_parts(tables: Tables, kind: AnyKind, secrets: bool) -> Iterator[str]:
    """Yield a sentence for each entry of a kind that is not shown wholly."""
    table = kind.section_in(tables)
    for key, entry in zip(table, table.entries()):
        if kind.hides(table, key):
            yield (
                f"{table.line_of(key)} contains what may be a password or a hash in the wrong place, so it is not"
                " shown; look at the line"
            )
            continue
        part = _missing_part(kind, entry, secrets)
        if not part:
            continue
        if secrets:
            part += f"; a new host would have the {table.noun} without it, so the {table.noun} is left out: declare it by hand"
        else:
            part += "; the file keeps it unless it is declared"
        yield f"{table.line_of(key)}: {table.noun} {key!r} {part}"


def _missing_part(kind: AnyKind, entry: t.Any, secrets: bool) -> str:
    """Return, as a part of a sentence, what an entry lacks where it is exported; empty for nothing."""
    return "" if secrets and kind.hides_secret_alone else kind.hidden_part(entry)


def _plan(sections: Sections, contents: Mapping[str, bytes | None], left_out: list[str]) -> Plan:
    """Return the plan of declaring all entries, without those that are refused."""
    while True:
        try:
            return _plan_of_all(sections, contents)
        except RefusedError as error:
            if not _leave_out_refused(error.refusals, sections):
                raise
            # What was declared here has no place in anybody's options.
            left_out.extend(map(str, error.of(origin="").refusals))


def _leave_out_refused(refusals: Sequence[Refusal], sections: Sections) -> bool:
    """Leave out the entries that refusals are about; tell whether there were any."""
    origins = {refusal.origin for refusal in refusals}
    # A rule that comes with the entries knows only the key that it cannot be applied to.
    keys = {refusal.key for refusal in refusals if not refusal.origin}
    refused = [
        (entries, key)
        for section, entries in sections.items()
        for index, key in enumerate(entries)
        if origin_of(section, index) in origins or key in keys
    ]
    for entries, key in refused:
        del entries[key]
    return bool(refused)


def _plan_of_all(sections: Sections, contents: Mapping[str, bytes | None]) -> Plan:
    specs = sections_options()
    options: Options = {**defaults_of(specs), "prune_keep": None, "prune_limit": None}
    for section, entries in sections.items():
        defaults = defaults_of(specs[section]["options"])
        options[section] = [{**defaults, **entry} for entry in entries.values()]
    return make_plan(wish_of_sections(options), contents)

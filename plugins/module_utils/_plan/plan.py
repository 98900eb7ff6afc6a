# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make a config directory hold what is wanted: edits on the tables, nothing on disk."""

from __future__ import annotations

import contextlib
import typing as t

from .._errors import RefusedError
from .._tables.directory import Tables
from .._text import in_quotes
from .._warnings import RunWarning
from .draft import Provision

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator, Mapping

    from .._kinds.kind import Wanted
    from .._tables.table import Changes, Table
    from .wish import AnyKind, Wish


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


def make_plan(desired: Wish, contents: Mapping[str, bytes | None], predict: bool = False) -> Plan:
    """Return what is to be done so that the files hold what is wanted.

    `contents` are the bytes of the files by file name. Raises RefusedError where
    anything at all is refused. With `predict`, for check mode, what only other entries
    of the files forbid is a warning, and so is what a missing library cannot tell.
    """
    tables = Tables(contents)
    provision = Provision(desired, tables, predict)
    refusals = provision.refusals
    for kind in desired.kinds:
        entries = kind.prepared(provision, desired.wanted(kind.section))
        if kind.section in desired.prune:
            with refusals.noted():
                _prune(provision, kind)
        for wanted in entries:
            with refusals.noted(), _named(wanted):
                kind.put(provision, wanted)
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
        raise error.of(origin=wanted.origin) from None


def _prune(provision: Provision, kind: AnyKind) -> None:
    """Remove the entries of a section that are not wanted."""
    desired, tables = provision.desired, provision.tables
    table = kind.table_in(tables)
    wanted = {entry.key for entry in desired.wanted(kind.section)}
    unwanted = {key for key in table if key not in wanted and not desired.is_kept(key)}
    doomed = [key for key in table if key in unwanted and not kind.is_kept_by_rules(tables, key, unwanted)]
    if desired.prune_limit is not None and len(doomed) > desired.prune_limit:
        error = RefusedError(
            f"prune would remove {len(doomed)} {kind.section.replace('_', ' ')} from"
            f" {table.file_name}, the first of them {in_quotes(table.shown_key(doomed[0]))}, but"
            f" prune_limit is {desired.prune_limit}; list what should stay, or raise the limit"
        )
        provision.refuse(error)
    for key in doomed:
        table.remove(key)

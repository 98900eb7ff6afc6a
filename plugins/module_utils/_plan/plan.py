# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make a config directory hold what is wanted: edits on the tables, nothing on disk."""

from __future__ import annotations

import typing as t

from .._errors import RefusedError
from .._kinds.draft import Draft
from .._tables.directory import Tables
from .._tables.section import changes_of_section
from .._text import in_quotes
from .._warnings import RunWarning
from .moves import move_accounts
from .rules import apply_rules

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Mapping, Sequence

    from .._kinds.kind import AnyKind
    from .._tables.entry import Changes
    from .._tables.table import Table
    from .servers import Servers
    from .wish import Wish

    Contents = Mapping[str, "bytes | None"]


class FileChange(t.NamedTuple):
    """A file that is to be written."""

    table: Table[t.Any]
    content: bytes
    """What it should hold."""

    @property
    def file_name(self) -> str:
        """The name of the file in the config directory."""
        return self.table.file_name

    @property
    def new_file_mode(self) -> int:
        """The mode of the file where there is none yet."""
        return self.table.new_file_mode


class Plan(t.NamedTuple):
    """What a run does to a config directory, known before anything is written."""

    before: Contents
    """What the files hold for which it was made, by their names."""

    files: list[FileChange]
    """In the order in which they are to be written."""

    changes: dict[str, Changes]
    """The changes of every section, also of those without any."""

    warnings: Sequence[RunWarning]

    renamed: Mapping[str, str]
    """The new address of each account that is renamed, by the old one."""

    servers: Servers | None = None
    """The mail server before and after, where the plan was checked against the hazards."""

    @property
    def after(self) -> Contents:
        """What the files are going to hold, by their names."""
        return {**self.before, **{file.file_name: file.content for file in self.files}}

    @property
    def reload_needed(self) -> bool:
        """Whether Postfix goes on with what it has read of a file until it is reloaded."""
        return any(not file.table.watched and not self._creates(file) for file in self.files)

    @property
    def restart_needed(self) -> bool:
        """Whether a file is new that is only read if it was there when DMS started."""
        return any(file.table.wired_at_start and self._creates(file) for file in self.files)

    def _creates(self, file: FileChange) -> bool:
        return self.before.get(file.file_name) is None


def make_plan(wish: Wish, contents: Contents, predict: bool = False) -> Plan:
    """Return what is to be done so that the files hold what is wanted.

    `contents` are the bytes of the files by file name. Raises RefusedError where
    anything at all is refused. With `predict`, for check mode, what only other entries
    of the files forbid is a warning, and so is what a missing library cannot tell.
    """
    draft = Draft(Tables(contents), predict)
    for table in wish.tables:
        draft.tables.of(table)
    draft.warnings.extend(map(RunWarning, wish.warnings))
    refusals = draft.refusals
    move_accounts(draft, wish)
    for kind in sorted(wish.kinds, key=lambda kind: kind.rests_on_others):
        entries = kind.prepared(draft, wish.wanted(kind.section))
        if kind.section in wish.prune:
            with refusals.noted():
                _prune(draft, wish, kind)
        for wanted in entries:
            with refusals.noted(wanted.origin):
                kind.put(draft, wanted)
    refusals.raise_noted()
    apply_rules(draft, wish)
    return _plan_of(draft, contents)


def _plan_of(draft: Draft, before: Contents) -> Plan:
    tables = draft.tables.all()
    contents = [table.to_bytes() for table in tables]
    files = [
        FileChange(table, content) for table, content in zip(tables, contents) if content != (table.content or b"")
    ]
    changes = {table.section: table.no_changes() for table in tables}
    for section in dict.fromkeys(file.table.section for file in files):
        changes[section] = changes_of_section([table for table in tables if table.section == section])
    if not any(section.added for section in changes.values()):
        # Who points to an account is removed before it is (hazard H64).
        files.reverse()
    warnings = list(draft.warnings)
    for table in tables:
        warnings += table.warnings()
    return Plan(before, files, changes, warnings, draft.renamed)


def _prune(draft: Draft, wish: Wish, kind: AnyKind) -> None:
    """Remove the entries of a section that are not wanted."""
    tables = draft.tables
    table = kind.section_in(tables)
    wanted = {entry.key for entry in wish.wanted(kind.section)}
    if kind.stays_with_old_address:
        wanted |= wish.kept_addresses
    unwanted = {key for key in table if key not in wanted and not wish.is_kept(key)}
    unwanted -= kind.kept_by_rules(tables, unwanted)
    doomed = [key for key in table if key in unwanted]
    for key in doomed:
        table.find(key)  # what nobody can remove is refused first, as by a run that the limit does not stop
    if wish.prune_limit is not None and len(doomed) > wish.prune_limit:
        error = RefusedError(
            f"prune would remove {len(doomed)} {kind.section.replace('_', ' ')} from"
            f" {table.file_name}, the first of them {in_quotes(table.shown_key(doomed[0]))}, but"
            f" prune_limit is {wish.prune_limit}; list what should stay, or raise the limit"
        )
        draft.refuse(error)
    for key in doomed:
        table.remove(key)

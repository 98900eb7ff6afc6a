# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make the files of a config directory hold what a plan says, beside all others."""

from __future__ import annotations

import contextlib
import typing as t

from .._errors import RefusedError
from .directory import contents_of
from .folder import ReadFile, refused
from .locks import ChangeDetectorLock, Deadline, change_detector_lock, is_left_behind, own_lock, wait_for_editors
from .replacing import ChangedMeanwhileError, Hooks, NewContent, Patience, prepare, replace_all

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Mapping, Sequence

    from .directory import Contents, Planner, Store

# Twice what DMS was seen to take for rebuilding its lists, in seconds.
_TIMEOUT = 60.0
_TIMEOUT_OF_LINE = 0.02
# Who may write to the directory must not make a run wait for days.
_LONGEST_TIMEOUT = 900.0


def update(store: Store, plan: Planner, hooks: Hooks, timeout: float | None) -> bool:
    """Carry out `Store.update`."""
    if timeout is None:
        timeout = _timeout_for(store.read())
    deadline = Deadline(timeout)
    try:
        with own_lock(store.folder, deadline):
            for folder, leftover in list(store.leftovers()):
                folder.remove(leftover)
            return _update(store, plan, hooks, deadline)
    except OSError as error:
        path = str(error.filename or store.folder.path)
        raise refused(path, "written", error) from None


def _update(store: Store, plan: Planner, hooks: Hooks, deadline: Deadline) -> bool:
    any_replaced = False
    while plan(store.read()) or is_left_behind(store.folder):
        replaced = False
        wait_for_editors(store.folder, deadline)
        with change_detector_lock(store.folder, deadline) as lock, contextlib.suppress(ChangedMeanwhileError):
            # Planned anew where somebody wrote while this run waited for its turn.
            read = store.read_files()
            contents = contents_of(read)
            files = plan(contents)
            _replace(store, files, read, hooks, lock, deadline)
            written = {file.file_name: file.content for file in files}
            contents = {**contents, **written}
            replaced = True
            any_replaced = any_replaced or bool(files)
        if replaced and store.read() == contents:
            break
        if not deadline.seconds_left:
            raise RefusedError(
                f"the files in {store.folder.path} were changed by others whenever"
                f" they were to be written, for {deadline.timeout:g} seconds; wait"
                " for that to end, or raise lock_timeout"
            )
    return any_replaced


def _replace(
    store: Store,
    files: Sequence[NewContent],
    read: Mapping[str, ReadFile | None],
    hooks: Hooks,
    lock: ChangeDetectorLock,
    deadline: Deadline,
) -> None:
    """Replace files, given what all files were when that was planned."""
    places = store.places()
    with contextlib.ExitStack() as cleanup:
        prepared = []
        for file in files:
            place, old = places[file.file_name], read[file.file_name]
            prepared.append(prepare(place, file, old, hooks))
            cleanup.callback(place.folder.remove, prepared[-1].temporary)
        if store.read() != contents_of(read) or not lock.is_held():
            raise ChangedMeanwhileError
        replace_all(prepared, hooks, Patience(deadline, lock))


def _timeout_for(contents: Contents) -> float:
    """Return how many seconds to wait for DMS where the user does not say it."""
    lines = sum(content.count(b"\n") for content in contents.values() if content)
    return min(_TIMEOUT + _TIMEOUT_OF_LINE * lines, _LONGEST_TIMEOUT)

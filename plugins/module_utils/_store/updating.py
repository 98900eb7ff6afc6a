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
from .replacing import ChangedMeanwhileError, Hooks, Patience, prepare, replace_all

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable, Mapping, Sequence

    from .directory import Contents, NewContent, PlanType, Store

# Twice what DMS was seen to take for rebuilding its lists, in seconds.
_TIMEOUT = 60.0
_TIMEOUT_OF_LINE = 0.02
# Who may write to the directory must not make a run wait for days.
_LONGEST_TIMEOUT = 900.0


def update(
    store: Store, plan: PlanType, plan_for: Callable[[Contents], PlanType], hooks: Hooks, timeout: float | None
) -> PlanType:
    """Make the files hold what a plan says, each one whole, and all or none.

    Returns the plan by which files were replaced, or an empty one where none were.
    `plan_for` returns the plan for other contents than those of `plan`; it is asked
    when somebody else writes at the same time. `timeout` is how many seconds to wait
    for others, None for as long as DMS may take to rebuild its lists. Raises
    RefusedError where that is too short or a file cannot be written; the files are
    then as they were.
    """
    deadline = Deadline(_timeout_for(plan.before) if timeout is None else timeout)
    try:
        with own_lock(store.folder, deadline):
            for folder, leftover in list(store.leftovers()):
                folder.remove(leftover)
            return _update(store, plan, plan_for, hooks, deadline)
    except OSError as error:
        path = str(error.filename or store.folder.path)
        raise refused(path, "written", error) from None


def _update(
    store: Store, plan: PlanType, plan_for: Callable[[Contents], PlanType], hooks: Hooks, deadline: Deadline
) -> PlanType:
    carried_out: PlanType | None = None
    while True:
        plan = _renewed(plan, plan_for, store.read())
        if not plan.files and not is_left_behind(store.folder):
            break
        after: Contents | None = None
        wait_for_editors(store.folder, deadline)
        with change_detector_lock(store.folder, deadline) as lock, contextlib.suppress(ChangedMeanwhileError):
            # Planned anew where somebody wrote while this run waited for its turn.
            read = store.read_files()
            plan = _renewed(plan, plan_for, contents_of(read))
            _replace(store, plan.files, read, hooks, lock, deadline)
            after = {**plan.before, **{file.file_name: file.content for file in plan.files}}
            carried_out = plan if plan.files else carried_out
        if after is not None and store.read() == after:
            break
        if not deadline.seconds_left:
            raise RefusedError(
                f"others kept changing the files in {store.folder.path} whenever they were about to be written, for"
                f" {deadline.timeout:g} seconds; wait for that to end, or raise lock_timeout"
            )
    return plan if carried_out is None else carried_out


def _renewed(plan: PlanType, plan_for: Callable[[Contents], PlanType], contents: Contents) -> PlanType:
    """Return a plan that was made for what the files hold, the same one if possible."""
    return plan if plan.before == contents else plan_for(contents)


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

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The config directory on disk: read its files, and replace them all or none."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import os
import typing as t

from ansible_collections.mailops.dms.plugins.module_utils._errors import RefusedError
from ansible_collections.mailops.dms.plugins.module_utils._store.files import (
    TEMPORARY_PREFIX,
    TEMPORARY_SUFFIX,
    NewContent,
    SetAttributes,
    is_open_elsewhere,
    overwrite,
    place,
    prepare,
    read_file,
    refused,
    remove_if_there,
    swap,
    sync_directory,
)
from ansible_collections.mailops.dms.plugins.module_utils._store.locks import (
    Deadline,
    change_detector_lock,
    is_left_behind,
    own_lock,
    wait_for_a_moment,
    wait_for_editors,
)

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable, Iterator, Sequence

    Contents = dict[str, "bytes | None"]
    Planner = Callable[[Contents], Sequence[NewContent]]

# How many seconds a run waits for those who read or append to a replaced file: far less
# than after what DMS takes a lock for left behind.
_PATIENCE = 5.0


class Hooks(t.NamedTuple):
    """What writing needs from Ansible."""

    set_attributes: SetAttributes
    back_up: Callable[[str], None] | None = None
    """Makes a backup of the file at a path before it is replaced."""

    unsafe_writes: bool = False
    """Whether a file that cannot be replaced may be overwritten in place."""


class _ChangedMeanwhileError(Exception):
    """Somebody else wrote between our reading and our writing."""


@dataclasses.dataclass
class _Replacement:
    """A file that is about to be replaced, and then is."""

    path: str
    temporary: str
    new: bytes
    old: bytes | None
    state: str = "prepared"
    """One of C(prepared), C(created), C(swapped) and C(overwritten)."""


class Store:
    """The files of one config directory."""

    def __init__(self, directory: str, file_names: Sequence[str]) -> None:
        """Name the directory and its files; nothing is looked at yet."""
        self._directory = directory
        self._file_names = file_names

    def read(self) -> Contents:
        """Return the bytes of each file by its name, None where there is no such file.

        Raises RefusedError for a directory or a file that cannot be read.
        """
        if not os.path.isdir(self._directory):
            kind = "is not a directory"
            if not os.path.exists(self._directory):
                kind = "does not exist"
            raise RefusedError(
                f"the config directory {self._directory} {kind}; create it, or correct"
                " config_dir"
            )
        return {name: read_file(self.path(name)) for name in self._file_names}

    def path(self, name: str) -> str:
        """Return the path of a file, a symbolic link in the directory followed.

        Raises RefusedError for a link that leads out of the directory, for whoever
        could plant it would choose which file is overwritten.
        """
        path = os.path.join(self._directory, name)
        target = os.path.realpath(path)
        root = os.path.realpath(self._directory)
        if os.path.islink(path) and os.path.commonpath([root, target]) != root:
            raise RefusedError(
                f"{path} is a symbolic link to {target}, which is outside of the config"
                " directory; replace the link by the file itself"
            )
        return target

    def has_leftovers(self) -> bool:
        """Whether a run that was killed left something behind in the directory."""
        return bool(self._leftovers()) or is_left_behind(self._directory)

    def _leftovers(self) -> list[str]:
        directories = {os.path.dirname(self.path(name)) for name in self._file_names}
        directories.add(os.path.realpath(self._directory))
        return [path for directory in directories for path in _leftovers_in(directory)]

    def update(self, plan: Planner, hooks: Hooks, timeout: float) -> bool:
        """Make the files hold what a plan says, each one whole, and all or none.

        Returns whether any file was replaced. With none, the last plan was an empty one.
        `plan` takes what the files hold and returns what they shall hold, in the order
        in which they are to be written; it is called again when somebody else writes at
        the same time. `timeout` is how many seconds to wait for others. Raises
        RefusedError where that is too short or a file cannot be written; the files are
        then as they were.
        """
        deadline = Deadline(timeout)
        try:
            with own_lock(self._directory, deadline):
                for leftover in self._leftovers():
                    remove_if_there(leftover)
                return self._update(plan, hooks, deadline)
        except OSError as error:
            path = str(error.filename or self._directory)
            raise refused(path, "written", error) from None

    def _update(self, plan: Planner, hooks: Hooks, deadline: Deadline) -> bool:
        any_replaced = False
        while plan(self.read()) or is_left_behind(self._directory):
            replaced = False
            wait_for_editors(self._directory, deadline)
            with (
                change_detector_lock(self._directory, deadline) as is_held,
                contextlib.suppress(_ChangedMeanwhileError),
            ):
                # Planned anew where somebody wrote while this run waited for its turn.
                contents = self.read()
                files = plan(contents)
                self._replace(files, contents, hooks, is_held)
                written = {file.file_name: file.content for file in files}
                contents = {**contents, **written}
                replaced = True
                any_replaced = any_replaced or bool(files)
            # Who began to edit before the replacement may undo it with what was there.
            with contextlib.suppress(RefusedError):
                wait_for_editors(self._directory, deadline)
            if replaced and self.read() == contents:
                break
            if not deadline.seconds_left:
                raise RefusedError(
                    f"the files in {self._directory} were changed by others whenever they"
                    f" were to be written, for {deadline.timeout:g} seconds; wait for that"
                    " to end, or raise lock_timeout"
                )
        return any_replaced

    def _replace(
        self,
        files: Sequence[NewContent],
        contents: Contents,
        hooks: Hooks,
        is_held: Callable[[], bool],
    ) -> None:
        """Replace files, given what all files held when that was planned."""
        with contextlib.ExitStack() as cleanup:
            prepared = []
            for file in files:
                replacement = self._prepare(file, contents[file.file_name], hooks)
                cleanup.callback(remove_if_there, replacement.temporary)
                prepared.append(replacement)
            if self.read() != contents or not is_held():
                raise _ChangedMeanwhileError
            _back_up(prepared, hooks)
            _replace_all(prepared, hooks)

    def _prepare(
        self, file: NewContent, old: bytes | None, hooks: Hooks
    ) -> _Replacement:
        path = self.path(file.file_name)
        try:
            temporary = prepare(
                path, file.content, file.new_file_mode, hooks.set_attributes
            )
        except OSError as error:
            raise refused(path, "written", error) from None
        return _Replacement(path, temporary, file.content, old)


def _leftovers_in(directory: str) -> Iterator[str]:
    """Yield the temporary files in a directory that nobody removed."""
    try:
        entries = list(os.scandir(directory))
    except FileNotFoundError:
        return
    except OSError as error:
        raise refused(directory, "read", error) from None
    for entry in entries:
        ours = entry.name.startswith(TEMPORARY_PREFIX)
        if ours and entry.name.endswith(TEMPORARY_SUFFIX) and entry.is_file():
            yield entry.path


def _back_up(replacements: Sequence[_Replacement], hooks: Hooks) -> None:
    for replacement in replacements:
        if hooks.back_up and replacement.old is not None:
            hooks.back_up(replacement.path)


def _replace_all(replacements: Sequence[_Replacement], hooks: Hooks) -> None:
    """Replace files one after the other; where one fails, put back those before it."""
    patience = Deadline(_PATIENCE)
    with contextlib.ExitStack() as undo:
        for replacement in replacements:
            undo.callback(_put_back, replacement, patience)
            _replace_one(replacement, hooks, patience)
        undo.pop_all()


def _replace_one(replacement: _Replacement, hooks: Hooks, patience: Deadline) -> None:
    path = replacement.path
    try:
        replaced = swap(replacement.temporary, path)
    except FileExistsError:
        raise _ChangedMeanwhileError from None
    except OSError as error:
        if error.errno not in (errno.EBUSY, errno.EXDEV):
            raise refused(path, "written", error) from None
        if not hooks.unsafe_writes:
            raise RefusedError(
                f"{path} is itself a mount point, so it cannot be replaced; mount the"
                " whole config directory, or set unsafe_writes to true (hazard H53)"
            ) from None
        replacement.state = "overwritten"
        overwrite(path, replacement.new)
        return
    replacement.state = "swapped" if replaced else "created"
    sync_directory(os.path.dirname(path))
    old = _read_when_closed(replacement.temporary, patience) if replaced else None
    if old != replacement.old:
        raise _ChangedMeanwhileError


def _read_when_closed(path: str, patience: Deadline) -> bytes | None:
    """Return what a replaced file holds when those who had it open are done with it."""
    while is_open_elsewhere(path) and patience.seconds_left:
        wait_for_a_moment()
    return read_file(path)


def _put_back(replacement: _Replacement, patience: Deadline) -> None:
    """Undo a replacement, unless somebody else has edited the new file since."""
    if replacement.state == "created":
        place(replacement.path, replacement.temporary)
        if _read_when_closed(replacement.temporary, patience) != replacement.new:
            place(replacement.temporary, replacement.path)
    elif replacement.state == "swapped":
        swap(replacement.temporary, replacement.path)
        if _read_when_closed(replacement.temporary, patience) != replacement.new:
            swap(replacement.temporary, replacement.path)
    elif replacement.state == "overwritten":
        overwrite(replacement.path, replacement.old or b"")
    if replacement.state != "prepared":
        sync_directory(os.path.dirname(replacement.path))

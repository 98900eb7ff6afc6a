# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The config directory on disk: read its files, and replace them all or none."""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import posixpath
import typing as t

from ansible_collections.mailops.dms.plugins.module_utils._errors import (
    MissingDirectoryError,
    RefusedError,
)
from ansible_collections.mailops.dms.plugins.module_utils._store.folder import (
    Folder,
    ReadFile,
    has_temporary_name,
    refused,
)
from ansible_collections.mailops.dms.plugins.module_utils._store.locks import (
    ChangeDetectorLock,
    Deadline,
    change_detector_lock,
    is_left_behind,
    own_lock,
    wait_for_editors,
)
from ansible_collections.mailops.dms.plugins.module_utils._store.replacing import (
    ChangedMeanwhileError,
    Hooks,
    NewContent,
    Patience,
    Place,
    prepare,
    replace_all,
)

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable, Iterator, Mapping, Sequence

    Result = t.TypeVar("Result")
    Contents = dict[str, "bytes | None"]
    Planner = Callable[[Contents], Sequence[NewContent]]

# How many links one file may be behind.
_MOST_LINKS = 40

# Twice what DMS was seen to take for rebuilding its lists, in seconds.
_TIMEOUT = 60.0
_TIMEOUT_OF_LINE = 0.02


class Store:
    """The files of one config directory, which is opened once and then held open."""

    def __init__(self, directory: str, file_names: Sequence[str]) -> None:
        """Name the directory and its files; nothing is looked at yet."""
        self._directory = directory
        self._file_names = file_names

    @functools.cached_property
    def _folder(self) -> Folder:
        """The directory, opened when it is first looked at.

        Raises MissingDirectoryError where there is none, and RefusedError where it
        cannot be opened or its path is not trusted.
        """
        return Folder.at(self._directory)

    def read(self) -> Contents:
        """Return the bytes of each file by its name, None where there is no such file.

        Raises MissingDirectoryError where there is no directory, and RefusedError for
        a file that cannot be read.
        """
        return _contents(self._read())

    def _read(self) -> dict[str, ReadFile | None]:
        places = self._places()
        return {name: place.folder.read(place.name) for name, place in places.items()}

    def path(self, name: str) -> str:
        """Return the path of a file, a symbolic link in the directory followed."""
        try:
            return self._place(name).path
        except MissingDirectoryError:
            return os.path.join(self._directory, name)

    def visit(self, name: str, look: Callable[[int], Result]) -> Result | None:
        """Return what a function tells of an open file, None where there is no file.

        Raises RefusedError where it raises OSError, or the file cannot be opened.
        """
        try:
            place = self._place(name)
            descriptor = place.folder.open(place.name)
        except (FileNotFoundError, MissingDirectoryError):
            return None
        except OSError as error:
            raise refused(place.path, "read", error) from None
        try:
            return look(descriptor)
        except OSError as error:
            raise refused(place.path, "given what is asked for", error) from None
        finally:
            os.close(descriptor)

    def has_leftovers(self) -> bool:
        """Whether a run that was killed left something behind in the directory."""
        return any(True for dummy in self._leftovers()) or is_left_behind(self._folder)

    # --- where the files are

    def _places(self) -> dict[str, Place]:
        """Return where each file is. Raises RefusedError where two are one file."""
        places = {name: self._place(name) for name in self._file_names}
        names: dict[str, str] = {}
        for name, place in places.items():
            other = names.setdefault(place.path, name)
            if other != name:
                raise RefusedError(
                    f"{self._folder.path_of(name)} is the same file as {other}, because"
                    " of a symbolic link; replace the link by a file of its own"
                )
        return places

    def _place(self, name: str) -> Place:
        """Return where a file is.

        Raises RefusedError for a link that leads out of the directory, for whoever
        could plant it would choose which file is read and replaced.
        """
        try:
            return self._follow(name)
        except OSError as error:
            path = str(error.filename or self._folder.path_of(name))
            raise refused(path, "read", error) from None

    def _follow(self, path: str) -> Place:
        for dummy in range(_MOST_LINKS):
            place = self._place_inside(path)
            target = place.folder.link_target(place.name)
            if target is None:
                return place
            path = self._inside(path, target)
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))

    def _place_inside(self, path: str) -> Place:
        """Return the place of a path relative to the directory; no link is followed."""
        folder = self._folder
        *parents, last = path.split("/")
        for parent in parents:
            folder = folder.subfolder(parent)
        return Place(folder, last)

    def _inside(self, path: str, target: str) -> str:
        """Return where a link at a path leads, relative to the directory."""
        here = os.path.abspath(self._folder.path)
        parent = posixpath.dirname(posixpath.join(here, path))
        leads_to = posixpath.normpath(posixpath.join(parent, target))
        for root in (here, os.path.realpath(here)):
            if leads_to.startswith(f"{root}/"):
                return leads_to[len(root) + 1 :]
        raise RefusedError(
            f"{self._folder.path_of(path)} is a symbolic link to {leads_to}, which is"
            " outside of the config directory; replace the link by the file itself"
        )

    def _leftovers(self) -> Iterator[tuple[Folder, str]]:
        """Yield the temporary files that nobody removed, beside each of the files."""
        folders = {self._folder.path: self._folder}
        folders.update((p.folder.path, p.folder) for p in self._places().values())
        for folder in folders.values():
            try:
                names = folder.names()
            except OSError as error:
                raise refused(folder.path, "read", error) from None
            for name in filter(has_temporary_name, names):
                yield folder, name

    # --- replacing them

    def update(self, plan: Planner, hooks: Hooks, timeout: float | None) -> bool:
        """Make the files hold what a plan says, each one whole, and all or none.

        Returns whether any file was replaced. With none, the last plan was an empty one.
        `plan` takes what the files hold and returns what they should hold, in the order
        in which they are to be written; it is called again when somebody else writes at
        the same time. `timeout` is how many seconds to wait for others, None for as long
        as DMS may take to rebuild its lists. Raises RefusedError where that is too short
        or a file cannot be written; the files are then as they were.
        """
        if timeout is None:
            timeout = _timeout_for(self.read())
        deadline = Deadline(timeout)
        try:
            with own_lock(self._folder, deadline):
                for folder, leftover in list(self._leftovers()):
                    folder.remove(leftover)
                return self._update(plan, hooks, deadline)
        except OSError as error:
            path = str(error.filename or self._folder.path)
            raise refused(path, "written", error) from None

    def _update(self, plan: Planner, hooks: Hooks, deadline: Deadline) -> bool:
        any_replaced = False
        while plan(self.read()) or is_left_behind(self._folder):
            replaced = False
            wait_for_editors(self._folder, deadline)
            with (
                change_detector_lock(self._folder, deadline) as lock,
                contextlib.suppress(ChangedMeanwhileError),
            ):
                # Planned anew where somebody wrote while this run waited for its turn.
                read = self._read()
                contents = _contents(read)
                files = plan(contents)
                self._replace(files, read, hooks, lock, deadline)
                written = {file.file_name: file.content for file in files}
                contents = {**contents, **written}
                replaced = True
                any_replaced = any_replaced or bool(files)
            if replaced and self.read() == contents:
                break
            if not deadline.seconds_left:
                raise RefusedError(
                    f"the files in {self._folder.path} were changed by others whenever"
                    f" they were to be written, for {deadline.timeout:g} seconds; wait"
                    " for that to end, or raise lock_timeout"
                )
        return any_replaced

    def _replace(
        self,
        files: Sequence[NewContent],
        read: Mapping[str, ReadFile | None],
        hooks: Hooks,
        lock: ChangeDetectorLock,
        deadline: Deadline,
    ) -> None:
        """Replace files, given what all files were when that was planned."""
        places = self._places()
        with contextlib.ExitStack() as cleanup:
            prepared = []
            for file in files:
                place, old = places[file.file_name], read[file.file_name]
                prepared.append(prepare(place, file, old, hooks))
                cleanup.callback(place.folder.remove, prepared[-1].temporary)
            if self.read() != _contents(read) or not lock.is_held():
                raise ChangedMeanwhileError
            replace_all(prepared, hooks, Patience(deadline, lock))


def _contents(files: Mapping[str, ReadFile | None]) -> Contents:
    return {name: None if f is None else f.content for name, f in files.items()}


def _timeout_for(contents: Contents) -> float:
    """Return how many seconds to wait for DMS where the user does not say it."""
    lines = sum(content.count(b"\n") for content in contents.values() if content)
    return _TIMEOUT + _TIMEOUT_OF_LINE * lines

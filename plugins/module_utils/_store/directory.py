# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The config directory on disk: read its files, and replace them all or none."""

from __future__ import annotations

import errno
import functools
import os
import typing as t

from .._errors import MissingDirectoryError, RefusedError
from .folder import CHANGE_DETECTOR_LOCK, Folder, Place, ReadFile, content_of, has_temporary_name, refused

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable, Iterator, Mapping, Sequence

    Result = t.TypeVar("Result")
    Contents = Mapping[str, "bytes | None"]

    class NewContent(t.Protocol):
        """What a file should hold."""

        @property
        def file_name(self) -> str: ...
        @property
        def content(self) -> bytes: ...
        @property
        def new_file_mode(self) -> int: ...

    class Plan(t.Protocol):
        """What files should hold, in the order in which they are to be written."""

        @property
        def before(self) -> Contents: ...
        @property
        def files(self) -> Sequence[NewContent]: ...

    PlanType = t.TypeVar("PlanType", bound=Plan)

# How many links one file may be behind.
_MOST_LINKS = 8
_DEEPEST = 16


class Store:
    """The files of one config directory, which is opened once and then held open."""

    def __init__(self, directory: str, file_names: Sequence[str]) -> None:
        """Name the directory and its files; nothing is looked at yet."""
        self._directory = directory
        self.file_names = file_names

    @functools.cached_property
    def folder(self) -> Folder:
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
        return contents_of(self.read_files())

    def read_files(self) -> dict[str, ReadFile | None]:
        """Return each file by its name as `read` does, with its attributes."""
        places = self.places()
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
        if any(True for dummy in self.leftovers()):
            return True
        if self.folder.status_of(CHANGE_DETECTOR_LOCK) is None:
            return False
        from .locks import is_left_behind

        return is_left_behind(self.folder)

    # --- where the files are

    def places(self) -> dict[str, Place]:
        """Return where each file is. Raises RefusedError where two are one file."""
        places = {name: self._place(name) for name in self.file_names}
        names: dict[str, str] = {}
        for name, place in places.items():
            other = names.setdefault(place.path, name)
            if other != name:
                raise RefusedError(
                    f"{self.folder.path_of(name)} is the same file as {other}, because of a symbolic link; replace the"
                    " link with a separate file"
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
            path = str(error.filename or self.folder.path_of(name))
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
        folder = self.folder
        *parents, last = path.split("/")
        for parent in parents:
            folder = folder.subfolder(parent)
        return Place(folder, last)

    def _inside(self, path: str, target: str) -> str:
        """Return where a link at a path leads, relative to the directory."""
        here = os.path.abspath(self.folder.path)
        leads_to = os.path.normpath(os.path.join(here, os.path.dirname(path), target))
        for root in (here, os.path.realpath(here)):
            inside = leads_to[len(root) + 1 :]
            if leads_to.startswith(f"{root}/") and inside.count("/") <= _DEEPEST:
                return inside
        raise RefusedError(
            f"{self.folder.path_of(path)} is a symbolic link to {leads_to}, which is outside the config directory, or"
            " too deep in it; replace the link with the file itself"
        )

    def leftovers(self) -> Iterator[tuple[Folder, str]]:
        """Yield the temporary files that nobody removed, beside each of the files."""
        folders = {self.folder.path: self.folder}
        folders.update((p.folder.path, p.folder) for p in self.places().values())
        for folder in folders.values():
            try:
                names = folder.names()
            except OSError as error:
                raise refused(folder.path, "read", error) from None
            for name in filter(has_temporary_name, names):
                yield folder, name


def contents_of(files: Mapping[str, ReadFile | None]) -> Contents:
    """Return what files hold, None where there is no file."""
    return {name: content_of(file) for name, file in files.items()}

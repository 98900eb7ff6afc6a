# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An open directory and its files, each named relative to it.

What only writing needs is imported where it is used: most runs change nothing.

The owner of the directory is not trusted. A path that he changes at the wrong moment
leads nowhere: files are opened without following links, checked on the descriptor, and
replaced by their name in the directory that was opened.

A file is replaced by a swap: the new content and the old one change places in one
system call, so that the old one is at hand to be compared and to be put back.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import stat
import typing as t
import weakref

from .._errors import RefusedError
from .attributes import Attributes, attributes_of
from .opening import is_changed_by_trusted_alone, open_directory

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable, Iterator

CHANGE_DETECTOR_LOCK = "check-for-changes.sh.lock"
"""The lock of DMS's change detector (target/scripts/helpers/lock.sh)."""

_TEMPORARY_PREFIX = ".mailops-dms-"
_TEMPORARY_SUFFIX = ".tmp"

_LARGEST_FILE = 512 * 1024 * 1024
_CHUNK = 16 * 1024 * 1024

# renameat2(2)
_NO_REPLACE, _EXCHANGE = 1, 2
# What a system or a file system says that knows no such renames.
_NOT_SUPPORTED = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP})

_ADVICE = {
    errno.ENOSPC: "free some space or inodes",
    errno.EDQUOT: "free some space in the disk quota",
    errno.EROFS: "mount the file system as writable",
    errno.EACCES: "run the task as a user who has the permission, for example with become",
    errno.EPERM: "run the task as a user who has the permission, for example with become",
}


class ReadFile(t.NamedTuple):
    """A file as it was read, all of it from one descriptor."""

    content: bytes
    attributes: Attributes
    status: os.stat_result


def content_of(file: ReadFile | None) -> bytes | None:
    """Return what a file holds, None where there is none."""
    return None if file is None else file.content


def refused(path: str, what: str, error: OSError) -> RefusedError:
    """Return the refusal for an error of the system."""
    advice = _ADVICE.get(error.errno or 0, "correct that")
    return RefusedError(f"{path} cannot be {what} ({error.strerror}); {advice}, then run this again")


def not_a_file(path: str) -> RefusedError:
    """Return the refusal for what has the name of a file and is none."""
    return RefusedError(f"{path} is not a file; move it out of the way")


def has_temporary_name(name: str) -> bool:
    """Whether a file is named as the temporary ones are."""
    return name.startswith(_TEMPORARY_PREFIX) and name.endswith(_TEMPORARY_SUFFIX)


def _temporary_name() -> str:
    return f"{_TEMPORARY_PREFIX}{os.urandom(16).hex()}{_TEMPORARY_SUFFIX}"


class Folder:
    """A directory that is held open.

    Every method that takes a name raises OSError with the whole path in it, and
    RefusedError for what is not a regular file or belongs elsewhere.
    """

    def __init__(self, descriptor: int, path: str) -> None:
        """Take over an open descriptor of a directory; the path is for messages."""
        self.path = path
        self._descriptor = descriptor
        weakref.finalize(self, os.close, descriptor)

    @classmethod
    def at(cls, path: str) -> Folder:
        """Open the directory at a path, as `open_directory` does."""
        try:
            return cls(open_directory(path), path)
        except OSError as error:
            raise refused(path, "read", error) from None

    def path_of(self, name: str) -> str:
        """Return the path of a file, for messages alone."""
        return os.path.join(self.path, name)

    @property
    def status(self) -> os.stat_result:
        """The status of the directory itself."""
        return os.fstat(self._descriptor)

    @contextlib.contextmanager
    def _named(self, name: str) -> Iterator[None]:
        """Put the whole path of a file into an error of the system."""
        try:
            yield
        except OSError as error:
            error.filename = self.path_of(name)
            raise

    # --- looking

    def names(self) -> list[str]:
        """Return the names of all that is in the directory."""
        with self._named(""):
            return os.listdir(self._descriptor)

    def status_of(self, name: str) -> os.stat_result | None:
        """Return the status of what has a name, of a link itself; None for nothing."""
        with self._named(name), contextlib.suppress(FileNotFoundError):
            return os.stat(name, dir_fd=self._descriptor, follow_symlinks=False)
        return None

    def link_target(self, name: str) -> str | None:
        """Return where a symbolic link leads, None for anything else."""
        try:
            with self._named(name):
                return os.readlink(name, dir_fd=self._descriptor)
        except OSError as error:
            if error.errno in (errno.EINVAL, errno.ENOENT):
                return None
            raise

    def subfolder(self, name: str) -> Folder:
        """Open a directory in this one, which no link leads to."""
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
        with self._named(name):
            descriptor = os.open(name, flags, dir_fd=self._descriptor)
        return Folder(descriptor, self.path_of(name))

    def open(self, name: str, flags: int = os.O_RDONLY) -> int:
        """Return a descriptor of a regular file that belongs into this directory."""
        flags |= os.O_NOFOLLOW | os.O_NONBLOCK  # a named pipe would wait for ever
        with self._named(name):
            descriptor = os.open(name, flags, dir_fd=self._descriptor)
        try:
            self._check(name, os.fstat(descriptor))
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def _check(self, name: str, status: os.stat_result) -> None:
        if not stat.S_ISREG(status.st_mode):
            raise not_a_file(self.path_of(name))
        if status.st_nlink > 1 and self._may_be_planted(status):
            raise RefusedError(
                f"{self.path_of(name)} is another name (a hard link) of a file that may belong elsewhere; remove the"
                " other name, or replace the file with a copy"
            )

    def _may_be_planted(self, status: os.stat_result) -> bool:
        """Whether a file with several names may be one that somebody cannot read.

        Whoever may write to the directory could otherwise link it there, where the
        system lets him (fs.protected_hardlinks).
        """
        directory = self.status
        if is_changed_by_trusted_alone(directory):
            return False
        is_of_owner_alone = not directory.st_mode & 0o022
        return not (is_of_owner_alone and status.st_uid == directory.st_uid)

    def read(self, name: str) -> ReadFile | None:
        """Return a file, None where there is none.

        Raises RefusedError, also where it is too large or cannot be read.
        """
        try:
            with os.fdopen(self.open(name), "rb") as stream:
                status = os.fstat(stream.fileno())
                attributes = attributes_of(stream.fileno())
                return ReadFile(self._content(name, stream), attributes, status)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise refused(self.path_of(name), "read", error) from None

    def _content(self, name: str, stream: t.BinaryIO) -> bytes:
        """Return what is left of an open file, which somebody may be making longer."""
        too_large = os.fstat(stream.fileno()).st_size > _LARGEST_FILE
        chunks: list[bytes] = []
        size = 0
        while not too_large and (chunk := stream.read(_CHUNK)):
            chunks.append(chunk)
            size += len(chunk)
            too_large = size > _LARGEST_FILE
        if too_large:
            raise RefusedError(
                f"{self.path_of(name)} is larger than {_LARGEST_FILE >> 20} MiB, so it is not a file of DMS; move it"
                " out of the way"
            )
        return b"".join(chunks)

    def read_beginning(self, name: str, size: int) -> bytes:
        """Return the first bytes of a file, nothing where there is no file."""
        with contextlib.suppress(FileNotFoundError), os.fdopen(self.open(name), "rb") as stream:
            return stream.read(size)
        return b""

    def is_named(self, name: str, descriptor: int) -> bool:
        """Whether a name is that of an open file."""
        status = self.status_of(name)
        return status is not None and os.path.samestat(status, os.fstat(descriptor))

    # --- changing

    def create(self, name: str) -> int:
        """Create a file for its owner alone and return a descriptor of it.

        Raises FileExistsError where the name is taken, by a link too.
        """
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        with self._named(name):
            return os.open(name, flags, 0o600, dir_fd=self._descriptor)

    def create_temporary(self) -> tuple[str, int]:
        """Create a file under a name that nobody can foretell; return both."""
        name = _temporary_name()
        return name, self.create(name)

    def swap(self, temporary: str, name: str) -> bool:
        """Let a file and a temporary one change places; tell whether there was one.

        Where the system has no such call, the old file is linked aside and replaced.
        Raises FileExistsError where there is no file when it is looked at, but is one
        when it is written, and FileNotFoundError where it is the other way round.
        """
        if self.status_of(name) is None:
            self.place(temporary, name)
            return False
        if not self._rename(temporary, name, _EXCHANGE):
            aside = _temporary_name()
            with contextlib.ExitStack() as undo:
                self._link(name, aside)
                undo.callback(self.remove, aside)
                self._rename_over(temporary, name)
                undo.callback(self._rename_over, aside, name)
                self._rename_over(aside, temporary)
                undo.pop_all()
        return True

    def place(self, temporary: str, name: str) -> None:
        """Give a temporary file its name; raise FileExistsError where that is taken."""
        if not self._rename(temporary, name, _NO_REPLACE):
            self._link(temporary, name)
            self.remove(temporary)

    def _rename(self, old: str, new: str, flags: int) -> bool:
        """Call renameat2(2); tell whether the system and the file system know it."""
        call = _renameat2()
        if call is None:
            return False
        here = self._descriptor
        if call(here, os.fsencode(old), here, os.fsencode(new), flags) == 0:
            return True
        import ctypes

        number = ctypes.get_errno()
        if number in _NOT_SUPPORTED:
            return False
        raise OSError(number, os.strerror(number), self.path_of(new))

    def _rename_over(self, old: str, new: str) -> None:
        with self._named(new):
            here = self._descriptor
            os.rename(old, new, src_dir_fd=here, dst_dir_fd=here)

    def _link(self, name: str, other: str) -> None:
        with self._named(other):
            here = self._descriptor
            os.link(name, other, src_dir_fd=here, dst_dir_fd=here, follow_symlinks=False)

    def overwrite(self, name: str, content: bytes, read: ReadFile) -> None:
        """Write a file in place that cannot be replaced: the very one that was read."""
        descriptor = self.open(name, os.O_WRONLY)
        with self._named(name), os.fdopen(descriptor, "wb") as stream:
            if not os.path.samestat(os.fstat(descriptor), read.status):
                raise not_a_file(self.path_of(name))
            stream.truncate(0)
            stream.write(content)
            stream.flush()
            os.fsync(descriptor)

    def touch(self, name: str) -> None:
        """Set the time of a file to now."""
        descriptor = self.open(name)
        try:
            os.utime(descriptor)
        finally:
            os.close(descriptor)

    def remove(self, name: str) -> None:
        """Remove a file if it is there."""
        with self._named(name), contextlib.suppress(FileNotFoundError):
            os.unlink(name, dir_fd=self._descriptor)

    def sync(self) -> None:
        """Make the renames in the directory last."""
        with self._named(""):
            os.fsync(self._descriptor)


class Place(t.NamedTuple):
    """Where a file is, the links in the config directory followed."""

    folder: Folder
    name: str

    @property
    def path(self) -> str:
        """The path, for messages."""
        return self.folder.path_of(self.name)


@functools.cache
def _renameat2() -> Callable[..., int] | None:
    import ctypes

    call: Callable[..., int] | None
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    return call

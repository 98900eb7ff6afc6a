# Copyright: (c) 2026, mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The config directory on disk: lock it, read its files, replace them whole."""

from __future__ import annotations

import contextlib
import errno
import importlib
import os
import stat
import tempfile
import typing as t

from ansible_collections.mailops.dms.plugins.module_utils._errors import RefusedError
from ansible_collections.mailops.dms.plugins.module_utils._libraries import (
    MissingLibraryError,
)

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator, Sequence

_LOCK_NAME = ".mailops-dms.lock"
_TEMPORARY_PREFIX = ".mailops-dms."


class NewContent(t.NamedTuple):
    """What a file shall hold."""

    file_name: str
    content: bytes
    new_file_mode: int
    """The mode of the file where there is none yet."""


class Hooks(t.NamedTuple):
    """What writing needs from Ansible."""

    set_attributes: t.Callable[[str, str], None]
    """Gives a temporary file (first path) what the file at the second path shall have
    beyond mode and owner of the file that it replaces, such as a SELinux context."""

    back_up: t.Callable[[str], None] | None = None
    """Makes a backup of the file at a path before it is replaced."""

    unsafe_writes: bool = False
    """Whether a file that cannot be replaced may be overwritten in place."""


class Store:
    """The files of one config directory."""

    def __init__(self, directory: str, file_names: Sequence[str]) -> None:
        """Name the directory and its files; nothing is looked at yet."""
        self._directory = directory
        self._file_names = file_names

    def read(self) -> dict[str, bytes | None]:
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
        return {name: self._read(name) for name in self._file_names}

    def _read(self, name: str) -> bytes | None:
        path = self.path(name)
        try:
            with open(path, "rb", opener=_open_without_waiting) as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    raise RefusedError(f"{path} is not a file; move it out of the way")
                return file.read()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _refused(path, "read", error) from None

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

    @contextlib.contextmanager
    def lock(self, timeout: float) -> Iterator[None]:
        """Hold the lock of the directory; wait for it at most so many seconds.

        Raises RefusedError where somebody else holds it for longer, and
        MissingLibraryError where filelock is missing.
        """
        try:
            filelock = importlib.import_module("filelock")
        except ImportError:
            raise MissingLibraryError("filelock", "writing") from None
        path = os.path.join(self._directory, _LOCK_NAME)
        lock = filelock.FileLock(path, timeout=timeout, mode=0o600)
        try:
            lock.acquire()
        except filelock.Timeout:
            raise RefusedError(
                f"{path} is held by another run for more than {timeout:g} seconds; wait"
                " for it to end, or raise lock_timeout"
            ) from None
        except OSError as error:
            raise _refused(path, "written", error) from None
        try:
            yield
        finally:
            lock.release()

    def write(self, files: Sequence[NewContent], hooks: Hooks) -> None:
        """Replace files, each one whole and in the given order.

        All new contents are on disk before the first file is replaced. Raises
        RefusedError where a file cannot be written.
        """
        with contextlib.ExitStack() as cleanup:
            prepared = []
            for file in files:
                path = self.path(file.file_name)
                try:
                    temporary = _prepare(path, file, hooks)
                except OSError as error:
                    raise _refused(path, "written", error) from None
                cleanup.callback(_remove_if_there, temporary)
                prepared.append((temporary, path, file.content))
            for temporary, path, content in prepared:
                if hooks.back_up and os.path.exists(path):
                    hooks.back_up(path)
                try:
                    _replace(temporary, path, content, hooks.unsafe_writes)
                except OSError as error:
                    raise _refused(path, "written", error) from None


def _open_without_waiting(path: str, flags: int) -> int:
    # A named pipe in the place of a file would wait for ever.
    return os.open(path, flags | os.O_NONBLOCK)


def _prepare(path: str, file: NewContent, hooks: Hooks) -> str:
    """Write a temporary file beside a file and return its path."""
    directory = os.path.dirname(path)
    descriptor, temporary = tempfile.mkstemp(prefix=_TEMPORARY_PREFIX, dir=directory)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(file.content)
            stream.flush()
            _take_over_owner_and_mode(stream.fileno(), path, file.new_file_mode)
            hooks.set_attributes(temporary, path)
            os.fsync(stream.fileno())
    except BaseException:
        _remove_if_there(temporary)
        raise
    return temporary


def _take_over_owner_and_mode(descriptor: int, path: str, new_file_mode: int) -> None:
    try:
        replaced = os.stat(path)
    except FileNotFoundError:
        os.fchmod(descriptor, new_file_mode)
        return
    present = os.fstat(descriptor)
    if (present.st_uid, present.st_gid) != (replaced.st_uid, replaced.st_gid):
        os.fchown(descriptor, replaced.st_uid, replaced.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(replaced.st_mode))


def _replace(temporary: str, path: str, content: bytes, unsafe_writes: bool) -> None:
    try:
        os.replace(temporary, path)
    except OSError as error:
        if error.errno != errno.EBUSY:
            raise
        if not unsafe_writes:
            raise RefusedError(
                f"{path} is itself a mount point, so it cannot be replaced; mount the"
                " whole config directory, or set unsafe_writes to true (hazard H53)"
            ) from None
        _overwrite(path, content)
    _sync_directory(os.path.dirname(path))


def _overwrite(path: str, content: bytes) -> None:
    with open(path, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _sync_directory(directory: str) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove_if_there(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def _refused(path: str, what: str, error: OSError) -> RefusedError:
    return RefusedError(
        f"{path} cannot be {what} ({error.strerror}); correct that, then run this again"
    )

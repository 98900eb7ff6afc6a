# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Single files on disk: read them, prepare a new one beside them, swap the two.

A file is replaced by a swap: the new content and the old one change places in one
system call, so that the old one is at hand to be compared and to be put back.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import functools
import os
import signal
import stat
import tempfile
import typing as t

from ansible_collections.mailops.dms.plugins.module_utils._errors import RefusedError

TEMPORARY_PREFIX = ".mailops-dms-"
TEMPORARY_SUFFIX = ".tmp"

_LARGEST_FILE = 512 * 1024 * 1024
_ACCESS_LIST = "system.posix_acl_access"

# renameat2(2)
_AT_FDCWD = -100
_NO_REPLACE, _EXCHANGE = 1, 2
# What a system or a file system says that knows no such renames.
_NOT_SUPPORTED = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP})

_ADVICE = {
    errno.ENOSPC: "free some space or inodes",
    errno.EDQUOT: "free some space of the disk quota",
    errno.EROFS: "mount the file system for writing",
    errno.EACCES: "run the task as a user who may, with become for example",
    errno.EPERM: "run the task as a user who may, with become for example",
}


class NewContent(t.NamedTuple):
    """What a file shall hold."""

    file_name: str
    content: bytes
    new_file_mode: int
    """The mode of the file where there is none yet."""


def refused(path: str, what: str, error: OSError) -> RefusedError:
    """Return the refusal for an error of the system."""
    advice = _ADVICE.get(error.errno or 0, "correct that")
    return RefusedError(
        f"{path} cannot be {what} ({error.strerror}); {advice}, then run this again"
    )


def read_file(path: str) -> bytes | None:
    """Return the bytes of a file, None where there is none.

    Raises RefusedError for what is no file, is too large or cannot be read.
    """
    try:
        with open(path, "rb", opener=_open_only_files) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise RefusedError(f"{path} is not a file; move it out of the way")
            if status.st_size > _LARGEST_FILE:
                raise RefusedError(
                    f"{path} has more than {_LARGEST_FILE >> 20} MiB, which is no file"
                    " of DMS; move it out of the way"
                )
            return file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise refused(path, "read", error) from None


def _open_only_files(path: str, flags: int) -> int:
    # A named pipe would wait for ever; a link at the end was followed already.
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOFOLLOW)


def prepare(
    path: str, content: bytes, new_file_mode: int, set_attributes: SetAttributes
) -> str:
    """Write and sync a temporary file beside a file and return its path.

    It gets the owner and mode of the file that it is to replace.
    """
    directory = os.path.dirname(path)
    descriptor, temporary = tempfile.mkstemp(
        prefix=TEMPORARY_PREFIX, suffix=TEMPORARY_SUFFIX, dir=directory
    )
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            _take_over_owner_and_mode(stream.fileno(), path, new_file_mode)
            set_attributes(temporary, path)
            os.fsync(stream.fileno())
    except BaseException:
        remove_if_there(temporary)
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
    # Before the mode, which would open what the directory's default list grants.
    if _ACCESS_LIST in os.listxattr(descriptor):
        os.removexattr(descriptor, _ACCESS_LIST)
    os.fchmod(descriptor, stat.S_IMODE(replaced.st_mode))
    if _ACCESS_LIST in os.listxattr(path):
        os.setxattr(descriptor, _ACCESS_LIST, os.getxattr(path, _ACCESS_LIST))


def swap(temporary: str, path: str) -> bool:
    """Let a file and a temporary one change places; tell whether the old one is there.

    Where the system has no such call, the old file is linked aside and replaced.
    Raises FileExistsError where `path` is not there when it is looked at, but is there
    when it is written.
    """
    if os.path.lexists(path):
        if not _rename(temporary, path, _EXCHANGE):
            aside = temporary + TEMPORARY_SUFFIX
            os.link(path, aside)
            os.rename(temporary, path)
            os.rename(aside, temporary)
        return True
    place(temporary, path)
    return False


def place(temporary: str, path: str) -> None:
    """Give a temporary file its name; raise FileExistsError where that is taken."""
    if not _rename(temporary, path, _NO_REPLACE):
        os.link(temporary, path)
        os.unlink(temporary)


def _rename(old: str, new: str, flags: int) -> bool:
    """Call renameat2(2); tell whether the system and the file system know it."""
    call = _renameat2()
    if call is None:
        return False
    if call(_AT_FDCWD, os.fsencode(old), _AT_FDCWD, os.fsencode(new), flags) == 0:
        return True
    number = ctypes.get_errno()
    if number in _NOT_SUPPORTED:
        return False
    raise OSError(number, os.strerror(number), new)


@functools.cache
def _renameat2() -> t.Callable[..., int] | None:
    call: t.Callable[..., int] | None
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    return call


def is_open_elsewhere(path: str) -> bool:
    """Whether another process has a file open, as far as the system tells.

    It does by granting a write lease or not (fcntl(2)).
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        # Whoever opens the file while the lease is held has this process told: by a
        # signal that does no harm.
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_WRLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        return error.errno in (errno.EAGAIN, errno.EBUSY)
    finally:
        os.close(descriptor)
    return False


def create_if_missing(path: str) -> None:
    """Make sure that there is a file, readable for its owner alone where it is new.

    Raises RefusedError where something else has its name.
    """
    flags = os.O_CREAT | os.O_RDWR | os.O_NONBLOCK | os.O_NOFOLLOW
    descriptor = os.open(path, flags, 0o600)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise RefusedError(f"{path} is not a file; move it out of the way")
    finally:
        os.close(descriptor)


def overwrite(path: str, content: bytes) -> None:
    """Write a file in place, for one that cannot be replaced."""
    with open(path, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def sync_directory(directory: str) -> None:
    """Make the renames in a directory last."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_if_there(path: str) -> None:
    """Remove a file of our own."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


SetAttributes = t.Callable[[str, str], None]
"""Gives a temporary file (first path) what the file at the second path shall have
beyond the owner and mode of the file that it replaces, such as a SELinux context."""

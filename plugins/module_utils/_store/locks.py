# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The locks of a config directory: our own one, and those of docker-mailserver.

DMS locks by files in the config directory that hold an id; it takes one that is older
than a minute for left behind (hazard H55; target/scripts/helpers/lock.sh).
"""

from __future__ import annotations

import contextlib
import datetime
import fcntl
import os
import re
import stat
import time
import typing as t

from .._errors import RefusedError
from .folder import CHANGE_DETECTOR_LOCK, Folder, not_a_file, refused
from .processes import start_of, start_of_change_detector

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable, Iterator

_OWN_LOCK = ".mailops-dms.lock"
_ACCOUNT_REMOVAL_LOCK = "delmailuser.lock"
_OWN_ID = "mailops.dms "
_LONGEST_ID = 64

_STALE_AFTER = 60.0
_POLL_INTERVAL = 0.05
# Often enough for DMS not to take our lock for left behind.
_REFRESH_INTERVAL = 10.0

# What GNU sed names the file that it writes to before it replaces the edited one.
_SED_FILE = re.compile(r"sed[A-Za-z0-9]{6}")


class Deadline:
    """The moment until which a run waits for others."""

    def __init__(self, timeout: float) -> None:
        """Begin to count the seconds of a timeout."""
        self.timeout = timeout
        self._end = time.monotonic() + timeout

    @property
    def seconds_left(self) -> float:
        """How long to wait yet."""
        return max(self._end - time.monotonic(), 0.0)

    def wait(self, holder: str) -> None:
        """Wait for a moment; raise RefusedError that names the holder after the last."""
        if not self.seconds_left:
            raise RefusedError(
                f"{holder}, and this did not end within {self.timeout:g} seconds; wait for it to end, or raise"
                " lock_timeout"
            )
        wait_for_a_moment()


def wait_for_a_moment() -> None:
    """Wait before the next look at what others do."""
    time.sleep(_POLL_INTERVAL)


# --- the lock that all runs of this collection take


@contextlib.contextmanager
def own_lock(folder: Folder, deadline: Deadline) -> Iterator[None]:
    """Hold the lock that all runs of this collection take, with flock(2).

    Raises RefusedError where another run holds it for too long.
    """
    try:
        descriptor = _take_own_lock(folder, deadline)
    except OSError as error:
        raise refused(folder.path_of(_OWN_LOCK), "written", error) from None
    try:
        yield
    finally:
        os.close(descriptor)


def _take_own_lock(folder: Folder, deadline: Deadline) -> int:
    """Return a descriptor that holds the lock; it is let go when that is closed."""
    while True:
        descriptor = _open_own_lock(folder)
        try:
            # Who may write to the directory can put another file in its place.
            if _try_to_lock(descriptor) and folder.is_named(_OWN_LOCK, descriptor):
                return descriptor
            path, inode = folder.path_of(_OWN_LOCK), os.fstat(descriptor).st_ino
            deadline.wait(f"{path} is held by {_holder(inode)}")
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _open_own_lock(folder: Folder) -> int:
    """Open the lock, which is never written to, and create it where it is missing."""
    with contextlib.suppress(FileNotFoundError):
        return folder.open(_OWN_LOCK, os.O_RDWR)
    with contextlib.suppress(FileExistsError):
        descriptor = folder.create(_OWN_LOCK)
        _share(descriptor, folder.status)
        return descriptor
    return folder.open(_OWN_LOCK, os.O_RDWR)


def _share(descriptor: int, directory: os.stat_result) -> None:
    """Let everybody who may write to the directory take a lock that this run created.

    No other file is ever given away so, whatever is renamed to the name of the lock.
    """
    may_write = directory.st_mode & 0o222
    for user, group in ((-1, directory.st_gid), (directory.st_uid, -1)):
        with contextlib.suppress(OSError):
            os.fchown(descriptor, user, group)
    os.fchmod(descriptor, 0o600 | may_write | may_write << 1)


def _try_to_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(inode: int) -> str:
    """Return which process holds a lock of flock(2) since when, as far as one can see."""
    with contextlib.suppress(OSError), open("/proc/locks", encoding="ascii") as locks:
        for line in locks:
            # 1: FLOCK  ADVISORY  WRITE 4711 08:01:1234 0 EOF
            fields = line.split()
            if fields[1] == "FLOCK" and fields[5].endswith(f":{inode}"):
                since = _shown(start_of(int(fields[4])))
                return f"process {fields[4]}, which has been running since {since}"
    return "another run"


def _shown(seconds: float) -> str:
    """Return seconds since the epoch in the time of the machine."""
    try:
        moment = datetime.datetime.fromtimestamp(seconds)
    except (OSError, OverflowError, ValueError):
        return "an impossible time"
    return moment.isoformat(" ", "seconds")


# --- the locks of docker-mailserver


def wait_for_editors(folder: Folder, deadline: Deadline, meanwhile: Callable[[], None] = lambda: None) -> None:
    """Wait while DMS removes an account or a command of its CLI edits a file.

    The CLI edits with `sed -i`, which shows by the file that it writes to. Raises
    RefusedError after the deadline.
    """
    while True:
        meanwhile()
        editor = _editor(folder)
        if editor is None:
            return
        deadline.wait(_described(folder, editor))


def _editor(folder: Folder) -> str | None:
    """Return the name of a file by which somebody shows to be at work, if any does."""
    lock = _lock_status(folder, _ACCOUNT_REMOVAL_LOCK)
    if lock is not None and not _is_old(lock):
        return _ACCOUNT_REMOVAL_LOCK
    for name in filter(_SED_FILE.fullmatch, folder.names()):
        status = folder.status_of(name)
        if status and stat.S_ISREG(status.st_mode) and not _is_old(status):
            return name
    return None


def _lock_status(folder: Folder, name: str) -> os.stat_result | None:
    """Return the status of a lock, None where there is none.

    Raises RefusedError for a lock that is no file: DMS waits for one for ever.
    """
    status = folder.status_of(name)
    if status is not None and not stat.S_ISREG(status.st_mode):
        raise not_a_file(folder.path_of(name))
    return status


def _is_old(status: os.stat_result) -> bool:
    return time.time() - status.st_mtime > _STALE_AFTER


def _described(folder: Folder, name: str) -> str:
    who = {
        CHANGE_DETECTOR_LOCK: "the change detector of DMS",
        _ACCOUNT_REMOVAL_LOCK: "the command 'setup email del' of DMS",
    }.get(name, "a command that edits a file with sed")
    status = folder.status_of(name)
    since = ""
    if status is not None:
        since = f", since {_shown(status.st_mtime)}"
        if status.st_mtime > time.time() + _STALE_AFTER:
            since += " (which is in the future: correct the clock, or remove the file)"
    return f"{folder.path_of(name)} says that {who} is working on the config directory{since}"


class ChangeDetectorLock:
    """The lock of DMS's change detector, held by this run."""

    def __init__(self, folder: Folder) -> None:
        """Choose the id that the lock is to hold."""
        self._folder = folder
        self._identity = f"{_OWN_ID}{os.urandom(16).hex()}\n".encode("ascii")
        self._refreshed = time.monotonic()

    def take(self, deadline: Deadline) -> None:
        """Wait for the lock and take it; raise RefusedError after the deadline."""
        folder, name = self._folder, CHANGE_DETECTOR_LOCK
        removed = False
        while not self._create():
            if not removed and (_is_stale(folder) or is_left_behind(folder)):
                folder.remove(name)
                removed = True
            else:
                deadline.wait(_described(folder, name))
                removed = False

    def _create(self) -> bool:
        """Create the lock with its content at once; tell whether there was none."""
        temporary, descriptor = self._folder.create_temporary()
        try:
            with os.fdopen(descriptor, "wb") as stream:
                os.fchmod(descriptor, 0o644)
                stream.write(self._identity)
            self._folder.place(temporary, CHANGE_DETECTOR_LOCK)
        except FileExistsError:
            return False
        finally:
            self._folder.remove(temporary)
        return True

    def is_held(self) -> bool:
        """Whether the lock is still ours.

        DMS looks for a lock and takes it in two steps, so it may take one that was made
        in between.
        """
        return _content(self._folder) == self._identity

    def keep(self) -> None:
        """Keep DMS from taking the lock of a run that waits for left behind."""
        if time.monotonic() - self._refreshed > _REFRESH_INTERVAL and self.is_held():
            self._folder.touch(CHANGE_DETECTOR_LOCK)
            self._refreshed = time.monotonic()

    def let_go(self) -> None:
        """Remove the lock if it is still ours; what else is there stops nobody."""
        with contextlib.suppress(OSError, RefusedError):
            if self.is_held():
                self._folder.remove(CHANGE_DETECTOR_LOCK)


@contextlib.contextmanager
def change_detector_lock(folder: Folder, deadline: Deadline) -> Iterator[ChangeDetectorLock]:
    """Hold the lock of DMS's change detector, so that it sees all of a run or nothing.

    To be called by the holder of `own_lock` only: whatever lock of ours is there then,
    a run left it behind that was killed. Raises RefusedError where DMS holds it for too
    long.
    """
    lock = ChangeDetectorLock(folder)
    lock.take(deadline)
    try:
        yield lock
    finally:
        lock.let_go()


def is_left_behind(folder: Folder) -> bool:
    """Whether a run that was killed left a lock of DMS's change detector behind."""
    return _content(folder).startswith(_OWN_ID.encode("ascii"))


def _is_stale(folder: Folder) -> bool:
    """Whether the change detector that took its lock is gone.

    DMS takes a lock for left behind after a minute, but rebuilding its lists may take
    longer; as long as the detector that took it runs, it is at work.
    """
    status = _lock_status(folder, CHANGE_DETECTOR_LOCK)
    if status is None or not _is_old(status):
        return False
    start = start_of_change_detector(folder.status)
    return start is None or status.st_mtime < start


def _content(folder: Folder) -> bytes:
    """Return what the lock of the change detector holds, nothing for what is no file."""
    status = folder.status_of(CHANGE_DETECTOR_LOCK)
    if status is None or not stat.S_ISREG(status.st_mode):
        return b""
    return folder.read_beginning(CHANGE_DETECTOR_LOCK, _LONGEST_ID)

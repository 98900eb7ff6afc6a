# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The locks of a config directory: our own one, and those of docker-mailserver.

DMS locks by files in the config directory that hold an id; it takes one that is older
than a minute for left behind (hazard H55; target/scripts/helpers/lock.sh).
"""

from __future__ import annotations

import contextlib
import datetime
import importlib
import os
import re
import tempfile
import time
import typing as t

from ansible_collections.mailops.dms.plugins.module_utils._errors import RefusedError
from ansible_collections.mailops.dms.plugins.module_utils._libraries import (
    MissingLibraryError,
)
from ansible_collections.mailops.dms.plugins.module_utils._store.files import (
    TEMPORARY_PREFIX,
    TEMPORARY_SUFFIX,
    create_if_missing,
    place,
    read_file,
    refused,
    remove_if_there,
)

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator

_OWN_LOCK = ".mailops-dms.lock"
_CHANGE_DETECTOR_LOCK = "check-for-changes.sh.lock"
_ACCOUNT_REMOVAL_LOCK = "delmailuser.lock"
_OWN_ID = "mailops.dms "

_STALE_AFTER = 60.0
_POLL_INTERVAL = 0.05

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
                f"{holder}, and did not end within {self.timeout:g} seconds; wait for"
                " it to end, or raise lock_timeout"
            )
        wait_for_a_moment()


def wait_for_a_moment() -> None:
    """Wait before the next look at what others do."""
    time.sleep(_POLL_INTERVAL)


@contextlib.contextmanager
def own_lock(directory: str, deadline: Deadline) -> Iterator[None]:
    """Hold the lock that all runs of this collection take.

    Raises RefusedError where another run holds it for too long, and
    MissingLibraryError where filelock is missing.
    """
    try:
        filelock = importlib.import_module("filelock")
    except ImportError:
        raise MissingLibraryError("filelock", "writing") from None
    path = os.path.join(directory, _OWN_LOCK)
    lock = filelock.FileLock(path, timeout=deadline.seconds_left)
    try:
        # filelock before 3.10 knows no mode.
        create_if_missing(path)
        lock.acquire()
    except filelock.Timeout:
        raise RefusedError(
            f"{path} is held by {_holder(path)}, and was not let go within"
            f" {deadline.timeout:g} seconds; wait for that run to end, or raise"
            " lock_timeout"
        ) from None
    except OSError as error:
        raise refused(path, "written", error) from None
    try:
        yield
    finally:
        lock.release()


def _holder(path: str) -> str:
    """Return which process holds a lock of flock(2) since when, as far as one can see."""
    with contextlib.suppress(OSError):
        inode = str(os.stat(path).st_ino)
        with open("/proc/locks", encoding="ascii") as locks:
            for line in locks:
                # 1: FLOCK  ADVISORY  WRITE 4711 08:01:1234 0 EOF
                fields = line.split()
                if fields[1] == "FLOCK" and fields[5].rpartition(":")[2] == inode:
                    since = _since(f"/proc/{fields[4]}")
                    return f"process {fields[4]}, which runs since {since}"
    return "another run"


def _since(path: str) -> str:
    """Return when a file was changed last, in the time of the machine."""
    changed = datetime.datetime.fromtimestamp(os.stat(path).st_mtime)
    return changed.isoformat(" ", "seconds")


def wait_for_editors(directory: str, deadline: Deadline) -> None:
    """Wait while DMS removes an account or a command of its CLI edits a file.

    The CLI edits with `sed -i`, which shows by the file that it writes to.
    """
    while True:
        names = [
            _ACCOUNT_REMOVAL_LOCK,
            *filter(_SED_FILE.fullmatch, os.listdir(directory)),
        ]
        paths = [os.path.join(directory, name) for name in names]
        busy = list(filter(_is_fresh, paths))
        if not busy:
            return
        deadline.wait(_described(busy[0]))


def _is_stale(path: str) -> bool:
    """Whether there is a lock that DMS takes for left behind."""
    try:
        return time.time() - os.stat(path).st_mtime > _STALE_AFTER
    except FileNotFoundError:
        return False


def _is_fresh(path: str) -> bool:
    """Whether there is a lock that DMS heeds."""
    return os.path.exists(path) and not _is_stale(path)


def _described(path: str) -> str:
    who = {
        _CHANGE_DETECTOR_LOCK: "the change detector of DMS",
        _ACCOUNT_REMOVAL_LOCK: "the command 'setup email del' of DMS",
    }.get(os.path.basename(path), "a command that edits a file with sed")
    since = ""
    with contextlib.suppress(FileNotFoundError):
        since = f" since {_since(path)}"
    return f"{path} says that {who} works on the config directory{since}"


@contextlib.contextmanager
def change_detector_lock(
    directory: str, deadline: Deadline
) -> Iterator[t.Callable[[], bool]]:
    """Hold the lock of DMS's change detector, so that it sees all of a run or nothing.

    What it yields tells whether the lock is still held: DMS looks for a lock and takes
    it in two steps, so it may take one that was made in between.

    To be called by the holder of `own_lock` only: whatever lock of ours is there then,
    a run left it behind that was killed. Raises RefusedError where DMS holds it for too
    long.
    """
    path = os.path.join(directory, _CHANGE_DETECTOR_LOCK)
    identity = f"{_OWN_ID}{os.urandom(16).hex()}\n"
    while not _create(path, identity):
        if _is_stale(path) or _content(path).startswith(_OWN_ID):
            remove_if_there(path)
        else:
            deadline.wait(_described(path))
    try:
        yield lambda: _content(path) == identity
    finally:
        if _content(path) == identity:
            remove_if_there(path)


def is_left_behind(directory: str) -> bool:
    """Whether a run that was killed left a lock of DMS's change detector behind."""
    return _content(os.path.join(directory, _CHANGE_DETECTOR_LOCK)).startswith(_OWN_ID)


def _create(path: str, identity: str) -> bool:
    """Create a lock with its content at once; tell whether there was none."""
    descriptor, temporary = tempfile.mkstemp(
        prefix=TEMPORARY_PREFIX, suffix=TEMPORARY_SUFFIX, dir=os.path.dirname(path)
    )
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            os.fchmod(stream.fileno(), 0o644)
            stream.write(identity)
        place(temporary, path)
    except FileExistsError:
        return False
    finally:
        remove_if_there(temporary)
    return True


def _content(path: str) -> str:
    return (read_file(path) or b"").decode("utf-8", "replace")

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which other processes work with a file, as far as the system tells (proc(5))."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import itertools
import os
import re
import signal
import typing as t

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator

# More of them nobody needs who edits a file: they would only make a run slow.
_MOST_DESCRIPTORS = 1000
_MOST_OPENINGS = 100

_CHANGE_DETECTOR = b"check-for-changes.sh"
_CONFIG_DIRECTORY_IN_CONTAINER = "tmp/docker-mailserver"


class Holder(t.NamedTuple):
    """A process that has a file open."""

    process: int
    command: str
    may_change: bool
    """Whether it may change the file or replace it: `sed -i` opens it for reading."""

    def __str__(self) -> str:
        """Return the process as messages name it."""
        return f"process {self.process} ({self.command})"


def is_open_elsewhere(descriptor: int) -> bool:
    """Whether another process has an open file open too, as far as the system tells."""
    return not _is_lease_granted(descriptor, fcntl.F_WRLCK)


def is_written_elsewhere(descriptor: int) -> bool:
    """Whether another process has an open file open for writing, in the same way."""
    return not _is_lease_granted(descriptor, fcntl.F_RDLCK)


def _is_lease_granted(descriptor: int, kind: int) -> bool:
    """Whether the system would tell this process who opens a file (fcntl(2)).

    It refuses that where somebody has the file open already.
    """
    try:
        # Whoever opens the file while the lease is held has this process told: by a
        # signal that does no harm.
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, kind)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        return error.errno not in (errno.EAGAIN, errno.EBUSY)
    return True


def start_of(process: int) -> float:
    """Return when a process was started, in seconds since the epoch."""
    # The name of the command, in parentheses, may hold blanks and parentheses.
    fields = _read(f"/proc/{process}/stat").rpartition(b")")[2].split()
    boot = re.search(rb"^btime ([0-9]+)", _read("/proc/stat"), re.MULTILINE)
    started = int(boot[1]) if boot else 0
    return started + int(fields[19]) / os.sysconf("SC_CLK_TCK")


def holders_of(file: os.stat_result, directory: os.stat_result) -> list[Holder]:
    """Return the other processes that have a file open, as far as they can be seen.

    Whoever may not write to the directory of the file cannot replace it.
    """
    found = []
    for process in _processes():
        if process == os.getpid():
            continue
        with contextlib.suppress(OSError):
            openings = set(itertools.islice(_openings(process, file), _MOST_OPENINGS))
            if openings:
                command = _read(f"/proc/{process}/comm").decode("utf-8", "replace")
                user = os.stat(f"/proc/{process}").st_uid
                replaces = command.strip() == "sed" and (
                    user in (0, directory.st_uid) or bool(directory.st_mode & 0o022)
                )
                found.append(Holder(process, command.strip(), True in openings or replaces))
    return found


def _openings(process: int, file: os.stat_result) -> Iterator[bool]:
    """Yield for each time that a process has a file open whether it is for writing."""
    with contextlib.suppress(OSError), os.scandir(f"/proc/{process}/fd") as entries:
        names = (entry.name for entry in entries)
        for descriptor in itertools.islice(names, _MOST_DESCRIPTORS):
            with contextlib.suppress(OSError):
                if os.path.samestat(os.stat(f"/proc/{process}/fd/{descriptor}"), file):
                    yield _is_for_writing(f"/proc/{process}/fdinfo/{descriptor}")


def _is_for_writing(information: str) -> bool:
    """Whether a file was opened for writing, by the flags that proc(5) tells of it."""
    flags = re.search(rb"^flags:\s*([0-7]+)", _read(information), re.MULTILINE)
    return flags is not None and int(flags[1], 8) & os.O_ACCMODE != os.O_RDONLY


def start_of_change_detector(directory: os.stat_result) -> float | None:
    """Return when the change detector that works on a config directory was started.

    Of several, that is the first: a part of it that it has started has the same name.
    None where none runs, or where the processes of containers cannot be seen.
    """
    starts = []
    for process in _processes():
        with contextlib.suppress(OSError):
            if _CHANGE_DETECTOR in _read(f"/proc/{process}/cmdline"):
                root = f"/proc/{process}/root"
                mounted = os.stat(f"{root}/{_CONFIG_DIRECTORY_IN_CONTAINER}")
                if os.path.samestat(mounted, directory):
                    starts.append(start_of(process))
    return min(starts, default=None)


def _processes() -> list[int]:
    try:
        return [int(name) for name in os.listdir("/proc") if name.isdecimal()]
    except OSError:
        return []


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()

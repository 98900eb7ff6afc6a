# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the processes of Postfix have read the files that they read as a whole, once.

Postfix does not notice that such a file changes (DATABASE_README): a process has what the file held when the process began,
and a reload replaces the processes. The queue manager lives from one reload to the next (qmgr(8) ends at none of the limits
of the others), so its begin is the time of the last reload. What serves a client at that time goes on until it is done.
"""

from __future__ import annotations

import typing as t

from .._errors import RefusedError

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable, Sequence

    from .container import Container

_QUEUE_MANAGER = "qmgr"
_READERS_OF_ACCESS = frozenset({"smtpd"})
_READERS_OF_MAPS = frozenset({"smtpd", "cleanup", "trivial-rewrite"})

TIMES_SCRIPT = """
cut -d' ' -f1 /proc/uptime
date +%s.%N
cut -d' ' -f1 /proc/uptime
getconf CLK_TCK
for file in "$@"; do printf 'file %s\\n' "$(stat -L -c '%.9Z' "$file" 2>/dev/null)"; done
for directory in /proc/[0-9]*; do
  read -r name 2>/dev/null <"$directory/comm" || continue
  case $name in
    qmgr | smtpd | cleanup | trivial-rewrite)
      begin=$(sed 's/.*) //' "$directory/stat" 2>/dev/null | cut -d' ' -f20)
      [ -z "$begin" ] || printf 'process %s %s\\n' "$name" "$begin"
      ;;
  esac
done
exit 0
"""
"""Prints when files were changed and when processes of Postfix began.

The time is taken between two looks at the clock since the boot, by which the begin of processes is told.
"""


class Process(t.NamedTuple):
    """A process of Postfix, and when it began at the earliest and at the latest, in seconds since 1970."""

    name: str
    earliest: float
    latest: float


class Times(t.NamedTuple):
    """When files were changed and processes began."""

    now: float
    changed: dict[str, float]
    """The last change of each file that exists; a rename is one."""

    processes: list[Process]

    @property
    def has_postfix(self) -> bool:
        """Whether Postfix runs, with its queue manager, without which no mail moves."""
        return any(process.name == _QUEUE_MANAGER for process in self.processes)


def read_times(output: bytes, files: Sequence[str]) -> Times:
    """Return the times that `TIMES_SCRIPT` has printed for some files. Raises RefusedError for anything else."""
    try:
        return _read_times(output.decode("ascii", "replace").splitlines(), files)
    except ValueError:
        raise RefusedError(
            "what the container tells about the processes of Postfix is not understood; report this, with the image"
        ) from None


def _read_times(printed: list[str], files: Sequence[str]) -> Times:
    first, now, second, ticks, *lines = printed
    changes = [line.partition(" ")[2] for line in lines if line.startswith("file ")]
    # The boot was between these, as it seems by a clock that shows hundredths.
    earliest, latest = float(now) - float(second) - 0.01, float(now) - float(first)
    processes = []
    for line in lines:
        if line.startswith("process "):
            dummy, name, begin = line.split(" ")
            since_boot = int(begin) / int(ticks)
            processes.append(Process(name, earliest + since_boot, latest + since_boot + 0.01))
    return Times(float(now), {name: float(change) for name, change in zip(files, changes) if change}, processes)


def not_loaded(times: Times, access_files: Iterable[str], map_files: Iterable[str]) -> list[str]:
    """Return the files that processes of Postfix may have, or have, in an older state.

    Nothing reloads Postfix after a change of an access file: it has to be proven that it was read. What is made from
    watched files DMS reloads itself: it has to be proven that it was not read.
    """
    files = [
        name for name in access_files if name in times.changed and not _is_read(times, times.changed[name], strict=True)
    ]
    files += [
        name for name in map_files if name in times.changed and not _is_read(times, times.changed[name], strict=False)
    ]
    return files


def _is_read(times: Times, changed: float, strict: bool) -> bool:
    """Whether Postfix was reloaded after a change, or each process that has read the file began after it."""

    def began_after(process: Process) -> bool:
        return (process.earliest if strict else process.latest) >= changed

    readers = _READERS_OF_ACCESS if strict else _READERS_OF_MAPS
    reloads = [process for process in times.processes if process.name == _QUEUE_MANAGER]
    return (bool(reloads) and all(map(began_after, reloads))) or all(
        began_after(process) for process in times.processes if process.name in readers
    )


def reload_postfix(container: Container) -> None:
    """Tell Postfix to replace its processes."""
    container.execute("postfix reload 2>&1")

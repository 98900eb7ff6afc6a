# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a command under strace and let one chosen system call of it kill it or fail."""

from __future__ import annotations

import collections
import os
import pathlib
import re
import subprocess
import sys
import typing as t

CALLS = (
    "open,openat,openat2,creat,write,writev,pwrite64,pwritev,copy_file_range,sendfile"
    ",fsync,fdatasync,sync_file_range,ftruncate,truncate,fallocate"
    ",chmod,fchmod,fchmodat,chown,fchown,lchown,fchownat,setxattr,fsetxattr,lsetxattr"
    ",removexattr,fremovexattr,rename,renameat,renameat2,link,linkat,symlink,symlinkat"
    ",unlink,unlinkat,mkdir,mkdirat,rmdir,flock,utimensat"
)
"""The system calls that change or open something in a directory."""

_LINE = re.compile(r"(?P<name>\w+)\((?P<arguments>.*)")
_CHECKOUT = pathlib.Path(__file__).parents[2]


class Call(t.NamedTuple):
    """One system call of a run that touches a directory."""

    name: str
    occurrence: int
    """Counts the calls of this name, from 1."""

    text: str
    """The call as strace shows it, without what differs between runs."""

    def __str__(self) -> str:
        """Return the call as messages name it."""
        return f"call {self.occurrence} of {self.name}: {self.text}"


class Outcome(t.NamedTuple):
    """What became of a run."""

    status: int
    output: str
    calls: list[Call]
    killed: bool
    hit: bool
    """Whether a fault was injected into a call that touches the directory."""


def core(directory: pathlib.Path, options_file: pathlib.Path) -> list[str]:
    """Return the command of one run of the core."""
    script = pathlib.Path(__file__).with_name("core.py")
    return [sys.executable, str(script), str(directory), str(options_file), "2"]


def traced(command: list[str], directory: pathlib.Path, injections: t.Sequence[str] = ()) -> Outcome:
    """Run a command; `injections` are what the option of strace of that name takes."""
    log = directory.with_name(f"{directory.name}.strace")
    result = subprocess.run(
        [*strace(log, injections), *command], check=False, capture_output=True, text=True, env=environment()
    )
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return Outcome(
        result.returncode,
        result.stderr,
        touching(lines, directory),
        killed=any("killed by SIGKILL" in line for line in lines),
        hit=any("(INJECTED)" in line and _touches(line, directory) for line in lines),
    )


def strace(log: pathlib.Path, injections: t.Sequence[str]) -> list[str]:
    """Return the begin of a command that is to be traced, without its children."""
    return [
        *("strace", "-y", "-qq", "-s", "0", "-o", str(log)),
        *("-e", f"trace={CALLS}"),
        *(option for injection in injections for option in ("-e", f"inject={injection}")),
    ]


def environment() -> dict[str, str]:
    """Return the variables of a process that makes the same calls each time."""
    return {
        **os.environ,
        "PYTHONPATH": str(_CHECKOUT / ".build" / "collections"),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def touching(lines: t.Iterable[str], directory: pathlib.Path) -> list[Call]:
    """Return the calls in a log of strace that touch a directory."""
    counts: collections.Counter[str] = collections.Counter()
    calls = []
    for line in lines:
        found = _LINE.match(line)
        if found is None:
            continue
        name = found["name"]
        counts[name] += 1
        if _touches(found["arguments"], directory):
            shown = _shown(found["arguments"], directory)
            calls.append(Call(name, counts[name], shown))
    return calls


def _touches(arguments: str, directory: pathlib.Path) -> bool:
    """Whether a call names a directory, what is in it, or opens it by its name."""
    return str(directory) in arguments or f'"{directory.name}"' in arguments


def _shown(arguments: str, directory: pathlib.Path) -> str:
    shown = arguments.replace(str(directory), "").replace(f'"{directory.name}"', '""')
    shown = shown.partition(") = ")[0]
    return re.sub(r"\.mailops-dms-\w+\.tmp", "TEMPORARY", shown)


def kill(call: Call) -> str:
    """Return the injection that kills a process when it begins a call."""
    return f"{call.name}:signal=KILL:when={call.occurrence}"


def fail(call: Call, error: str) -> str:
    """Return the injection that lets a call fail."""
    return f"{call.name}:error={error}:when={call.occurrence}"

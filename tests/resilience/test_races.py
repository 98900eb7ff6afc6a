# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same races each time: an edit of the CLI meets a run at a chosen moment."""

from __future__ import annotations

import os
import pathlib
import subprocess
import threading
import time
import typing as t

import pytest

from ansible_collections.mailops.dms.plugins.module_utils._errors import RefusedError
from ansible_collections.mailops.dms.tests.resilience import core, directories, faults
from ansible_collections.mailops.dms.tests.support import wishes

OPTIONS_FILE = directories.DATA / "adding.yml"
OPTIONS = core.load(OPTIONS_FILE)

# What the CLI changes in each file, as sed knows it, and what it leaves there.
EDITS = {
    wishes.ACCOUNTS: ("s/userdb_mail=maildir/userdb_mail=mdbox/", b"userdb_mail=mdbox"),
    wishes.QUOTAS: ("s/^carl@example.net:0/carl@example.net:7M/", b"example.net:7M\n"),
    wishes.ALIASES: (r"s/^devnull .*/devnull \/dev\/zero/", b"devnull /dev/zero\n"),
    wishes.REGEX_ALIASES: ("s/DUNNO/OK/", b"/ OK\n"),
    wishes.SEND_ACCESS: ("s/not wanted here/no/", b"550 no\n"),
    wishes.RECEIVE_ACCESS: ("s/left us/is gone/", b"is gone,\n"),
    wishes.RELAYS: ("s/:587$/:465/", b":465\n"),
    wishes.RELAY_CREDENTIALS: ("s/:secret$/:bad-password/", b":bad-password\n"),
    wishes.MASTERS: ("s/^# for the backup/# for nobody/", b"# for nobody\n"),
}
OURS = b"nora"

# A program that keeps a file in memory without having it open.
MAPS = """
import mmap, sys, time
with open(sys.argv[1], "rb") as file:
    mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
print("mapped", flush=True)
time.sleep(3600)
"""


def is_open(path: pathlib.Path) -> bool:
    """Whether any process has a file open."""
    for process in os.listdir("/proc"):
        try:
            links = list(pathlib.Path("/proc", process, "fd").iterdir())
            if process.isdecimal() and path in [link.readlink() for link in links]:
                return True
        except OSError:  # the process or the file was just closed
            continue
    return False


def slow_sed(path: pathlib.Path, *options: str) -> subprocess.Popen[bytes]:
    """Start the edit of the CLI with a delay at one of its system calls."""
    script, dummy = EDITS[path.name]
    command = ["strace", "-qq", "-o", os.devnull, *options]
    return subprocess.Popen([*command, "sed", "-i", script, str(path)])


def sed_before_it_reads(path: pathlib.Path, seconds: float = 1.5) -> subprocess.Popen[bytes]:
    """Start the edit of the CLI, to the moment when it has just opened the file."""
    delay = f"inject=openat:delay_exit={round(seconds * 1000000)}"
    sed = slow_sed(path, "-P", str(path), "-e", "trace=openat", "-e", delay)
    while not is_open(path):
        time.sleep(0.001)
    return sed


def sed_before_it_writes(path: pathlib.Path, seconds: float = 1.5) -> subprocess.Popen[bytes]:
    """Start the edit of the CLI, to the moment when it replaces the file."""
    delay = f"inject=rename:delay_enter={round(seconds * 1000000)}"
    sed = slow_sed(path, "-e", "trace=rename", "-e", delay)
    while not list(path.parent.glob("sed*")):
        time.sleep(0.001)
    return sed


@pytest.mark.parametrize("slow", [sed_before_it_reads, sed_before_it_writes])
@pytest.mark.parametrize("name", wishes.FILE_NAMES)
def test_sed_that_begins_before_a_run_and_ends_after_it(
    tmp_path: pathlib.Path, name: str, slow: t.Callable[[pathlib.Path], subprocess.Popen[bytes]]
) -> None:
    directory = directories.seed(tmp_path / "config")
    path = directory / name
    sed = slow(path)
    core.run(directory, OPTIONS, timeout=60)
    assert sed.wait() == 0
    assert EDITS[name][1] in path.read_bytes()
    assert all(OURS in (directory / other).read_bytes() for other in wishes.FILE_NAMES)
    assert not core.run(directory, OPTIONS)


@pytest.mark.parametrize("slow", [sed_before_it_reads, sed_before_it_writes])
@pytest.mark.parametrize("seconds", [3, 8, 40])
def test_sed_that_stalls_undoes_nothing(
    tmp_path: pathlib.Path, seconds: int, slow: t.Callable[[pathlib.Path, float], subprocess.Popen[bytes]]
) -> None:
    directory = directories.seed(tmp_path / "config")
    path = directory / wishes.ALIASES
    sed = slow(path, seconds)
    assert core.run(directory, OPTIONS, timeout=60)
    assert sed.wait() == 0
    assert EDITS[path.name][1] in path.read_bytes()
    assert not core.run(directory, OPTIONS)
    assert all(OURS in (directory / name).read_bytes() for name in wishes.FILE_NAMES)


@pytest.mark.parametrize(
    ("slow", "named"),
    [
        (sed_before_it_reads, r"is open in process [0-9]+ \(sed\), and this did not end"),
        (sed_before_it_writes, "a command that edits a file with sed is working"),
    ],
)
def test_sed_that_stalls_for_longer_than_lock_timeout_ends_in_a_refusal(
    tmp_path: pathlib.Path, slow: t.Callable[[pathlib.Path, float], subprocess.Popen[bytes]], named: str
) -> None:
    directory = directories.seed(tmp_path / "config")
    before = directories.snapshot(directory)
    sed = slow(directory / wishes.ALIASES, 4)
    with pytest.raises(RefusedError, match=named):
        core.run(directory, OPTIONS, timeout=1)
    assert directories.snapshot(directory) == before
    assert sed.wait() == 0
    after = directories.snapshot(directory)
    assert EDITS[wishes.ALIASES][1] in after[wishes.ALIASES].content
    assert core.run(directory, OPTIONS)


READERS = {"reads": ["tail", "-f"], "maps": ["python3", "-c", MAPS]}


@pytest.mark.parametrize("reader", READERS)
def test_who_only_reads_a_file_stops_no_run(tmp_path: pathlib.Path, reader: str) -> None:
    directory = directories.seed(tmp_path / "config")
    command = [*READERS[reader], str(directory / wishes.ALIASES)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.read(1)
        assert core.run(directory, OPTIONS, timeout=3600)
        process.terminate()


@pytest.mark.parametrize("name", wishes.FILE_NAMES)
def test_a_line_that_is_appended_to_a_file_just_replaced(tmp_path: pathlib.Path, name: str) -> None:
    directory = directories.seed(tmp_path / "config")
    path = directory / name
    with path.open("ab", buffering=0) as stream:
        stream.write(b"\n")
        inode = path.stat().st_ino
        run = threading.Thread(target=core.run, args=(directory, OPTIONS, 60))
        run.start()
        while path.stat().st_ino == inode:
            time.sleep(0.001)
        stream.write(b"# appended\n")
    run.join()
    assert b"\n# appended\n" in path.read_bytes()
    assert all(OURS in (directory / other).read_bytes() for other in wishes.FILE_NAMES)
    assert directories.names(directory) == set(wishes.FILE_NAMES)


@pytest.mark.parametrize("name", wishes.FILE_NAMES[:-1])
def test_an_edit_on_top_of_what_is_about_to_be_put_back_stays(tmp_path: pathlib.Path, name: str) -> None:
    directory = directories.seed(tmp_path / "config")
    path = directory / name
    before = directories.snapshot(directory)
    # The first of these calls takes the lock, the last one replaces the last file.
    last = 1 + len(wishes.FILE_NAMES)
    run = subprocess.Popen(
        [
            *faults.strace(tmp_path / "log", [f"renameat2:error=EIO:delay_enter=1500000:when={last}"]),
            *faults.core(directory, OPTIONS_FILE),
        ],
        env=faults.environment(),
    )
    while OURS not in path.read_bytes():
        time.sleep(0.001)
    subprocess.run(["sed", "-i", EDITS[name][0], str(path)], check=True)
    assert run.wait() == core.REFUSED
    assert EDITS[name][1] in path.read_bytes()
    after = directories.snapshot(directory)
    others = set(wishes.FILE_NAMES) - {name}
    assert {other: after[other] for other in others} == {other: before[other] for other in others}


@pytest.mark.parametrize("present", [True, False])
def test_a_file_that_is_removed_when_it_is_about_to_be_put_back_stays_away(
    tmp_path: pathlib.Path, present: bool
) -> None:
    directory = directories.seed(tmp_path / "config")
    path = directory / wishes.ACCOUNTS
    before = directories.snapshot(directory)
    if not present:
        path.unlink()
    last = 1 + len(wishes.FILE_NAMES)
    run = subprocess.Popen(
        [
            *faults.strace(tmp_path / "log", [f"renameat2:error=EIO:delay_enter=1500000:when={last}"]),
            *faults.core(directory, OPTIONS_FILE),
        ],
        env=faults.environment(),
        stderr=subprocess.PIPE,
        text=True,
    )
    while not path.exists() or OURS not in path.read_bytes():
        time.sleep(0.001)
    path.unlink()
    message = run.communicate()[1]
    assert run.returncode == core.REFUSED
    assert f"{wishes.FILE_NAMES[-1]} cannot be written (Input/output error)" in message
    del before[wishes.ACCOUNTS]
    assert directories.snapshot(directory) == before
    assert directories.names(directory) == set(before)


def calls_before_replacing(tmp_path: pathlib.Path) -> dict[str, faults.Call]:
    """Return the last calls before a run replaces its first file, for the last one that, too."""
    directory = directories.seed(tmp_path / "whole")
    calls = faults.traced(faults.core(directory, OPTIONS_FILE), directory).calls
    # The first of these calls takes the lock.
    replaces = [index for index, call in enumerate(calls) if call.name == "renameat2"][1]
    return {call.name: call for call in calls[: replaces + 1]}


@pytest.mark.parametrize("name", ["openat", "renameat2"])
def test_a_file_that_is_removed_before_it_is_replaced_is_planned_anew(tmp_path: pathlib.Path, name: str) -> None:
    call = calls_before_replacing(tmp_path)[name]
    directory = directories.seed(tmp_path / "config")
    path = directory / wishes.ACCOUNTS
    delay = f"{name}:delay_enter=1500000:when={call.occurrence}"
    run = subprocess.Popen(
        [*faults.strace(tmp_path / "log", [delay]), *faults.core(directory, OPTIONS_FILE)],
        env=faults.environment(),
    )
    # The files, what is to replace them, and the lock of the change detector.
    while len(directories.names(directory)) < 2 * len(wishes.FILE_NAMES) + 1:
        time.sleep(0.001)
    time.sleep(0.5)
    path.unlink()
    assert run.wait() == 0
    assert [line.partition(b"|")[0] for line in path.read_bytes().splitlines()] == [b"nora@example.org"]
    assert all(OURS in (directory / other).read_bytes() for other in wishes.FILE_NAMES)
    assert directories.names(directory) == set(wishes.FILE_NAMES)

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run waits for whoever works on the directory, and says for whom it waited."""

from __future__ import annotations

import contextlib
import datetime
import os
import pathlib
import subprocess
import threading
import time
import typing as t

import filelock
import pytest

from ansible_collections.mailops.dms.plugins.module_utils._errors import RefusedError
from ansible_collections.mailops.dms.plugins.module_utils._store.replacing import Hooks
from ansible_collections.mailops.dms.tests.resilience import core, directories, faults
from ansible_collections.mailops.dms.tests.support import wishes

OPTIONS = core.load(directories.DATA / "adding.yml")
STALE = 61
ALIAS = {"alias": "x@example.com", "recipients": ["y@example.org"]}

# The name of a lock or of a file of sed, and who a refusal says that it is.
HOLDERS = {
    directories.CHANGE_DETECTOR_LOCK: "the change detector of DMS",
    directories.ACCOUNT_REMOVAL_LOCK: "the command 'setup email del' of DMS",
    "sedAbC123": "a command that edits a file with sed",
}


def since(path: pathlib.Path) -> str:
    """Return when a file was written, as refusals name it."""
    written = datetime.datetime.fromtimestamp(path.stat().st_mtime)
    return written.isoformat(" ", "seconds")


@pytest.mark.parametrize("name", HOLDERS)
def test_a_fresh_lock_of_dms_ends_in_a_refusal(tmp_path: pathlib.Path, name: str) -> None:
    directory = directories.seed(tmp_path / "config")
    lock = directory / name
    lock.write_text("0123456789\n", encoding="ascii")
    os.utime(lock, times=(time.time() - 7, time.time() - 7))
    before = directories.snapshot(directory)
    with pytest.raises(RefusedError) as refusal:
        core.run(directory, OPTIONS, timeout=0.2)
    message = str(refusal.value)
    assert message.startswith(f"{lock} says that {HOLDERS[name]} is working")
    assert f"since {since(lock)}" in message
    assert "within 0.2 seconds; wait for it to end, or raise lock_timeout" in message
    assert directories.snapshot(directory) == before
    assert lock.read_text(encoding="ascii") == "0123456789\n"
    assert directories.names(directory) == {*wishes.FILE_NAMES, name}


@pytest.mark.parametrize("name", HOLDERS)
def test_a_stale_lock_of_dms_stops_nobody(tmp_path: pathlib.Path, name: str) -> None:
    directory = directories.seed(tmp_path / "config")
    (directory / name).write_text("0123456789\n", encoding="ascii")
    long_ago = time.time() - STALE
    os.utime(directory / name, times=(long_ago, long_ago))
    assert core.run(directory, OPTIONS, timeout=0.2)
    assert not core.run(directory, OPTIONS, timeout=0.2)


@pytest.mark.parametrize("name", HOLDERS)
def test_a_lock_from_the_future_ends_in_a_refusal_that_says_so(tmp_path: pathlib.Path, name: str) -> None:
    directory = directories.seed(tmp_path / "config")
    (directory / name).write_text("0123456789\n", encoding="ascii")
    tomorrow = time.time() + 86400
    os.utime(directory / name, times=(tomorrow, tomorrow))
    before = directories.snapshot(directory)
    with pytest.raises(RefusedError, match=r"in the future: .* within 0\.2 seconds"):
        core.run(directory, OPTIONS, timeout=0.2)
    assert directories.snapshot(directory) == before


def test_a_directory_named_as_a_file_of_sed_stops_nobody(tmp_path: pathlib.Path) -> None:
    directory = directories.seed(tmp_path / "config")
    (directory / "sediments").mkdir()
    assert core.run(directory, OPTIONS, timeout=0.2)


def test_a_change_detector_at_work_keeps_its_lock_however_old_it_is(tmp_path: pathlib.Path) -> None:
    directory = directories.seed(tmp_path / "config")
    lock = directory / directories.CHANGE_DETECTOR_LOCK
    with change_detector(tmp_path, directory):
        lock.write_text("0123456789\n", encoding="ascii")
        time.sleep(STALE)
        with pytest.raises(RefusedError, match="the change detector of DMS is working"):
            core.run(directory, OPTIONS, timeout=0.2)
        # What one left behind that was killed, no other is at work with.
        before_it_began = time.time() - 2 * STALE
        os.utime(lock, times=(before_it_began, before_it_began))
        assert core.run(directory, OPTIONS, timeout=0.2)


@contextlib.contextmanager
def change_detector(tmp_path: pathlib.Path, directory: pathlib.Path) -> t.Iterator[None]:
    """Run a program of that name which has the directory where DMS has it."""
    script = tmp_path / "check-for-changes.sh"
    script.write_text("echo started; read line\n", encoding="ascii")
    container = tmp_path / "container"
    container.mkdir()
    mount = (
        f"mount -t tmpfs tmpfs {container} && mkdir -p {container}/tmp/docker-mailserver"
        f" && mount --rbind {directory} {container}/tmp/docker-mailserver"
        f" && for each in bin lib lib64 usr; do mkdir {container}/$each;"
        f" mount --rbind /$each {container}/$each; done"
        f" && cp {script} {container}"
        f" && exec chroot {container} /bin/sh /check-for-changes.sh"
    )
    with subprocess.Popen(
        ["unshare", "--mount", "sh", "-c", mount], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"started\n"
        yield
        process.communicate(b"\n")


@pytest.mark.parametrize("umask", [0, 0o077, 0o777])
def test_the_owner_of_the_directory_runs_the_modules_after_root(tmp_path: pathlib.Path, umask: int) -> None:
    directory = directories.seed(tmp_path / "home" / "config")
    for path in (directory.parent, directory):
        os.chown(path, directories.OWNER, directories.OWNER)
    previous = os.umask(umask)
    try:
        assert core.run(directory, OPTIONS)
    finally:
        os.umask(previous)
    before = directories.snapshot(directory)
    assert as_owner(directory, {"aliases": [ALIAS]}) == "changed"
    assert directories.snapshot(directory) != before
    assert core.run(directory, {"aliases": [{**ALIAS, "state": "absent"}]})


def test_all_who_may_write_to_the_directory_run_the_modules(tmp_path: pathlib.Path) -> None:
    directory = directories.seed(tmp_path / "home" / "config")
    for path in (directory.parent, directory):
        os.chown(path, 0, directories.OWNER)
        path.chmod(0o775)
    for name in wishes.FILE_NAMES:
        (directory / name).unlink()
    alias = {**ALIAS, "alias": "z@example.com"}
    assert as_owner(directory, {"aliases": [ALIAS]}, user=2001) == "changed"
    # He may take the lock, but the system lets nobody give his file to somebody else.
    said = as_owner(directory, {"aliases": [alias]}, user=2002)
    assert f"{wishes.ALIASES} cannot be written (Operation not permitted)" in said
    assert core.run(directory, {"aliases": [alias]})


def test_what_stands_in_the_place_of_a_lock_at_the_end_undoes_nothing(tmp_path: pathlib.Path) -> None:
    directory = directories.seed(tmp_path / "config")
    lock = directory / directories.CHANGE_DETECTOR_LOCK

    def put_something_else(backup: str) -> None:
        lock.unlink()
        lock.touch()
        os.truncate(lock, 1 << 40)

    before = directories.snapshot(directory)
    assert core.run(directory, OPTIONS, hooks=Hooks(back_up=put_something_else))
    assert directories.snapshot(directory) != before
    assert lock.stat().st_size == 1 << 40


def as_owner(directory: pathlib.Path, options: dict[str, t.Any], user: int = directories.OWNER) -> str:
    """Make a run as a user in the group of a directory; return what came of it."""
    reading, writing = os.pipe()
    process = os.fork()
    if not process:
        os.chdir(directory.parent)
        os.setgroups([])
        os.setgid(directories.OWNER)
        os.setuid(user)
        outcome = "failed"
        try:
            changed = core.run(pathlib.Path(directory.name), options)
            outcome = "changed" if changed else "not changed"
        except RefusedError as error:
            outcome = str(error)
        finally:
            os.write(writing, outcome.encode())
            os._exit(0)
    os.close(writing)
    os.waitpid(process, 0)
    with os.fdopen(reading, encoding="utf-8") as stream:
        return stream.read()


@pytest.mark.parametrize("name", HOLDERS)
def test_a_run_goes_on_when_dms_is_done(tmp_path: pathlib.Path, name: str) -> None:
    directory = directories.seed(tmp_path / "config")
    lock = directory / name
    lock.write_text("0123456789\n", encoding="ascii")
    before = directories.snapshot(directory)
    run = threading.Thread(target=core.run, args=(directory, OPTIONS, 60))
    run.start()
    while not (directory / directories.OWN_LOCK).exists():
        time.sleep(0.01)
    time.sleep(0.5)
    assert run.is_alive()
    assert directories.snapshot(directory) == before
    lock.unlink()
    run.join()
    assert directories.snapshot(directory) != before
    assert directories.names(directory) == set(wishes.FILE_NAMES)


def test_the_lock_of_the_change_detector_is_held_while_files_change(tmp_path: pathlib.Path) -> None:
    directory = directories.seed(tmp_path / "config")
    outcome = faults.traced(faults.core(directory, directories.DATA / "adding.yml"), directory)
    texts = [call.text for call in outcome.calls]
    lock = directories.CHANGE_DETECTOR_LOCK
    held = [number for number, text in enumerate(texts) if lock in text]
    renames = [
        number for number, call in enumerate(outcome.calls) if call.name == "renameat2" and lock not in call.text
    ]
    assert len(renames) == len(wishes.FILE_NAMES)
    taken = next(n for n in held if outcome.calls[n].name == "renameat2")
    let_go = next(n for n in held if outcome.calls[n].name == "unlinkat")
    assert taken < min(renames)
    assert max(renames) < let_go


def test_a_lock_that_dms_took_over_stays(tmp_path: pathlib.Path) -> None:
    directory = directories.seed(tmp_path / "config")
    lock = directory / directories.CHANGE_DETECTOR_LOCK

    def take_over(path: str) -> None:
        lock.write_text("0123456789\n", encoding="ascii")

    core.run(directory, OPTIONS, hooks=Hooks(back_up=take_over))
    assert lock.read_text(encoding="ascii") == "0123456789\n"


def test_a_lock_that_dms_took_over_too_early_is_taken_anew(tmp_path: pathlib.Path) -> None:
    directory = directories.seed(tmp_path / "config")
    before = directories.snapshot(directory)
    lock = directory / directories.CHANGE_DETECTOR_LOCK
    done = threading.Timer(0.5, lock.unlink)

    def take_over(descriptor: int) -> None:
        if done.ident is None:
            lock.write_text("0123456789\n", encoding="ascii")
            done.start()

    assert core.run(directory, OPTIONS, timeout=60, hooks=Hooks(take_over))
    done.join()
    after = directories.snapshot(directory)
    assert all(after[name] != before[name] for name in wishes.FILE_NAMES)
    assert directories.names(directory) == set(wishes.FILE_NAMES)


def test_a_lock_of_a_killed_run_is_removed_even_without_change(tmp_path: pathlib.Path) -> None:
    directory = directories.seed(tmp_path / "config")
    outcome = traced_to_the_lock(directory)
    assert outcome.killed
    assert directories.CHANGE_DETECTOR_LOCK in directories.names(directory)
    before = directories.times(directory)
    assert not core.run(directory, {"quotas": []}, timeout=0.2)
    assert directories.names(directory) == set(wishes.FILE_NAMES)
    after = directories.times(directory)
    assert {name: after[name] for name in wishes.FILE_NAMES} == {name: before[name] for name in wishes.FILE_NAMES}


def traced_to_the_lock(directory: pathlib.Path) -> faults.Outcome:
    """Kill a run when it is about to replace the first file."""
    command = faults.core(directory, directories.DATA / "adding.yml")
    return faults.traced(command, directory, ["renameat2:signal=KILL:when=2"])


def test_the_holder_of_our_own_lock_is_named(tmp_path: pathlib.Path) -> None:
    directory = directories.seed(tmp_path / "config")
    lock = directory / directories.OWN_LOCK
    holder = subprocess.Popen(
        ["flock", str(lock), "sh", "-c", "echo held; read line"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    stdin, stdout = (t.cast("t.IO[bytes]", holder.stdin), t.cast("t.IO[bytes]", holder.stdout))
    assert stdout.readline() == b"held\n"
    before = directories.snapshot(directory)
    with pytest.raises(RefusedError) as refusal:
        core.run(directory, OPTIONS, timeout=0.2)
    stdin.close()
    assert holder.wait() == 1
    stdout.close()
    message = str(refusal.value)
    assert message.startswith(f"{lock} is held by process {holder.pid}, which has been running since")
    assert "did not end within 0.2 seconds; wait for it to end, or raise" in message
    assert directories.snapshot(directory) == before
    assert core.run(directory, OPTIONS, timeout=0.2)


def test_our_own_lock_is_waited_for(tmp_path: pathlib.Path) -> None:
    directory = directories.seed(tmp_path / "config")
    before = directories.snapshot(directory)
    with filelock.FileLock(directory / directories.OWN_LOCK):
        command = [*faults.core(directory, directories.DATA / "adding.yml")[:-1], "60"]
        run = subprocess.Popen(command, env=faults.environment())
        time.sleep(1)
        assert run.poll() is None
        assert directories.snapshot(directory) == before
    assert run.wait() == 0
    assert directories.snapshot(directory) != before

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The config directory on disk: what is read, and how files are replaced."""

from __future__ import annotations

import os
import pathlib
import threading
import typing as t

import filelock
import pytest

from ansible_collections.mailops.dms.plugins.module_utils._errors import RefusedError
from ansible_collections.mailops.dms.plugins.module_utils._store.directory import Store
from ansible_collections.mailops.dms.plugins.module_utils._store.replacing import Hooks
from ansible_collections.mailops.dms.plugins.module_utils._store.updating import update as carry_out

NAMES = ("first.cf", "second.cf")
LOCK = ".mailops-dms.lock"

Contents = t.Mapping[str, "bytes | None"]


class NewContent(t.NamedTuple):
    """What a file should hold."""

    file_name: str
    content: bytes
    new_file_mode: int = 0o600


class Plan(t.NamedTuple):
    """What files should hold that hold something else."""

    before: Contents
    files: list[NewContent]


def store(directory: pathlib.Path) -> Store:
    """Return the store of a directory with two files."""
    return Store(str(directory), NAMES)


def write(directory: pathlib.Path, hooks: Hooks | None = None, **contents: bytes) -> None:
    """Replace files, named without their suffix."""
    files = [NewContent(f"{name}.cf", text) for name, text in contents.items()]
    update(directory, lambda read: files, hooks)


def update(
    directory: pathlib.Path,
    wanted: t.Callable[[Contents], list[NewContent]],
    hooks: Hooks | None = None,
    timeout: float = 5,
) -> Plan:
    """Make files hold what is wanted, planned after the lock was taken; return the plan."""
    made_for_others = Plan({}, [])
    return carry_out(
        store(directory), made_for_others, lambda read: Plan(read, wanted(read)), hooks or Hooks(), timeout
    )


def names(directory: pathlib.Path) -> set[str]:
    """Return the names in a directory, but for the lock."""
    return {path.name for path in directory.iterdir()} - {LOCK}


def test_reads_what_is_there(tmp_path: pathlib.Path) -> None:
    (tmp_path / "first.cf").write_bytes(b"\xff\r\n")
    assert store(tmp_path).read() == {"first.cf": b"\xff\r\n", "second.cf": None}
    assert names(tmp_path) == {"first.cf"}


def test_a_missing_directory_is_refused(tmp_path: pathlib.Path) -> None:
    with pytest.raises(RefusedError, match=r"config directory .* does not exist"):
        store(tmp_path / "missing").read()


def test_a_file_as_directory_is_refused(tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RefusedError, match="is not a directory"):
        store(tmp_path / "file").read()


def test_a_directory_as_file_is_refused(tmp_path: pathlib.Path) -> None:
    (tmp_path / "first.cf").mkdir()
    with pytest.raises(RefusedError, match=r"first\.cf"):
        store(tmp_path).read()


def test_a_pipe_as_file_is_refused(tmp_path: pathlib.Path) -> None:
    os.mkfifo(tmp_path / "first.cf")
    with pytest.raises(RefusedError, match=r"first\.cf is not a file"):
        store(tmp_path).read()


def test_a_link_inside_is_followed(tmp_path: pathlib.Path) -> None:
    (tmp_path / "real").write_bytes(b"old\n")
    (tmp_path / "first.cf").symlink_to("real")
    assert store(tmp_path).read()["first.cf"] == b"old\n"
    write(tmp_path, first=b"new\n")
    assert (tmp_path / "first.cf").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new\n"


@pytest.mark.parametrize("present", [True, False])
def test_a_link_outside_is_refused(tmp_path: pathlib.Path, present: bool) -> None:
    outside = tmp_path / "outside"
    if present:
        outside.write_bytes(b"old\n")
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "first.cf").symlink_to(outside)
    with pytest.raises(RefusedError, match=f"symbolic link to {outside}"):
        store(tmp_path / "config").read()
    with pytest.raises(RefusedError, match="outside the config directory"):
        write(tmp_path / "config", first=b"new\n")
    assert outside.exists() == present


def test_a_linked_directory_is_no_link_outside(tmp_path: pathlib.Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "config").symlink_to("real")
    write(tmp_path / "config", first=b"new\n")
    assert (tmp_path / "real" / "first.cf").read_bytes() == b"new\n"


def test_writes_new_files_and_keeps_modes_and_owners(tmp_path: pathlib.Path) -> None:
    second = tmp_path / "second.cf"
    second.write_bytes(b"old\n")
    second.chmod(0o640)
    owner = 12345 if os.geteuid() == 0 else os.geteuid()
    os.chown(second, owner, -1)
    before = second.stat()
    write(tmp_path, first=b"new\n", second=b"newer\n")
    assert (tmp_path / "first.cf").read_bytes() == b"new\n"
    assert (tmp_path / "first.cf").stat().st_mode & 0o7777 == 0o600
    after = second.stat()
    assert second.read_bytes() == b"newer\n"
    assert (after.st_mode, after.st_uid) == (before.st_mode, before.st_uid)
    assert after.st_ino != before.st_ino
    assert names(tmp_path) == set(NAMES)


def test_no_plan_touches_nothing(tmp_path: pathlib.Path) -> None:
    first = tmp_path / "first.cf"
    first.write_bytes(b"old\n")
    before = first.stat()
    write(tmp_path)
    assert first.stat() == before
    assert names(tmp_path) == {"first.cf"}


def test_the_plan_is_for_what_the_files_hold(tmp_path: pathlib.Path) -> None:
    (tmp_path / "first.cf").write_bytes(b"old\n")
    seen: list[Contents] = []

    def wanted(contents: Contents) -> list[NewContent]:
        seen.append(contents)
        return [NewContent("first.cf", (contents["first.cf"] or b"") + b"new\n")]

    plan = update(tmp_path, wanted)
    assert seen == [{"first.cf": b"old\n", "second.cf": None}]
    assert plan == Plan(seen[0], [NewContent("first.cf", b"old\nnew\n")])
    assert (tmp_path / "first.cf").read_bytes() == b"old\nnew\n"


def test_a_plan_that_still_fits_is_not_made_again(tmp_path: pathlib.Path) -> None:
    plan = Plan(store(tmp_path).read(), [NewContent("first.cf", b"new\n")])
    asked: list[Contents] = []

    def plan_for(contents: Contents) -> Plan:
        asked.append(contents)
        return Plan(contents, [])

    assert carry_out(store(tmp_path), plan, plan_for, Hooks(), 5) is plan
    assert asked == []
    assert (tmp_path / "first.cf").read_bytes() == b"new\n"


def test_what_somebody_else_wrote_meanwhile_is_not_written_again(tmp_path: pathlib.Path) -> None:
    wish = NewContent("first.cf", b"new\n")
    calls = 0

    def wanted(contents: Contents) -> list[NewContent]:
        nonlocal calls
        calls += 1
        if calls == 1:
            (tmp_path / "first.cf").write_bytes(b"new\n")
        return [] if contents["first.cf"] == b"new\n" else [wish]

    assert update(tmp_path, wanted).files == []
    assert calls == 2
    assert names(tmp_path) == {"first.cf"}
    (tmp_path / "first.cf").write_bytes(b"old\n")
    assert update(tmp_path, wanted).files == [wish]
    assert (tmp_path / "first.cf").read_bytes() == b"new\n"


def test_of_several_plans_the_one_that_was_carried_out_counts(tmp_path: pathlib.Path) -> None:
    """Who edits a file while it is replaced has it planned anew, and may want the same."""
    before = store(tmp_path).read()
    first = Plan(before, [NewContent("first.cf", b"new\n"), NewContent("second.cf", b"new\n")])

    def plan_for(contents: Contents) -> Plan:
        return Plan(contents, [] if contents["first.cf"] else first.files[:1])

    def edit(descriptor: int) -> None:
        (tmp_path / "second.cf").write_bytes(b"edited\n")

    carried_out = carry_out(store(tmp_path), first, plan_for, Hooks(edit), 5)
    assert carried_out == Plan({"first.cf": None, "second.cf": b"edited\n"}, first.files[:1])
    assert (tmp_path / "first.cf").read_bytes() == b"new\n"
    assert (tmp_path / "second.cf").read_bytes() == b"edited\n"


def test_attributes_and_backups_come_before_the_new_content(tmp_path: pathlib.Path) -> None:
    first = tmp_path / "first.cf"
    first.write_bytes(b"old\n")
    calls: list[tuple[str, bytes]] = []

    def set_attributes(descriptor: int) -> None:
        assert first.read_bytes() == b"old\n"
        calls.append(("attributes", os.pread(descriptor, 9, 0)))

    def back_up(path: str) -> None:
        assert path.startswith(f"{first}.")
        calls.append(("backup", pathlib.Path(path).read_bytes()))

    write(tmp_path, Hooks(set_attributes, back_up), first=b"new\n", second=b"x\n")
    assert calls == [("attributes", b"new\n"), ("attributes", b"x\n"), ("backup", b"old\n")]


def test_a_failing_hook_leaves_everything_as_it_was(tmp_path: pathlib.Path) -> None:
    (tmp_path / "first.cf").write_bytes(b"old\n")

    def fail(descriptor: int) -> None:
        if os.pread(descriptor, 9, 0) == b"newer\n":
            raise OSError(1, "not permitted")

    with pytest.raises(RefusedError, match=r"second\.cf cannot be written"):
        write(tmp_path, Hooks(fail), first=b"new\n", second=b"newer\n")
    assert (tmp_path / "first.cf").read_bytes() == b"old\n"
    assert names(tmp_path) == {"first.cf"}


def test_a_directory_in_the_way_leaves_everything_as_it_was(tmp_path: pathlib.Path) -> None:
    (tmp_path / "first.cf").write_bytes(b"old\n")

    def block(descriptor: int) -> None:
        if os.pread(descriptor, 9, 0) == b"newer\n":
            (tmp_path / "second.cf").mkdir()

    with pytest.raises(RefusedError, match=r"second\.cf"):
        write(tmp_path, Hooks(block), first=b"new\n", second=b"newer\n")
    assert (tmp_path / "first.cf").read_bytes() == b"old\n"
    assert names(tmp_path) == set(NAMES)


def test_a_lock_that_is_held_is_waited_for(tmp_path: pathlib.Path) -> None:
    released = threading.Event()

    def hold_for_a_moment(lock: filelock.BaseFileLock) -> None:
        released.set()
        lock.release()

    lock = filelock.FileLock(tmp_path / LOCK, thread_local=False)
    lock.acquire()
    timer = threading.Timer(0.3, hold_for_a_moment, [lock])
    timer.start()
    write(tmp_path, first=b"new\n")
    timer.join()
    assert released.is_set()
    assert (tmp_path / "first.cf").read_bytes() == b"new\n"


def test_a_lock_that_is_held_for_too_long_is_named(tmp_path: pathlib.Path) -> None:
    with filelock.FileLock(tmp_path / LOCK):
        with pytest.raises(RefusedError, match=rf"{LOCK} is held by .*lock_timeout"):
            update(tmp_path, lambda read: [], timeout=0.2)
        assert names(tmp_path) == set()


def test_the_lock_of_a_missing_directory(tmp_path: pathlib.Path) -> None:
    with pytest.raises(RefusedError, match=r"cannot be written|does not exist"):
        write(tmp_path / "missing", first=b"new\n")

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run keeps of a file: owner, mode, access list, and all of it without change."""

from __future__ import annotations

import os
import pathlib
import subprocess

import pytest

from ansible_collections.mailops.dms.plugins.module_utils._errors import RefusedError
from ansible_collections.mailops.dms.plugins.module_utils._store.replacing import Hooks
from ansible_collections.mailops.dms.tests.resilience import core, directories, mounts
from ansible_collections.mailops.dms.tests.support import wishes

OPTIONS = core.load(directories.DATA / "adding.yml")


def access_list(path: pathlib.Path) -> str:
    """Return the POSIX access list of a file."""
    command = ["getfacl", "--omit-header", "--numeric", "--absolute-names", str(path)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def set_access_list(path: pathlib.Path, entry: str, *options: str) -> None:
    """Add an entry to the access list of a file."""
    subprocess.run(["setfacl", *options, "--modify", entry, str(path)], check=True)


def test_a_run_without_change_touches_nothing(tmp_path: pathlib.Path) -> None:
    directory = directories.seed(tmp_path / "config")
    core.run(directory, OPTIONS)
    for path in directory.iterdir():
        os.utime(path, ns=(1, 1))
    before = directories.times(directory)
    assert not core.run(directory, OPTIONS)
    assert directories.times(directory) == before
    assert all(modified == 1 for dummy, modified in before.values())


def test_owner_and_mode_of_each_file_are_kept(tmp_path: pathlib.Path) -> None:
    directory = directories.seed(tmp_path / "config")
    before = directories.snapshot(directory)
    core.run(directory, OPTIONS)
    after = directories.snapshot(directory)
    for name, file in before.items():
        assert after[name].content != file.content
        assert after[name] == file._replace(content=after[name].content)


@pytest.mark.parametrize("umask", [0, 0o077])
def test_new_accounts_are_for_their_owner_alone(tmp_path: pathlib.Path, umask: int) -> None:
    previous = os.umask(umask)
    try:
        core.run(tmp_path, OPTIONS)
    finally:
        os.umask(previous)
    modes = {name: file.mode for name, file in directories.snapshot(tmp_path).items()}
    others = dict.fromkeys(wishes.FILE_NAMES, 0o644)
    assert modes == {**others, **dict.fromkeys((wishes.ACCOUNTS, wishes.MASTERS, wishes.RELAY_CREDENTIALS), 0o600)}


def test_the_access_list_of_a_file_is_kept(tmp_path: pathlib.Path) -> None:
    directory = directories.seed(tmp_path / "config")
    for number, name in enumerate(wishes.FILE_NAMES):
        set_access_list(directory / name, f"user:{2000 + number}:r")
    before = {name: access_list(directory / name) for name in wishes.FILE_NAMES}
    files = directories.snapshot(directory)
    core.run(directory, OPTIONS)
    assert directories.snapshot(directory) != files
    after = {name: access_list(directory / name) for name in wishes.FILE_NAMES}
    assert after == before


def test_a_file_without_access_list_gets_none(tmp_path: pathlib.Path) -> None:
    directory = directories.seed(tmp_path / "config")
    set_access_list(directory, "user:2000:rwx", "--default")
    before = {name: access_list(directory / name) for name in wishes.FILE_NAMES}
    core.run(directory, OPTIONS)
    after = {name: access_list(directory / name) for name in wishes.FILE_NAMES}
    assert after == before


def test_extended_attributes_are_kept(tmp_path: pathlib.Path) -> None:
    directory = directories.seed(tmp_path / "config")
    attributes = {"user.note": b"kept", "security.note": b"kept too"}
    for name in wishes.FILE_NAMES:
        for attribute, value in attributes.items():
            os.setxattr(directory / name, attribute, value)
    core.run(directory, OPTIONS)
    for name in wishes.FILE_NAMES:
        kept = {each: os.getxattr(directory / name, each) for each in attributes}
        assert kept == attributes


def test_no_file_stays_set_id(tmp_path: pathlib.Path) -> None:
    directory = directories.seed(tmp_path / "config")
    before = directories.snapshot(directory)
    for name in wishes.FILE_NAMES:
        (directory / name).chmod(0o7000 | before[name].mode)
    core.run(directory, OPTIONS)
    after = directories.snapshot(directory)
    assert [file.mode for file in after.values()] == [file.mode for file in before.values()]


def test_a_backup_has_what_the_file_had(tmp_path: pathlib.Path) -> None:
    directory = directories.seed(tmp_path / "config")
    for name in wishes.FILE_NAMES:
        os.utime(directory / name, ns=(1, 1))
    before = directories.snapshot(directory)
    backups: list[str] = []
    core.run(directory, OPTIONS, hooks=Hooks(back_up=backups.append))
    assert len(backups) == len(before)
    for backup in map(pathlib.Path, backups):
        name = next(name for name in before if backup.name.startswith(f"{name}."))
        status = backup.stat()
        assert before[name] == directories.File(
            backup.read_bytes(), status.st_mode & 0o7777, status.st_uid, status.st_gid
        )
        assert status.st_mtime_ns == 1


def test_no_backup_stays_of_what_was_put_back(tmp_path: pathlib.Path) -> None:
    directory = directories.seed(tmp_path / "config")
    before = directories.snapshot(directory)
    path = directory / wishes.REGEX_ALIASES
    source = tmp_path / "source"
    source.write_bytes(path.read_bytes())
    with mounts.bound(source, path), pytest.raises(RefusedError, match="mount point"):
        core.run(directory, OPTIONS, hooks=Hooks(back_up=lambda backup: None))
    assert directories.snapshot(directory) == before
    assert directories.names(directory) == set(wishes.FILE_NAMES)


@pytest.mark.parametrize("name", wishes.FILE_NAMES)
def test_a_file_is_never_open_to_more_than_before(tmp_path: pathlib.Path, name: str) -> None:
    directory = directories.seed(tmp_path / "config")
    (directory / name).chmod(0o600)
    seen: list[int] = []

    def look(descriptor: int) -> None:
        seen.append(os.fstat(descriptor).st_mode & 0o777)

    modes = [file.mode for file in directories.snapshot(directory).values()]
    core.run(directory, OPTIONS, hooks=Hooks(look))
    assert sorted(seen) == sorted(modes)

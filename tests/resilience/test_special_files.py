# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in the place of a file, a lock or the directory: links, pipes, mounts."""

from __future__ import annotations

import os
import pathlib
import socket
import typing as t

import pytest

from ansible_collections.mailops.dms.plugins.module_utils._errors import RefusedError
from ansible_collections.mailops.dms.plugins.module_utils._store.replacing import Hooks
from ansible_collections.mailops.dms.tests.resilience import core, directories, mounts
from ansible_collections.mailops.dms.tests.unit import wishes

OPTIONS = core.load(directories.DATA / "adding.yml")
LARGEST = 512 * 1024 * 1024


def make_link_outside(path: pathlib.Path) -> None:
    """Let a link lead out of the directory."""
    outside = path.parent.with_name("outside")
    outside.write_bytes(b"root:x\n")
    path.symlink_to(outside)


def make_relative_link_outside(path: pathlib.Path) -> None:
    """Let a link lead out of the directory by its parent."""
    path.parent.with_name("outside").write_bytes(b"root:x\n")
    path.symlink_to("../outside")


def make_dangling_link_outside(path: pathlib.Path) -> None:
    """Let a link name a file outside that is not there."""
    path.symlink_to(path.parent.with_name("missing"))


def make_link_to_neighbour(path: pathlib.Path) -> None:
    """Let a link lead into a directory whose name begins like that of this one."""
    neighbour = path.parent.with_name(f"{path.parent.name}-neighbour")
    neighbour.mkdir()
    path.symlink_to(neighbour / "file")


def make_dangling_link_into_no_directory(path: pathlib.Path) -> None:
    """Let a link name a file in a directory that is not there."""
    path.symlink_to("missing/file")


def make_loop(path: pathlib.Path) -> None:
    """Let a link lead to itself."""
    path.symlink_to(path.name)


def make_socket(path: pathlib.Path) -> None:
    """Bind a socket; its name stays when it is closed."""
    with socket.socket(socket.AF_UNIX) as unbound:
        unbound.bind(str(path))


def make_device(path: pathlib.Path) -> None:
    """Make a device that never ends."""
    os.mknod(path, 0o20666, os.makedev(1, 5))


def make_huge(path: pathlib.Path) -> None:
    """Make a file above the limit that takes no space."""
    path.touch()
    os.truncate(path, LARGEST + 1)


SPECIAL: dict[str, tuple[t.Callable[[pathlib.Path], None], str]] = {
    "a link outside": (make_link_outside, "symbolic link to .*/outside, which is out"),
    "a relative link outside": (make_relative_link_outside, "symbolic link to .*/outs"),
    "a dangling link outside": (make_dangling_link_outside, "symbolic link to .*/miss"),
    "a link to a neighbour": (make_link_to_neighbour, "symbolic link to .*neighbour"),
    "a dangling link": (make_dangling_link_into_no_directory, "No such file"),
    "a loop of links": (make_loop, "Too many levels of symbolic links"),
    "a pipe": (os.mkfifo, "is not a file; move it out of the way"),
    "a socket": (make_socket, "cannot be read"),
    "a device": (make_device, "is not a file; move it out of the way"),
    "a directory": (os.mkdir, "is not a file; move it out of the way"),
    "a huge file": (make_huge, "has more than 512 MiB"),
}


@pytest.mark.parametrize("name", wishes.FILE_NAMES)
@pytest.mark.parametrize("special", SPECIAL)
def test_what_is_no_file_of_dms_is_refused(
    tmp_path: pathlib.Path, name: str, special: str
) -> None:
    make, message = SPECIAL[special]
    directory = directories.seed(tmp_path / "config")
    (directory / name).unlink()
    make(directory / name)
    files = {path: path.read_bytes() for path in files_below(tmp_path)}
    with pytest.raises(RefusedError, match=message) as refusal:
        core.run(directory, OPTIONS)
    assert str(directory) in str(refusal.value)
    assert {path: path.read_bytes() for path in files_below(tmp_path)} == files
    assert directories.names(directory) == set(wishes.FILE_NAMES)


def files_below(directory: pathlib.Path) -> list[pathlib.Path]:
    """Return the small regular files below a directory, but for the lock."""
    return [
        path
        for path in directory.rglob("*")
        if path.is_file()
        and not path.is_symlink()
        and path.stat().st_size < LARGEST
        and path.name != directories.OWN_LOCK
    ]


def test_links_inside_are_followed_and_stay(tmp_path: pathlib.Path) -> None:
    expected = directories.seed(tmp_path / "expected")
    core.run(expected, OPTIONS)
    directory = directories.seed(tmp_path / "config")
    (directory / "files").mkdir()
    for name in wishes.FILE_NAMES:
        (directory / name).rename(directory / "files" / name)
        (directory / name).symlink_to(f"files/{name}")
    # A run that was killed may have left its files beside the links or the targets.
    for leftover in (directory, directory / "files"):
        (leftover / ".mailops-dms-killed.tmp").touch()
    core.run(directory, OPTIONS)
    assert directories.snapshot(directory) == directories.snapshot(expected)
    assert all((directory / name).is_symlink() for name in wishes.FILE_NAMES)
    assert directories.names(directory) == {*wishes.FILE_NAMES, "files"}
    assert directories.names(directory / "files") == set(wishes.FILE_NAMES)


def test_a_dangling_link_inside_is_filled(tmp_path: pathlib.Path) -> None:
    directory = directories.seed(tmp_path / "config")
    (directory / wishes.QUOTAS).unlink()
    (directory / wishes.QUOTAS).symlink_to("quotas")
    core.run(directory, OPTIONS)
    assert (directory / wishes.QUOTAS).is_symlink()
    assert (directory / "quotas").read_bytes() == b"nora@example.org:20G\n"


@pytest.mark.parametrize(
    "name", [directories.OWN_LOCK, directories.CHANGE_DETECTOR_LOCK]
)
@pytest.mark.parametrize("special", ["a pipe", "a directory", "a loop of links"])
def test_what_is_no_lock_ends_in_a_refusal(
    tmp_path: pathlib.Path, name: str, special: str
) -> None:
    directory = directories.seed(tmp_path / "config")
    SPECIAL[special][0](directory / name)
    before = directories.snapshot(directory)
    with pytest.raises(RefusedError, match=name):
        core.run(directory, OPTIONS, timeout=0.1)
    assert directories.snapshot(directory) == before


def test_a_read_only_file_system_is_refused(tmp_path: pathlib.Path) -> None:
    directory = directories.seed(tmp_path / "config")
    before = directories.snapshot(directory)
    target = tmp_path / "mounted"
    target.mkdir()
    with mounts.bound(directory, target, read_only=True):
        with pytest.raises(RefusedError, match="mount the file system for writing"):
            core.run(target, OPTIONS)
        assert not core.run(target, {"quotas": []})
    assert directories.snapshot(directory) == before
    assert directories.names(directory) == set(wishes.FILE_NAMES)


@pytest.mark.parametrize("name", wishes.FILE_NAMES)
def test_a_mount_point_is_refused_and_the_others_are_put_back(
    tmp_path: pathlib.Path, name: str
) -> None:
    directory = directories.seed(tmp_path / "config")
    source = tmp_path / "source"
    source.write_bytes((directory / name).read_bytes())
    with mounts.bound(source, directory / name):
        before = directories.snapshot(directory)
        with pytest.raises(
            RefusedError, match=r"is itself a mount point.*unsafe_writes"
        ):
            core.run(directory, OPTIONS)
        assert directories.snapshot(directory) == before
        assert directories.names(directory) == set(wishes.FILE_NAMES)


@pytest.mark.parametrize("name", wishes.FILE_NAMES)
def test_a_mount_point_is_written_with_unsafe_writes(
    tmp_path: pathlib.Path, name: str
) -> None:
    expected = directories.seed(tmp_path / "expected")
    core.run(expected, OPTIONS)
    directory = directories.seed(tmp_path / "config")
    source = tmp_path / "source"
    source.write_bytes((directory / name).read_bytes())
    with mounts.bound(source, directory / name):
        inode = (directory / name).stat().st_ino
        core.run(directory, OPTIONS, hooks=Hooks(unsafe_writes=True))
        assert (directory / name).stat().st_ino == inode
        assert not core.run(directory, OPTIONS)
        for other in wishes.FILE_NAMES:
            written = (directory / other).read_bytes()
            assert written == (expected / other).read_bytes()
    assert source.read_bytes() == (expected / name).read_bytes()
    assert directories.names(directory) == set(wishes.FILE_NAMES)

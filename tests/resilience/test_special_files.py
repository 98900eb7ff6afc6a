# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in the place of a file, a lock or the directory: links, pipes, mounts."""

from __future__ import annotations

import os
import pathlib
import socket
import time
import typing as t

import pytest

from ansible_collections.mailops.dms.plugins.module_utils._errors import RefusedError
from ansible_collections.mailops.dms.plugins.module_utils._store.replacing import Hooks
from ansible_collections.mailops.dms.tests.resilience import core, directories, mounts
from ansible_collections.mailops.dms.tests.support import wishes

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
    "a huge file": (make_huge, "is larger than 512 MiB"),
}


@pytest.mark.parametrize("name", wishes.FILE_NAMES)
@pytest.mark.parametrize("special", SPECIAL)
def test_what_is_no_file_of_dms_is_refused(tmp_path: pathlib.Path, name: str, special: str) -> None:
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


def test_two_names_of_one_file_are_refused(tmp_path: pathlib.Path) -> None:
    directory = directories.seed(tmp_path / "config")
    (directory / wishes.ALIASES).unlink()
    (directory / wishes.ALIASES).symlink_to(wishes.ACCOUNTS)
    before = directories.snapshot(directory)
    with pytest.raises(RefusedError, match=f"is the same file as {wishes.ACCOUNTS}"):
        core.run(directory, OPTIONS)
    assert directories.snapshot(directory) == before


@pytest.mark.parametrize("owner_of_file", [0, 23456])
def test_a_hard_link_to_what_may_belong_elsewhere_is_refused(tmp_path: pathlib.Path, owner_of_file: int) -> None:
    directory = directories.seed(tmp_path / "config")
    os.chown(directory, 12345, 12345)
    outside = tmp_path / "outside"
    outside.write_bytes(b"root-only@example.com root@example.com\n")
    os.chown(outside, owner_of_file, owner_of_file)
    (directory / wishes.ALIASES).unlink()
    os.link(outside, directory / wishes.ALIASES)
    status = outside.stat()
    with pytest.raises(RefusedError, match=r"another name .* may belong elsewhere"):
        core.run(directory, OPTIONS)
    assert outside.stat() == status


@pytest.mark.parametrize("owner_of_directory", [0, 12345])
def test_a_hard_link_of_its_own_owner_is_none_of_our_business(tmp_path: pathlib.Path, owner_of_directory: int) -> None:
    directory = directories.seed(tmp_path / "config")
    os.chown(directory, owner_of_directory, owner_of_directory)
    before = directories.snapshot(directory)
    for name in wishes.FILE_NAMES:
        os.link(directory / name, tmp_path / name)
    core.run(directory, OPTIONS)
    assert directories.snapshot(directory) != before
    for name in wishes.FILE_NAMES:
        assert (tmp_path / name).read_bytes() == before[name].content


def test_a_link_deep_into_the_directory_is_refused(tmp_path: pathlib.Path) -> None:
    directory = directories.seed(tmp_path / "config")
    deep = pathlib.Path(*["d"] * 20)
    (directory / deep).mkdir(parents=True)
    (directory / wishes.QUOTAS).unlink()
    (directory / wishes.QUOTAS).symlink_to(deep / "quotas")
    with pytest.raises(RefusedError, match=r"symbolic link to .*, or too deep in it"):
        core.run(directory, OPTIONS)


class Above(t.NamedTuple):
    """The directory that holds a link in the path of the config directory."""

    owner: int
    mode: int
    owner_of_link: int


@pytest.mark.parametrize(
    "above", [Above(12345, 0o755, 0), Above(0, 0o775, 0), Above(0, 0o777, 0), Above(0, 0o1777, 12345)], ids=str
)
def test_a_link_that_others_can_change_is_not_followed(tmp_path: pathlib.Path, above: Above) -> None:
    directory = directories.seed(tmp_path / "config")
    path = make_linked_path(tmp_path, above)
    before = directories.snapshot(directory)
    with pytest.raises(RefusedError, match=r"'link' in the path .* can change; set config_dir"):
        core.run(path / "config", OPTIONS)
    assert directories.snapshot(directory) == before


@pytest.mark.parametrize("above", [Above(0, 0o755, 0), Above(0, 0o755, 12345), Above(0, 0o1777, 0)], ids=str)
def test_a_link_that_only_root_can_change_is_followed(tmp_path: pathlib.Path, above: Above) -> None:
    directory = directories.seed(tmp_path / "config")
    path = make_linked_path(tmp_path, above)
    before = directories.snapshot(directory)
    assert core.run(path / "config", OPTIONS)
    assert directories.snapshot(directory) != before


def make_linked_path(tmp_path: pathlib.Path, above: Above) -> pathlib.Path:
    """Return a link that leads to where the config directory is."""
    (tmp_path / "above").mkdir()
    link = tmp_path / "above" / "link"
    link.symlink_to("..")
    os.chown(link, above.owner_of_link, -1, follow_symlinks=False)
    os.chown(link.parent, above.owner, -1)
    link.parent.chmod(above.mode)
    return link


def test_a_loop_of_links_in_the_path_ends(tmp_path: pathlib.Path) -> None:
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to("one")
    with pytest.raises(RefusedError, match="Too many levels of symbolic links"):
        core.run(tmp_path / "one" / "config", OPTIONS)


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
    assert (directory / "quotas").read_bytes() == b"nora@example.org:20480M\n"


@pytest.mark.parametrize(
    "name", [directories.OWN_LOCK, directories.CHANGE_DETECTOR_LOCK, directories.ACCOUNT_REMOVAL_LOCK]
)
@pytest.mark.parametrize("special", ["a pipe", "a directory", "a loop of links"])
@pytest.mark.parametrize("seconds", [-3600, 0, 3600])
def test_what_is_no_lock_ends_in_a_refusal(tmp_path: pathlib.Path, name: str, special: str, seconds: int) -> None:
    directory = directories.seed(tmp_path / "config")
    SPECIAL[special][0](directory / name)
    written = time.time() + seconds
    os.utime(directory / name, times=(written, written), follow_symlinks=False)
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
        with pytest.raises(RefusedError, match="mount the file system as writable"):
            core.run(target, OPTIONS)
        assert not core.run(target, {"quotas": []})
    assert directories.snapshot(directory) == before
    assert directories.names(directory) == set(wishes.FILE_NAMES)


@pytest.mark.parametrize("name", wishes.FILE_NAMES)
def test_a_mount_point_is_refused_and_the_others_are_put_back(tmp_path: pathlib.Path, name: str) -> None:
    directory = directories.seed(tmp_path / "config")
    source = tmp_path / "source"
    source.write_bytes((directory / name).read_bytes())
    with mounts.bound(source, directory / name):
        before = directories.snapshot(directory)
        with pytest.raises(RefusedError, match=r"is itself a mount point.*unsafe_writes"):
            core.run(directory, OPTIONS)
        assert directories.snapshot(directory) == before
        assert directories.names(directory) == set(wishes.FILE_NAMES)


@pytest.mark.parametrize("name", wishes.FILE_NAMES)
def test_a_mount_point_is_written_with_unsafe_writes(tmp_path: pathlib.Path, name: str) -> None:
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

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk that is really full ends in a clear refusal, and all files are as before."""

from __future__ import annotations

import os
import pathlib
import typing as t

import pytest

from ansible_collections.mailops.dms.plugins.module_utils._errors import RefusedError
from ansible_collections.mailops.dms.tests.resilience import core, directories, mounts
from ansible_collections.mailops.dms.tests.support import wishes

if t.TYPE_CHECKING:
    from ansible_collections.mailops.dms.tests.resilience.conftest import Counter

PAGE = 4096
OPTIONS = core.load(directories.DATA / "adding.yml")


def fill_space(disk: pathlib.Path, pages_left: int) -> None:
    """Fill a disk but for some pages."""
    free = os.statvfs(disk).f_bavail
    (disk / "filler").write_bytes(bytes((free - pages_left) * PAGE))
    assert os.statvfs(disk).f_bavail == pages_left


def fill_inodes(disk: pathlib.Path, inodes_left: int) -> None:
    """Use all inodes of a disk but for some."""
    filler = disk / "filler"
    filler.mkdir()
    for number in range(os.statvfs(disk).f_favail - inodes_left):
        (filler / str(number)).touch()
    assert os.statvfs(disk).f_favail == inodes_left


FILL = {"space": fill_space, "inodes": fill_inodes}
LIMITS = {"space": {"size": 64 * PAGE}, "inodes": {"nr_inodes": 40}}


def refusal(directory: pathlib.Path) -> str | None:
    """Run and return what it is refused with, None where it is not."""
    try:
        core.run(directory, OPTIONS)
    except RefusedError as error:
        return str(error)
    return None


def run_or_refuse(directory: pathlib.Path) -> bool:
    """Run; tell whether that was possible, and check what holds if it was not."""
    before = directories.snapshot(directory)
    message = refusal(directory)
    if message is None:
        return True
    assert message.startswith(str(directory))
    assert "No space left on device" in message
    assert "free some space or inodes" in message
    assert directories.snapshot(directory) == before
    assert directories.names(directory) == set(before)
    return False


@pytest.mark.parametrize("kind", ["space", "inodes"])
def test_a_full_disk_is_refused_and_a_freed_one_is_not(tmp_path: pathlib.Path, kind: str, count: Counter) -> None:
    succeeded = []
    for left in range(12):
        with mounts.small_disk(tmp_path / f"disk-{left}", **LIMITS[kind]) as disk:
            directory = directories.seed(disk / "config")
            FILL[kind](disk, left)
            succeeded.append(run_or_refuse(directory))
            count("runs on a disk that is full or nearly full")
            if not succeeded[-1]:
                for file in sorted(disk.glob("filler/*")) or [disk / "filler"]:
                    file.unlink()
                core.run(directory, OPTIONS)
            assert not core.run(directory, OPTIONS)
            assert directories.names(directory) == set(wishes.FILE_NAMES)
    # With nothing left it cannot be done, with enough it can, and nothing between.
    assert succeeded == sorted(succeeded)
    assert not succeeded[0]
    assert succeeded[-1]

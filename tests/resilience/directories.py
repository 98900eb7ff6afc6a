# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Config directories of the tests: made from the corpus, looked at before and after."""

from __future__ import annotations

import itertools
import os
import pathlib
import shutil
import stat
import typing as t

from ansible_collections.mailops.dms.tests.support import wishes

DATA = pathlib.Path(__file__).parent / "data"
OWN_LOCK = ".mailops-dms.lock"
CHANGE_DETECTOR_LOCK = "check-for-changes.sh.lock"
ACCOUNT_REMOVAL_LOCK = "delmailuser.lock"

# Neither the mode nor the owner of a file is what a new file would get.
_MODES = dict(zip(wishes.FILE_NAMES, itertools.cycle((0o640, 0o604, 0o664, 0o606))))
OWNER = 12345


class File(t.NamedTuple):
    """What a run may not change of a file without being asked to."""

    content: bytes
    mode: int
    owner: int
    group: int


def seed(directory: pathlib.Path, corpus: str = "hand-edited") -> pathlib.Path:
    """Make a config directory with modes and an owner that no default explains."""
    directory.mkdir(parents=True)
    for name in wishes.FILE_NAMES:
        path = shutil.copyfile(wishes.CORPUS / corpus / name, directory / name)
        path.chmod(_MODES[name])
        os.chown(path, OWNER, OWNER)
    return directory


def snapshot(directory: pathlib.Path) -> dict[str, File]:
    """Return what the config files of a directory are, those that are there."""
    files = {}
    for name in wishes.FILE_NAMES:
        path = directory / name
        if path.exists():
            status = path.stat()
            mode = stat.S_IMODE(status.st_mode)
            files[name] = File(path.read_bytes(), mode, status.st_uid, status.st_gid)
    return files


def names(directory: pathlib.Path) -> set[str]:
    """Return the names in a directory, but for the lock that always stays."""
    return set(os.listdir(directory)) - {OWN_LOCK}


def times(directory: pathlib.Path) -> dict[str, tuple[int, int]]:
    """Return inode and time of the last change of each file."""
    return {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in directory.iterdir()}

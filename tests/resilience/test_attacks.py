# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever the owner of the directory does, a run as root touches nothing outside of it.

He works at the same time as the runs, without any right of root.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import subprocess
import sys
import typing as t

import pytest

from ansible_collections.mailops.dms.plugins.module_utils._errors import RefusedError
from ansible_collections.mailops.dms.plugins.module_utils._store.directory import Store
from ansible_collections.mailops.dms.plugins.module_utils._store.replacing import Hooks
from ansible_collections.mailops.dms.tests.resilience import attacker, core, directories
from ansible_collections.mailops.dms.tests.support import wishes

if t.TYPE_CHECKING:
    from ansible_collections.mailops.dms.tests.resilience.conftest import Counter

TRIES = 500
NEIGHBOUR = 23456
# Longer than a run waits before it looks at a lock again
TIMEOUT = 0.06
SECRET = b"root-only@example.com {SHA512-CRYPT}$6$root$only\n"
OPTIONS: list[dict[str, t.Any]] = [
    {"aliases": [{"alias": "x@example.com", "recipients": ["y@example.org"]}]},
    {"aliases": [{"alias": "x@example.com", "state": "absent"}]},
]


def make_victim(tmp_path: pathlib.Path) -> pathlib.Path:
    """Make a directory that is for root alone, with files as a config directory has."""
    directory = tmp_path / "root"
    directory.mkdir(mode=0o700)
    for name in (*wishes.FILE_NAMES, "program"):
        (directory / name).write_bytes(SECRET)
        (directory / name).chmod(0o600)
    (directory / "program").chmod(0o4755)
    return directory / "program"


def make_config(tmp_path: pathlib.Path) -> pathlib.Path:
    """Make a config directory that is wholly its owner's, as are all files in it."""
    above = tmp_path / "home"
    above.mkdir()
    directory = directories.seed(above / "config")
    for path in (above, directory):
        os.chown(path, attacker.OWNER, attacker.OWNER)
    # What others may write to, the system lets them link (fs.protected_hardlinks).
    neighbour = above / "neighbour"
    neighbour.touch()
    neighbour.chmod(0o666)
    os.chown(neighbour, NEIGHBOUR, NEIGHBOUR)
    return directory


def look(directory: pathlib.Path) -> dict[str, tuple[object, ...]]:
    """Return what must not change of the files in a directory of root."""
    found: dict[str, tuple[object, ...]] = {}
    for path in [directory, *directory.iterdir()]:
        status = path.stat()
        content = path.read_bytes() if path.is_file() else sorted(os.listdir(path))
        found[path.name] = (
            status.st_ino, status.st_mode, status.st_uid, status.st_gid, content,
        )  # fmt: skip
    return found


def given_away(config: int) -> list[str]:
    """Return what in the config directory, held open, shows that root was tricked."""
    problems = []
    for name in os.listdir(config):
        with contextlib.suppress(OSError):  # gone, or a link
            descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=config)
            with os.fdopen(descriptor, "rb") as stream:
                mode = os.fstat(descriptor).st_mode
                if mode & 0o7000:
                    problems.append(f"{name} has the mode {mode:o}")
                if SECRET in stream.read():
                    problems.append(f"{name} holds what only root may read")
    return problems


def give_to_owner(descriptor: int) -> None:
    """Do what the option C(owner) does."""
    os.fchown(descriptor, attacker.OWNER, attacker.OWNER)


def try_once(directory: pathlib.Path, number: int) -> bool:
    """Make a run with all that may be tricked; tell whether it was not refused."""
    backups: list[str] = []
    hooks = Hooks(give_to_owner, backups.append)
    try:
        store = Store(str(directory), wishes.FILE_NAMES)
        assert all(SECRET not in (content or b"") for content in store.read().values())
        store.visit(wishes.REGEX_ALIASES, give_to_owner)
        core.run(directory, OPTIONS[number % 2], timeout=TIMEOUT, hooks=hooks)
    except RefusedError:
        return False
    finally:
        for backup in backups:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(backup)
    return True


@pytest.mark.parametrize("attack", attacker.ATTACKS)
def test_nothing_outside_of_the_directory_is_touched(tmp_path: pathlib.Path, attack: str, count: Counter) -> None:
    victim = make_victim(tmp_path)
    directory = make_config(tmp_path)
    before = look(victim.parent)
    neighbour = directory.parent / "neighbour"
    script = pathlib.Path(attacker.__file__)
    command = [sys.executable, str(script), attack, str(directory), str(victim)]
    attacks = tmp_path / "attacks"
    config = os.open(directory, os.O_RDONLY)
    succeeded = number = 0
    with attacks.open("wb") as stream, subprocess.Popen(command, stdin=subprocess.PIPE, stdout=stream) as process:
        while number < TRIES or attacks.stat().st_size < TRIES:
            succeeded += try_once(directory, number)
            assert given_away(config) == []
            assert look(victim.parent) == before
            assert neighbour.stat().st_uid == NEIGHBOUR
            assert process.poll() is None
            number += 1
        process.communicate()
    os.close(config)
    assert process.returncode == 0
    count(f"runs as root against an attack on {attack}", number)
    count(f"of those against {attack} not refused", succeeded)

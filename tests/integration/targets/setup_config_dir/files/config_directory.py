# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prepare a config directory for a case, and tell what a case made of it.

Usage: config_directory.py prepare SEED DIRECTORY ROOT...
       config_directory.py look DIRECTORY
       config_directory.py compare EXPECTED DIRECTORY

SEED is a directory below one of the roots, or "nothing", or "keep" to go on with what
the last case left. Each command prints JSON.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import os
import re
import shutil
import sys
import typing as t
from pathlib import Path

# What each run that writes leaves behind.
LOCK = ".mailops-dms.lock"

# A line of an expected file stands for all hashes of a password: each has its own salt.
HASH_OF = re.compile(r"<hash of ([^>]+)>")
NEW_HASH = re.compile(r"\{SHA512-CRYPT\}(\$6\$[./0-9A-Za-z]{16}\$[./0-9A-Za-z]{86})")

Look = dict[str, list[t.Union[int, str]]]


def copy_of(directory: Path) -> Path:
    """Return where the files of a directory are kept as they were before the case."""
    return directory.with_name(f"{directory.name}.before")


def copy(source: Path, target: Path) -> None:
    """Make one directory a copy of another one, with the times of its files."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)


def prepare(seed: str, directory: Path, roots: list[str]) -> Look:
    """Fill a directory for a case and return a look at it."""
    if seed == "nothing":
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir()
    elif seed != "keep":
        sources = [path for path in (Path(root, seed) for root in roots) if path.is_dir()]
        copy(sources[0], directory)
    copy(directory, copy_of(directory))
    return look(directory)


def look(directory: Path) -> Look:
    """Return what a write would change of a directory: a file it made, or replaced."""
    return {path.name: describe(path) for path in sorted(directory.iterdir())}


def describe(path: Path) -> list[int | str]:
    """Return inode, time of change, mode, owner, group and a digest of a file."""
    status = path.stat()
    return [
        status.st_ino,
        status.st_mtime_ns,
        oct(status.st_mode),
        status.st_uid,
        status.st_gid,
        hashlib.sha256(path.read_bytes()).hexdigest(),
    ]


def compare(expected: Path, directory: Path) -> dict[str, t.Any]:
    """Compare a directory with what it was before, the expected files put over it."""
    wanted = contents(copy_of(directory))
    if expected.is_dir():
        wanted.update(contents(expected))
    found = contents(directory)
    differences = [
        difference
        for name in sorted({*wanted, *found})
        for difference in differences_of(name, wanted.get(name), found.get(name))
    ]
    return {"differences": differences, "files": look(directory)}


def contents(directory: Path) -> dict[str, bytes]:
    """Return the files of a directory, without the lock."""
    paths = (path for path in directory.iterdir() if path.name != LOCK)
    return {path.name: path.read_bytes() for path in paths}


def differences_of(name: str, wanted: bytes | None, found: bytes | None) -> t.Iterator[str]:
    """Yield in which lines a file is another one than wanted."""
    if wanted is None or found is None:
        yield f"{name} is {'missing' if found is None else 'not expected'}"
        return
    wanted_lines, found_lines = lines(wanted), lines(found)
    if len(wanted_lines) == len(found_lines):
        for index, line in enumerate(wanted_lines):
            if is_new_hash(line, found_lines[index]):
                wanted_lines[index] = found_lines[index]
    yield from difflib.unified_diff(wanted_lines, found_lines, name, name, lineterm="")


def lines(content: bytes) -> list[str]:
    """Return the lines of a file, and the empty text behind the last newline."""
    return content.decode("latin-1").split("\n")


def is_new_hash(wanted: str, found: str) -> bool:
    """Tell whether a line is the expected one, with a hash that fits the password."""
    password = HASH_OF.search(wanted)
    new = NEW_HASH.search(found)
    if not (password and new):
        return False
    from passlib.hash import sha512_crypt  # only a look is taken most of the time

    same_rest = wanted.replace(password[0], "") == found.replace(new[0], "")
    return same_rest and bool(sha512_crypt.verify(password[1], new[1]))


def main() -> None:
    """Run the command that the arguments name."""
    command, *arguments = sys.argv[1:]
    result: t.Any
    if command == "prepare":
        result = prepare(arguments[0], Path(arguments[1]), arguments[2:])
    elif command == "look":
        result = look(Path(arguments[0]))
    else:
        result = compare(Path(arguments[0]), Path(arguments[1]))
    json.dump(result, sys.stdout)
    print(end=os.linesep)


if __name__ == "__main__":
    main()

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real mounts for tests; they go when the test ends."""

from __future__ import annotations

import contextlib
import pathlib
import subprocess
import typing as t


@contextlib.contextmanager
def mounted(*options: str, target: pathlib.Path) -> t.Iterator[pathlib.Path]:
    """Mount something for a while."""
    subprocess.run(["mount", *options, str(target)], check=True)
    try:
        yield target
    finally:
        subprocess.run(["umount", str(target)], check=True)


def small_disk(target: pathlib.Path, **limits: int) -> contextlib.AbstractContextManager[pathlib.Path]:
    """Mount a file system in memory with limits such as C(size) and C(nr_inodes)."""
    target.mkdir()
    options = ",".join(f"{name}={number}" for name, number in limits.items())
    return mounted("-t", "tmpfs", "-o", options, "tmpfs", target=target)


def bound(
    source: pathlib.Path, target: pathlib.Path, read_only: bool = False
) -> contextlib.AbstractContextManager[pathlib.Path]:
    """Mount a file or a directory at another path."""
    mode = ["-o", "ro"] if read_only else []
    return mounted("--bind", *mode, str(source), target=target)

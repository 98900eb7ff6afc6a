# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A member of a crowd that reads as DMS's change detector does.

DMS waits while its lock is there and then writes an id into it, in two steps, so that it
may write over a lock that came between the two. That is told apart here, for then the
detector reads without a lock, whatever the other side does.
Usage: change_detector.py DIRECTORY
"""

from __future__ import annotations

import os
import pathlib
import sys
import time
import uuid

from ansible_collections.mailops.dms.tests.resilience import crowd, directories
from ansible_collections.mailops.dms.tests.support import wishes

PAUSE = 0.03


def take(lock: pathlib.Path, identity: bytes) -> bool:
    """Take the lock; tell whether it was written over one of somebody else."""
    while lock.exists():
        time.sleep(PAUSE)
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
    with os.fdopen(descriptor, "rb+", buffering=0) as stream:
        overwritten = bool(stream.read())
        stream.seek(0)
        stream.truncate()
        stream.write(identity)
    return overwritten


def let_go(lock: pathlib.Path, identity: bytes) -> None:
    """Remove the lock if it is still ours."""
    if lock.exists() and lock.read_bytes() == identity:
        lock.unlink()


def main() -> None:
    directory = pathlib.Path(sys.argv[1])
    lock = directory / directories.CHANGE_DETECTOR_LOCK
    while crowd.rest(PAUSE):
        identity = f"{uuid.uuid4()}\n".encode()
        overwritten = take(lock, identity)
        with crowd.timed() as deed:
            contents = {n: (directory / n).read_bytes() for n in wishes.FILE_NAMES}
        let_go(lock, identity)
        found = {name: crowd.of_writers(text) for name, text in contents.items()}
        everywhere = set.intersection(*found.values())
        odd = {name: sorted(held - everywhere) for name, held in found.items()}
        whole = all(text.endswith(b"\n") for text in contents.values())
        crowd.tell(
            overwritten=overwritten, whole=whole, number=len(everywhere), odd=odd if any(odd.values()) else {}, **deed
        )


if __name__ == "__main__":
    main()

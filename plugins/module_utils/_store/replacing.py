# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replace files, all or none: prepare each beside the old one, swap, and put back.

Whoever began to edit a file before it was replaced may undo that with what it held
before, so the run waits for them while it can still put everything back.
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import os
import time
import typing as t

from .._errors import RefusedError
from .attributes import take_over
from .folder import Folder, Place, ReadFile, content_of, refused
from .locks import ChangeDetectorLock, Deadline, wait_for_a_moment, wait_for_editors
from .processes import Holder, holders_of, is_open_elsewhere, is_written_elsewhere

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable, Sequence

    from .directory import NewContent


# How many seconds a run waits for those who only read a replaced file.
_PATIENCE_WITH_READERS = 5.0

_MOST_NAMED = 5


class Hooks(t.NamedTuple):
    """What writing needs from Ansible."""

    set_attributes: Callable[[int], None] | None = None
    """Gives an open temporary file what the user asked for; None is nothing."""

    back_up: Callable[[str], None] | None = None
    """Is told the path of each backup; None makes no backups."""

    unsafe_writes: bool = False
    """Whether a file that cannot be replaced may be overwritten in place."""


class ChangedMeanwhileError(Exception):
    """Somebody else wrote between our reading and our writing."""


@dataclasses.dataclass
class Replacement:
    """A file that is about to be replaced, and then is."""

    place: Place
    temporary: str
    new: bytes
    old: ReadFile | None
    state: str = "prepared"
    """One of C(prepared), C(created), C(swapped) and C(overwritten)."""


class Patience:
    """How long a run waits for those who work with the files that it replaces."""

    def __init__(self, deadline: Deadline, lock: ChangeDetectorLock) -> None:
        """Begin with a lock that is kept while the run waits."""
        self._deadline = deadline
        self._readers = Deadline(min(_PATIENCE_WITH_READERS, deadline.seconds_left))
        self._lock = lock

    def wait_until_closed(self, place: Place) -> None:
        """Wait while others have a file open that they may change or replace.

        Raises RefusedError where they do not end before the deadline. Those who only
        read it are not waited for as long.
        """
        descriptor = place.folder.open(place.name)
        try:
            while is_open_elsewhere(descriptor):
                self._lock.keep()
                if self._readers.seconds_left:
                    wait_for_a_moment()
                    continue
                holders = holders_of(os.fstat(descriptor), place.folder.status)
                if _only_read(descriptor, holders):
                    return
                who = ", ".join(map(str, holders[:_MOST_NAMED])) or "another process"
                self._deadline.wait(f"{place.path} is open in {who}")
        finally:
            os.close(descriptor)

    def wait_for_editors(self, folder: Folder) -> None:
        """Wait while commands of DMS's CLI edit files, as `wait_for_editors` does."""
        wait_for_editors(folder, self._deadline, self._lock.keep)


def _only_read(descriptor: int, holders: Sequence[Holder]) -> bool:
    """Whether those who have a file open can neither change nor replace it."""
    if any(holder.may_change for holder in holders):
        return False
    # Only root sees all processes; one that is not seen may be a sed.
    all_seen = bool(holders) or os.geteuid() == 0
    return all_seen and not is_written_elsewhere(descriptor)


def prepare(place: Place, file: NewContent, old: ReadFile | None, hooks: Hooks) -> Replacement:
    """Write and sync a temporary file beside the one that it is to replace.

    It gets the attributes that the old one had when it was read, and then those that
    the user asked for.
    """
    folder = place.folder
    try:
        temporary, descriptor = folder.create_temporary()
        with contextlib.ExitStack() as undo:
            undo.callback(folder.remove, temporary)
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(file.content)
                stream.flush()
                if old is None:
                    os.fchmod(descriptor, file.new_file_mode)
                else:
                    take_over(descriptor, old.attributes)
                if hooks.set_attributes:
                    hooks.set_attributes(descriptor)
                os.fsync(descriptor)
            undo.pop_all()
    except OSError as error:
        raise refused(place.path, "written", error) from None
    return Replacement(place, temporary, file.content, old)


def replace_all(replacements: Sequence[Replacement], hooks: Hooks, patience: Patience) -> None:
    """Replace files one after the other; where one fails, put back those before it.

    Backups are made first, and go where nothing was replaced.
    """
    with contextlib.ExitStack() as undo:
        backups = []
        for replacement in replacements:
            if hooks.back_up and replacement.old is not None:
                backup = _back_up(replacement.place, replacement.old)
                undo.callback(replacement.place.folder.remove, backup)
                backups.append(replacement.place.folder.path_of(backup))
        for replacement in replacements:
            undo.callback(_put_back, replacement)
            _replace(replacement, hooks, patience)
        for folder in dict.fromkeys(replacement.place.folder for replacement in replacements):
            patience.wait_for_editors(folder)
        undo.pop_all()
    for path in backups:
        if hooks.back_up:
            hooks.back_up(path)


def _back_up(place: Place, old: ReadFile) -> str:
    """Write what was read of a file to another one beside it and return its name."""
    moment = time.strftime("%Y-%m-%d@%H:%M:%S")
    name = f"{place.name}.{os.urandom(8).hex()}.{moment}~"
    try:
        with os.fdopen(place.folder.create(name), "wb") as stream:
            stream.write(old.content)
            stream.flush()
            take_over(stream.fileno(), old.attributes)
            times = old.status.st_atime_ns, old.status.st_mtime_ns
            os.utime(stream.fileno(), ns=times)
            os.fsync(stream.fileno())
    except OSError as error:
        place.folder.remove(name)
        raise refused(place.folder.path_of(name), "written", error) from None
    return name


def _replace(replacement: Replacement, hooks: Hooks, patience: Patience) -> None:
    place = replacement.place
    try:
        replaced = place.folder.swap(replacement.temporary, place.name)
    except (FileExistsError, FileNotFoundError):
        raise ChangedMeanwhileError from None
    except OSError as error:
        if error.errno not in (errno.EBUSY, errno.EXDEV) or replacement.old is None:
            raise refused(place.path, "written", error) from None
        if not hooks.unsafe_writes:
            raise RefusedError(
                f"{place.path} is itself a mount point, so it cannot be replaced; mount"
                " the whole config directory, or set unsafe_writes to true (hazard H53)"
            ) from None
        replacement.state = "overwritten"
        place.folder.overwrite(place.name, replacement.new, replacement.old)
        return
    replacement.state = "swapped" if replaced else "created"
    place.folder.sync()
    if replaced:
        patience.wait_until_closed(Place(place.folder, replacement.temporary))
    if content_of(place.folder.read(replacement.temporary)) != content_of(replacement.old):
        raise ChangedMeanwhileError


def _put_back(replacement: Replacement) -> None:
    """Undo a replacement, unless somebody else has edited or removed the new file since."""
    folder, name = replacement.place
    temporary = replacement.temporary
    if replacement.state == "created":
        with contextlib.suppress(FileNotFoundError):
            folder.place(name, temporary)
            if content_of(folder.read(temporary)) != replacement.new:
                folder.place(temporary, name)
    elif replacement.state == "swapped":
        with contextlib.suppress(FileNotFoundError):
            if not folder.swap(temporary, name):
                folder.place(name, temporary)
            elif content_of(folder.read(temporary)) != replacement.new:
                folder.swap(temporary, name)
    elif replacement.state == "overwritten" and replacement.old is not None:
        folder.overwrite(name, replacement.old.content, replacement.old)
    if replacement.state != "prepared":
        folder.sync()

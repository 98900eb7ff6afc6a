# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Open a directory so that nobody who is not trusted chooses which one it is.

The path is walked one component at a time. A symbolic link in it is followed only where
nobody but root and the user who runs this can change it: whoever could, would otherwise
choose the directory in which a run as root reads, writes and changes owners.
"""

from __future__ import annotations

import errno
import os
import stat

from .._errors import MissingDirectoryError, RefusedError

# As many as Linux follows in one path (path_resolution(7)).
_MOST_LINKS = 40

# To walk through a directory, the right to list it is not needed.
_WALK = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW


def is_trusted(user: int) -> bool:
    """Whether a user (a numeric id) is root or the one who runs this."""
    return user in (0, os.geteuid())


def is_changed_by_trusted_alone(directory: os.stat_result) -> bool:
    """Whether nobody who is not trusted can add, remove or rename in a directory."""
    return is_trusted(directory.st_uid) and not directory.st_mode & 0o022


def open_directory(path: str) -> int:
    """Return a descriptor of the directory at a path.

    Raises MissingDirectoryError where there is none, RefusedError where the path leads
    through a link that is not trusted, and OSError where it cannot be opened.
    """
    walk = _Walk(path)
    try:
        return walk.to_end()
    except FileNotFoundError:
        raise MissingDirectoryError(path) from None
    except NotADirectoryError:
        raise RefusedError(
            f"the config directory {path} is not a directory; create it, or correct config_dir"
        ) from None
    finally:
        walk.close()


class _Walk:
    """A way through directories to the end of a path."""

    def __init__(self, path: str) -> None:
        """Begin where the path begins."""
        self._path = path
        self._links = 0
        self._waiting: list[str] = []
        self._here = os.open("/" if os.path.isabs(path) else ".", _WALK)
        self._add(path)

    def close(self) -> None:
        """Let go of the directory that was reached."""
        os.close(self._here)

    def to_end(self) -> int:
        """Return a descriptor of the directory at the end, for all uses."""
        while self._waiting:
            name = self._waiting.pop()
            try:
                self._enter(os.open(name, _WALK, dir_fd=self._here))
            except OSError as error:
                if error.errno not in (errno.ENOTDIR, errno.ELOOP):
                    raise
                self._follow(name)
        return os.open(".", os.O_RDONLY | os.O_DIRECTORY, dir_fd=self._here)

    def _add(self, path: str) -> None:
        if os.path.isabs(path):
            self._enter(os.open("/", _WALK))
        self._waiting.extend(filter(None, reversed(path.split("/"))))

    def _enter(self, descriptor: int) -> None:
        os.close(self._here)
        self._here = descriptor

    def _follow(self, name: str) -> None:
        """Go on at the target of a link. Raises NotADirectoryError for anything else."""
        status = os.stat(name, dir_fd=self._here, follow_symlinks=False)
        if not stat.S_ISLNK(status.st_mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        if not self._is_trusted(status):
            raise RefusedError(
                f"{name!r} in the path {self._path} is a symbolic link that users other than root can change; set"
                " config_dir to the directory that it leads to"
            )
        self._links += 1
        if self._links > _MOST_LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        self._add(os.readlink(name, dir_fd=self._here))

    def _is_trusted(self, link: os.stat_result) -> bool:
        """Whether nobody who is not trusted can put another link in the place of one."""
        directory = os.stat(self._here)
        if is_changed_by_trusted_alone(directory):
            return True
        # In a sticky directory, nobody renames or removes what belongs to others.
        return is_trusted(directory.st_uid) and bool(directory.st_mode & stat.S_ISVTX) and is_trusted(link.st_uid)

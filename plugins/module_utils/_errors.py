# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The exception with which every layer refuses to go on, and its kinds."""

from __future__ import annotations

import contextlib
import typing as t

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator

# More than this nobody reads at once.
_MOST_SHOWN = 20


class RefusedError(Exception):
    """Something is refused; nothing has been written.

    Each of the texts is one sentence that names the entry (and the file and line where
    there is one), what is wrong and what to do. None holds a password or a hash.
    """

    def __init__(self, *sentences: str) -> None:
        """Take the sentence of what is refused, or several of them."""
        super().__init__(*sentences)

    @property
    def sentences(self) -> tuple[str, ...]:
        """A sentence for each refusal."""
        return self.args

    def __str__(self) -> str:
        """Return the sentence, or a list with one in each line."""
        if len(self.sentences) == 1:
            return str(self.sentences[0])
        lines = [f"{len(self.sentences)} refusals:", *self.sentences[:_MOST_SHOWN]]
        more = len(self.sentences) - _MOST_SHOWN
        if more > 0:
            lines.append(f"and {more} more")
        return "\n".join(lines)


class Refusals:
    """Refusals of entries, noted one after the other and raised together."""

    def __init__(self) -> None:
        """Begin without any."""
        self._sentences: list[str] = []

    @contextlib.contextmanager
    def noted(self) -> Iterator[None]:
        """Note what is refused inside, and go on behind it."""
        try:
            yield
        except RefusedError as error:
            self.note(error)

    def note(self, error: RefusedError) -> None:
        """Note what is refused, once where it is refused for the same reason again."""
        self._sentences.extend(s for s in error.sentences if s not in self._sentences)

    def raise_noted(self) -> None:
        """Raise RefusedError with all that was noted; do nothing where that is nothing."""
        if self._sentences:
            raise RefusedError(*self._sentences)


class MissingDirectoryError(RefusedError):
    """The config directory does not exist, as on a host that is new."""

    def __init__(self, path: str) -> None:
        """Name the directory that is missing."""
        super().__init__(f"the config directory {path} does not exist; create it, or correct config_dir")


class MissingEntryError(RefusedError):
    """An entry depends on another one that is not there."""

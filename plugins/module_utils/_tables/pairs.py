# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the files have in common whose lines are a key of Postfix and one value."""

from __future__ import annotations

import abc

from .._errors import Refusal, RefusedError
from .entry import EntryType, Misread, decode, encode
from .table import Table


class PairTable(Table[EntryType], abc.ABC):
    """A table of lines with a key and a value, which Postfix reads as a texthash map."""

    continued = True

    def __init__(self, content: bytes | None) -> None:
        """Read the content of the file, None for a file that does not exist."""
        self._glued: dict[int, int] = {}
        self._lines_above: list[int] = []
        """The last line that DMS copies, and those below it, which an indented line is a part of, or would be if DMS
        copied them; not those that have one already."""

        super().__init__(content)

    @abc.abstractmethod
    def _problem_of(self, key: str, value: str) -> str:
        """Return what is wrong with a line, in words that follow on its place; empty for nothing."""

    @abc.abstractmethod
    def _is_copied(self, value: str) -> bool:
        """Whether DMS copies a line with a key and a value, which may be empty, for Postfix."""

    def _scan_line(self, handle: int, line: bytes) -> bytes:
        key, value = _split(line)
        if self._is_copied(decode(value)):
            self._lines_above = []
        self._lines_above.append(handle)
        problem = self._problem_of(decode(key), decode(value))
        if not problem:
            return key.lower()
        self._misread[key.lower()] = Misread(handle, problem)
        return b""

    def _scan_indented(self, handle: int, line: bytes, previous: int | None) -> None:
        self._misread[_split(line.strip())[0].lower()] = Misread(
            handle, f"begins with a blank, so Postfix does not read it as a {self.noun} (hazard H62)"
        )
        if previous is not None:
            self._continuations.setdefault(previous, []).append(handle)
        for above in self._lines_above:
            self._glued[above] = handle
        self._lines_above = []

    def find(self, key: str) -> EntryType | None:
        """Return the entry of a key that is to be edited, None where there is none.

        Raises RefusedError as `Table.find` does, and where an indented line below goes on with the entry.
        """
        entry = super().find(key)
        glued = self._glued.get(self._handles[encode(key)]) if entry is not None else None
        if glued is not None:
            reason = (
                f"begins with a blank, so Postfix reads it as a part of the {self.noun} above it; remove the blank, or"
                " the line, before that one can be edited (hazard H62)"
            )
            raise RefusedError(Refusal(reason, key=key, place=self.place(glued)))
        return entry

    def _pair(self, handle: int) -> tuple[str, str]:
        """Return the folded key and the value of a line."""
        key, value = _split(self.lines.text(handle))
        return decode(key.lower()), decode(value)

    def _line_with(self, entry: EntryType, value: str, replaced: int | None) -> bytes:
        """Return a line with a value, separated as in the line that it replaces."""
        return encode(entry.key) + self.lines.separator(replaced) + encode(value)

    def _is_written_as_read(self, handle: int, entry: EntryType) -> bool:
        # DMS compares the domain letter by letter (hazard H07).
        text = self.lines.text(handle)
        return super()._is_written_as_read(handle, entry) and text.startswith(encode(entry.key))


def _split(line: bytes) -> tuple[bytes, bytes]:
    """Return the first word of a line, and the rest of it without the blanks around it."""
    words = [*line.strip().split(None, 1), b"", b""]
    return words[0], words[1]

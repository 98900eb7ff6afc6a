# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A file as a list of physical lines over bytes, and the edits made to it.

A line is named by a *handle*, an integer that stays valid whatever is edited: the
lines that were read have the handles 0, 1, 2, ..., inserted lines get the following
ones. There is no object per line, so that a file of a million lines costs little
more than its bytes; only edited places are looked at when the file is rendered.
"""

from __future__ import annotations

import array
import io
import itertools
import re
import typing as t

from .._text import LONGEST_LINE

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_COMMENT = ord("#")
_LINE_END = re.compile(rb"\r+\n")
_BETWEEN_WORDS = re.compile(rb"\S+(\s+)\S")

# DMS adds a newline to an empty file (hazard H52), so this is what "empty" looks like.
EMPTY_FILE = b"\n"

# Where a line begins that continues no other one, and where any does.
_BEGIN_OF_LOGICAL_LINE = re.compile(rb"\n(?=[^\s#])")
_BEGIN_OF_LINE = re.compile(rb"\n")

# The neighbours of the first and of the last line.
_BEGIN = -1
_END = -2


class Edit(t.NamedTuple):
    """Neighbouring lines that were read, and the lines that now stand in their place."""

    number: int
    """Line number (from 1) of the first replaced line, or of the line below the added ones."""

    removed: list[bytes]
    """The replaced lines, without line ends."""

    added: list[bytes]
    """The lines in their place, without line ends."""


class Lines:
    """The lines of one file. Unedited, they render to exactly the bytes that were read."""

    def __init__(self, content: bytes) -> None:
        """Split the content of a file at every newline byte and nowhere else."""
        self._content = content
        self._read = _with_last_newline(content)
        lengths = map(len, io.BytesIO(self._read))
        self._starts = array.array("q", itertools.accumulate(lengths, initial=0))
        self._count = len(self._starts) - 1
        if self.starts_with_byte_order_mark:
            self._starts[0] = len(_BYTE_ORDER_MARK)
        self._edited: dict[int, bytes] = {}
        self._next: dict[int, int] = {}
        self._previous: dict[int, int] = {}
        self._new_handles = itertools.count(self._count)

    def __len__(self) -> int:
        """Return how many lines were read."""
        return self._count

    @property
    def starts_with_byte_order_mark(self) -> bool:
        """Whether the first line that was read has a byte order mark before its text."""
        return self._read.startswith(_BYTE_ORDER_MARK)

    def read_text(self) -> bytes:
        """Return all lines as they were read, a newline behind each, without a mark."""
        return self._read[self._starts[0] :]

    def read_line(self, handle: int) -> bytes:
        """Return a line as it was read, without line end and byte order mark."""
        return _without_end(self._read[self._starts[handle] : self._starts[handle + 1]])

    @property
    def edited(self) -> bool:
        """Whether any edit was made, even one that was taken back since."""
        return bool(self._edited)

    def text(self, handle: int) -> bytes:
        """Return a line without its newline and byte order mark; a carriage return stays."""
        return self._line(handle).removesuffix(b"\n")

    def separator(self, handle: int | None) -> bytes:
        """Return what stands behind the first word of a line, one blank where nothing does or for no line."""
        found = None if handle is None else _BETWEEN_WORDS.match(self.text(handle))
        return found[1] if found else b" "

    def _line(self, handle: int) -> bytes:
        line = self._edited.get(handle)
        if line is None:
            return self._read[self._starts[handle] : self._starts[handle + 1]]
        return line

    def number(self, handle: int) -> int | None:
        """Return the number (from 1) of a line that was read, None for an inserted one."""
        return handle + 1 if handle < self._count else None

    def replace(self, handle: int, text: bytes) -> None:
        """Put a text (without line end) in the place of a line."""
        self._edited[handle] = text + b"\n"

    def delete(self, handle: int) -> None:
        """Take a line away."""
        self._edited[handle] = b""

    def is_deleted(self, handle: int) -> bool:
        """Whether a line was taken away."""
        return self._edited.get(handle) == b""

    def insert_before(self, handle: int, text: bytes) -> int:
        """Insert a line directly above another one and return its handle."""
        return self._insert(self._preceding(handle), handle, text)

    def insert_after(self, handle: int, text: bytes) -> int:
        """Insert a line directly below another one and return its handle."""
        return self._insert(handle, self._following(handle), text)

    def append(self, text: bytes) -> int:
        """Insert a line at the end and return its handle."""
        return self.insert_before(_END, text)

    def _insert(self, above: int, below: int, text: bytes) -> int:
        new = next(self._new_handles)
        self._edited[new] = text + b"\n"
        self._next[above] = self._previous[below] = new
        self._next[new], self._previous[new] = below, above
        return new

    def _preceding(self, handle: int) -> int:
        last_read = self._count if handle == _END else handle
        return self._previous.get(handle, last_read - 1)

    def _following(self, handle: int) -> int:
        below = self._next.get(handle, handle + 1)
        return _END if below == self._count and handle not in self._next else below

    def _inserted_below(self, handle: int) -> Iterator[int]:
        """Yield the inserted lines between a line that was read and the next one."""
        below = self._following(handle)
        while below >= self._count:
            yield below
            below = self._following(below)

    def handles(self) -> Iterator[int]:
        """Yield the handles of all lines in their order, deleted ones included."""
        handle = self._following(_BEGIN)
        while handle != _END:
            yield handle
            handle = self._following(handle)

    def to_bytes(self) -> bytes:
        """Render the file.

        A file that no edit changed renders to the bytes that were read. A changed one
        gets what DMS would otherwise repair in place, with one more reload (hazard
        H52): newlines for CRLF, a newline at the end, no byte order mark.
        """
        if not self.edited:
            return self._content
        rendered = b"".join(self._pieces())
        mark_goes = self.starts_with_byte_order_mark and 0 in self._edited
        if rendered == self.read_text() and not mark_goes:
            return self._content
        if b"\r\n" in rendered:
            rendered = _LINE_END.sub(b"\n", rendered)
        return rendered or EMPTY_FILE

    def _pieces(self) -> Iterator[bytes | memoryview]:
        """Yield the parts of the file; what is between the edits is not copied."""
        read = memoryview(self._read)
        position = self._starts[0]
        for handle in self._edited_places():
            if handle != _BEGIN:
                yield read[position : self._starts[handle]]
                yield self._line(handle)
                position = self._starts[handle + 1]
            yield from map(self._line, self._inserted_below(handle))
        yield read[position:]

    def _edited_places(self) -> list[int]:
        """Return the read lines that are edited or have an inserted one below them."""
        places = self._edited.keys() | self._next.keys()
        return sorted(handle for handle in places if handle < self._count)

    def edits(self) -> list[Edit]:
        """Return what was edited, from top to bottom; neighbouring edits are one."""
        merged: list[Edit] = []
        for handle in self._edited_places():
            edit = self._edit_at(handle)
            if merged and merged[-1].number + len(merged[-1].removed) == edit.number:
                merged[-1].removed.extend(edit.removed)
                merged[-1].added.extend(edit.added)
            elif edit.removed or edit.added:
                merged.append(edit)
        return merged

    def _edit_at(self, handle: int) -> Edit:
        below = [self._edited[new] for new in self._inserted_below(handle)]
        added = [_without_end(line) for line in below if line]
        line = self._edited.get(handle)
        if line is None or (line and _without_end(line) == self.read_line(handle)):
            return Edit(handle + 2, [], added)
        present = [_without_end(line)] if line else []
        return Edit(handle + 1, [self.read_line(handle)], present + added)


def long_lines(content: bytes, continued: bool) -> list[list[int]]:
    """Return the indexes of the physical lines of each line that is too long to be read.

    Where lines may be `continued`, what begins with a blank belongs to the line above it
    (postconf(5)), and comments, which nobody reads, are never too long.
    """
    if not _may_have_long_line(content, _BEGIN_OF_LOGICAL_LINE if continued else _BEGIN_OF_LINE):
        return []
    lines = content.split(b"\n")
    if not continued:
        return [[index] for index, line in enumerate(lines) if len(line) > LONGEST_LINE]
    current: list[int] = []
    logical = [current]
    for index, line in enumerate(lines):
        text = line.lstrip()
        if text and text[0] != _COMMENT:
            if len(text) == len(line):
                current = []
                logical.append(current)
            current.append(index)
    return [each for each in logical if sum(len(lines[index]) for index in each) > LONGEST_LINE]


def _may_have_long_line(content: bytes, begin: re.Pattern[bytes]) -> bool:
    """Look for a begin of a line in each half of what one may have at most, not for each of them."""
    start = 0
    while len(content) - start > LONGEST_LINE:
        found = begin.search(content, start + LONGEST_LINE // 2)
        if found is None or found.start() - start > LONGEST_LINE:
            return True
        start = found.end()
    return False


def _with_last_newline(content: bytes) -> bytes:
    if content in (b"", EMPTY_FILE):
        return b""
    return content if content.endswith(b"\n") else content + b"\n"


def _without_end(line: bytes) -> bytes:
    return line.removesuffix(b"\n").rstrip(b"\r")

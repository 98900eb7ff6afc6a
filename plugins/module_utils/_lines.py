# Copyright: (c) 2026, mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""A file as a list of physical lines over bytes, and the edits made to it.

A line is named by a *handle*, an integer that stays valid whatever is edited: the
lines that were read have the handles 0, 1, 2, ..., inserted lines get the following
ones. There is no object per line, so that a file of a million lines costs little
more than its bytes; only edited places are looked at when the file is rendered.
"""

from __future__ import annotations

import io
import typing as t

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

# DMS adds a newline to an empty file (hazard H52), so this is what "empty" looks like.
EMPTY_FILE = b"\n"


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
        self._has_no_line = content in (b"", EMPTY_FILE)
        self.starts_with_byte_order_mark = content.startswith(_BYTE_ORDER_MARK)
        self._lines = io.BytesIO(self._repaired_content()).readlines()
        self._read_count = len(self._lines)
        self._as_read: dict[int, bytes] = {}
        self._before: dict[int, list[int]] = {}
        self._after: dict[int, list[int]] = {}
        self._tail: list[int] = []

    def as_read(self) -> list[bytes]:
        """Return the lines that were read, with their line ends; the index is the handle.

        For a look at the whole file before the first edit.
        """
        return self._lines

    @property
    def edited(self) -> bool:
        """Whether any edit was made, even one that was taken back since."""
        return bool(self._as_read) or len(self._lines) > self._read_count

    def text(self, handle: int) -> bytes:
        """Return a line without its newline; a carriage return stays."""
        return self._lines[handle].removesuffix(b"\n")

    def number(self, handle: int) -> int | None:
        """Return the number (from 1) of a line that was read, None for an inserted one."""
        return handle + 1 if handle < self._read_count else None

    def replace(self, handle: int, text: bytes) -> None:
        """Put a text (without line end) in the place of a line."""
        self._set(handle, text + b"\n")

    def delete(self, handle: int) -> None:
        """Take a line away."""
        self._set(handle, b"")

    def insert_before(self, handle: int, text: bytes) -> int:
        """Insert a line directly above another one and return its handle."""
        return self._insert(self._before.setdefault(handle, []), text)

    def insert_after(self, handle: int, text: bytes) -> int:
        """Insert a line directly below another one and return its handle."""
        siblings = self._after.setdefault(handle, [])
        new = self._insert(siblings, text)
        siblings.insert(0, siblings.pop())
        return new

    def append(self, text: bytes) -> int:
        """Insert a line at the end and return its handle."""
        return self._insert(self._tail, text)

    def _set(self, handle: int, line: bytes) -> None:
        if handle < self._read_count:
            self._as_read.setdefault(handle, self._lines[handle])
        self._lines[handle] = line

    def _insert(self, siblings: list[int], text: bytes) -> int:
        new = len(self._lines)
        self._lines.append(text + b"\n")
        siblings.append(new)
        return new

    def handles(self) -> list[int]:
        """Return the handles of all lines in their order, deleted ones included."""
        found: list[int] = []
        start = 0
        for anchor in self._anchors():
            found.extend(range(start, anchor))
            found.extend(self._family(anchor))
            start = anchor + 1
        found.extend(range(start, self._read_count))
        for handle in self._tail:
            found.extend(self._family(handle))
        return found

    def _anchors(self) -> list[int]:
        anchors = self._before.keys() | self._after.keys()
        return sorted(handle for handle in anchors if handle < self._read_count)

    def _family(self, handle: int) -> Iterator[int]:
        """Yield a line and all that was inserted around it, in order."""
        for sibling in self._before.get(handle, ()):
            yield from self._family(sibling)
        yield handle
        for sibling in self._after.get(handle, ()):
            yield from self._family(sibling)

    def to_bytes(self) -> bytes:
        """Render the file.

        A file that no edit changed renders to the bytes that were read. A changed one
        gets what DMS would otherwise repair in place, with one more reload (hazard
        H52): newlines for CRLF, a newline at the end, no byte order mark.
        """
        if not self.edited:
            return self._content
        rendered = self._render()
        if rendered == self._repaired_content():
            return self._content
        return rendered.replace(b"\r\n", b"\n") or EMPTY_FILE

    def _repaired_content(self) -> bytes:
        """Return what was read without a byte order mark and with a newline at its end."""
        if self._has_no_line:
            return b""
        text = self._content.removeprefix(_BYTE_ORDER_MARK)
        return text if text.endswith(b"\n") else text + b"\n"

    def _render(self) -> bytes:
        parts: list[bytes] = []
        start = 0
        for anchor in self._anchors():
            parts.extend(self._lines[start:anchor])
            parts.extend(self._lines[handle] for handle in self._family(anchor))
            start = anchor + 1
        parts.extend(self._lines[start : self._read_count])
        for handle in self._tail:
            parts.extend(self._lines[member] for member in self._family(handle))
        return b"".join(parts)

    def edits(self) -> list[Edit]:
        """Return what was edited, from top to bottom; neighbouring edits are one."""
        pieces: list[Edit] = []
        for handle in sorted({*self._as_read, *self._anchors()}):
            pieces.extend(self._edits_around(handle))
        tail = [member for handle in self._tail for member in self._family(handle)]
        pieces.append(Edit(self._read_count + 1, [], self._texts(tail)))
        merged: list[Edit] = []
        for piece in pieces:
            if not (piece.removed or piece.added):
                continue
            if merged and merged[-1].number + len(merged[-1].removed) == piece.number:
                merged[-1].removed.extend(piece.removed)
                merged[-1].added.extend(piece.added)
            else:
                merged.append(piece)
        return merged

    def _edits_around(self, handle: int) -> Iterator[Edit]:
        family = list(self._family(handle))
        own = family.index(handle)
        above, below = self._texts(family[:own]), self._texts(family[own + 1 :])
        read = self._as_read.get(handle)
        if read is None or read == self._lines[handle]:
            yield Edit(handle + 1, [], above)
            yield Edit(handle + 2, [], below)
        else:
            present = self._texts([handle])
            yield Edit(handle + 1, [_without_end(read)], above + present + below)

    def _texts(self, handles: list[int]) -> list[bytes]:
        return [_without_end(self._lines[h]) for h in handles if self._lines[h]]


def _without_end(line: bytes) -> bytes:
    return line.removesuffix(b"\n").removesuffix(b"\r")

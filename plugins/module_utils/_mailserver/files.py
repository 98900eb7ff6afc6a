# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A file as DMS reads it, line by line, and as Postfix joins its lines.

The tables know which entries can be edited; this knows what the mail server makes of
every line. Text is ASCII here, other bytes are surrogates (see `syntax.from_bytes`), so
that `str.lower` treats it as the C library does.
"""

from __future__ import annotations

import functools
import itertools
import typing as t

from .._tables.lines import long_lines
from .syntax import BLANKS, MARK, from_bytes, to_bytes

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable, Iterator

Line = t.TypeVar("Line")


class File(t.Generic[Line]):
    """One file. It is read when it is first asked for, each line once.

    Where another state of the file is known already, only lines that it does not have
    at its beginning or end are read.
    """

    repaired = False
    """Whether DMS takes carriage returns away from lines that end with one (H52)."""

    continued = False
    """Whether a line goes on where the next one begins with a blank."""

    def __init__(self, name: str, content: bytes | None, other: File[Line] | None = None) -> None:
        """Take the name and the bytes of a file, None for one that does not exist."""
        self.name = name
        self.content = content
        too_long = long_lines(content or b"", self.continued)
        self.text = from_bytes(_without(too_long, content or b"")).removeprefix(MARK)
        self._other = other
        self.long_lines = [lines[0] + 1 for lines in too_long]
        """The numbers of the lines that are too long, which are not read (H80)."""

    @property
    def has_byte_order_mark(self) -> bool:
        """Whether the file begins with a byte order mark."""
        return (self.content or b"").startswith(to_bytes(MARK))

    @property
    def is_binary(self) -> bool:
        """Whether grep takes it for no text, and so finds no line in it."""
        return b"\0" in (self.content or b"")

    @functools.cached_property
    def raw_lines(self) -> list[str]:
        """The physical lines, each with its carriage return where it has one."""
        return _split(self.text)

    @functools.cached_property
    def lines(self) -> list[str]:
        """The physical lines as they are after the repair by DMS."""
        if not self.repaired or "\r\n" not in self.text:
            return self.raw_lines
        return _split(self.text.replace("\r", ""))

    @functools.cached_property
    def read(self) -> list[Line]:
        """What is read of each physical line."""
        other, self._other = self._other, None
        if other is None:
            return self._read(self.lines)
        lines, known = self.lines, other.lines
        most = min(len(lines), len(known))
        begin = _count_same(zip(lines, known), most)
        end = _count_same(zip(reversed(lines), reversed(known)), most - begin)
        middle = lines[begin : len(lines) - end]
        return other.read[:begin] + self._read(middle) + other.read[len(known) - end :]

    def _read(self, lines: list[str]) -> list[Line]:
        """Return what is read of each of some lines."""
        raise NotImplementedError


def _without(too_long: list[list[int]], content: bytes) -> bytes:
    """Return the content of a file with nothing in the place of the lines that are too long."""
    if not too_long:
        return content
    lines = content.split(b"\n")
    for index in itertools.chain.from_iterable(too_long):
        lines[index] = b""
    return b"\n".join(lines)


def _split(text: str) -> list[str]:
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    return lines


def _count_same(pairs: Iterable[tuple[str, str]], most: int) -> int:
    """Return how many pairs at the beginning are of two texts that are the same."""
    return next((n for n, (one, other) in enumerate(pairs) if one != other or n == most), most)


def logical_lines(lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Yield the lines that Postfix sees (postconf(5)), each with the index of its first one.

    What begins with a blank continues the line before it, even across a comment; there
    is none where it is the first. What follows a NUL byte is not read.
    """
    first, parts = -1, [""]
    for index, line in lines:
        text = line.lstrip(BLANKS)
        if not text or text[0] == "#":
            continue
        if len(text) < len(line):
            parts.append(line)
            continue
        if first >= 0:
            yield first, _joined(parts)
        first, parts = index, [line]
    if first >= 0:
        yield first, _joined(parts)


def _joined(parts: list[str]) -> str:
    return "".join(parts).partition("\0")[0].rstrip(BLANKS)

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tables hold, and how the bytes of their lines are text."""

from __future__ import annotations

import typing as t

# Bytes that are no valid UTF-8 survive decoding and encoding with this error handler.
_UNDECODABLE = "surrogateescape"


class Entry(t.Protocol):
    """What a table holds: a value object that compares by its fields."""

    @property
    def key(self) -> str:
        """The folded name under which DMS looks the entry up."""


EntryType = t.TypeVar("EntryType", bound=Entry)


class Changes(t.NamedTuple):
    """The keys of the entries that a run added, changed and removed."""

    added: list[str]
    changed: list[str]
    removed: list[str]


class Misread(t.NamedTuple):
    """A line that looks like an entry to a person but is none to DMS or Postfix."""

    handle: int
    problem: str


def decode(text: bytes) -> str:
    """Return bytes of a file as text, without loss for any bytes."""
    return text.decode("utf-8", _UNDECODABLE)


def encode(text: str) -> bytes:
    """Return the bytes of a text that `decode` made."""
    return text.encode("utf-8", _UNDECODABLE)


def printable_line(line: bytes) -> str:
    """Return a line as text that can be shown, bytes that are no UTF-8 replaced."""
    return line.rstrip(b"\r").decode("utf-8", "replace")

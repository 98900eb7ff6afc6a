# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the files that Postfix reads share: logical lines and lists of recipients."""

from __future__ import annotations

import abc
import re
import typing as t

from .._errors import Refusal, RefusedError
from .._text import in_quotes
from .entry import EntryType, Misread, decode, encode
from .table import Table

_BETWEEN_RECIPIENTS = re.compile(r"[,;\s]+")

# What makes recipients more than words: the syntax of RFC 822, and inline comments.
_NOT_PLAIN = re.compile(r'["\\<>():]|(^|[,;\s])#')
_GROUP_IN_PARENTHESES = re.compile(r"\$\([0-9]+\)")


def split_recipients(value: str) -> tuple[str, ...]:
    """Return the recipients of a list as Postfix separates them."""
    return tuple(filter(None, _BETWEEN_RECIPIENTS.split(value)))


def join_recipients(recipients: t.Iterable[str]) -> str:
    """Return recipients as one list, without the blanks that the CLI trips over (H57)."""
    return ",".join(recipients)


class LogicalTable(Table[EntryType], abc.ABC):
    """A table whose lines go on where the next one begins with a blank (postconf(5))."""

    continued = True

    separate_or: t.ClassVar[str] = "or put commas between the recipients"
    """What to do with an indented line that is no separate entry."""

    def __init__(self, content: bytes | None) -> None:
        """Read the content of the file, None for a file that does not exist."""
        self._entangled: dict[int, int] = {}
        super().__init__(content)

    @abc.abstractmethod
    def _key_of_indented(self, text: str) -> bytes | None:
        """Return the folded key of an indented line that was meant as an entry."""

    def _value(self, handle: int) -> str:
        """Return the recipients of the entry whose first line has the handle."""
        words = self._logical_text(handle).split(None, 1)
        return words[1] if len(words) > 1 else ""

    def _scan_indented(self, handle: int, line: bytes, previous: int | None) -> None:
        if previous is not None:
            self._continuations.setdefault(previous, []).append(handle)
        key = self._key_of_indented(decode(line.strip()))
        if key is not None:
            problem = f"begins with a blank, so {self._effect_of_blank}"
            self._misread[key] = Misread(handle, problem)
            if previous is not None:
                self._entangled.setdefault(previous, handle)

    @property
    def _effect_of_blank(self) -> str:
        return f"Postfix reads it as more recipients of the {self.noun} above it (hazard H25)"

    def find(self, key: str) -> EntryType | None:
        """Return the entry of a key that is to be edited, None where there is none.

        Raises RefusedError as `Table.find` does, and where the recipients of the entry
        cannot be told for sure.
        """
        entry = super().find(key)
        if entry is not None:
            self._check_continuations(key, self._handles[encode(key)])
            self._check_value(key, self._handles[encode(key)])
        return entry

    def _check_continuations(self, key: str, handle: int) -> None:
        entangled = self._entangled.get(handle)
        if entangled is not None:
            reason = (
                f"begins with a blank, so {self._effect_of_blank}; remove the blank if it is a separate entry,"
                f" {self.separate_or}, before the {self.noun} {in_quotes(self.shown_key(key))} can be edited"
            )
            raise RefusedError(Refusal(reason, key=key, place=self.place(entangled)))

    def _check_value(self, key: str, handle: int) -> None:
        """Raise RefusedError where the recipients of an entry cannot be told for sure."""
        if _NOT_PLAIN.search(_GROUP_IN_PARENTHESES.sub("", self._value(handle))):
            reason = (
                "has quotes, names or a comment among its recipients; write them as plain addresses, separated by"
                " commas (hazard H35)"
            )
            raise RefusedError(Refusal(reason, key=key, place=self.place(handle)))

    def _logical_text(self, handle: int) -> str:
        """Return a line with its continuations, as Postfix joins them."""
        parts = [handle, *self._continuations.get(handle, ())]
        return decode(b"".join(self.lines.text(h).rstrip(b"\r") for h in parts))

    def _last_physical(self, handle: int) -> int:
        """Return the handle of the last physical line of a logical one."""
        return self._continuations.get(handle, [handle])[-1]

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`postfix-relaymap.cf` and `postfix-sasl-password.cf`, as DMS copies them and Postfix reads the copies."""

from __future__ import annotations

import functools
import re
import typing as t

from .files import File, logical_lines
from .syntax import BLANKS

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator

# What DMS copies: a word that begins with no '#', blanks, and something behind them (relay.sh).
_COPIED = re.compile(r"[ \t\r\v\f]*[^# \t\r\v\f][^ \t\r\v\f]*[ \t\r\v\f]+[^ \t\r\v\f]")
_FIRST_WORD = re.compile(r"[^ \t\r\v\f]*")


class Pair(t.NamedTuple):
    """A line with a key and a value, which is empty where it has none."""

    number: int
    """The number (from 1) of its first physical line."""

    written: str
    """The key as it is written."""

    value: str

    indented: bool = False

    @property
    def key(self) -> str:
        """The key as Postfix looks it up: folded."""
        return self.written.lower()

    @property
    def domain(self) -> str:
        """What stands behind the last C(@) as it is written, empty where there is none."""
        return self.written.rpartition("@")[2] if "@" in self.written else ""


class PairsFile(File[str]):
    """A file that Postfix reads as a texthash map, after DMS has copied some of its lines."""

    continued = True

    def _read(self, lines: list[str]) -> list[str]:
        return lines

    @functools.cached_property
    def lines_with_text(self) -> list[Pair]:
        """The physical lines that are neither blank nor comments."""
        numbered = enumerate(self.read, 1)
        return [
            _pair(number, line) for number, line in numbered if line.strip(BLANKS) and line.lstrip(BLANKS)[0] != "#"
        ]

    def _is_copied(self, line: str) -> bool:
        """Whether DMS copies a physical line to the map of Postfix."""
        raise NotImplementedError

    @functools.cached_property
    def entries(self) -> list[Pair]:
        """The entries of the map of Postfix, of which it ignores those without a value."""
        copied = ((index, line) for index, line in enumerate(self.read) if self._is_copied(line))
        pairs = (_pair(index + 1, text) for index, text in logical_lines(copied))
        return [pair for pair in pairs if pair.value]

    @functools.cached_property
    def by_key(self) -> dict[str, Pair]:
        """The first entry of each folded key."""
        found: dict[str, Pair] = {}
        for entry in self.entries:
            found.setdefault(entry.key, entry)
        return found

    @property
    def duplicates(self) -> Iterator[Pair]:
        """The entries whose key an earlier one has."""
        return (entry for entry in self.entries if self.by_key[entry.key] is not entry)

    @property
    def glued(self) -> Iterator[Pair]:
        """The lines that Postfix takes for a part of an entry above them, or drops, for their blank."""
        return (line for line in self.lines_with_text if line.indented)

    def find(self, sender: str) -> Pair | None:
        """Return the entry that Postfix finds for a sender, C(@domain) or an address."""
        local_part, dummy, domain = sender.lower().rpartition("@")
        return self.by_key.get(f"{local_part}@{domain}") or self.by_key.get(f"@{domain}")


class RelaysFile(PairsFile):
    """`postfix-relaymap.cf`."""

    def _is_copied(self, line: str) -> bool:
        return _COPIED.match(line) is not None

    @functools.cached_property
    def excluded(self) -> list[Pair]:
        """The lines with a key alone, with which DMS gives a domain no relay."""
        return [line for line in self.lines_with_text if not line.value and not line.indented]


class RelayCredentialsFile(PairsFile):
    """`postfix-sasl-password.cf`."""

    repaired = True

    def _is_copied(self, line: str) -> bool:
        return not self.is_binary and bool(line.strip(BLANKS)) and line.lstrip(BLANKS)[0] != "#"


def _pair(number: int, line: str) -> Pair:
    text = line.strip(BLANKS)
    found = _FIRST_WORD.match(text)
    key = found[0] if found else ""
    return Pair(number, key, text[len(key) :].strip(BLANKS), line[:1] in BLANKS)

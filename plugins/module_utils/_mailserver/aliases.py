# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`postfix-virtual.cf` as DMS reads it, line by line, and as a texthash map of Postfix."""

from __future__ import annotations

import functools
import re
import typing as t

from .files import File, logical_lines
from .limits import LONGEST_ADDRESS
from .plain_recipients import PlainRecipients
from .syntax import BLANKS, MARK, PLAIN_LIST

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable, Iterator

# What DMS, Postfix and people read alike: most lines. The others take a closer look.
_PLAIN_LINES = re.compile(rf"(?:([a-z0-9_.+=-]*@[a-z0-9.-]+) ({PLAIN_LIST})|[^\n]*)\n")
_BETWEEN_WORDS = re.compile(r"[ \t]+")
_KEY = re.compile(r'(?:[^\\" \t\n\r\v\f]|\\.|"(?:[^\\"]|\\.)*(?:"|(?P<open>\\?\Z)))*')


class Words(t.NamedTuple):
    """What DMS reads of a line that takes a closer look."""

    key: str
    """The first word, as written."""

    value: str
    """The rest of the line."""

    indented: bool


class AliasLine(t.NamedTuple):
    """A physical line as DMS reads it."""

    number: int
    key: str
    value: str
    indented: bool = False

    @property
    def domain(self) -> str:
        """What stands between the first C(@) and the next, empty where there is none."""
        return [*self.key.split("@", 2), ""][1]


class Alias(t.NamedTuple):
    """A logical line as Postfix reads it."""

    number: int
    """The number (from 1) of its first physical line."""

    written: str
    """The key as it is written."""

    value: str

    @property
    def key(self) -> str:
        """The key as Postfix looks it up: folded."""
        return self.written.lower()


class AliasesFile(File["tuple[str, str] | Words | None"]):
    """`postfix-virtual.cf`."""

    repaired = True
    continued = True

    def _read(self, lines: list[str]) -> list[tuple[str, str] | Words | None]:
        """Return key and value of each plain line, the words of any other one."""
        found: list[t.Any] = _PLAIN_LINES.findall("\n".join([*lines, ""]))
        for index, pair in enumerate(found):
            if not pair[0]:
                found[index] = _words(lines[index])
        return found

    @functools.cached_property
    def _odd(self) -> list[int]:
        """The indexes of the lines that are not plain, blank ones and comments included."""
        odd = [index for index, line in enumerate(self.read) if line is None or isinstance(line, Words)]
        marked = self.has_byte_order_mark and self.read and odd[:1] != [0]
        return [0, *odd] if marked else odd

    # --- as DMS reads it

    @property
    def odd_lines(self) -> Iterator[AliasLine]:
        """The lines that take a closer look."""
        for index in () if self.is_binary else self._odd:
            line = self.read[index]
            if isinstance(line, Words):
                yield AliasLine(index + 1, *line)

    @property
    def physical(self) -> Iterator[tuple[int, str, str]]:
        """Number, key and value of each line: DMS takes any for an alias of its own."""
        for number, line in enumerate(() if self.is_binary else self.read, 1):
            if line is not None:
                yield number, line[0], line[1]

    @functools.cached_property
    def domains(self) -> dict[str, AliasLine]:
        """The first line of each domain, as it is spelled, that DMS makes one of ours.

        That is one that goes on with another line only where there is none else. DMS splits a
        key at its first two C(@), and writes no domain where both parts are the same, as they
        are in a key without any.
        """
        found: dict[str, AliasLine] = {}
        for index, line in enumerate(() if self.is_binary else self.read):
            key = line[0] if line else ""
            known = found.get(key[key.find("@") + 1 :])
            if line is None or (known and not known.indented):
                continue
            local_part, at, rest = key.partition("@")
            domain = rest.partition("@")[0]
            if at and domain != local_part and (domain not in found or found[domain].indented):
                indented = self.lines[index][0] in " \t"
                if domain not in found or not indented:
                    found[domain] = AliasLine(index + 1, key, line[1], indented)
        return found

    # --- as Postfix reads it

    @functools.cached_property
    def _odd_aliases(self) -> dict[int, Alias]:
        """The aliases that take a closer look, by the index of their first line."""
        odd = self._odd
        concerned = sorted({*odd, *(index - 1 for index in odd if index)})
        found = {}
        for index, text in logical_lines((index, self._line(index)) for index in concerned):
            split = _split_entry(text)
            if split:
                found[index] = Alias(index + 1, *split)
        return found

    def _line(self, index: int) -> str:
        line = self.lines[index]
        return MARK + line if index == 0 and self.has_byte_order_mark else line

    @property
    def odd_entries(self) -> Iterable[Alias]:
        """The aliases that take a closer look."""
        return self._odd_aliases.values()

    @functools.cached_property
    def entries(self) -> list[tuple[str, str] | None]:
        """Key as written and value of the alias that begins on each line, None for none."""
        entries: list[t.Any] = list(self.read)
        for index in self._odd:
            entries[index] = None
        for index, alias in self._odd_aliases.items():
            entries[index] = alias[1:]
        return entries

    @functools.cached_property
    def plain_recipients(self) -> PlainRecipients:
        """The recipients on all plain lines."""
        return PlainRecipients(line[1] for line in self.read if line and not isinstance(line, Words))

    @functools.cached_property
    def _closer(self) -> set[int]:
        """The indexes of the aliases that always take a closer look at their recipients."""
        long = {index for index, entry in enumerate(self.entries) if entry and len(entry[1]) > LONGEST_ADDRESS}
        return long.union(self._odd_aliases)

    def entries_with(self, recipients: set[str]) -> Iterator[tuple[int, str, str]]:
        """Yield number, key and value of the aliases that have one of some plain recipients.

        So are those whose recipients are not plain or very long, whatever they are.
        """
        for index in range(len(self.entries)) if recipients else sorted(self._closer):
            entry = self.entries[index]
            if entry and (index in self._closer or not recipients.isdisjoint(entry[1].split(","))):
                yield index + 1, *entry

    @functools.cached_property
    def numbers(self) -> dict[str, int]:
        """The number of the first alias of each folded key."""
        keys = [entry[0] if entry else "" for entry in self.entries]
        for index, alias in self._odd_aliases.items():
            keys[index] = alias.key
        numbers = dict(zip(keys, range(1, len(keys) + 1)))
        numbers.pop("", None)
        if len(numbers) + keys.count("") < len(keys):
            # The first one counts, the place in the dictionary is that of the first anyway.
            numbers.update(zip(reversed(keys), range(len(keys), 0, -1)))
            numbers.pop("", None)
        return numbers

    @functools.cached_property
    def duplicates(self) -> list[Alias]:
        """The aliases whose key an earlier one has (hazard H01)."""
        if len(self.entries) - self.entries.count(None) == len(self.numbers):
            return []
        aliases = (Alias(number, *entry) for number, entry in enumerate(self.entries, 1) if entry)
        return [alias for alias in aliases if self.numbers[alias.key] != alias.number]

    def find(self, key: str) -> Alias | None:
        """Return the first alias with a folded key."""
        number = self.numbers.get(key)
        entry = self.entries[number - 1] if number else None
        return Alias(number, *entry) if number and entry else None


def _words(line: str) -> Words | None:
    text = line.strip(BLANKS)
    if not text or text[0] == "#":
        return None
    words = [*_BETWEEN_WORDS.split(line.strip(" \t"), 1), ""]
    return Words(words[0], words[1], line[0] in " \t")


def _split_entry(text: str) -> tuple[str, str] | None:
    """Split a line at the first blank outside quotes; None where Postfix ignores it."""
    found = _KEY.match(text)
    if found is None or found["open"] is not None:
        return None
    value = text[found.end() :].strip(BLANKS)
    return (found[0], value) if found[0] and value else None

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which line `grep` prints first for each of many addresses, without trying each.

DMS looks addresses up with `grep ADDRESS FILE`: anywhere in a line, comments included,
each dot matching any character. Here the lines are sorted into dictionaries, once for
each shape (length and places of the dots) of the addresses that are asked for, so that
the time grows with the lines and with the addresses, not with their product.
"""

from __future__ import annotations

import bisect
import collections
import itertools
import re
import typing as t

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    Shape = tuple[int, tuple[int, ...]]

_PLAIN = re.compile(r"[^\s|@,;*\\\[\]^$]*@[A-Za-z0-9_.-]+")
_DOMAIN = re.compile(r"[A-Za-z0-9_.-]*")
_NEVER_IN_LOGINS = re.compile(r"[\s,;]")
_STARS = re.compile(r"(?<=.)\*+")
_NO_ADDRESS = re.compile(r"[\\\[\]^$]")

# What Python would take too long for: a pattern with more stars, or one with any in a longer line.
_MOST_STARS = 2
_LONGEST_LINE_FOR_STARS = 1000

# So many bytes are looked through for texts that are no addresses; a star costs as much as more bytes.
_MOST_SEARCHED = 2_000_000_000
_COST_OF_STARS = 20


def first_lines(patterns: Iterable[str], lines: Sequence[str], *, behind: str = "") -> dict[str, int]:
    """Return the index of the first line that matches each of the patterns.

    `behind` follows every pattern: then the domain has to end there. A pattern that no
    line matches is not in the result.
    """
    plain: set[str] = set()
    found: dict[str, int] = {}
    other: set[str] = set()
    for pattern in patterns:
        (plain if _PLAIN.fullmatch(pattern) else other).add(pattern)
    if plain:
        found.update(_first_of_addresses(plain, lines, behind))
    if other:
        found.update(_first_of_others(other, lines, behind))
    return found


def translated(pattern: str) -> re.Pattern[str] | None:
    """Return what grep takes a text for as a pattern of Python's, None for no match or one that is too costly."""
    pattern = _STARS.sub("*", pattern)
    if _NO_ADDRESS.search(pattern) or pattern.count("*", 1) > _MOST_STARS:
        return None
    pieces = (
        character if character == "." or (character == "*" and index) else None
        for index, character in enumerate(pattern)
    )
    return re.compile("".join(piece or re.escape(character) for piece, character in zip(pieces, pattern)))


def _first_of_others(patterns: Iterable[str], lines: Sequence[str], behind: str) -> Iterator[tuple[str, int]]:
    """Look through the lines for each text; only for those that are no addresses.

    One with a blank or a comma, such as a list, is in none but the few lines with one.
    """
    everything = _Text(lines, range(len(lines)))
    separated = [i for i, line in enumerate(lines) if _NEVER_IN_LOGINS.search(line)]
    with_separators = _Text(lines, separated)
    short = _Text(lines, [i for i, line in enumerate(lines) if len(line) <= _LONGEST_LINE_FOR_STARS])
    room = _MOST_SEARCHED
    for pattern in patterns:
        text = everything
        if "*" in pattern:  # which may stand for none of the character before it
            text = short
            room -= text.length * _COST_OF_STARS
        elif _NEVER_IN_LOGINS.search(pattern):
            text = with_separators
        room -= text.length
        index = text.first_line(pattern + behind) if room > 0 else None
        if index is not None:
            yield pattern, index


class _Text:
    """Some lines as one text, which is searched faster than each line."""

    def __init__(self, lines: Sequence[str], indexes: Sequence[int]) -> None:
        self._indexes = indexes
        self._text = "\n".join(lines[index] for index in indexes)
        self.length = len(self._text)
        lengths = [len(lines[index]) + 1 for index in indexes]
        self._longest = max(lengths, default=0)
        self._ends = list(itertools.accumulate(lengths))

    def first_line(self, pattern: str) -> int | None:
        """Return the index of the first line that a pattern matches."""
        position = -1
        if len(pattern) > self._longest and "*" not in pattern:
            return None
        if "." in pattern or "*" in pattern:
            compiled = translated(pattern)
            found = compiled.search(self._text) if compiled else None
            position = found.start() if found else -1
        elif not _NO_ADDRESS.search(pattern):
            position = self._text.find(pattern)
        if position < 0 or not self._indexes:
            return None
        return self._indexes[bisect.bisect_right(self._ends, position)]


def _first_of_addresses(patterns: Collection[str], lines: Sequence[str], behind: str) -> dict[str, int]:
    patterns_by_domain = collections.defaultdict(list)
    for pattern in patterns:
        local_part, dummy, domain = pattern.partition("@")
        patterns_by_domain[domain].append((local_part, pattern))
    places_by_domain = _occurrences(lines, behind)
    wanted = collections.defaultdict(list)
    matching = _matching_domains(patterns_by_domain, places_by_domain, bool(behind))
    for domain, text_domains in matching.items():
        for text_domain in text_domains:
            wanted[text_domain].extend(patterns_by_domain[domain])
    found: dict[str, int] = {}
    for text_domain, asked in wanted.items():
        for pattern, index in _match_local_parts(asked, places_by_domain[text_domain], lines):
            if index < found.get(pattern, len(lines)):
                found[pattern] = index
    return found


def _occurrences(lines: Sequence[str], behind: str) -> dict[str, list[tuple[int, int]]]:
    """Return by domain where each C(@) stands, with the index of its line.

    A dot of the domain that is asked for matches none but the characters of domains:
    what follows a domain in these files begins with C({), C(:) or a blank.
    """
    found: dict[str, list[tuple[int, int]]] = collections.defaultdict(list)
    for index, line in enumerate(lines):
        at = line.find("@")
        while at >= 0:
            domain = _DOMAIN.match(line, at + 1)
            if domain and line.startswith(behind, domain.end()):
                found[domain[0]].append((at, index))
            at = line.find("@", at + 1)
    return found


def _matching_domains(domains: Iterable[str], texts: Mapping[str, object], to_the_end: bool) -> dict[str, list[str]]:
    """Return for each domain the domains of the texts that begin with it, as grep does."""
    found: dict[str, list[str]] = {}
    for shape, same_shape in _by_shape(domains).items():
        length, dots = shape
        index = collections.defaultdict(list)
        for text in texts:
            if len(text) == length or (len(text) > length and not to_the_end):
                index[_masked(text[:length], dots)].append(text)
        for domain in same_shape:
            matched = index.get(_masked(domain, dots))
            if matched:
                found[domain] = matched
    return found


def _match_local_parts(
    asked: Iterable[tuple[str, str]], places: Iterable[tuple[int, int]], lines: Sequence[str]
) -> Iterator[tuple[str, int]]:
    """Yield each pattern whose local part stands before an C(@), with its first line."""
    patterns = collections.defaultdict(list)
    for local_part, pattern in asked:
        patterns[local_part].append(pattern)
    for (length, dots), same_shape in _by_shape(patterns).items():
        waiting = set(same_shape)
        for at, index in places:
            end = _masked(lines[index][at - length : at], dots) if at >= length else None
            if end in waiting:
                waiting.remove(end)
                yield from ((pattern, index) for pattern in patterns[end])
                if not waiting:
                    break


def _by_shape(texts: Iterable[str]) -> dict[Shape, list[str]]:
    found: dict[Shape, list[str]] = collections.defaultdict(list)
    for text in texts:
        dots = tuple(i for i, c in enumerate(text) if c == ".") if "." in text else ()
        found[len(text), dots].append(text)
    return found


def _masked(text: str, dots: tuple[int, ...]) -> str:
    """Return a text without the characters that stand where the pattern has dots."""
    if not dots:
        return text
    if len(dots) == 1:
        return text[: dots[0]] + "." + text[dots[0] + 1 :]
    ends = (*dots, len(text))
    starts = (0, *(dot + 1 for dot in dots))
    return ".".join(text[start:end] for start, end in zip(starts, ends))

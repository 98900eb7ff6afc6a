# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The two lookup tables of DMS as Postfix reads them: texthash and pcre.

The tables of `_tables` know entries; these know what Postfix makes of the same bytes,
with continuation lines, quoted keys, negated rules and conditions.
"""

from __future__ import annotations

import re
import typing as t

from .._errors import RefusedError
from .._secrets import without_columns
from .._text import in_quotes
from .limits import LARGEST_RESULT
from .patterns import MatchError, Pattern, compile_pattern, reads_as_postfix
from .syntax import BLANKS, from_bytes, to_text

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator

_BLANK_BYTES = BLANKS.encode()
_KEY = re.compile(r'(?:[^\\" \t\n\r\v\f]|\\.|"(?:[^\\"]|\\.)*(?:"|(?P<open>\\?\Z)))*')
_SIMPLE = re.compile(r'[^\\" \t\n\r\v\f]+(?=[ \t\n\r\v\f]|\Z)')
_CONDITION = re.compile(r"if(?![0-9a-z])", re.IGNORECASE)
_CONDITION_END = re.compile(r"endif(?![0-9a-z])", re.IGNORECASE)
_KNOWN_FLAGS = re.compile(r"[imsxAEUX]*(?=[ \t\n\r\v\f]|\Z)")
_LETTER_OR_DIGIT = re.compile(r"[0-9A-Za-z]")
_NAME_IN_REPLACEMENT = re.compile(r"\$(?:(\$)|([0-9A-Za-z_]+)|([({]))?")
_CLOSING = {"(": ")", "{": "}"}


class LookupFailureError(Exception):
    """A lookup that Postfix answers with a temporary error, so that mail is deferred."""


class LimitError(Exception):
    """A lookup that gives more than Postfix takes."""


class Found(t.NamedTuple):
    """What a lookup found."""

    file: str
    line: int
    key: str
    """The folded key, or the rule with its delimiters and flags."""

    value: str


class LogicalLine(t.NamedTuple):
    """A line with those that continue it."""

    number: int
    """The number (from 1) of the first physical line."""

    text: str


def logical_lines(content: bytes) -> Iterator[LogicalLine]:
    """Yield the lines that Postfix sees; what begins with a blank continues a line."""
    first, parts = 0, [b""]
    for number, line in enumerate(content.split(b"\n"), start=1):
        text = line.lstrip(_BLANK_BYTES)
        if not text or text.startswith(b"#"):
            continue
        if len(text) < len(line):
            parts.append(line)
            continue
        if first:
            yield _joined(first, parts)
        first, parts = number, [line]
    if first:
        yield _joined(first, parts)


def _joined(number: int, parts: list[bytes]) -> LogicalLine:
    text = from_bytes(b"".join(parts) if len(parts) > 1 else parts[0])
    return LogicalLine(number, text.partition("\0")[0].rstrip(BLANKS))


class TexthashMap:
    """A texthash map. Keys are folded; a key that stands there twice breaks it whole."""

    def __init__(self, file_name: str, content: bytes) -> None:
        """Read the content of a file."""
        self._file_name = file_name
        self._values: dict[str, tuple[int, str]] = {}
        self._broken: str | None = None
        for line in logical_lines(content):
            split = _split_entry(line.text)
            if split is None:
                continue
            key = split[0].lower()
            present = self._values.setdefault(key, (line.number, split[1]))
            if present[0] != line.number:
                self._broken = (
                    f"{file_name} lines {present[0]} and {line.number} hold the same"
                    f" key {in_quotes(without_columns(to_text(key)))}, so Postfix answers every lookup"
                    " with an error (hazard H01); keep one of the lines, with the recipients of both"
                )
                break

    def find(self, key: str) -> Found | None:
        """Look a key up, in any case of its letters."""
        if self._broken is not None:
            raise LookupFailureError(self._broken)
        folded = key.lower()
        present = self._values.get(folded)
        if present is None:
            return None
        number, value = present
        return Found(self._file_name, number, folded, value)

    def keys(self) -> Iterator[str]:
        """Yield the folded keys in the order of the file."""
        return iter(self._values)


def _split_entry(text: str) -> tuple[str, str] | None:
    """Split a line at the first blank outside quotes; None where Postfix ignores it."""
    found = _SIMPLE.match(text)
    if found is None:
        found = _KEY.match(text)
        if found is None or found["open"] is not None:
            return None
    value = text[found.end() :].strip(BLANKS)
    return (found[0], value) if found[0] and value else None


class Rule(t.NamedTuple):
    """A rule of a pcre table, or the condition that an C(if) opens."""

    number: int
    written: str
    """The rule without its replacement, as it stands in the file."""

    pattern: Pattern | None
    """None where this machine cannot tell what the pattern matches."""

    negated: bool
    replacement: str | None
    """None for a condition."""

    def groups_in(self, address: str) -> tuple[str, ...] | None:
        """Return the groups of the pattern if the rule applies to an address."""
        if self.pattern is None:
            return None
        try:
            groups = self.pattern.match(address)
        except MatchError:
            return None  # Postfix goes on with the next rule
        if self.negated:
            return () if groups is None else None
        return groups


class PcreMap:
    """A pcre table: the first rule that matches wins; conditions guard rules."""

    def __init__(self, file_name: str, content: bytes) -> None:
        """Read the content of a file and compile its patterns."""
        self._file_name = file_name
        self._rules: list[Rule] = []
        self._ends: dict[int, int] = {}
        conditions: list[int] = []
        for line in logical_lines(content):
            if _LETTER_OR_DIGIT.match(line.text):
                self._read_statement(line, conditions)
                continue
            rule = _parse_rule(line.number, line.text)
            if rule is not None:
                self._rules.append(rule)
        for index in conditions:
            self._ends[index] = len(self._rules)

    def _read_statement(self, line: LogicalLine, conditions: list[int]) -> None:
        if _CONDITION.match(line.text):
            rule = _parse_condition(line.number, line.text[2:].lstrip(BLANKS))
            if rule is not None:
                conditions.append(len(self._rules))
                self._rules.append(rule)
        elif _CONDITION_END.match(line.text) and conditions:
            self._ends[conditions.pop()] = len(self._rules)

    def find(self, address: str, unsure: list[str]) -> Found | None:
        """Look an address up.

        `unsure` gets a sentence for each rule on the way that this machine cannot tell
        for sure whether it matches; such a rule is passed over.
        """
        index = 0
        while index < len(self._rules):
            rule = self._rules[index]
            if rule.pattern is None:
                unsure.append(self._unsure_of(rule))
            groups = rule.groups_in(address)
            if rule.replacement is None:
                index = self._ends[index] if groups is None else index + 1
                continue
            if groups is not None:
                value = _replaced(rule.replacement, groups)
                return Found(self._file_name, rule.number, rule.written, value)
            index += 1
        return None

    def _unsure_of(self, rule: Rule) -> str:
        return (
            f"{self._file_name} line {rule.number} has the pattern"
            f" {in_quotes(to_text(rule.written))}, which Python reads in another way"
            " than Postfix, so whether it matches is not known; install libpcre2-8 to have it told"
        )


class _Delimited(t.NamedTuple):
    """A pattern as it stands in a rule, and what stands behind it."""

    written: str
    pattern: Pattern | None
    negated: bool
    rest: str


def _parse_delimited(text: str) -> _Delimited | None:
    """Read a pattern with its flags; None where Postfix skips the rule."""
    bare = text.lstrip("!" + BLANKS)
    negated = text[: len(text) - len(bare)].count("!") % 2 == 1
    end = _end_of_pattern(bare)
    if end is None:
        return None
    flags = _KNOWN_FLAGS.match(bare[end + 1 :])
    if flags is None:
        return None
    rest = bare[end + 1 + flags.end() :].strip(BLANKS)
    try:
        pattern: Pattern | None = compile_pattern(bare[1:end], flags[0])
    except RefusedError:
        if reads_as_postfix():
            return None
        pattern = None
    if pattern is not None and pattern.warning is not None:
        pattern = None
    written = text[: len(text) - len(bare) + end + 1] + flags[0]
    return _Delimited(written, pattern, negated, rest)


def _end_of_pattern(text: str) -> int | None:
    """Return where the delimiter, the first character, stands again."""
    position = 1
    while position < len(text):
        if text[position] == "\\":
            position += 1
        elif text[position] == text[0]:
            return position
        position += 1
    return None


def _parse_condition(number: int, text: str) -> Rule | None:
    delimited = _parse_delimited(text)
    if delimited is None:
        return None
    written = f"if {delimited.written}"
    return Rule(number, written, delimited.pattern, delimited.negated, None)


def _parse_rule(number: int, text: str) -> Rule | None:
    delimited = _parse_delimited(text)
    if delimited is None:
        return None
    pieces = _split_replacement(delimited.rest)
    if pieces is None:
        return None
    groups = [int(name) for name in pieces[1::2]]
    allowed = delimited.pattern.groups if delimited.pattern else max(groups, default=0)
    if any(not 1 <= group <= allowed for group in groups) or (groups and delimited.negated):
        return None
    return Rule(number, delimited.written, delimited.pattern, delimited.negated, delimited.rest)


def _split_replacement(text: str) -> list[str] | None:
    """Return text, number of a group, text, ...; None for what Postfix does not read."""
    pieces = [""]
    position = 0
    while position < len(text):
        found = _NAME_IN_REPLACEMENT.search(text, position)
        if found is None:
            pieces[-1] += text[position:]
            break
        pieces[-1] += text[position : found.start()]
        position = found.end()
        if found[1]:
            pieces[-1] += "$"
            continue
        name = found[2] or ""
        if found[3]:
            end = _end_of_name(text, position, found[3])
            name, position = text[position : end - 1], end
        if not (name.isascii() and name.isdigit()):
            return None
        pieces += [name, ""]
    return pieces


def _end_of_name(text: str, position: int, opening: str) -> int:
    """Return the index behind the bracket that closes a name."""
    level = 1
    while level and position < len(text):
        level += {opening: 1, _CLOSING[opening]: -1}.get(text[position], 0)
        position += 1
    return position if not level else 0


def _replaced(replacement: str, groups: tuple[str, ...]) -> str:
    pieces = _split_replacement(replacement) or [""]
    inserted = 0
    for index in range(1, len(pieces), 2):
        pieces[index] = groups[int(pieces[index]) - 1]
        inserted += len(pieces[index])
    if inserted > LARGEST_RESULT:
        raise LimitError(f"a recipient list of more than {LARGEST_RESULT} bytes")
    return "".join(pieces)

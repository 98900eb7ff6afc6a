# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`postfix-regexp.cf` as a pcre_table(5) of Postfix: the first rule that matches wins."""

from __future__ import annotations

import functools
import typing as t

from .._errors import RefusedError
from .._tables.rules import condition_of, ends_condition, split_replacement, split_rule
from .._text import in_quotes
from .files import File, logical_lines
from .limits import LARGEST_RESULT
from .patterns import MatchError, Pattern, compile_pattern, reads_as_postfix
from .syntax import MARK, to_text

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable, Iterator


class Condition(t.NamedTuple):
    """A pattern of a rule, or of an C(if) around it."""

    number: int
    written: str
    """As it stands in the file, with its flags."""

    pattern: Pattern | None
    """None where this machine cannot tell what it matches."""

    negated: bool
    delimited: str
    """The pattern with its delimiters."""

    flags: str

    def match(self, address: str) -> tuple[str, ...] | None:
        """Return the groups of the pattern if an address is let through, else None."""
        if self.pattern is None:
            return None
        try:
            groups = self.pattern.match(address)
        except MatchError:
            return None  # Postfix goes on with the next rule
        if self.negated:
            return () if groups is None else None
        return groups


class Rule(t.NamedTuple):
    """A rule that Postfix applies, with the conditions around it."""

    condition: Condition
    conditions: tuple[Condition, ...]
    value: str
    pieces: tuple[str, ...]
    """The recipients as text, number of a group, text, ..."""

    @property
    def number(self) -> int:
        """The number (from 1) of its first line."""
        return self.condition.number

    def filled(self, groups: tuple[str, ...]) -> str | None:
        """Return the recipients with the texts of its groups, None where that is too long."""
        if len(self.pieces) == 1:
            return self.pieces[0]
        pieces = list(self.pieces)
        room = LARGEST_RESULT
        for index in range(1, len(pieces), 2):
            pieces[index] = groups[int(pieces[index]) - 1]
            room -= len(pieces[index])
        return "".join(pieces) if room >= 0 else None


class Matches(t.NamedTuple):
    """Which rules apply to many addresses."""

    rules: dict[str, Rule]
    """The first rule that applies to an address."""

    none: set[str]
    """The addresses to which none does, known for sure."""


class RegexAliasesFile(File["str"]):
    """`postfix-regexp.cf`, which nothing repairs."""

    def _read(self, lines: list[str]) -> list[str]:
        return lines

    @functools.cached_property
    def logical(self) -> list[tuple[int, str]]:
        """The lines as Postfix joins them, each with its number."""
        lines = enumerate(self.read, 1)
        if self.has_byte_order_mark:
            lines = enumerate([MARK + line if index == 0 else line for index, line in enumerate(self.read)], 1)
        return list(logical_lines(lines))

    @functools.cached_property
    def rules(self) -> list[Rule]:
        """The rules in their order; those that Postfix skips are left out."""
        return list(self._rules())

    def _rules(self) -> Iterator[Rule]:
        conditions: list[Condition] = []
        for number, text in self.logical:
            condition = condition_of(text)
            if condition is not None:
                parsed = _parse(number, condition)
                # Postfix skips a condition that it cannot read, but not what is inside.
                if parsed:
                    conditions.append(parsed[0]._replace(written=f"if {parsed[0].written}"))
            elif ends_condition(text):
                del conditions[-1:]
            else:
                rule = _parse_rule(number, text, tuple(conditions))
                if rule:
                    yield rule

    def first_match(self, address: str, unsure: list[str]) -> tuple[Rule, tuple[str, ...]] | None:
        """Return the first rule that applies to an address, and its groups.

        `unsure` gets a sentence for each pattern on the way that this machine cannot tell
        for sure whether it matches; such a rule is passed over.
        """
        through: dict[int, bool] = {}
        for rule in self.rules:
            if all(self._lets_through(each, address, through, unsure) for each in rule.conditions):
                if rule.condition.pattern is None:
                    unsure.append(self._unsure_of(rule.condition))
                groups = rule.condition.match(address)
                if groups is not None:
                    return rule, groups
        return None

    def _lets_through(self, condition: Condition, address: str, known: dict[int, bool], unsure: list[str]) -> bool:
        if condition.number not in known:
            if condition.pattern is None:
                unsure.append(self._unsure_of(condition))
            known[condition.number] = condition.match(address) is not None
        return known[condition.number]

    def _unsure_of(self, condition: Condition) -> str:
        return (
            f"{self.name} line {condition.number} has the pattern"
            f" {in_quotes(to_text(condition.written))}, which Python reads in another way"
            " than Postfix, so whether it matches is not known; install libpcre2-8 to have it told"
        )

    def first_matches(self, addresses: Iterable[str]) -> Matches:
        """Return the first rule that applies, for each address that one does."""
        asked = list(addresses)
        found: dict[str, Rule] = {}
        unsure: set[str] = set()
        for rule in self.rules:
            candidates: Iterable[str] = asked
            for condition in (*rule.conditions, rule.condition):
                if condition.pattern is None:
                    unsure.update(candidates)
                candidates = _among(condition, candidates)
            for address in candidates:
                found.setdefault(address, rule)
        return Matches(found, {address for address in asked if address not in found and address not in unsure})


def _among(condition: Condition, addresses: Iterable[str]) -> list[str]:
    return [address for address in addresses if condition.match(address) is not None]


def _parse(number: int, text: str) -> tuple[Condition, str] | None:
    """Read a pattern with its flags and what follows; None where Postfix skips it."""
    split = split_rule(text)
    if split is None or not split.has_known_flags:
        return None
    try:
        pattern: Pattern | None = compile_pattern(split.delimited[1:-1], split.flags)
    except RefusedError:
        if reads_as_postfix():
            return None
        pattern = None
    if pattern is not None and pattern.warning is not None:
        pattern = None
    written = split.negation + split.delimited + split.flags
    return Condition(number, written, pattern, split.negated, split.delimited, split.flags), split.value


def _parse_rule(number: int, text: str, conditions: tuple[Condition, ...]) -> Rule | None:
    parsed = _parse(number, text)
    if parsed is None:
        return None
    condition, value = parsed
    pieces = split_replacement(value)
    if pieces is None:
        return None
    groups = [int(name) for name in pieces[1::2]]
    allowed = condition.pattern.groups if condition.pattern else max(groups, default=0)
    if any(not 1 <= group <= allowed for group in groups) or (groups and condition.negated):
        return None
    return Rule(condition, conditions, value, tuple(pieces))

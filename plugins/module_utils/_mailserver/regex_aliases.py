# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`postfix-regexp.cf` as a pcre_table(5) of Postfix: the first rule that matches wins."""

from __future__ import annotations

import functools
import typing as t

from .._errors import RefusedError
from .._tables.rules import (
    MOST_GROUPS,
    SplitRule,
    condition_of,
    ends_condition,
    split_pattern,
    split_replacement,
    split_rule,
)
from .._text import in_quotes
from .budget import NotKnownError, budget_of_run
from .files import File, logical_lines
from .limits import LARGEST_RESULT
from .patterns import Addresses, Pattern, UncertainError, compile_pattern, folded_subject
from .pcre2 import MatchError
from .syntax import MARK, to_text

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable, Iterator

    from .budget import Budget


MOST_UNSURE = 20
"""So much is told of that is not known of one address."""

_UNREADABLE = NotKnownError("is read differently by Python than by Postfix", "install libpcre2-8 to find out")


class Condition(t.NamedTuple):
    """A pattern of a rule, or of an C(if) around it."""

    number: int
    written: str
    """As it stands in the file, with its flags."""

    pattern: Pattern | None
    """None where Postfix may read it, but Python cannot."""

    negated: bool
    delimited: str
    """The pattern with its delimiters."""

    flags: str

    def match(self, address: str) -> tuple[str, ...] | None:
        """Return the groups of the pattern if an address is let through, else None.

        Raises NotKnownError.
        """
        if self.pattern is None:
            raise _UNREADABLE
        try:
            groups = self.pattern.match(address)
        except MatchError:
            return None  # Postfix goes on with the next rule
        if self.negated:
            return () if groups is None else None
        return groups

    @property
    def literal(self) -> bytes:
        """A text that each address holds that is let through, see `folded_subject`."""
        return b"" if self.negated or self.pattern is None else self.pattern.literal

    def among(self, addresses: Iterable[str], unsure: set[str]) -> list[str]:
        """Return the addresses that are let through; `unsure` gets those of which that is not known."""
        if self.pattern is None:
            unsure.update(addresses)
            return []
        among = self.pattern.among(addresses, self.negated)
        unsure.update(among.not_known)
        return among.matching


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

    continued = True

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
        return list(self._rules(self._budget))

    @functools.cached_property
    def _budget(self) -> Budget:
        return budget_of_run()

    def _rules(self, budget: Budget) -> Iterator[Rule]:
        conditions: list[Condition] = []
        for number, text in self.logical:
            condition = condition_of(text)
            if condition is not None:
                parsed = _parse(number, split_pattern(condition), budget)
                # Postfix skips a condition that it cannot read, but not what is inside.
                if parsed:
                    conditions.append(parsed[0]._replace(written=f"if {parsed[0].written}"))
            elif ends_condition(text):
                del conditions[-1:]
            else:
                rule = _parse_rule(number, text, tuple(conditions), budget)
                if rule:
                    yield rule

    @functools.cached_property
    def _literals(self) -> list[bytes]:
        return [rule.condition.literal for rule in self.rules]

    def first_match(self, address: str, unsure: dict[int, str]) -> tuple[Rule, tuple[str, ...]] | None:
        """Return the first rule that applies to an address, and its groups.

        `unsure` gets a sentence for each pattern on the way of which is not known whether it
        matches, by the number of its line; such a rule is passed over.
        """
        folded = folded_subject(address)
        known: dict[int, tuple[str, ...] | None] = {}
        for rule, literal in zip(self.rules, self._literals):
            if literal in folded:
                conditions = (*rule.conditions, rule.condition)
                if all(self._match(each, address, known, unsure) is not None for each in conditions):
                    return rule, t.cast("tuple[str, ...]", known[rule.number])
                if len(unsure) > MOST_UNSURE or (unsure and self._budget.is_spent):
                    break
        return None

    def _match(
        self,
        condition: Condition,
        address: str,
        known: dict[int, tuple[str, ...] | None],
        unsure: dict[int, str],
    ) -> tuple[str, ...] | None:
        number = condition.number
        if number not in known:
            known[number] = None
            try:
                known[number] = condition.match(address)
            except NotKnownError as error:
                written = in_quotes(to_text(condition.written))
                unsure[number] = f"{self.name} line {number} has the pattern {written}, which {error}"
        return known[number]

    def first_matches(self, addresses: Iterable[str]) -> Matches:
        """Return the first rule that applies, for each address that one does."""
        asked = Addresses(addresses if self.rules else ())
        found: dict[str, Rule] = {}
        unsure: set[str] = set()
        for rule, literal in zip(self.rules, self._literals):
            waiting = [address for address in asked.holding(literal) if address not in found]
            for condition in (*rule.conditions, rule.condition):
                waiting = condition.among(waiting, unsure) if waiting else waiting
            found.update(dict.fromkeys(waiting, rule))
            if self._budget.is_spent:
                unsure.update(asked.all)
                break
        return Matches(found, {address for address in asked.all if address not in found and address not in unsure})


def _parse(number: int, split: SplitRule | None, budget: Budget) -> tuple[Condition, str] | None:
    """Read a pattern with its flags and what follows; None where Postfix skips it."""
    if split is None or not split.has_known_flags:
        return None
    try:
        pattern: Pattern | None = compile_pattern(split.delimited[1:-1], split.flags, budget)
    except UncertainError:
        pattern = None
    except RefusedError:
        return None
    written = split.negation + split.delimited + split.flags
    return Condition(number, written, pattern, split.negated, split.delimited, split.flags), split.value


def _parse_rule(number: int, text: str, conditions: tuple[Condition, ...], budget: Budget) -> Rule | None:
    parsed = _parse(number, split_rule(text), budget)
    if parsed is None:
        return None
    condition, value = parsed
    pieces = split_replacement(value)
    if pieces is None:
        return None
    groups = [int(name) for name in pieces[1::2]]
    allowed = condition.pattern.groups if condition.pattern else MOST_GROUPS
    if any(not 1 <= group <= allowed for group in groups) or (groups and condition.negated):
        return None
    return Rule(condition, conditions, value, tuple(pieces))

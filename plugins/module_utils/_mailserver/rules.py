# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules of `postfix-regexp.cf` as Postfix applies them, for many addresses."""

from __future__ import annotations

import collections
import functools
import itertools
import re
import typing as t

from .._errors import RefusedError
from .._tables.regex_aliases import FLAGS, split_rule
from .limits import LARGEST_RESULT
from .patterns import compile_pattern
from .reading import recipients_of

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from .reading import LogicalRule

_CONDITION = re.compile(r"if(?![0-9a-z])\s*(.*)", re.IGNORECASE | re.DOTALL)
_CONDITION_END = re.compile(r"endif(?![0-9a-z])", re.IGNORECASE)
_GROUP = re.compile(r"\$(?:(\$)|\{?\(?([0-9]+)\)?\}?)")

# What Python's `re` may read in another way than PCRE2; see pcre2pattern(3).
_NOT_FOR_PYTHON = re.compile(r"\\(?![.+@/_dDwWsS$^*?|(){}\[\]\\-])|\(\?(?![:=!])|\[\[|\[:|[*+?}]\+|\(\*|\{,")
_ALWAYS_ON = frozenset("is")
_LITERAL_DOMAIN = re.compile(r"@((?:[A-Za-z0-9-]|\\[.-])+)\$")
_CHARACTER_CLASS = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]")
_LITERAL = re.compile(r"[A-Za-z0-9]{2}")


class Expression:
    """One pattern with its flags, compiled when it is first asked."""

    def __init__(self, pattern: str, flags: str, negated: bool) -> None:
        """Take a pattern without its delimiters."""
        self.pattern = pattern
        self.flags = flags
        self.negated = negated
        self._in_python: re.Pattern[str] | None = None
        self._matches: Callable[[str], object] | None = None

    def compile(self) -> int | None:
        """Return how many groups there are, None where Postfix skips the rule."""
        if set(self.flags) - set(FLAGS):
            return None
        if not set(self.flags) - {"i"} and not _NOT_FOR_PYTHON.search(self.pattern):
            options = re.DOTALL | re.ASCII
            if "i" not in self.flags:
                options |= re.IGNORECASE
            try:
                self._in_python = re.compile(self.pattern, options)
            except re.error:
                return None
            self._matches = self._in_python.search
            return self._in_python.groups
        try:
            compiled = compile_pattern(self.pattern, self.flags)
        except RefusedError:
            return None
        self._matches = compiled.matches
        return compiled.groups

    def matches(self, address: str) -> bool:
        """Whether the pattern lets an address through."""
        return self._matches is not None and bool(self._matches(address)) != self.negated

    def among(self, addresses: Iterable[str]) -> Iterable[str]:
        """Return the addresses that the pattern lets through."""
        if self._matches is None:
            return ()
        if self.negated:
            return itertools.filterfalse(self._matches, addresses)
        return filter(self._matches, addresses)

    def groups(self, address: str) -> tuple[str, ...] | None:
        """Return what the groups hold, None where only PCRE2 could tell."""
        found = self._in_python.search(address) if self._in_python else None
        return tuple(group or "" for group in found.groups()) if found else None

    @property
    def alternatives(self) -> list[str]:
        """The alternatives at the top of the pattern."""
        pieces = [""]
        depth = 0
        for token in re.findall(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|.", self.pattern, re.S):
            depth += {"(": 1, ")": -1}.get(token, 0)
            if token == "|" and depth == 0:
                pieces.append("")
            else:
                pieces[-1] += token
        return pieces

    @property
    def names_its_domain(self) -> bool:
        """Whether it lets through addresses of certain domains alone."""
        return not self.negated and all(map(_ends_with_domain, self.alternatives))

    @functools.cached_property
    def literal_domain(self) -> str | None:
        """The one folded domain of all that it lets through, None where it has several."""
        found = _LITERAL_DOMAIN.search(self.pattern)
        if self.negated or not found or len(self.alternatives) > 1:
            return None
        whole = found.end() == len(self.pattern) and "m" not in self.flags
        return found[1].replace("\\", "").lower() if whole else None


def _ends_with_domain(alternative: str) -> bool:
    at = alternative.rfind("@")
    if at < 0 or not re.search(r"(?<!\\)\$$|\\[zZ]$", alternative):
        return False
    return bool(_LITERAL.search(_CHARACTER_CLASS.sub(" ", alternative[at:])))


class Rule(t.NamedTuple):
    """One rule that Postfix applies."""

    number: int
    written: str
    """The pattern with its delimiters."""

    expression: Expression
    conditions: tuple[Expression, ...]
    recipients: tuple[str, ...]
    comment: bool
    """Whether there is an inline comment."""

    def results(self, address: str) -> tuple[str, ...] | None:
        """Return the recipients for an address that it matches, None where unknown."""
        if not any("$" in recipient for recipient in self.recipients):
            return self.recipients
        groups = self.expression.groups(address)
        return None if groups is None else self.filled(groups)

    def filled(self, groups: Sequence[str]) -> tuple[str, ...]:
        """Return the recipients with these texts in the place of its groups."""

        def group(found: re.Match[str]) -> str:
            number = int(found[2] or 0)
            return "$" if found[1] else (("", *groups)[number] if number else "")

        longest = max(map(len, groups), default=0)
        found, room = [], LARGEST_RESULT
        for recipient in self.recipients:
            # Too long for Postfix either way: not made, lest it fills the memory.
            if len(recipient) + recipient.count("$") * longest <= LARGEST_RESULT:
                recipient = _GROUP.sub(group, recipient)
            found.append(recipient)
            room -= len(recipient)
            if room < 0:
                break
        return tuple(found)


class Rules:
    """The rules of the file in their order; those that Postfix skips are left out."""

    def __init__(self, lines: Iterable[LogicalRule]) -> None:
        """Read the logical lines of the file."""
        self.rules = list(_read(lines))

    def first_matches(self, addresses: Iterable[str]) -> dict[str, Rule]:
        """Return the first rule that matches, for each address that one does."""
        found: dict[str, Rule] = {}
        asked = list(addresses) if self.rules else []
        by_domain: dict[str, list[str]] | None = None
        for rule in self.rules:
            candidates: Iterable[str] = asked
            domain = rule.expression.literal_domain
            if domain is not None:
                by_domain = _by_domain(asked) if by_domain is None else by_domain
                candidates = by_domain.get(domain, ())
            for condition in rule.conditions:
                candidates = condition.among(candidates)
            for address in rule.expression.among(candidates):
                found.setdefault(address, rule)
        return found

    def first_match(self, address: str) -> Rule | None:
        """Return the first rule that matches an address."""
        return self.first_matches([address]).get(address)


def _by_domain(addresses: Iterable[str]) -> dict[str, list[str]]:
    found = collections.defaultdict(list)
    for address in addresses:
        found[address.rpartition("@")[2].lower()].append(address)
    return found


def _read(lines: Iterable[LogicalRule]) -> Iterator[Rule]:
    conditions: list[Expression] = []
    for number, text in lines:
        condition = _CONDITION.match(text)
        if condition:
            expression = _split(condition[1])
            # Postfix skips a condition that it cannot read, but not what is inside.
            if expression and expression[0].compile() is not None:
                conditions.append(expression[0])
        elif _CONDITION_END.match(text):
            del conditions[-1:]
        else:
            rule = _rule(number, text, tuple(conditions))
            if rule:
                yield rule


def _rule(number: int, text: str, conditions: tuple[Expression, ...]) -> Rule | None:
    found = _split(text)
    if not found:
        return None
    expression, written, value = found
    groups = expression.compile()
    recipients, comment = recipients_of(value.strip()) if value.strip() else ((), False)
    named = [int(group[1] or 0) for group in _GROUP.findall(value)]
    if groups is None or max(named, default=0) > (0 if expression.negated else groups):
        return None
    return Rule(number, written, expression, conditions, recipients, comment)


def _split(text: str) -> tuple[Expression, str, str] | None:
    """Return pattern, pattern as written and value of a rule or a condition."""
    bare = text.lstrip("! \t")
    negated = text[: len(text) - len(bare)].count("!") % 2 == 1
    rule = split_rule(bare)
    if rule is None:
        return None
    written = ("!" if negated else "") + rule.delimited
    return Expression(rule.pattern, rule.flags, negated), written, rule.value

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`postfix-regexp.cf`: C(/pattern/flags recipient[,recipient...])."""

from __future__ import annotations

import dataclasses
import typing as t

from .._errors import MissingEntryError, Refusal, RefusedError
from .._secrets import without_columns, without_hashes
from .._text import in_quotes
from .entry import Misread, decode, encode, printable_line
from .logical import LogicalTable, join_recipients, split_recipients
from .rules import ESCAPED_OR_SLASH, SplitRule, condition_of, ends_condition, split_rule

if t.TYPE_CHECKING:  # pragma: no cover
    from .order import Order


def delimit(pattern: str) -> str:
    """Return a pattern between slashes, its own slashes escaped."""
    escaped = ESCAPED_OR_SLASH.sub(lambda found: "\\/" if found[0] == "/" else found[0], pattern)
    return f"/{escaped}/"


@dataclasses.dataclass(frozen=True)
class RegexAlias:
    """A pattern and what it points to, as `postfix-regexp.cf` holds it."""

    pattern: str
    """The pattern without delimiters, its slashes not escaped."""

    flags: str
    recipients: tuple[str, ...]

    @property
    def key(self) -> str:
        """The pattern."""
        return self.pattern


class Position(t.NamedTuple):
    """Where a regex alias should stand among the rules."""

    kind: str
    """One of C(first), C(last), C(before) and C(after)."""

    pattern: str = ""
    """The other pattern, for C(before) and C(after)."""


class RegexAliasTable(LogicalTable[RegexAlias]):
    """The regex aliases. The first rule that matches wins, so their order counts.

    Rules between C(if) and C(endif), negated ones and those that Postfix skips are no
    entries: they are kept as they are.
    """

    section = "regex_aliases"
    noun = "regex alias"
    file_name = "postfix-regexp.cf"
    duplicate_effect = "of which Postfix uses only the first"

    def __init__(self, content: bytes | None) -> None:
        """Read the content of the file, None for a file that does not exist."""
        self._conditions: list[int] = []
        self._other_rules: list[int] = []
        self._order: Order | None = None
        super().__init__(content)

    def _scan_line(self, handle: int, line: bytes) -> bytes:
        text = decode(line.rstrip())
        if condition_of(text) is not None:
            self._conditions.append(handle)
        elif ends_condition(text):
            del self._conditions[-1:]
        else:
            rule = split_rule(text)
            if rule and text[0] != "!" and not self._conditions:
                return encode(rule.pattern)
            if rule:
                self._remember_other(handle, rule)
        self._other_rules.append(handle)
        return b""

    def _hide(self, handle: int, key: bytes) -> None:
        super()._hide(handle, key)
        self._other_rules.append(handle)

    def _remember_other(self, handle: int, rule: SplitRule) -> None:
        problem = "has this pattern in a negated rule"
        if self._conditions:
            condition = self.lines.number(self._conditions[-1])
            problem = f"has this pattern inside the condition of line {condition}"
        self._misread[encode(rule.pattern)] = Misread(handle, problem)

    def _key_of_indented(self, text: str) -> bytes | None:
        if text.startswith(("/", "!")):
            rule = split_rule(text)
            return encode(rule.pattern) if rule else None
        is_condition = condition_of(text) is not None or ends_condition(text)
        return encode(text) if is_condition else None

    def _value(self, handle: int) -> str:
        return self._rule(handle).value

    def _rule(self, handle: int) -> SplitRule:
        rule = split_rule(self._logical_text(handle))
        if rule is None:  # pragma: no cover  # only lines with a rule are entries
            raise RefusedError(f"{self.place(handle)} holds no rule")
        return rule

    def _parse(self, handle: int) -> RegexAlias:
        rule = self._rule(handle)
        flags = "".join(sorted(rule.flags))
        return RegexAlias(rule.pattern, flags, split_recipients(rule.value))

    def _render(self, entry: RegexAlias, replaced: int | None) -> bytes:
        delimited, separator = delimit(entry.pattern), " "
        if replaced is not None:
            written = self._rule(replaced)
            delimited = written.delimited
            if replaced not in self._continuations:
                separator = written.separator or " "
        recipients = join_recipients(entry.recipients)
        return encode(f"{delimited}{entry.flags}{separator}{recipients}")

    def _place(self, entry: RegexAlias, line: bytes) -> int:
        if self._conditions:
            reason = (
                "opens a condition that no endif closes, so a rule below it would depend on it; close it"
                f" before the {self.noun} {in_quotes(entry.pattern)} can be added at the end"
            )
            raise RefusedError(Refusal(reason, key=entry.pattern, place=self.place(self._conditions[-1])))
        new = self.lines.append(line)
        if self._order is not None:
            self._order.insert_before(None, new)
        return new

    @property
    def has_other_rules(self) -> bool:
        """Whether there are rules that are no entries, such as conditional ones."""
        return bool(self._other_rules)

    def shown(self, line: bytes) -> str:
        """Return a line as a diff may show it; a pattern may have a C(|)."""
        text = printable_line(line)
        rule = split_rule(text)
        if rule is None:
            return without_columns(text) if condition_of(text) is None else without_hashes(text)
        pattern = text[: len(text) - len(rule.value)]
        return without_hashes(pattern) + without_columns(rule.value)

    def shown_key(self, key: str) -> str:
        """Return a pattern as it may be shown in a sentence."""
        return without_hashes(key)

    def put_at(self, entry: RegexAlias, position: Position) -> None:
        """Write an entry where it should stand; it is moved only if it does not yet.

        Raises RefusedError where there is no such place, MissingEntryError where that
        is because the other pattern is not there. Nothing is edited then.
        """
        if self.find(entry.key) is not None and self._stands_at(entry.key, position):
            if not self.holds(entry):
                self.put(entry)
            return
        line = self._line_of(entry, self._handles.get(encode(entry.key)))
        self.remove(entry.key)
        self._handles[encode(entry.key)] = self._insert(entry, line, position)
        self._moved.add(entry.key)

    def remove(self, key: str) -> None:
        """Take the entry of a key away; comments around it stay."""
        handle = self._handles.get(encode(key))
        super().remove(key)
        if self._order is not None and handle is not None:
            self._order.remove(handle)

    @property
    def _rules_in_order(self) -> Order:
        if self._order is None:
            # Most runs ask for no position.
            from .order import Order

            rules = {*self._handles.values(), *self._other_rules}
            self._order = Order([handle for handle in self.lines.handles() if handle in rules])
        return self._order

    def _handle_of_other(self, key: str, position: Position) -> int:
        handle = self._handles.get(encode(position.pattern))
        if handle is None or position.pattern == key:
            refused = RefusedError if position.pattern == key else MissingEntryError
            reason = (
                f"{self.noun} {in_quotes(key)} should be placed {position.kind} the pattern"
                f" {in_quotes(position.pattern)}, but {self.file_name} has no other regex alias with that pattern;"
                " name one that it has, or add that one first"
            )
            raise refused(Refusal(reason, key=key))
        return handle

    def _stands_at(self, key: str, position: Position) -> bool:
        rules, handle = self._rules_in_order, self._handles[encode(key)]
        if position.kind == "first":
            return rules.is_first(handle)
        if position.kind == "last":
            return rules.is_last(handle)
        above, below = handle, self._handle_of_other(key, position)
        if position.kind == "after":
            above, below = below, above
        return rules.is_above(above, below)

    def _insert(self, entry: RegexAlias, line: bytes, position: Position) -> int:
        rules = self._rules_in_order
        if position.kind == "after":
            other = self._handle_of_other(entry.key, position)
            new = self.lines.insert_after(self._last_physical(other), line)
            rules.insert_after(other, new)
            return new
        if position.kind == "before":
            below: int | None = self._handle_of_other(entry.key, position)
        else:
            below = rules.first if position.kind == "first" else None
        if below is None:
            return self._place(entry, line)
        new = self.lines.insert_before(self._above_comments(below), line)
        rules.insert_before(below, new)
        return new

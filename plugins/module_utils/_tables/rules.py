# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lines of a pcre_table(5), split where Postfix splits them."""

from __future__ import annotations

import re
import typing as t

from .._text import bounded_number

FLAGS = "imsxAEUX"
"""The flags of a pcre_table(5); each one turns an option over."""

MOST_GROUPS = 65_535
"""How many groups a pattern may have, see pcre2limits(3)."""

ESCAPED_OR_SLASH = re.compile(r"\\.|/")
_CONDITION = re.compile(r"if(?![0-9a-z])\s*(.*)", re.IGNORECASE | re.DOTALL | re.ASCII)
_CONDITION_END = re.compile(r"endif(?![0-9a-z])", re.IGNORECASE)
_NEGATION = re.compile(r"[!\s]*", re.ASCII)
_NO_RULE = re.compile(r"[\s0-9A-Za-z]", re.ASCII)
_NAME_IN_REPLACEMENT = re.compile(r"\$(?:(\$)|([0-9A-Za-z_]+)|([({]))?")
_CLOSING = {"(": ")", "{": "}"}


class SplitRule(t.NamedTuple):
    """A rule, or the pattern of a condition."""

    negation: str
    """The exclamation marks and blanks before the pattern."""

    delimited: str
    """The pattern with its delimiters, as written."""

    flags: str
    separator: str
    value: str

    @property
    def negated(self) -> bool:
        """Whether the rule applies where the pattern does not match."""
        return self.negation.count("!") % 2 == 1

    @property
    def pattern(self) -> str:
        """The pattern without delimiters, its slashes not escaped."""
        return undelimited(self.delimited)

    @property
    def has_known_flags(self) -> bool:
        """Whether Postfix knows all of its flags; else it skips the rule."""
        return not set(self.flags).difference(FLAGS)


def undelimited(delimited: str) -> str:
    """Return a pattern without delimiters, its slashes not escaped."""
    return ESCAPED_OR_SLASH.sub(lambda found: found[0].replace("\\/", "/"), delimited[1:-1])


def split_rule(text: str) -> SplitRule | None:
    """Split a rule at its delimiters; None where Postfix would skip it.

    The delimiter is the first character, which is no letter and no digit; what begins with
    a blank continues another line.
    """
    return None if _NO_RULE.match(text) else split_pattern(text)


def split_pattern(text: str) -> SplitRule | None:
    """Split the pattern of a condition as `split_rule` does; any character is a delimiter there."""
    negation = _NEGATION.match(text)
    rest = text[negation.end() :] if negation else text
    delimiter = re.escape(rest[:1])
    if not rest or rest[0] == "\\":
        return None
    found = re.fullmatch(
        rf"({delimiter}(?:\\.|(?!{delimiter})[^\\])*{delimiter})(\S*)(\s*)(.*)", rest, re.DOTALL | re.ASCII
    )
    return SplitRule(text[: len(text) - len(rest)], *found.groups()) if found else None


def condition_of(text: str) -> str | None:
    """Return what stands behind an C(if), None where a line does not begin with one."""
    found = _CONDITION.match(text)
    return found[1] if found else None


def ends_condition(text: str) -> bool:
    """Whether a line is an C(endif)."""
    return _CONDITION_END.match(text) is not None


def split_replacement(text: str) -> list[str] | None:
    """Return text, number of a group, text, ...; None for what Postfix does not read."""
    pieces: list[str] = []
    literal: list[str] = []
    position = 0
    while position < len(text):
        found = _NAME_IN_REPLACEMENT.search(text, position)
        if found is None:
            break
        literal.append(text[position : found.start()])
        position = found.end()
        if found[1]:
            literal.append("$")
            continue
        name = found[2] or ""
        if found[3]:
            end = _end_of_name(text, position, found[3])
            if end is None:
                return None
            name, position = text[position : end - 1], end
        if not (name.isascii() and name.isdigit()):
            return None
        pieces += ["".join(literal), str(bounded_number(name, MOST_GROUPS))]
        literal = []
    return [*pieces, "".join(literal) + text[position:]]


def _end_of_name(text: str, position: int, opening: str) -> int | None:
    """Return the index behind the bracket that closes a name, None where none does."""
    level = 1
    while level and position < len(text):
        level += {opening: 1, _CLOSING[opening]: -1}.get(text[position], 0)
        position += 1
    return None if level else position

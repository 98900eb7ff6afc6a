# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Patterns in the place of PCRE2: those that Python's C(re) reads in the same way.

C(re) has no limits, so an address is matched only where that cannot take long.
"""

from __future__ import annotations

import functools
import re
import typing as t
import warnings

from .._text import bounded_number
from .budget import NotKnownError

_ADVICE = "install libpcre2-8 to find out"

_OPTIONS = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL, "x": re.VERBOSE}

# What PCRE2 takes, see pcre2limits(3) and pcre2build(3).
_LARGEST_NUMBER = 65_535
_DEEPEST = 250

# What is longer may be too large for PCRE2 once it is compiled.
_LONGEST = 10_000

_MOST_WAYS = 300_000
_MANY = 50

# A part of a pattern, and how often it may stand there.
_TOKEN = re.compile(
    r"""
    (?P<open>\((?:\?(?:[:=!]|<[=!]))?(?![*+?{]))
  | (?P<bar>\|)
  | (?:[$^]|\\[bB])(?![*+?{])
  | (?: (?P<close>\))
      | (?P<group>\\[1-9](?![0-9]))
      | [^][\\(){}*+?|^$]
      | \\(?:[^0-9A-Za-z]|[dDwWsStnrf])
      | \[\^?\]?(?:(?!--|&&|~~|\|\|)[^][\\]|\\(?:[^0-9A-Za-z]|[dDwWsStnrf]))*\]
    )
    (?:(?P<repeat>[*+?]|\{(?P<least>[0-9]+)(?P<comma>,(?P<most>[0-9]*))?\})\??(?![*+?{]))?
    """,
    re.VERBOSE | re.DOTALL,
)


class UnreadableError(Exception):
    """Python does not compile a pattern, though PCRE2 may."""

    def __init__(self, message: str, offset: int) -> None:
        """Take what is wrong, and where in the pattern."""
        super().__init__(message)
        self.offset = offset


class Cost(t.NamedTuple):
    """In how many ways a pattern is tried at most: factor times length of the address to a power."""

    factor: int
    power: int

    def is_bounded(self, length: int) -> bool:
        """Whether an address of that length may be tried."""
        ways: int = self.factor * (length + 1) ** self.power
        return ways <= _MOST_WAYS

    def then(self, other: Cost) -> Cost:
        """Return the cost of one part with another behind it."""
        return Cost(self.factor * other.factor, self.power + other.power)

    def or_else(self, other: Cost) -> Cost:
        """Return the cost of one part or another."""
        return Cost(self.factor + other.factor, max(self.power, other.power))


class PythonCode:
    """A pattern that Python has compiled."""

    def __init__(self, pattern: str, flags: set[str]) -> None:
        """Compile a pattern. Raises ValueError for what PCRE2 refuses, though C(re) may take it.

        Raises UnreadableError for what C(re) refuses.
        """
        self._cost = cost_in_python(pattern, flags)
        options = sum(option for flag, option in _OPTIONS.items() if flag in flags)
        try:
            with warnings.catch_warnings():
                # What Python will read in another way one day is not read alike.
                warnings.simplefilter("ignore", FutureWarning)
                # As bytes, which is how Postfix has PCRE2 read patterns and addresses.
                self._compiled = re.compile(pattern.encode("utf-8", "surrogateescape"), options)
        except re.error as error:
            raise UnreadableError(error.msg, error.pos or 0) from None
        except (ValueError, OverflowError, RecursionError, MemoryError) as error:
            raise UnreadableError(str(error), 0) from None
        self.groups = self._compiled.groups

    @property
    def is_given_up(self) -> bool:
        """Whether no address is tried, because C(re) may read the pattern in another way than PCRE2."""
        return self._cost is None

    def matches(self, subject: bytes) -> bool:
        """Whether an address matches anywhere. Raises NotKnownError."""
        return self.match(subject) is not None

    def match(self, subject: bytes) -> tuple[bytes, ...] | None:
        """Return the text of each group if an address matches anywhere, else None. Raises NotKnownError."""
        if self._cost is None:
            raise NotKnownError("may be read differently by Python than by Postfix", _ADVICE)
        if not self._cost.is_bounded(len(subject)):
            raise NotKnownError("may take Python too long", _ADVICE)
        found = self._compiled.search(subject)
        return None if found is None else found.groups(b"")


_ONCE = Cost(1, 0)
_LENGTH = Cost(1, 1)


def cost_in_python(pattern: str, flags: set[str]) -> Cost | None:
    """Return what a pattern costs, None where C(re) may read it in another way or take for ever.

    Raises ValueError for what PCRE2 refuses, though C(re) would not.
    """
    if flags & set("xAEU") or len(pattern) > _LONGEST:
        return None
    # The costs of the alternatives of each open group.
    groups = [[_ONCE]]
    captures = repeats = False
    position = 0
    while position < len(pattern):
        found = _TOKEN.match(pattern, position)
        if found is None or (found["close"] and len(groups) == 1):
            return None
        position = found.end()
        if found["open"]:
            groups.append([_ONCE])
            captures = captures or found["open"] == "("
        elif found["bar"]:
            groups[-1].append(_ONCE)
        else:
            cost = _repetition(found)
            if found["close"]:
                cost = functools.reduce(Cost.or_else, groups.pop()).then(cost)
                repeats = repeats or found["repeat"] is not None
                if found["repeat"] not in (None, "?"):
                    return None
            groups[-1][-1] = groups[-1][-1].then(cost)
        if len(groups) > _DEEPEST:
            raise ValueError(f"more than {_DEEPEST} nested groups")
    # A group in a repeated group may hold other text there than with PCRE2.
    if captures and repeats:
        return None
    begins = pattern.startswith("^") and "m" not in flags and len(groups[0]) == 1
    return functools.reduce(Cost.or_else, groups[0], Cost(0, 0)).then(_ONCE if begins else _LENGTH)


def _repetition(found: re.Match[str]) -> Cost:
    cost = _LENGTH if found["group"] else _ONCE
    numbers = [bounded_number(number, _LARGEST_NUMBER) for number in (found["least"], found["most"]) if number]
    if max(numbers, default=0) > _LARGEST_NUMBER:
        raise ValueError(f"a number above {_LARGEST_NUMBER}")
    if found["repeat"] is None or (found["least"] and not found["comma"]):
        return cost
    if found["repeat"] == "?":
        return cost.then(Cost(2, 0))
    choices = numbers[1] - numbers[0] + 1 if len(numbers) > 1 else _MANY + 1
    return cost.then(_LENGTH if choices > _MANY else Cost(max(choices, 1), 0))

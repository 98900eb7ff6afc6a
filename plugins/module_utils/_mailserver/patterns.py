# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compile patterns of a pcre_table(5) as Postfix does, and match addresses with them.

PCRE2 matches as in Postfix, but with lower limits: with those of Postfix one address may
take minutes and gigabytes. Without PCRE2, Python's C(re) matches what it reads in the same
way, as far as that cannot take long. Anything else is not known.
"""

from __future__ import annotations

import bisect
import itertools
import time
import typing as t

from .._errors import RefusedError
from .._tables.rules import FLAGS
from .._text import in_quotes
from .budget import Budget, NotKnownError, budget_of_run
from .limits import LONGEST_ADDRESS, LONGEST_QUOTED
from .literals import literal_of
from .pcre2 import Code, InvalidPatternError, MatchError, library

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable, Iterable, Iterator

    from .pcre2 import Library
    from .python_patterns import PythonCode

_Result = t.TypeVar("_Result")

_ON_BY_DEFAULT = "is"


class UncertainError(RefusedError):
    """A pattern that Python cannot compile, though Postfix may."""


def folded_subject(address: str) -> bytes:
    """Return what holds the literals of the patterns that match an address."""
    return b"\n" + _encoded(address).lower()


class Addresses:
    """Addresses that many patterns are tried on."""

    def __init__(self, addresses: Iterable[str]) -> None:
        """Take the addresses."""
        self.all = list(addresses)
        joined = "\n".join(self.all)
        self._text = folded_subject(joined) if self.all else b""
        lengths = map(len, self.all) if joined.isascii() else (len(_encoded(address)) for address in self.all)
        self._ends = list(itertools.accumulate(length + len(b"\n") for length in lengths))

    def holding(self, literal: bytes) -> Iterator[str]:
        """Yield the addresses that hold a text as `literal_of` returns it."""
        if not literal:
            yield from self.all
            return
        position = self._text.find(literal)
        while position >= 0:
            index = bisect.bisect_right(self._ends, position)
            yield self.all[index]
            position = self._text.find(literal, self._ends[index])


class Among(t.NamedTuple):
    """What a pattern makes of many addresses."""

    matching: list[str]
    not_known: list[str]


class _TooLarge:
    """A pattern for which there is no memory left."""

    is_given_up = True

    def __init__(self, groups: int) -> None:
        self.groups = groups

    def match(self, subject: bytes) -> tuple[bytes, ...] | None:
        """Raise NotKnownError."""
        raise NotKnownError("is too large together with the other patterns", "simplify the patterns")

    matches = match


class Pattern:
    """A compiled pattern."""

    def __init__(
        self, code: Code | PythonCode | _TooLarge, literal: bytes, warning: str | None, budget: Budget
    ) -> None:
        """Take the compiled pattern, what `literal_of` found, and what matching may cost."""
        self.groups = code.groups
        """How many groups C($1), C($2), ... can name."""

        self.literal = literal
        """A folded text that each matching address holds, with a newline for its beginning."""

        self.warning = warning
        """What the user should know of how it was compiled."""

        self.not_known: NotKnownError | None = None
        """Why it was not known of an address whether it matches."""

        self._code = code
        self._budget = budget

    def match(self, address: str) -> tuple[str, ...] | None:
        """Return the text of each group if an address matches anywhere, else None.

        A group that took no part is empty; bytes that are not ASCII are surrogates. Raises
        MatchError and NotKnownError.
        """
        groups = self._try(self._code.match, _encoded(address))
        return None if groups is None else tuple(group.decode("ascii", "surrogateescape") for group in groups)

    def may_match(self, address: str) -> bool:
        """Whether an address matches anywhere, or that is not known."""
        try:
            return bool(self._try(self._code.matches, _encoded(address)))
        except MatchError:
            return False
        except NotKnownError:
            return True

    def among(self, addresses: Addresses | Iterable[str], negated: bool = False) -> Among:
        """Return the addresses that match, or those that do not where the rule is negated."""
        among = Among([], [])
        if isinstance(addresses, Addresses):
            addresses = addresses.all if negated else addresses.holding(self.literal)
        waiting = iter(addresses)
        for address in waiting:
            try:
                if bool(self._try(self._code.matches, _encoded(address))) != negated:
                    among.matching.append(address)
            except MatchError:
                continue
            except NotKnownError:
                among.not_known.append(address)
                if self._code.is_given_up or self._budget.is_spent:
                    among.not_known.extend(waiting)
        return among

    def _try(self, match: Callable[[bytes], _Result], subject: bytes) -> _Result | None:
        """Return what a match says, None where the address cannot match."""
        if self.literal not in b"\n" + subject.lower():
            return None
        started = time.perf_counter()
        try:
            self._check(subject)
            return match(subject)
        except NotKnownError as error:
            self.not_known = error
            raise
        finally:
            self._budget.spend(time.perf_counter() - started)

    def _check(self, subject: bytes) -> None:
        """Raise NotKnownError for what is not to be tried."""
        if len(subject) > LONGEST_QUOTED:
            raise NotKnownError(
                f"was not tried on an address of more than {LONGEST_ADDRESS} bytes", "use shorter addresses"
            )
        if self._budget.is_spent:
            raise NotKnownError(
                "was not tried on every address, because all patterns together take too long",
                "simplify the patterns",
            )


def compile_pattern(pattern: str, flags: str, budget: Budget | None = None) -> Pattern:
    """Compile a pattern without its delimiters, each once in the run of the budget.

    Uses PCRE2 through the system library, as Postfix does, else Python's C(re). Raises
    RefusedError for a pattern that Postfix would skip, UncertainError where it may not.
    """
    budget = budget or budget_of_run()
    known = budget.compiled.get((pattern, flags))
    if known is None:
        enabled = {flag for flag in FLAGS if (flag in _ON_BY_DEFAULT) != (flags.count(flag) % 2 == 1)}
        found = library()
        known = _with_pcre2(found, pattern, enabled, budget) if found else with_python(pattern, enabled, budget)
        budget.compiled[pattern, flags] = known
    return known


def _with_pcre2(library: Library, pattern: str, enabled: set[str], budget: Budget) -> Pattern:
    try:
        code = Code(library, _encoded(pattern), enabled)
    except InvalidPatternError as error:
        raise RefusedError(_invalid(pattern, str(error), error.offset)) from None
    budget.memory -= code.size
    kept = code if budget.memory >= 0 else _TooLarge(code.groups)
    return Pattern(kept, literal_of(pattern, enabled), None, budget)


def with_python(pattern: str, enabled: set[str], budget: Budget) -> Pattern:
    """Compile a pattern where there is no PCRE2; raises as `compile_pattern` does."""
    from .python_patterns import PythonCode, UnreadableError

    try:
        code = PythonCode(pattern, enabled)
    except ValueError as error:
        raise RefusedError(_invalid(pattern, str(error), 0)) from None
    except UnreadableError as error:
        raise UncertainError(_invalid(pattern, f"{error} (Python's re)", error.offset)) from None
    warning = None
    if code.is_given_up:
        warning = (
            f"the pattern {in_quotes(pattern)} was checked with Python's re, which may read it differently than"
            " Postfix; install libpcre2-8 for an exact check"
        )
    return Pattern(code, b"" if warning else literal_of(pattern, enabled), warning, budget)


def _invalid(pattern: str, message: str, offset: int) -> str:
    return (
        f"the pattern {in_quotes(pattern)} is not valid at character {offset + 1}"
        f" ({message}), so Postfix would skip the rule; correct it"
    )


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")

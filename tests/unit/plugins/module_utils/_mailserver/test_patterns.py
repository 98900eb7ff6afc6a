# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that patterns match as in a pcre_table(5), with PCRE2 and with Python, and come to an end."""

from __future__ import annotations

import json
import os
import pathlib
import resource
import subprocess
import sys

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.mailops.dms.plugins.module_utils._errors import RefusedError
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.budget import Budget, NotKnownError, one_run
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.patterns import (
    Addresses,
    Pattern,
    UncertainError,
    compile_pattern,
    with_python,
)
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.pcre2 import MatchError
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.python_patterns import cost_in_python
from ansible_collections.mailops.dms.tests.support import wishes

ADDRESS = "Ab.c+d@example.com"
COLLECTIONS = pathlib.Path(__file__).parents[5] / ".build" / "collections"
PIECES: list[str] = yaml.safe_load((wishes.DATA / "routes" / "pieces.yml").read_text())
HOSTILE: dict[str, list[str]] = yaml.safe_load((wishes.DATA / "hostile-patterns.yml").read_text())


@pytest.mark.parametrize(
    ("pattern", "flags", "groups"),
    [
        (r"^(a)b\.(.)\+d@", "", ("A", "c")),
        (r"^(x)?ab", "", ("",)),
        (r"^ab()", "", ("",)),
        ("^ab", "", ()),
        ("^ab", "i", None),
        ("^ab", "ii", ()),
        ("^ a b", "x", ()),
        ("b", "A", None),
        (r"(.+)\.", "U", ("Ab",)),
        ("(?<name>c)", "", ("c",)),
        (r"^(?!ab)\S+$", "", None),
        ("nobody", "", None),
    ],
)
def test_groups(pattern: str, flags: str, groups: tuple[str, ...] | None) -> None:
    assert compile_pattern(pattern, flags).match(ADDRESS) == groups


@pytest.mark.parametrize(
    "pattern", ["a(", "[a", "a**", "a{2,1}", "a{70000}", r"(?P<a>.)(?P<a>.)", "(" * 500 + ")" * 500]
)
def test_invalid_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(RefusedError, match="Postfix would skip the rule"):
        compile_pattern(pattern, "")


def test_a_group_has_a_character_for_each_byte() -> None:
    assert compile_pattern("^(.)@", "").match("\udce9@example.com") == ("\udce9",)
    assert compile_pattern("^(.+)@", "").match("é@example.com") == ("\udcc3\udca9",)


def test_an_address_that_is_no_utf_8_is_not_matched() -> None:
    pattern = compile_pattern("(*UTF)a", "")
    with pytest.raises(MatchError):
        pattern.match("a\udce9")
    assert pattern.among(["a\udce9", "a", "b"], negated=True) == (["b"], [])
    assert not pattern.may_match("a\udce9")


# --- what one pattern, and all of them, may cost


@pytest.mark.parametrize("pattern", HOSTILE["patterns"])
def test_a_match_that_takes_too_long_is_not_known(pattern: str) -> None:
    compiled = compile_pattern(pattern, "")
    for address in HOSTILE["addresses"]:
        with pytest.raises(NotKnownError, match="takes too many steps"):
            compiled.match(address)
        assert compiled.may_match(address)
    assert compiled.among(HOSTILE["addresses"], negated=True) == ([], HOSTILE["addresses"])
    assert compiled.not_known is not None


def test_a_pattern_that_always_fails_is_given_up() -> None:
    # Each one takes a fiftieth of a second until then.
    among = compile_pattern(HOSTILE["patterns"][0], "").among(HOSTILE["addresses"] * 100_000)
    assert len(among.not_known) == 100_000 * len(HOSTILE["addresses"])


def test_a_pattern_for_any_place_has_fewer_steps_than_one_for_the_beginning() -> None:
    anchored, unanchored = compile_pattern("^a*a*a*a*[bc]", ""), compile_pattern("a*a*a*a*[bc]", "")
    address = "a" * 60
    for dummy in range(2):
        assert anchored.match(address) is None
        with pytest.raises(NotKnownError, match="takes too many steps"):
            unanchored.match(address)


def test_an_address_that_postfix_refuses_is_not_tried() -> None:
    pattern = compile_pattern("^a", "")
    assert pattern.match("a" * 2000) == ()
    with pytest.raises(NotKnownError, match="more than 1000 bytes"):
        pattern.match("a" * 2001)


def test_what_is_over_the_budget_is_not_known() -> None:
    budget = Budget(seconds=0.01)
    patterns = [compile_pattern(f"{HOSTILE['patterns'][0]}|^{n}$", "", budget) for n in range(10_000)]
    found = [pattern.among(HOSTILE["addresses"]) for pattern in patterns]
    assert all(among == ([], HOSTILE["addresses"]) for among in found)
    assert patterns[-1].not_known is not None
    assert "all patterns together" in patterns[-1].not_known.reason
    # What needs no match is known all the same.
    assert compile_pattern("^bob@", "", budget).match("anna@example.com") is None


def test_patterns_that_are_too_large_together_are_not_known() -> None:
    budget = Budget(memory=100_000)
    patterns = [compile_pattern(f"(a{n}){{2000}}", "", budget) for n in range(100)]
    assert patterns[0].among(["a0"]) == ([], [])
    with pytest.raises(NotKnownError, match="too large"):
        patterns[-1].match("a99")


def test_all_of_a_run_share_a_budget_and_what_is_compiled() -> None:
    with one_run():
        first, again = compile_pattern("^a", "i"), compile_pattern("^a", "i")
        assert again is first
        assert compile_pattern("^a", "") is not first
    assert compile_pattern("^a", "i") is not first


# --- many addresses at once

ADDRESSES = st.lists(st.text("abA@.\n\udce9", max_size=6), max_size=6)
_LITERAL = st.sampled_from(["ab@", r"\.", "aB", r"\Qa|b\E", r"\x61b", "^ab", "b@$", "a{2}b", "[[:alpha:]]b", "a{", "]"])


@given(
    pattern=st.lists(st.sampled_from(PIECES) | _LITERAL, max_size=8).map("".join),
    flags=st.sampled_from(("", "i", "m", "s", "x", "ims", "A", "E", "U")),
    addresses=ADDRESSES,
    negated=st.booleans(),
)
@settings(max_examples=500)
def test_many_at_once_are_as_one_by_one(pattern: str, flags: str, addresses: list[str], negated: bool) -> None:
    compiled = attempt(pattern, flags)
    if compiled is None:
        return
    # Without a text to look for, each address is tried.
    tried = Pattern(compiled._code, b"", None, Budget())
    expected = [address for address in addresses if (tried.match(address) is not None) != negated]
    assert compiled.among(Addresses(addresses), negated) == (expected, [])
    assert compiled.among(addresses, negated) == (expected, [])
    assert [a for a in addresses if (compiled.match(a) is not None) != negated] == expected


@pytest.mark.parametrize(
    ("pattern", "flags", "literal"),
    [
        (r"^info@x\.example$", "", b"\ninfo@x.example"),
        (r"^(.*)@X\.example$", "", b"@x.example"),
        (r"^sales-.*@x\.example$", "", b"\nsales-"),
        (r"^sales-.*@x\.example$", "m", b"@x.example"),
        (r"^a+b@", "", b"b@"),
        ("ab|cd", "", b""),
        ("(ab|cd)e", "", b"e"),
        ("a b", "x", b""),
        (r"\Qa\E", "", b""),
        ("a(*ACCEPT)b", "", b""),
        ("[ab]+", "", b""),
        ("^.*$", "", b""),
    ],
)
def test_text_that_each_matching_address_holds(pattern: str, flags: str, literal: bytes) -> None:
    assert compile_pattern(pattern, flags).literal == literal


# --- without PCRE2


@pytest.mark.parametrize("pattern", [r"\Ka", "(a)++", "a{,2}", "(?i)a", "[[:alpha:]]", "[a&&b]", "(a|b(c))*", r"\Z"])
def test_pattern_that_python_may_read_otherwise_is_not_known(pattern: str) -> None:
    with pytest.raises((NotKnownError, UncertainError), match="Python") as error:
        without_pcre2(pattern, "").match("a")
    if isinstance(error.value, NotKnownError):
        assert "Python's re" in str(without_pcre2(pattern, "").warning)


def test_flag_that_python_does_not_know_has_a_warning() -> None:
    assert without_pcre2("a", "U").warning is not None
    assert without_pcre2("a", "m").warning is None


@pytest.mark.parametrize(
    "pattern", ["a{70000}", "a{1,70000}", "a{0000000070000}", "(" * 251 + ")" * 251, "a{" + "9" * 5000 + "}"]
)
def test_what_pcre2_refuses_is_refused_without_it(pattern: str) -> None:
    for compiled in (compile_pattern, without_pcre2):
        with pytest.raises(RefusedError, match="Postfix would skip the rule") as error:
            compiled(pattern, "")
        assert not isinstance(error.value, UncertainError)


@pytest.mark.parametrize(
    "pattern", ["(?i)a{4294967296}", "x" * 20_000, "(?i:" * 500 + ")" * 500, "(?i)a{" + "9" * 5000 + "}"]
)
def test_what_python_cannot_tell_is_not_known(pattern: str) -> None:
    with pytest.raises((NotKnownError, UncertainError)):
        without_pcre2(pattern, "").match("a")


@given(
    pattern=st.lists(st.sampled_from(PIECES), max_size=8).map("".join),
    flags=st.sampled_from(("", "i", "m", "s", "ims")),
    addresses=st.lists(st.text("abA@.#1 ", max_size=6), max_size=4),
)
def test_python_agrees_where_it_tells(pattern: str, flags: str, addresses: list[str]) -> None:
    exact = attempt(pattern, flags)
    try:
        other = without_pcre2(pattern, flags)
    except UncertainError:
        return
    except RefusedError:
        assert exact is None
        return
    if other.warning is None:
        assert exact is not None
        for address in addresses:
            assert other.match(address) == exact.match(address)


@given(st.integers(0, 6), st.integers(0, 6))
def test_a_repetition_costs_as_much_as_its_alternatives(least: int, more: int) -> None:
    alternatives = "|".join("a" * number for number in range(least, least + more + 1))
    assert cost_in_python(f"^a{{{least},{least + more}}}", set()) == cost_in_python(f"^(?:{alternatives})", set())


# Parts of a pattern that take each other's text.
_GREEDY = [
    "a*",
    "a+",
    "[ab]*",
    ".*",
    "a?",
    "a{0,40}",
    "(a|a)",
    "(a*|.*)",
    "(a*)",
    "(?:a+)?",
    r"\w+",
    "(?=.*)",
    r"\1",
    "^",
    "$",
    "@",
    "b",
]

PROGRAM = """
import json, sys
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.budget import Budget, NotKnownError
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.patterns import with_python
from ansible_collections.mailops.dms.plugins.module_utils._errors import RefusedError

known = 0
for pattern in json.load(sys.stdin):
    for length in (10, 30, 60, 100, 300, 1000):
        try:
            with_python(pattern, {"i", "s"}, Budget()).match("a" * (length - 1) + "!")
            known += 1
        except (RefusedError, NotKnownError):
            pass
print(known)
"""


def _limit_processor() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (60, 60))


@given(st.lists(st.lists(st.sampled_from(_GREEDY), min_size=1, max_size=10).map("".join), min_size=200, max_size=200))
@settings(max_examples=2)
def test_what_python_matches_comes_to_an_end(patterns: list[str]) -> None:
    """A process that may take a minute of the processor matches them all; one that repeats within another does not end."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps(patterns),
        env={**os.environ, "PYTHONPATH": str(COLLECTIONS)},
        preexec_fn=_limit_processor,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-1000:]
    assert int(done.stdout) > 0


def attempt(pattern: str, flags: str) -> Pattern | None:
    try:
        return compile_pattern(pattern, flags)
    except RefusedError:
        return None


def without_pcre2(pattern: str, flags: str) -> Pattern:
    enabled = {flag for flag in "imsxAEUX" if (flag in "is") != (flag in flags)}
    return with_python(pattern, enabled, Budget())

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that patterns match as in a pcre_table(5), with PCRE2 and with Python."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailops.dms.plugins.module_utils._errors import RefusedError
from ansible_collections.mailops.dms.plugins.module_utils._mailserver import patterns
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.patterns import MatchError, compile_pattern
from ansible_collections.mailops.dms.tests.support import wishes

ADDRESS = "Ab.c+d@example.com"


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


@pytest.mark.parametrize("pattern", ["a(", "[a", "a**", "a{2,1}", r"(?P<a>.)(?P<a>.)"])
def test_invalid_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(RefusedError, match="Postfix would skip the rule"):
        compile_pattern(pattern, "")


def test_bytes_that_are_no_utf_8_match() -> None:
    assert compile_pattern("^(.)@", "").match("\udce9@example.com") == ("\udce9",)


def test_a_match_that_takes_too_long_is_told_apart_from_none() -> None:
    pattern = compile_pattern("^(a+)+$", "")
    address = "a" * 60 + "!"
    with pytest.raises(MatchError):
        pattern.match(address)
    assert not pattern.matches(address)


@pytest.fixture
def without_pcre2(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be a machine that has no PCRE2 library."""
    monkeypatch.setattr(patterns, "_pcre2", lambda: None)


@pytest.mark.usefixtures("without_pcre2")
@pytest.mark.parametrize("pattern", [r"\Ka", "(a)++", "a{,2}", "(?i)a", "[[:alpha:]]", "[a&&b]", "(a|b(c))*", r"\Z"])
def test_pattern_that_python_may_read_otherwise_has_a_warning(pattern: str) -> None:
    try:
        warning = compile_pattern(pattern, "").warning
    except RefusedError as error:
        warning = str(error)
    assert warning is not None
    assert "Python's re" in warning
    assert not patterns.reads_as_postfix()


@pytest.mark.usefixtures("without_pcre2")
def test_flag_that_python_does_not_know_has_a_warning() -> None:
    assert compile_pattern("a", "U").warning is not None
    assert compile_pattern("a", "im").warning is None


PIECES: list[str] = yaml.safe_load((wishes.DATA / "routes" / "pieces.yml").read_text())


@given(
    pattern=st.lists(st.sampled_from(PIECES), max_size=8).map("".join),
    flags=st.sampled_from(("", "i", "m", "s", "ims")),
    addresses=st.lists(st.text("abA@.#1 ", max_size=6), max_size=4),
)
def test_python_agrees_where_it_has_no_warning(pattern: str, flags: str, addresses: list[str]) -> None:
    exact = attempt(pattern, flags)
    with pytest.MonkeyPatch.context() as context:
        context.setattr(patterns, "_pcre2", lambda: None)
        other = attempt(pattern, flags)
    if other is None or other.warning is not None:
        return
    assert exact is not None
    for address in addresses:
        assert other.match(address) == exact.match(address)


def attempt(pattern: str, flags: str) -> patterns.Pattern | None:
    try:
        return compile_pattern(pattern, flags)
    except RefusedError:
        return None

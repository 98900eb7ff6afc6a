# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A message shows a text of any length, and numbers of any length are read, of which Python refuses more than 4300 digits."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailops.dms.plugins.module_utils._text import bounded_number, in_quotes


@given(st.integers(0, 10**30), st.integers(0, 10**6), st.sampled_from([0, 1, 5000]))
def test_bounded_number(number: int, most: int, zeros: int) -> None:
    assert bounded_number("0" * zeros + str(number), most) == min(number, most + 1)


def test_bounded_number_of_many_digits() -> None:
    assert bounded_number("9" * 5000, 70) == 71


@given(st.text(max_size=400))
def test_what_is_quoted_can_be_seen_and_is_whole(text: str) -> None:
    quoted = in_quotes(text)
    assert quoted.isprintable()
    assert quoted[0] == quoted[-1]
    if text.isprintable():
        assert quoted[1:-1] == text


@given(st.text(min_size=401, max_size=5000))
def test_of_a_long_text_the_beginning_is_quoted(text: str) -> None:
    beginning = in_quotes(text[:390])[1:-1]
    quoted = in_quotes(text)
    assert beginning in quoted
    assert quoted.endswith(f"...{quoted[0]} ({len(text)} characters)")

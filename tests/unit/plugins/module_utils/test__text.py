# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers of any length are read; Python itself refuses those of more than 4300 digits."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailops.dms.plugins.module_utils._text import bounded_number


@given(st.integers(0, 10**30), st.integers(0, 10**6), st.sampled_from([0, 1, 5000]))
def test_bounded_number(number: int, most: int, zeros: int) -> None:
    assert bounded_number("0" * zeros + str(number), most) == min(number, most + 1)


def test_bounded_number_of_many_digits() -> None:
    assert bounded_number("9" * 5000, 70) == 71

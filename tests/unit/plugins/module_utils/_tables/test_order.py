# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of lines that are moved, against a list."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailops.dms.plugins.module_utils._tables.order import Order


@given(st.lists(st.tuples(st.sampled_from("ba>r"), st.integers(0, 9)), max_size=40), st.integers(0, 3))
def test_order_of_lines(steps: list[tuple[str, int]], count: int) -> None:
    expected = list(range(count))
    order = Order(expected)
    for new, (step, index) in enumerate(steps, start=100):
        if step in "r>" or not expected:
            order.insert_before(None, new)
            expected.append(new)
        other = expected[index % len(expected)]
        if step == "r":
            order.remove(other)
            expected.remove(other)
        elif step == "b":
            order.insert_before(other, -new)
            expected.insert(expected.index(other), -new)
        elif step == "a":
            order.insert_after(other, -new)
            expected.insert(expected.index(other) + 1, -new)
        _check_order(order, expected)


def test_many_lines_at_one_place() -> None:
    order = Order([0, 1])
    for new in range(2, 3000):
        order.insert_before(1, new)
    _check_order(order, [0, *range(2, 3000), 1])


def _check_order(order: Order, expected: list[int]) -> None:
    assert list(order) == expected
    assert order.first == (expected[0] if expected else None)
    for index, handle in enumerate(expected):
        assert order.is_first(handle) == (index == 0)
        assert order.is_last(handle) == (index == len(expected) - 1)
    assert all(order.is_above(a, b) and not order.is_above(b, a) for a, b in zip(expected, expected[1:]))

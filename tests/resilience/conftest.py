# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Count what the tests try, and say it in the last lines of pytest."""

from __future__ import annotations

import collections
import compileall
import pathlib
import typing as t

import pytest

_PROPERTY = "tried"
_CHECKOUT = pathlib.Path(__file__).parents[2]


class Counter(t.Protocol):
    """Adds to a count that is shown at the end."""

    def __call__(self, what: str, number: int = 1) -> None:
        """Add a number to the count of something."""


@pytest.fixture(scope="session", autouse=True)
def _compiled() -> None:
    """Let nobody write byte code while the calls of a run are counted: with it, Python opens one file less."""
    for part in ("plugins", "tests"):
        compileall.compile_dir(_CHECKOUT / part, quiet=2)


@pytest.fixture
def count(record_property: t.Callable[[str, object], None]) -> Counter:
    """Return the function that counts; its counts go the way of reports."""

    def add(what: str, number: int = 1) -> None:
        record_property(_PROPERTY, (what, number))

    return add


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show the counts of all tests that passed."""
    counts: collections.Counter[str] = collections.Counter()
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == _PROPERTY:
                what, number = t.cast("tuple[str, int]", value)
                counts[what] += number
    if counts:
        terminalreporter.section("tried")
        for what, number in sorted(counts.items()):
            terminalreporter.line(f"{number} {what}")
        every = ", ".join(f"{number} {what}" for what, number in sorted(counts.items()))
        terminalreporter.line(f"tried: {every}")

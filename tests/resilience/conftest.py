# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Count what the tests try, and say it in the last lines of pytest."""

from __future__ import annotations

import collections
import typing as t

import pytest

_COUNTS = pytest.StashKey[collections.Counter[str]]()


class Counter(t.Protocol):
    """Adds to a count that is shown at the end."""

    def __call__(self, what: str, number: int = 1) -> None:
        """Add a number to the count of something."""


@pytest.fixture
def count(request: pytest.FixtureRequest) -> Counter:
    """Return the function that counts."""
    counts = request.config.stash.setdefault(_COUNTS, collections.Counter())

    def add(what: str, number: int = 1) -> None:
        counts[what] += number

    return add


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Show the counts."""
    counts = config.stash.get(_COUNTS, collections.Counter())
    if counts:
        terminalreporter.section("tried")
        for what, number in counts.items():
            terminalreporter.line(f"{number} {what}")

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the patterns of one run may cost together, whatever the files hold."""

from __future__ import annotations

import contextlib
import time
import typing as t

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator

_SECONDS = 5.0
_BYTES = 64 * 1024 * 1024

# Asking for the time of the processor may take as long as a match.
_MOST_WAITING = 0.02


class NotKnownError(Exception):
    """Whether a pattern matches an address is not known."""

    def __init__(self, reason: str, advice: str) -> None:
        """Take two clauses: what is so of the pattern, and what to do."""
        super().__init__(f"{reason}, so it is not known whether it matches; {advice}")
        self.reason = reason
        self.advice = advice


class Budget:
    """What is left for patterns, and those that were compiled before."""

    def __init__(self, seconds: float = _SECONDS, memory: int = _BYTES) -> None:
        """Take how long patterns may be matched, and how many bytes they may have."""
        self.memory = memory
        self._seconds = seconds
        self._waiting = 0.0
        self._processor = time.process_time()
        self.compiled: dict[tuple[str, str], t.Any] = {}

    @property
    def is_spent(self) -> bool:
        """Whether no time is left."""
        return self._seconds <= 0

    def spend(self, seconds: float) -> None:
        """Take the time that a match took by the clock."""
        self._waiting += seconds
        if self._waiting >= _MOST_WAITING:
            # On a busy machine the clock goes on while other programs run.
            before, self._processor = self._processor, time.process_time()
            self._seconds -= min(self._waiting, self._processor - before)
            self._waiting = 0.0


_of_run: Budget | None = None


def budget_of_run() -> Budget:
    """Return the budget of the run that is going on, a new one where there is none."""
    return _of_run or Budget()


@contextlib.contextmanager
def one_run() -> Iterator[None]:
    """Let all that is compiled and matched inside share one budget."""
    global _of_run
    before, _of_run = _of_run, Budget()
    try:
        yield
    finally:
        _of_run = before

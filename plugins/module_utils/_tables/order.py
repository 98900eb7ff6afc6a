# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The order of some lines while lines are moved: which of two stands above the other."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator, Sequence

# The neighbours of the first and of the last line.
_BEGIN = -1
_END = -2

# So many halves of what is between two lines can be taken before all get new labels.
_GAP = 1 << 1000


class Order:
    """Lines by their handles, each with a label that is larger than those above it."""

    def __init__(self, handles: Sequence[int]) -> None:
        """Take the handles in their order."""
        self._link(handles)

    def _link(self, handles: Sequence[int]) -> None:
        chain = [_BEGIN, *handles, _END]
        self._labels = {handle: index * _GAP for index, handle in enumerate(chain)}
        self._below = dict(zip(chain, chain[1:]))
        self._above = dict(zip(chain[1:], chain))

    def __iter__(self) -> Iterator[int]:
        """Yield the handles in their order."""
        handle = self._below[_BEGIN]
        while handle != _END:
            yield handle
            handle = self._below[handle]

    def is_first(self, handle: int) -> bool:
        """Whether no line stands above."""
        return self._above[handle] == _BEGIN

    def is_last(self, handle: int) -> bool:
        """Whether no line stands below."""
        return self._below[handle] == _END

    def is_above(self, handle: int, other: int) -> bool:
        """Whether a line stands above another one."""
        return self._labels[handle] < self._labels[other]

    @property
    def first(self) -> int | None:
        """The first line, None where there is none."""
        return None if self._below[_BEGIN] == _END else self._below[_BEGIN]

    def remove(self, handle: int) -> None:
        """Take a line out."""
        above, below = self._above.pop(handle), self._below.pop(handle)
        self._below[above], self._above[below] = below, above

    def insert_before(self, handle: int | None, new: int) -> None:
        """Put a line directly above another one, None for the end."""
        below = _END if handle is None else handle
        self._insert(self._above[below], below, new)

    def insert_after(self, handle: int, new: int) -> None:
        """Put a line directly below another one."""
        self._insert(handle, self._below[handle], new)

    def _insert(self, above: int, below: int, new: int) -> None:
        self._below[above] = self._above[below] = new
        self._above[new], self._below[new] = above, below
        if below == _END:
            self._labels[_END] = self._labels[above] + 2 * _GAP
        self._labels[new] = (self._labels[above] + self._labels[below]) // 2
        if self._labels[new] == self._labels[above]:
            self._link(list(self))

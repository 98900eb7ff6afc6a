# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The entries of a section, which may live in more than one file."""

from __future__ import annotations

import typing as t

from .entry import Changes, Entry

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator, Sequence

    from .table import Table

Found_co = t.TypeVar("Found_co", bound=Entry, covariant=True)


class Section(t.Protocol[Found_co]):
    """What export, reports and C(prune) ask of the entries of a section, as `Table` says it."""

    @property
    def file_name(self) -> str:
        """Name of the file in the config directory, or of the files."""

    @property
    def noun(self) -> str:
        """What one entry is called in messages."""

    def __iter__(self) -> Iterator[str]:
        """Yield the folded keys."""

    def entries(self) -> Iterator[Found_co]:
        """Yield all entries, in the order of their keys."""

    def entry(self, key: str) -> Found_co | None:
        """Return the entry of a key for a look at it, None where there is none."""

    def find(self, key: str) -> Found_co | None:
        """Return the entry of a key that is to be edited. Raises RefusedError."""

    def remove(self, key: str) -> None:
        """Take the entry of a key away."""

    def shown_key(self, key: str) -> str:
        """Return a key as it may be shown in a sentence."""

    def line_of(self, key: str) -> str:
        """Return file and line of the entry of a key, as messages name them."""

    def where(self, key: str) -> dict[str, t.Any]:
        """Return where the entry of a key stands, as C(dms_info) reports it."""

    def unread_places(self) -> list[str]:
        """Return the lines that are neither blank nor comments and part of no entry."""


def changes_of_section(tables: Sequence[Table[t.Any]]) -> Changes:
    """Return the keys of the entries that differ from what was read, given all files of a section.

    An entry that is added to one of the files or removed from it is changed where it
    stands in another one.
    """
    if len(tables) == 1:
        return tables[0].changes()
    changes = Changes([], [], [])
    for key in dict.fromkeys(key for table in tables for keys in table.changes() for key in keys):
        before = any(table.entry_read(key) is not None for table in tables)
        after = any(table.entry(key) is not None for table in tables)
        if before and after:
            changes.changed.append(key)
        else:
            (changes.added if after else changes.removed).append(key)
    return changes

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`dovecot-masters.cf` as DMS and Dovecot read it."""

from __future__ import annotations

import functools
import typing as t

from .files import File
from .syntax import BLANKS


class MasterLine(t.NamedTuple):
    """A line of the master accounts that is neither blank nor a comment, split at its first bar."""

    number: int
    login: str
    password_hash: str
    """All that stands behind the bar: DMS writes it to the user database of Dovecot as it is."""

    @property
    def indented(self) -> bool:
        """Whether a blank stands before the name, which becomes part of it."""
        return self.login[:1].isspace()


class MastersFile(File["tuple[str, str] | None"]):
    """`dovecot-masters.cf`."""

    repaired = True

    def _read(self, lines: list[str]) -> list[tuple[str, str] | None]:
        """Return name and hash of each line, None where it is no master account."""
        found: list[tuple[str, str] | None] = []
        for line in lines:
            text = line.lstrip(BLANKS)
            name, dummy, password_hash = line.partition("|")
            found.append((name, password_hash) if text and text[0] != "#" else None)
        return found

    @functools.cached_property
    def entries(self) -> list[MasterLine]:
        """The lines that DMS makes master accounts of."""
        if self.is_binary:
            return []
        return [MasterLine(number, *columns) for number, columns in enumerate(self.read, 1) if columns]

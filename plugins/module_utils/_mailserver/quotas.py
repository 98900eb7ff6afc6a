# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`dovecot-quotas.cf` as DMS reads it, which greps the raw file."""

from __future__ import annotations

import functools
import typing as t

from .files import File
from .syntax import BLANKS


class QuotaLine(t.NamedTuple):
    """A line of the quotas that is not blank, split at its first colon."""

    number: int
    login: str
    size: str
    has_colon: bool
    comment: bool


class QuotasFile(File[str]):
    """`dovecot-quotas.cf`, which nothing repairs."""

    def _read(self, lines: list[str]) -> list[str]:
        return lines

    @functools.cached_property
    def entries(self) -> list[QuotaLine]:
        """The lines, comments included."""
        found = []
        for number, line in enumerate(self.read, 1):
            text = line.strip(BLANKS)
            if text:
                login, colon, size = line.partition(":")
                found.append(QuotaLine(number, login, size, bool(colon), text[0] == "#"))
        return found

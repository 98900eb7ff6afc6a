# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All the files of a config directory as tables."""

from __future__ import annotations

import typing as t

from .accounts import AccountTable
from .aliases import AliasTable
from .quotas import QuotaTable
from .regex_aliases import RegexAliasTable
from .table import Table

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Mapping

TABLES: tuple[type[Table[t.Any]], ...] = (AccountTable, QuotaTable, AliasTable, RegexAliasTable)
"""One row per file, in the order in which additions are written (hazard H64)."""

FILE_NAMES = tuple(table.file_name for table in TABLES)


class Tables:
    """The tables of one config directory."""

    def __init__(self, contents: Mapping[str, bytes | None]) -> None:
        """Read the contents of the files by file name; None is a file that is absent."""
        self.accounts = AccountTable(contents.get(AccountTable.file_name))
        self.quotas = QuotaTable(contents.get(QuotaTable.file_name))
        self.aliases = AliasTable(contents.get(AliasTable.file_name))
        self.regex_aliases = RegexAliasTable(contents.get(RegexAliasTable.file_name))

    def all(self) -> list[Table[t.Any]]:
        """Return the tables in the order of `TABLES`."""
        return [getattr(self, table.section) for table in TABLES]

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of a config directory as tables."""

from __future__ import annotations

import typing as t

from .accounts import AccountTable
from .aliases import AliasTable
from .quotas import QuotaTable
from .regex_aliases import RegexAliasTable

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Mapping

    from .table import Table

    AnyTable = Table[t.Any]
    TableType = t.TypeVar("TableType", bound=AnyTable)

MAIL_TABLES: tuple[type[AnyTable], ...] = (AccountTable, QuotaTable, AliasTable, RegexAliasTable)
"""The files that say whose mail goes where, which the rules compare.

In the order in which additions are written (hazard H64). A run that needs no other file
imports no other table.
"""


class Tables:
    """The tables of one config directory."""

    def __init__(self, contents: Mapping[str, bytes | None]) -> None:
        """Take the contents of the files by file name; None is a file that is absent."""
        self._contents = contents
        self._tables: dict[type[AnyTable], AnyTable] = {}
        self.accounts = self.of(AccountTable)
        self.quotas = self.of(QuotaTable)
        self.aliases = self.of(AliasTable)
        self.regex_aliases = self.of(RegexAliasTable)

    def of(self, table: type[TableType]) -> TableType:
        """Return the table of a file, which is read when it is first asked for."""
        found = self._tables.get(table)
        if found is None:
            found = self._tables[table] = table(self._contents.get(table.file_name))
        return t.cast("TableType", found)

    def all(self) -> list[AnyTable]:
        """Return the tables that were asked for, in the order in which additions are written."""
        return list(self._tables.values())

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The draft of a run: the tables while they are edited, and what is to be told of that."""

from __future__ import annotations

import typing as t

from .._errors import Refusals, RefusedError
from .._warnings import REFUSAL, RunWarning

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable, Mapping

    from .._tables.directory import Tables
    from .._tables.entry import EntryType
    from .._tables.table import Table

    Subject = tuple[str, str, str]
    """The C(id), C(file) and C(entry) of a C(RunWarning)."""

_NO_HAZARD = ("", "", "")


class Draft:
    """The tables as they are edited for what is wanted, and what to tell."""

    def __init__(self, tables: Tables, predict: bool = False) -> None:
        """Begin with the tables as they were read.

        With `predict`, what other entries of the files forbid is only warned of.
        """
        self.tables = tables
        self.predict = predict
        self.warnings: list[RunWarning] = []
        self.refusals = Refusals()
        """What is refused, so that all of it can be told at once."""

        self.renamed: dict[str, str] = {}
        """The new address of each account that the run renames, by the old one."""

        self.renamed_recipients: dict[str, str] = {}
        """The same for recipients, those with an extension too."""

        self.kept_addresses: set[str] = set()
        """The old addresses that become aliases of the new ones."""

        self.succeeded: dict[str, str] = {}
        """Who gets the mail of each account that the run removes in favour of somebody."""

        self.unwanted_recipients: dict[str, tuple[str, ...]] = {}
        """What the run takes from aliases, where accounts are renamed or succeeded: nothing for those that go as a whole."""

        self.unguarded_catch_alls: set[str] = set()
        """The catch-alls that the run takes away, and those from which it keeps no mail of an account."""

    def follow(
        self,
        table: Table[EntryType],
        addresses: Mapping[str, str],
        renamed: Callable[[EntryType, str], EntryType],
    ) -> None:
        """Give new addresses of accounts the entries of their old ones, unless they have their own.

        An old address that becomes an alias keeps its entry: mail is still sent with it, and an alias
        would lead around the restriction of the address that it leads to (hazard H93). `renamed`
        returns an entry with another address. Raises RefusedError as `Table.find` does.
        """
        for old, new in addresses.items():
            entry = table.find(old)
            if entry is None:
                continue
            if table.find(new) is None:
                table.put(renamed(entry, new))
            if old not in self.kept_addresses:
                table.remove(old)

    def refuse(self, error: RefusedError, origin: str = "", subject: Subject = _NO_HAZARD) -> None:
        """Refuse what other entries of the files forbid, or warn where it is predicted.

        An earlier task of the play may change these entries, which check mode cannot
        see. `origin` is where the user wrote the entry, unless the error says it; the
        `subject` is a hazard that is told of in this way, and not a second time.
        """
        if not self.predict:
            raise error
        sentence = str(error.of(origin=origin) if origin else error)
        self.warnings.append(RunWarning(sentence, REFUSAL, *subject))

    def note(self, error: RefusedError, certain: bool, subject: Subject = _NO_HAZARD) -> None:
        """Note what is refused, to be raised later: for certain, or as `refuse` does it."""
        with self.refusals.noted():
            if certain:
                raise error
            self.refuse(error, subject=subject)

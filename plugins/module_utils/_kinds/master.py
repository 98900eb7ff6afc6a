# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Master accounts: names that open the mailbox of anybody with a password of their own."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from .._errors import RefusedError
from .._secrets import HIDDEN
from .._tables.masters import Master, MasterTable
from .kind import Kind
from .password_hashes import PASSWORD_OPTIONS, WantedLogin, hash_of, password_fields, with_hashes

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable, Sequence

    from .._tables.directory import Tables
    from .draft import Draft
    from .kind import Options

# Dovecot's auth_username_chars without what DMS leaves to addresses.
_NAME = re.compile(r"[a-z0-9._-]+")


@dataclasses.dataclass(frozen=True)
class WantedMaster(WantedLogin):
    """A master account that should or should not be there."""


def _shown_name(given: str) -> str:
    """Return the name of a master account as it may be shown: what is none may be a password."""
    return given if _NAME.fullmatch(given.lower()) else HIDDEN


class MasterKind(Kind[WantedMaster, Master]):
    """The master accounts in C(dovecot-masters.cf)."""

    tables = (MasterTable,)
    beside = ()
    key = "name"
    secret = "password_hash"
    options: t.ClassVar = {"name": {"type": "str", "required": True}, **PASSWORD_OPTIONS}
    shown_options: t.ClassVar = {"name": _shown_name}

    def _wanted(self, options: Options, origin: str, present: bool) -> WantedMaster:
        name = options["name"].lower()
        if not _NAME.fullmatch(name):
            raise RefusedError(
                "the name of a master account is no address and has no characters other than a-z, 0-9, '.', '-' and"
                " '_'; use only those (hazard H63)"
            )
        return WantedMaster(origin=origin, present=present, key=name, **password_fields(options))

    def prepared(self, draft: Draft, entries: Sequence[WantedMaster]) -> Sequence[WantedMaster]:
        return with_hashes(draft, draft.tables.of(MasterTable), entries)

    def put(self, draft: Draft, wanted: WantedMaster) -> None:
        table = draft.tables.of(MasterTable)
        table.find(wanted.key)
        if not wanted.present:
            table.remove(wanted.key)
            return
        master = Master(wanted.key, hash_of(draft, table, wanted))
        if not table.holds(master):
            table.put(master)

    def declaring(self, tables: Tables) -> Callable[[Master], dict[str, t.Any]]:
        return self._declared

    def _declared(self, master: Master) -> dict[str, t.Any]:
        if not master.password_hash:
            raise RefusedError("it has no hash (hazard H63); declare it with a password or password_hash")
        return {"name": master.name}

    def described(self, entry: Master) -> dict[str, t.Any]:
        from .._hashes import scheme_of

        return {"name": entry.name, "scheme": scheme_of(entry.password_hash)}


MASTER = MasterKind()

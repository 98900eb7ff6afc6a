# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Accounts: who has a mailbox and may log in."""

from __future__ import annotations

import dataclasses
import typing as t

from .._addresses import fold_account
from .._errors import RefusedError
from .._secrets import shown_extra_fields
from .._tables.accounts import Account, AccountTable
from .kind import RESTRICT_OPTION, Kind, shown_address
from .password_hashes import PASSWORD_OPTIONS, WantedLogin, check_passwords, hash_of, with_hashes

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable, Sequence

    from .._tables.directory import Tables
    from .draft import Draft
    from .kind import Options


@dataclasses.dataclass(frozen=True)
class WantedAccount(WantedLogin):
    """An account that should or should not be there."""

    extra_fields: str | None
    """None keeps what is there, the empty text removes the column."""

    allow_alias_overlap: bool


class AccountKind(Kind[WantedAccount, Account]):
    """The accounts in C(postfix-accounts.cf)."""

    tables = (AccountTable,)
    key = "address"
    secret = "password_hash"
    options: t.ClassVar = {
        "address": {"type": "str", "required": True},
        **PASSWORD_OPTIONS,
        "extra_fields": {"type": "str"},
    }
    guards: t.ClassVar = {"allow_alias_overlap": False}
    run_guards: t.ClassVar = {"allow_no_accounts": False}
    shown_options: t.ClassVar = {"address": shown_address, "extra_fields": shown_extra_fields}
    numeric_options = frozenset({"quota"})
    section_options: t.ClassVar = {
        "quota": {"type": "str"},
        "aliases": {"type": "list", "elements": "str"},
        "restrict": RESTRICT_OPTION,
    }

    def _wanted(self, options: Options, origin: str, present: bool) -> WantedAccount:
        address = fold_account(options["address"])
        check_passwords(options)
        extra_fields = options["extra_fields"] or ""
        if not (extra_fields.isascii() and extra_fields.isprintable()):
            raise RefusedError(
                "extra_fields contains a newline or another character outside printable ASCII; write the fields on"
                " one line, separated by blanks (hazard H44)"
            )
        return WantedAccount(
            origin=origin,
            present=present,
            key=address,
            password=options["password"],
            password_hash=options["password_hash"],
            update_password=options["update_password"] == "always",
            extra_fields=options["extra_fields"],
            allow_alias_overlap=options["allow_alias_overlap"],
        )

    def prepared(self, draft: Draft, entries: Sequence[WantedAccount]) -> Sequence[WantedAccount]:
        return with_hashes(draft, draft.tables.accounts, entries)

    def put(self, draft: Draft, wanted: WantedAccount) -> None:
        table = draft.tables.accounts
        present = table.find(wanted.key)
        if not wanted.present:
            table.remove(wanted.key)
            return
        extra_fields = present.extra_fields if present else None
        if wanted.extra_fields is not None:
            extra_fields = wanted.extra_fields or None
        account = Account(wanted.key, hash_of(draft, table, wanted), extra_fields)
        if not table.holds(account):
            table.put(account)

    def declaring(self, tables: Tables) -> Callable[[Account], dict[str, t.Any]]:
        return self._declared

    def _declared(self, account: Account) -> dict[str, t.Any]:
        if not account.password_hash:
            raise RefusedError("it has no hash (hazard H06); declare it with a password or password_hash")
        options = {"address": account.address}
        if account.extra_fields and not _hides_extra_fields(account):
            options["extra_fields"] = account.extra_fields
        return options

    def described(self, entry: Account) -> dict[str, t.Any]:
        from .._hashes import scheme_of

        return {
            "address": entry.address,
            "scheme": scheme_of(entry.password_hash),
            "extra_fields": None if _hides_extra_fields(entry) else entry.extra_fields,
        }

    def hidden_part(self, entry: Account) -> str:
        if not _hides_extra_fields(entry):
            return ""
        return (
            "has extra fields that may hold a password, so extra_fields is not shown; the file keeps it unless it is"
            " declared"
        )


def _hides_extra_fields(account: Account) -> bool:
    fields = account.extra_fields or ""
    return shown_extra_fields(fields) != fields


ACCOUNT = AccountKind()

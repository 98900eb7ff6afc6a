# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`postfix-accounts.cf`: C(login|hash[|extra fields])."""

from __future__ import annotations

import dataclasses

from .._secrets import shown_extra_fields
from .entry import encode
from .logins import LoginTable


@dataclasses.dataclass(frozen=True)
class Account:
    """A login with its password hash, as `postfix-accounts.cf` holds it."""

    address: str
    password_hash: str = dataclasses.field(repr=False)
    extra_fields: str | None = None
    """Dovecot's extra fields, None where the line has no third column."""

    @property
    def key(self) -> str:
        """The address."""
        return self.address


class AccountTable(LoginTable[Account]):
    """The accounts."""

    section = "accounts"
    noun = "account"
    file_name = "postfix-accounts.cf"
    duplicate_effect = "so Postfix may answer every lookup of a recipient with an error"
    duplicate_hazard = "H02"
    hazard_of_blank = "H27"
    hazard_of_indentation = "H26"

    def _parse(self, handle: int) -> Account:
        login, rest = self._columns(handle)
        password_hash, column, extra_fields = rest.partition("|")
        return Account(login, password_hash, extra_fields if column else None)

    def _render(self, entry: Account, replaced: int | None) -> bytes:
        columns = [entry.address, entry.password_hash]
        if entry.extra_fields is not None:
            columns.append(entry.extra_fields)
        return encode("|".join(columns))

    def _shown_rest(self, rest: str, before: Account | None) -> str:
        password_hash, column, extra_fields = rest.partition("|")
        fields_before = (before.extra_fields or "") if before else None
        shown_hash = self._shown_hash(password_hash, before)
        return f"{shown_hash}{column}{shown_extra_fields(extra_fields, fields_before)}"

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`postfix-accounts.cf`: C(login|hash[|extra fields])."""

from __future__ import annotations

import dataclasses
import re

from .._secrets import HIDDEN, NEWLY_HIDDEN, shown_comment, shown_extra_fields, shown_login, shown_scheme
from .entry import Misread, decode, encode, printable_line
from .table import Table

_COLUMN = b"|"
_BLANKS = re.compile(rb"\s")


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


class AccountTable(Table[Account]):
    """The accounts. DMS splits a line at `|` alone, so blanks are part of a column."""

    section = "accounts"
    noun = "account"
    file_name = "postfix-accounts.cf"
    new_file_mode = 0o600
    plain_line = re.compile(rb"([^\s#|][^\s|]*)\|[^\n]*\n|[^\n]*\n")
    duplicate_effect = "so Postfix may answer every lookup of a recipient with an error"
    duplicate_hazard = "H02"

    def _scan_line(self, handle: int, line: bytes) -> bytes:
        login = line.split(_COLUMN, 1)[0]
        if not _BLANKS.search(login):
            return login.lower()
        self._suspect(handle, login, "has a blank in its login (hazard H27)")
        return b""

    def _scan_indented(self, handle: int, line: bytes, previous: int | None) -> None:
        login = line.strip().split(_COLUMN, 1)[0]
        self._suspect(handle, login, "begins with a blank (hazard H26)")

    def _suspect(self, handle: int, login: bytes, problem: str) -> None:
        words = login.split()
        if words:
            self._misread[words[0].lower()] = Misread(handle, problem)

    def _parse(self, handle: int) -> Account:
        text = decode(self.lines.text(handle).rstrip(b"\r"))
        login, dummy, rest = text.partition("|")
        password_hash, column, extra_fields = rest.partition("|")
        return Account(self._folded(login), password_hash, extra_fields if column else None)

    @staticmethod
    def _folded(login: str) -> str:
        return decode(encode(login).lower())

    def _render(self, entry: Account, replaced: int | None) -> bytes:
        columns = [entry.address, entry.password_hash]
        if entry.extra_fields is not None:
            columns.append(entry.extra_fields)
        return encode("|".join(columns))

    def _is_written_as_read(self, handle: int, entry: Account) -> bool:
        # Dovecot looks a login up in lower case only (hazard H37).
        login = encode(entry.address)
        return super()._is_written_as_read(handle, entry) and self.lines.text(handle).startswith(login)

    def shown(self, line: bytes) -> str:
        """Return a line without any secret, and with a mark where one is a new one."""
        text = printable_line(line)
        if text.lstrip().startswith("#"):
            return shown_comment(text)
        login, column, rest = text.partition(_COLUMN.decode())
        shown = shown_login(login, rest)
        if shown != login:
            return f"{shown}{column}{HIDDEN if rest else ''}"
        before = self._entries_before.get(self._folded(login))
        password_hash, column_behind, extra_fields = rest.partition(_COLUMN.decode())
        fields_before = (before.extra_fields or "") if before else None
        return (
            f"{login}{column}{self._shown_hash(password_hash, before)}"
            f"{column_behind}{shown_extra_fields(extra_fields, fields_before)}"
        )

    @staticmethod
    def _shown_hash(password_hash: str, before: Account | None) -> str:
        """Return what stands for a hash: whether this run changed it."""
        if not password_hash:
            return ""
        same = before is None or before.password_hash == password_hash
        return shown_scheme(password_hash) + (HIDDEN if same else NEWLY_HIDDEN)

    def shown_key(self, key: str) -> str:
        """Return a key as it may be shown: nothing that is no address."""
        account = self.entry_read(key)
        return shown_login(key, account.password_hash if account else "")

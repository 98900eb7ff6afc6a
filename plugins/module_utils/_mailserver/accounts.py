# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`postfix-accounts.cf` as DMS and Dovecot read it."""

from __future__ import annotations

import functools
import re
import typing as t

from .files import File
from .syntax import BLANKS

_COLUMNS = 3

LOGIN = re.compile(r"[a-z0-9._-]+@[a-z0-9._-]+")
"""An address that can log in: Dovecot's auth_username_chars, in lower case, in which it looks a login up."""


class AccountLine(t.NamedTuple):
    """A line of the accounts that is neither blank nor a comment, split at its bars."""

    number: int
    login: str
    password_hash: str
    extra_fields: str
    indented: bool

    @property
    def local_part(self) -> str:
        """What stands before the first C(@)."""
        return self.login.partition("@")[0]

    @property
    def domain(self) -> str:
        """What DMS takes for the domain: the second part, or else the whole login."""
        return [*self.login.split("@", 2), self.login][1]

    @property
    def is_address(self) -> bool:
        """Whether the login is an address that can be looked up in other files."""
        return not self.indented and self.login.count("@") == 1 and self.login[0] != "@"

    @property
    def receives(self) -> bool:
        """Whether Dovecot takes mail for it: else it has a hazard (H26, H27, H37, H38, H42)."""
        return LOGIN.fullmatch(self.login) is not None and ":" not in self.password_hash


class AccountsFile(File["list[str] | None"]):
    """`postfix-accounts.cf`."""

    repaired = True

    def _read(self, lines: list[str]) -> list[list[str] | None]:
        """Return the columns of each line, None where it is no account."""
        found: list[list[str] | None] = []
        for line in lines:
            text = line.lstrip(BLANKS)
            is_account = text and text[0] != "#"
            found.append([*line.split("|", _COLUMNS - 1), "", ""][:_COLUMNS] if is_account else None)
        return found

    @functools.cached_property
    def entries(self) -> list[AccountLine]:
        """The lines that DMS makes accounts of."""
        if self.is_binary:
            return []
        return [
            AccountLine(number, columns[0], columns[1], columns[2], columns[0][:1].isspace())
            for number, columns in enumerate(self.read, 1)
            if columns
        ]

    @functools.cached_property
    def by_address(self) -> dict[str, AccountLine]:
        """The first line of each folded login that is an address."""
        found: dict[str, AccountLine] = {}
        for entry in self.entries:
            if entry.is_address:
                found.setdefault(entry.login.lower().rstrip(), entry)
        return found

    def receives(self, address: str) -> bool:
        """Whether mail to a folded address reaches a mailbox of that name."""
        entry = self.by_address.get(address)
        return entry is not None and entry.receives and not (entry.number == 1 and self.has_byte_order_mark)

    @functools.cached_property
    def domains(self) -> dict[str, AccountLine]:
        """The first account of each domain, as DMS spells it."""
        found: dict[str, AccountLine] = {}
        for entry in self.entries:
            found.setdefault(entry.domain, entry)
        return found

    @functools.cached_property
    def folded_domains(self) -> set[str]:
        """The folded domains of the logins that are addresses."""
        return {address.rpartition("@")[2] for address in self.by_address}

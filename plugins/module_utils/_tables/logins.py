# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the files of those who log in share: a name, a C(|) and a hash, which is never shown."""

from __future__ import annotations

import abc
import re
import typing as t

from .._secrets import HIDDEN, NEWLY_HIDDEN, shown_comment, shown_login, shown_scheme
from .entry import Entry, Misread, decode, encode, printable_line
from .table import Table

COLUMN = b"|"
_BLANKS = re.compile(rb"\s")


class Login(Entry, t.Protocol):
    """An entry with a hash."""

    @property
    def password_hash(self) -> str:
        """The hash of its password."""


LoginType = t.TypeVar("LoginType", bound=Login)


class LoginTable(Table[LoginType], abc.ABC):
    """A table of logins. DMS splits a line at `|` alone, so blanks are part of a column."""

    new_file_mode = 0o600
    plain_line = re.compile(rb"([^\s#|][^\s|]*)\|[^\n]*\n|[^\n]*\n")

    hazard_of_blank: t.ClassVar[str]
    """The number of the hazard of a blank behind the name."""

    hazard_of_indentation: t.ClassVar[str]
    """The number of the hazard of a blank at the beginning of a line."""

    def _scan_line(self, handle: int, line: bytes) -> bytes:
        login = line.split(COLUMN, 1)[0]
        if not _BLANKS.search(login):
            return login.lower()
        self._suspect(handle, login, f"has a blank in its login (hazard {self.hazard_of_blank})")
        return b""

    def _scan_indented(self, handle: int, line: bytes, previous: int | None) -> None:
        login = line.strip().split(COLUMN, 1)[0]
        self._suspect(handle, login, f"begins with a blank (hazard {self.hazard_of_indentation})")

    def _suspect(self, handle: int, login: bytes, problem: str) -> None:
        words = login.split()
        if words:
            self._misread[words[0].lower()] = Misread(handle, problem)

    def _columns(self, handle: int) -> tuple[str, str]:
        """Return the folded login of a line, and what stands behind the first C(|)."""
        login, dummy, rest = decode(self.lines.text(handle).rstrip(b"\r")).partition("|")
        return self._folded(login), rest

    @staticmethod
    def _folded(login: str) -> str:
        return decode(encode(login).lower())

    def _is_written_as_read(self, handle: int, entry: LoginType) -> bool:
        # Dovecot looks a login up in lower case only (hazard H37).
        return super()._is_written_as_read(handle, entry) and self.lines.text(handle).startswith(encode(entry.key))

    def shown(self, line: bytes) -> str:
        """Return a line without any secret, and with a mark where one is a new one."""
        text = printable_line(line)
        if text.lstrip().startswith("#"):
            return shown_comment(text)
        login, column, rest = text.partition(COLUMN.decode())
        shown = shown_login(login, rest)
        if shown != login:
            return f"{shown}{column}{HIDDEN if rest else ''}"
        return f"{login}{column}{self._shown_rest(rest, self._entries_before.get(self._folded(login)))}"

    @abc.abstractmethod
    def _shown_rest(self, rest: str, before: LoginType | None) -> str:
        """Return what stands behind the login of a line as it may be shown; `before` is what a run replaces."""

    @staticmethod
    def _shown_hash(password_hash: str, before: LoginType | None) -> str:
        """Return what stands for a hash: whether this run changed it."""
        if not password_hash:
            return ""
        same = before is None or before.password_hash == password_hash
        return shown_scheme(password_hash) + (HIDDEN if same else NEWLY_HIDDEN)

    def shown_key(self, key: str) -> str:
        """Return a key as it may be shown: nothing that may be a password."""
        entry = self.entry_read(key) or self.entry(key)
        return shown_login(key, entry.password_hash if entry else "")

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The logins that DMS makes of aliases, and the quotas that it finds for accounts.

With quotas on, DMS gives most aliases a login of their own (hazard H20), with the hash
of the first line of the accounts that `grep` prints for their recipient.
"""

from __future__ import annotations

import re
import typing as t

from .aliases import AliasLine
from .grep import first_lines

if t.TYPE_CHECKING:  # pragma: no cover
    from .read_files import ReadFiles

_BETWEEN_WORDS = re.compile(r"[,\s]+")
_TWO_FIELDS = 2
_NO_LINE = AliasLine(0, "", "")


class FoundLine(t.NamedTuple):
    """A line of the accounts as DMS reads it when it looks for a recipient."""

    number: int
    login: str
    is_comment: bool
    has_hash: bool
    """Whether there is a second column; else DMS shuts down."""


class AliasLogin(t.NamedTuple):
    """A login that DMS makes of an alias, and the line that its hash comes from."""

    alias: AliasLine
    recipient: str
    """What DMS looks for; empty matches any line."""

    line: FoundLine

    @property
    def is_own(self) -> bool:
        """Whether DMS finds the account that the alias points to."""
        return self.line.login == self.recipient and not self.line.is_comment


class AliasLogins(t.NamedTuple):
    """The logins that DMS makes of aliases."""

    own: list[int]
    """The numbers of the aliases that get the hash of the account that they point to."""

    others: list[AliasLogin]

    @property
    def numbers(self) -> set[int]:
        """The numbers of all aliases that are logins."""
        return {*self.own, *(login.alias.number for login in self.others)}


def alias_logins(server: ReadFiles) -> AliasLogins:
    """Return the logins that DMS makes of aliases; none where quotas are off."""
    logins = AliasLogins([], [])
    lines = [] if server.accounts.is_binary else server.accounts.lines
    if not server.settings.quotas_enabled or not lines:
        return logins
    sixteen = server.settings.is_sixteen
    words_of = {value: _words(value, sixteen) for value in {line[2] for line in server.aliases.physical}}
    first = first_lines({word for words in words_of.values() for word in words if word}, lines)
    first[""] = 0
    found = {value: _found(words, first, lines) for value, words in words_of.items()}
    own = {value for value, login in found.items() if login and login.line.has_hash and login.is_own}
    for number, key, value in server.aliases.physical:
        login = found[value]
        if login is None or "@" not in key or (sixteen and key[0] == "@"):
            continue
        if value in own:
            logins.own.append(number)
        else:
            logins.others.append(login._replace(alias=AliasLine(number, key, value)))
    return logins


def _words(value: str, sixteen: bool) -> list[str]:
    """Return what DMS looks for: before v16 all recipients as one text."""
    if not sixteen:
        return [value]
    return list(filter(None, _BETWEEN_WORDS.split(value)))


def _found(words: list[str], first: dict[str, int], lines: list[str]) -> AliasLogin | None:
    """Return the login that an alias with some recipients becomes."""
    for word in words:
        index = first.get(word)
        if index is not None:
            return AliasLogin(_NO_LINE, word, _read(index + 1, lines[index]))
    return None


def _read(number: int, text: str) -> FoundLine:
    login, dummy, rest = text.partition("|")
    return FoundLine(number, login.lstrip("# \t").rstrip(), text.lstrip().startswith("#"), bool(rest.partition("|")[0]))


class FoundQuota(t.NamedTuple):
    """The first line of the quotas that DMS finds for an account."""

    address: str
    number: int
    line: str

    @property
    def size(self) -> str | None:
        """What DMS takes from the line; None where it falls back to the default."""
        fields = self.line.split(":")
        if not fields[-1]:
            fields.pop()
        return fields[1] if len(fields) == _TWO_FIELDS else None

    @property
    def is_comment(self) -> bool:
        """Whether the line is a comment."""
        return self.line.lstrip().startswith("#")

    @property
    def login(self) -> str:
        """The login that the line is meant for."""
        return self.line.partition(":")[0].lstrip("# \t").rstrip().lower()


def found_quotas(server: ReadFiles) -> list[FoundQuota]:
    """Return what DMS finds for each account; nothing for those without any line."""
    quotas = server.quotas
    if not server.settings.quotas_enabled or not quotas.lines or quotas.is_binary:
        return []
    addresses = server.accounts.by_address
    first = first_lines(addresses, quotas.text.lower().split("\n"), behind=":")
    return [
        FoundQuota(address, first[address] + 1, quotas.lines[first[address]])
        for address in addresses
        if address in first
    ]

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

from .grep import first_lines

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator

    from .._findings.state import State
    from .reading import AliasLine

_BETWEEN_WORDS = re.compile(r"[,\s]+")
_TWO_FIELDS = 2


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


def alias_logins(state: State) -> list[AliasLogin]:
    """Return the logins that DMS makes of aliases; none where quotas are off."""
    if not state.options.quotas_enabled:
        return []
    sixteen = state.options.is_sixteen
    asked = [
        (alias, _recipients(alias, sixteen))
        for alias in state.aliases.physical
        if "@" in alias.key and not (sixteen and alias.key[0] == "@")
    ]
    lines = state.accounts.lines
    patterns = {word for dummy, words in asked for word in words if word}
    first = first_lines(patterns, lines)
    if lines:
        first[""] = 0
    return list(_found(asked, first, lines))


def _recipients(alias: AliasLine, sixteen: bool) -> list[str]:
    """Return what DMS looks for: before v16 all recipients as one text."""
    value = alias.value
    if not sixteen:
        return [value]
    if "," in value or " " in value or "\t" in value:
        return list(filter(None, _BETWEEN_WORDS.split(value)))
    return [value] if value else []


def _found(asked: list[tuple[AliasLine, list[str]]], first: dict[str, int], lines: list[str]) -> Iterator[AliasLogin]:
    read: dict[int, FoundLine] = {}
    for alias, words in asked:
        for word in words:
            index = first.get(word)
            if index is not None:
                if index not in read:
                    read[index] = _read(index + 1, lines[index])
                yield AliasLogin(alias, word, read[index])
                break


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


def found_quotas(state: State) -> list[FoundQuota]:
    """Return what DMS finds for each account; nothing for those without any line."""
    if not state.options.quotas_enabled or not state.quotas.lines:
        return []
    lines = state.quotas.raw_lines
    folded = state.quotas.text.lower().split("\n")
    addresses = state.accounts.by_address
    first = first_lines(addresses, folded, behind=":")
    return [FoundQuota(address, first[address] + 1, lines[first[address]]) for address in addresses if address in first]

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`postfix-send-access.cf` and `postfix-receive-access.cf`: C(address REJECT) (access(5))."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from .._text import in_quotes
from .entry import Misread, decode, encode
from .logical import LogicalTable

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator

    from .directory import Tables

_ACTION = "REJECT"
_FULL_ADDRESS = re.compile(rb"[^@]+@[^@]+")


@dataclasses.dataclass(frozen=True)
class Rejection:
    """An address that Postfix rejects, as one of the two files holds it."""

    address: str
    text: str = ""
    """What the sender is told beside the code, empty for what Postfix says by itself."""

    @property
    def key(self) -> str:
        """The address."""
        return self.address


class AccessTable(LogicalTable[Rejection]):
    """The addresses that are rejected. What has another key or another action is kept, and is no entry."""

    section = "restrictions"
    noun = "restriction"
    watched = False
    wired_at_start = True
    duplicate_effect = "so Postfix answers every mail with a temporary error"
    duplicate_hazard = "H01"
    separate_or = "or write both lines as one"

    def _scan_line(self, handle: int, line: bytes) -> bytes:
        key, *rest = line.split(None, 1)
        key = key.lower()
        if key[-1:] in b",:":
            self._misread[key[:-1]] = Misread(handle, f"has the key {self._shown(key)}, which matches no address")
            return b""
        if b'"' in key or b"\\" in key or not _FULL_ADDRESS.fullmatch(key):
            return b""
        action = rest[0].split()[0] if rest else b""
        if action.upper() != _ACTION.encode():
            what = f"the action {self._shown(action)}, which is not REJECT" if action else "no action (hazard H91)"
            self._misread[key] = Misread(handle, f"gives it {what}")
            return b""
        return key

    def _shown(self, text: bytes) -> str:
        return in_quotes(self.shown_key(decode(text)))

    def _key_of_indented(self, text: str) -> bytes | None:
        words = text.split()
        if len(words) > 1 and "@" in words[0]:
            return encode(words[0]).lower()
        return None

    @property
    def _effect_of_blank(self) -> str:
        return f"Postfix reads it as part of the {self.noun} above it (hazard H25)"

    def _check_value(self, key: str, handle: int) -> None:
        """Check nothing: any text may follow the action."""

    def _parse(self, handle: int) -> Rejection:
        key, *rest = encode(self._logical_text(handle)).split(None, 2)
        return Rejection(decode(key.lower()), decode(rest[1].rstrip()) if len(rest) > 1 else "")

    def _render(self, entry: Rejection, replaced: int | None) -> bytes:
        action = f"{_ACTION} {entry.text}" if entry.text else _ACTION
        return encode(entry.address) + self.lines.separator(replaced) + encode(action)


class SendAccessTable(AccessTable):
    """The addresses that may not send: those of the sender of the envelope."""

    file_name = "postfix-send-access.cf"


class ReceiveAccessTable(AccessTable):
    """The addresses that may not receive: recipients, before aliases are looked up."""

    file_name = "postfix-receive-access.cf"


DIRECTIONS: dict[str, type[AccessTable]] = {"send": SendAccessTable, "receive": ReceiveAccessTable}


@dataclasses.dataclass(frozen=True)
class Restriction:
    """What an address may not do."""

    address: str
    restrict: tuple[str, ...]
    """Some of `DIRECTIONS`, in their order."""

    @property
    def key(self) -> str:
        """The address."""
        return self.address


class Restrictions:
    """The entries of both files, each address once."""

    noun = AccessTable.noun
    file_name = " and ".join(table.file_name for table in DIRECTIONS.values())

    def __init__(self, tables: Tables) -> None:
        """Take both files among the tables of a directory."""
        self._tables = {name: tables.of(table) for name, table in DIRECTIONS.items()}

    def __iter__(self) -> Iterator[str]:
        """Yield the addresses: those of the first file, then what only the other one has."""
        return iter(dict.fromkeys(key for table in self._tables.values() for key in table))

    def entries(self) -> Iterator[Restriction]:
        """Yield all entries, in the order of their keys."""
        return map(self._restriction, self)

    def entry(self, key: str) -> Restriction | None:
        """Return what an address may not do, None where neither file has it."""
        restriction = self._restriction(key)
        return restriction if restriction.restrict else None

    def _restriction(self, key: str) -> Restriction:
        return Restriction(key, tuple(name for name, table in self._tables.items() if key in table))

    def find(self, key: str) -> Restriction | None:
        """Return what `entry` does. Raises RefusedError where it cannot be edited in one of the files."""
        for table in self._tables.values():
            table.find(key)
        return self.entry(key)

    def remove(self, key: str) -> None:
        """Take an address out of both files. Raises RefusedError as `find` does."""
        for table in self._tables.values():
            table.remove(key)

    def shown_key(self, key: str) -> str:
        """Return an address as it may be shown in a sentence."""
        return next(iter(self._tables.values())).shown_key(key)

    def line_of(self, key: str) -> str:
        """Return files and lines of an address, as messages name them."""
        return " and ".join(table.line_of(key) for table in self._tables.values() if key in table)

    def where(self, key: str) -> dict[str, t.Any]:
        """Return the line of an address in each file, as C(dms_info) reports it."""
        return {
            "lines": {name: table.where(key)["line"] if key in table else None for name, table in self._tables.items()}
        }

    def unread_places(self) -> list[str]:
        """Return the lines that are neither blank nor comments and part of no entry."""
        return [place for table in self._tables.values() for place in table.unread_places()]

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`dovecot-quotas.cf`: C(login:size)."""

from __future__ import annotations

import dataclasses
import re

from .._addresses import parse_size
from .._text import in_quotes
from .._warnings import RunWarning
from .entry import Misread, decode, encode
from .table import Table

_BLANKS = re.compile(rb"\s")
_COMMENTED_LOGIN = re.compile(rb"([^\s#:]+)(:?)")
_READABLE = re.compile(r"[0-9]{1,18}|[0-9]{1,6}[BKMGT](iB)?", re.IGNORECASE)


@dataclasses.dataclass(frozen=True)
class Quota:
    """The quota of an account, as `dovecot-quotas.cf` holds it."""

    address: str
    size: str
    """What stands behind the colon; empty on a guard line (hazard H22)."""

    @property
    def key(self) -> str:
        """The address."""
        return self.address

    @property
    def bytes(self) -> int | None:
        """The size as every Dovecot reads it; None where one of them would not."""
        return parse_size(self.size) if _READABLE.fullmatch(self.size) else None


class QuotaTable(Table[Quota]):
    """The quotas. DMS greps the raw file, so even a comment sets a quota (H23).

    Nothing repairs this file: with CRLF, the carriage return is part of the size.
    """

    section = "quotas"
    noun = "quota"
    file_name = "dovecot-quotas.cf"
    plain_line = re.compile(rb"([^\s#:][^\s:]*):[^\n]*\n|[^\n]*\n")
    duplicate_effect = "of which DMS applies only the first"

    def __init__(self, content: bytes | None) -> None:
        """Read the content of the file, None for a file that does not exist."""
        self._commented: dict[bytes, int] = {}
        super().__init__(content)

    def _scan_line(self, handle: int, line: bytes) -> bytes:
        login = line.split(b":", 1)[0]
        if not _BLANKS.search(login):
            return login.lower()
        words = login.split()
        if words:
            self._misread[words[0].lower()] = Misread(handle, "has a blank in its login")
        return b""

    def _scan_indented(self, handle: int, line: bytes, previous: int | None) -> None:
        login = line.strip().split(b":", 1)[0].lower()
        self._misread[login] = Misread(handle, "begins with a blank")

    def _scan_comment(self, handle: int, line: bytes) -> None:
        for login, colon in _COMMENTED_LOGIN.findall(line.lower()):
            if colon:
                self._commented.setdefault(login, handle)

    def _parse(self, handle: int) -> Quota:
        login, dummy, size = decode(self.lines.text(handle)).partition(":")
        return Quota(decode(encode(login.rstrip("\r")).lower()), size)

    def _render(self, entry: Quota, replaced: int | None) -> bytes:
        return encode(f"{entry.address}:{entry.size}")

    def _place(self, entry: Quota, line: bytes) -> int:
        comment = self._commented.get(encode(entry.address))
        if comment is None:
            return self.lines.append(line)
        return self.lines.insert_before(comment, line)

    def _is_written_as_read(self, handle: int, entry: Quota) -> bool:
        return super()._is_written_as_read(handle, entry) and not self._is_shadowed(handle, entry.address)

    def is_guard(self, key: str) -> bool:
        """Whether the line of a key is no quota, but keeps one of others away (H22)."""
        handle = self._handles.get(encode(key))
        return handle is not None and self.lines.text(handle).rstrip().endswith(b":")

    def _is_shadowed(self, handle: int, address: str) -> bool:
        """Whether a comment above the line sets the quota in its place (H23)."""
        comment = self._commented.get(encode(address))
        return comment is not None and comment < handle < len(self.lines)

    def put(self, entry: Quota) -> None:
        """Write a quota where DMS finds it, which is above a comment that names it."""
        handle = self._handles.get(encode(entry.address))
        if handle is not None and self._is_shadowed(handle, entry.address):
            self.remove(entry.address)
            self.rewritten.add(entry.address)
        super().put(entry)

    def warnings(self) -> list[RunWarning]:
        """Return a warning for each doubtful key that a run left in the file."""
        return super().warnings() + [
            RunWarning(
                f"{self.place(comment)} is a comment, but DMS applies it as the quota of"
                f" {in_quotes(self.shown_key(decode(key)))}; delete the line",
                "wrong",
                "H23",
                self.file_name,
                decode(key),
            )
            for key, comment in self._commented.items()
            if decode(key) in self._entries_before and key not in self._handles
        ]

# Copyright: (c) 2026, mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""`postfix-virtual.cf`: C(alias recipient[,recipient...])."""

from __future__ import annotations

import dataclasses
import re

from ansible_collections.mailops.dms.plugins.module_utils._errors import RefusedError
from ansible_collections.mailops.dms.plugins.module_utils._tables.logical import (
    LogicalTable,
    join_recipients,
    split_recipients,
)
from ansible_collections.mailops.dms.plugins.module_utils._tables.table import (
    Misread,
    decode,
    encode,
)

# What makes a list of recipients more than words, by RFC 822: quotes, comments, names.
_NOT_PLAIN = re.compile(r'["\\<>():]')
_KEY_AND_SEPARATOR = re.compile(rb"\S+(\s+)\S")


@dataclasses.dataclass(frozen=True)
class Alias:
    """An alias and what it points to, as `postfix-virtual.cf` holds it."""

    alias: str
    recipients: tuple[str, ...]

    @property
    def key(self) -> str:
        """The alias."""
        return self.alias

    @property
    def is_catch_all(self) -> bool:
        """Whether the alias stands for all addresses of its domain."""
        return self.alias.startswith("@")

    @property
    def is_identity(self) -> bool:
        """Whether the alias points to itself alone."""
        return len(self.recipients) == 1 and self.recipients[0].lower() == self.alias


class AliasTable(LogicalTable[Alias]):
    """The aliases, as Postfix's texthash map reads them."""

    section = "aliases"
    noun = "alias"
    file_name = "postfix-virtual.cf"
    duplicate_effect = (
        "so Postfix answers every lookup of a recipient with an error and no mail"
        " arrives (hazard H01)"
    )

    def __init__(self, content: bytes | None) -> None:
        """Read the content of the file, None for a file that does not exist."""
        self._entangled: dict[int, int] = {}
        super().__init__(content)

    def _scan_line(self, handle: int, line: bytes) -> bytes | None:
        key = line.split(None, 1)[0].lower()
        if key[-1:] in b",:":
            self._misread[key[:-1]] = Misread(
                handle, f"has the key {decode(key)!r}, which matches no address"
            )
            return None
        return None if b'"' in key or b"\\" in key else key

    def _scan_indented(self, handle: int, line: bytes, previous: int | None) -> None:
        super()._scan_indented(handle, line, previous)
        words = line.split()
        if len(words) > 1 and b"@" in words[0] and words[0][-1:] not in b",;":
            # Meant as an alias, but Postfix takes it for more recipients (hazard H25).
            self._misread[words[0].lower()] = Misread(
                handle,
                "begins with a blank, so Postfix takes it for more recipients of the"
                " alias above it (hazard H25)",
            )
            if previous is not None:
                self._entangled.setdefault(previous, handle)

    def find(self, key: str) -> Alias | None:
        """Return the entry of a key that is to be edited, None where there is none.

        Raises RefusedError as `Table.find` does, and where the recipients of the alias
        cannot be told for sure.
        """
        entry = super().find(key)
        if entry is not None:
            self._check_recipients(self._handles[encode(key)])
        return entry

    def _check_recipients(self, handle: int) -> None:
        entangled = self._entangled.get(handle)
        if entangled is not None:
            raise RefusedError(
                f"{self.place(entangled)} begins with a blank, so Postfix takes it for"
                f" more recipients of the alias on line {self.lines.number(handle)}"
                " (hazard H25); take the blank away if it is an alias of its own, or"
                " put commas between the recipients"
            )
        if _NOT_PLAIN.search(self._value(handle)):
            raise RefusedError(
                f"{self.place(handle)} has quotes, names or comments among its"
                " recipients; write them as plain addresses with commas between them"
            )

    def _value(self, handle: int) -> str:
        words = self._logical_text(handle).split(None, 1)
        return words[1] if len(words) > 1 else ""

    def _parse(self, handle: int) -> Alias:
        key = self.lines.text(handle).split(None, 1)[0]
        return Alias(decode(key.lower()), split_recipients(self._value(handle)))

    def _render(self, entry: Alias, replaced: int | None) -> bytes:
        separator = b" "
        if replaced is not None:
            written = _KEY_AND_SEPARATOR.match(self.lines.text(replaced))
            separator = written[1] if written else b" "
        recipients = encode(join_recipients(entry.recipients))
        return encode(entry.alias) + separator + recipients

    def _place(self, entry: Alias, line: bytes) -> int:
        # DMS documents that specific aliases stand above the catch-all of their domain.
        domain = entry.alias[entry.alias.rfind("@") :]
        catch_all = self._handles.get(encode(domain))
        if catch_all is None:
            return self.lines.append(line)
        return self.lines.insert_before(self._above_comments(catch_all), line)

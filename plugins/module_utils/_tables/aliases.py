# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`postfix-virtual.cf`: C(alias recipient[,recipient...])."""

from __future__ import annotations

import dataclasses
import re

from .._addresses import fold_case
from .._text import in_quotes
from .entry import Misread, decode, encode
from .logical import LogicalTable, join_recipients, split_recipients


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
        return len(self.recipients) == 1 and fold_case(self.recipients[0]) == self.alias


class AliasTable(LogicalTable[Alias]):
    """The aliases, as Postfix's texthash map reads them."""

    section = "aliases"
    noun = "alias"
    file_name = "postfix-virtual.cf"
    plain_line = re.compile(rb'([^\s#"\\][^\s"\\]*(?<![,:]))[ \t][^\n]*\n|[^\n]*\n')
    duplicate_effect = "so Postfix answers every lookup of a recipient with an error and no mail arrives"
    duplicate_hazard = "H01"

    def _scan_line(self, handle: int, line: bytes) -> bytes:
        key = line.split(None, 1)[0].lower()
        if key[-1:] in b",:":
            self._misread[key[:-1]] = Misread(
                handle, f"has the key {in_quotes(self.shown_key(decode(key)))}, which matches no address"
            )
            return b""
        return b"" if b'"' in key or b"\\" in key else key

    def _key_of_indented(self, text: str) -> bytes | None:
        words = text.split()
        if len(words) > 1 and "@" in words[0] and words[0][-1] not in ",;":
            return encode(words[0]).lower()
        return None

    def _parse(self, handle: int) -> Alias:
        key = self.lines.text(handle).split(None, 1)[0]
        return Alias(decode(key.lower()), split_recipients(self._value(handle)))

    def _render(self, entry: Alias, replaced: int | None) -> bytes:
        recipients = encode(join_recipients(entry.recipients))
        return encode(entry.alias) + self.lines.separator(replaced) + recipients

    def _place(self, entry: Alias, line: bytes) -> int:
        # DMS documents that specific aliases stand above the catch-all of their domain.
        domain = entry.alias[entry.alias.rfind("@") :]
        catch_all = self._handles.get(encode(domain))
        if catch_all is None:
            return self.lines.append(line)
        return self.lines.insert_before(self._above_comments(catch_all), line)

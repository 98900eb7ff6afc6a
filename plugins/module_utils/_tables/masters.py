# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`dovecot-masters.cf`: C(name|hash)."""

from __future__ import annotations

import dataclasses
import re

from .entry import encode
from .logins import COLUMN, LoginTable


@dataclasses.dataclass(frozen=True)
class Master:
    """A master account with its password hash, as `dovecot-masters.cf` holds it."""

    name: str
    password_hash: str = dataclasses.field(repr=False)
    """All that stands behind the first C(|): there is no third column (hazard H63)."""

    @property
    def key(self) -> str:
        """The name."""
        return self.name


class MasterTable(LoginTable[Master]):
    """The master accounts, of which DMS makes a passwd-file of Dovecot."""

    section = "masters"
    noun = "master account"
    file_name = "dovecot-masters.cf"
    plain_line = re.compile(rb"([^\s#|:][^\s|:]*)\|[^\n]*\n|[^\n]*\n")
    duplicate_effect = "of which Dovecot only knows the first"
    duplicate_hazard = "H63"
    hazard_of_blank = "H63"
    hazard_of_indentation = "H63"

    def _scan_line(self, handle: int, line: bytes) -> bytes:
        name = line.split(COLUMN, 1)[0]
        if b":" in name:
            problem = "has a ':' in its name, where Dovecot ends the name and begins the hash (hazard H63)"
            self._suspect(handle, name.partition(b":")[0], problem)
            return b""
        return super()._scan_line(handle, line)

    def _parse(self, handle: int) -> Master:
        return Master(*self._columns(handle))

    def _render(self, entry: Master, replaced: int | None) -> bytes:
        return encode(f"{entry.name}|{entry.password_hash}")

    def _shown_rest(self, rest: str, before: Master | None) -> str:
        return self._shown_hash(rest, before)

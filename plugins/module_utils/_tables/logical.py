# Copyright: (c) 2026, mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""What the files that Postfix reads share: logical lines and lists of recipients."""

from __future__ import annotations

import abc
import re
import typing as t

from ansible_collections.mailops.dms.plugins.module_utils._tables.table import (
    EntryType,
    Table,
    decode,
)

_BETWEEN_RECIPIENTS = re.compile(r"[,;\s]+")


def split_recipients(value: str) -> tuple[str, ...]:
    """Return the recipients of a list as Postfix separates them."""
    return tuple(filter(None, _BETWEEN_RECIPIENTS.split(value)))


def join_recipients(recipients: t.Iterable[str]) -> str:
    """Return recipients as one list, without the blanks that the CLI trips over (H57)."""
    return ",".join(recipients)


class LogicalTable(Table[EntryType], abc.ABC):
    """A table whose lines go on where the next one begins with a blank (postconf(5))."""

    def _scan_indented(self, handle: int, line: bytes, previous: int | None) -> None:
        if previous is not None:
            self._continuations.setdefault(previous, []).append(handle)

    def _logical_text(self, handle: int) -> str:
        """Return a line with its continuations, as Postfix joins them."""
        parts = [handle, *self._continuations.get(handle, ())]
        return decode(b"".join(self.lines.text(h).rstrip(b"\r") for h in parts))

    def _last_physical(self, handle: int) -> int:
        """Return the handle of the last physical line of a logical one."""
        return self._continuations.get(handle, [handle])[-1]

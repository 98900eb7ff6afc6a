# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`postfix-relaymap.cf`: C(@domain [host]:port), or C(@domain) alone for no relay."""

from __future__ import annotations

import dataclasses
import re

from .._destinations import DIRECT, shown_lookup_key, shown_words
from .entry import encode, printable_line
from .pairs import PairTable

_COMMENT = re.compile(r"(?:^|[\s,])#")


@dataclasses.dataclass(frozen=True)
class Relay:
    """Where the mail of a sender goes, as `postfix-relaymap.cf` holds it."""

    sender: str
    """C(@domain) or an address."""

    destination: str
    """Empty on the line of a domain that DMS gives no relay."""

    @property
    def key(self) -> str:
        """The sender."""
        return self.sender

    @property
    def is_direct(self) -> bool:
        """Whether the sender has no relay."""
        return self.destination.upper() in ("", DIRECT)


class RelayTable(PairTable[Relay]):
    """The relays. What DMS does not copy to Postfix's map is a domain without one."""

    section = "relays"
    noun = "relay"
    file_name = "postfix-relaymap.cf"
    duplicate_effect = "so Postfix may defer all mail that leaves the server"
    duplicate_hazard = "H62"

    def _problem_of(self, key: str, value: str) -> str:
        if "@" not in key or '"' in key or "\\" in key:
            return "has a key that no sender matches (hazard H97)"
        if _COMMENT.search(value):
            return "has a comment, which Postfix reads as a relay (hazard H62)"
        return ""

    def _is_copied(self, value: str) -> bool:
        return bool(value)

    def _parse(self, handle: int) -> Relay:
        return Relay(*self._pair(handle))

    def _render(self, entry: Relay, replaced: int | None) -> bytes:
        if not entry.destination:
            # With a blank behind it, the command line tool finds the domain again.
            return encode(f"{entry.sender} ")
        return self._line_with(entry, entry.destination, replaced)

    def shown(self, line: bytes) -> str:
        """Return a line without anything that may be a password."""
        return shown_words(printable_line(line))

    def shown_key(self, key: str) -> str:
        """Return a key as it may be shown: nothing but a sender."""
        return shown_lookup_key(key)

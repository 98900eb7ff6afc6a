# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`postfix-sasl-password.cf`: C(@domain user:password), also for an address or C([host]:port)."""

from __future__ import annotations

import dataclasses

from .._destinations import shown_lookup_key
from .._secrets import HIDDEN, NEWLY_HIDDEN, without_hashes
from .entry import printable_line
from .pairs import PairTable

_BLANKS = " \t\n\r\v\f"


@dataclasses.dataclass(frozen=True)
class RelayCredential:
    """With which user and password Postfix logs in, as `postfix-sasl-password.cf` holds it."""

    name: str
    """C(@domain), an address, C([host]:port) or another name of a host."""

    user: str
    password: str = dataclasses.field(repr=False)

    @property
    def key(self) -> str:
        """The sender or the relay."""
        return self.name


class RelayCredentialTable(PairTable[RelayCredential]):
    """The credentials. The passwords stand there as they are."""

    section = "relay_credentials"
    noun = "relay credential"
    file_name = "postfix-sasl-password.cf"
    new_file_mode = 0o600
    duplicate_effect = "so Postfix defers the mail to every server that it may log in to"
    duplicate_hazard = "H62"

    def _problem_of(self, key: str, value: str) -> str:
        user, dummy, password = value.partition(":")
        if '"' in key or "\\" in key:
            return "has a key with quotes or a backslash, which Postfix reads otherwise (hazard H97)"
        if not (user.strip() and password):
            return "does not hold user:password behind its key (hazard H97)"
        return ""

    def _is_copied(self, value: str) -> bool:
        return True

    def _parse(self, handle: int) -> RelayCredential:
        key, value = self._pair(handle)
        user, dummy, password = value.partition(":")
        return RelayCredential(key, user, password)

    def _render(self, entry: RelayCredential, replaced: int | None) -> bytes:
        return self._line_with(entry, f"{entry.user}:{entry.password}", replaced)

    def shown(self, line: bytes) -> str:
        """Return a line without any secret, and with a mark where one is a new one."""
        text = printable_line(line)
        rest = text.lstrip(_BLANKS)
        indent = text[: len(text) - len(rest)]
        if not rest:
            return text
        if rest.startswith("#"):
            # A comment may be a credential that is not used any more.
            return f"{indent}# {HIDDEN}" if rest.strip("#" + _BLANKS) else text
        key = rest.split(None, 1)[0]
        value = rest[len(key) :]
        user = value.strip(_BLANKS).partition(":")[0]
        shown = shown_lookup_key(key)
        if indent or shown != key or ":" not in value:
            return f"{indent}{shown}{' ' + HIDDEN if value.strip(_BLANKS) else ''}"
        separator = value[: len(value) - len(value.lstrip(_BLANKS))]
        return f"{key}{separator}{shown_user(user)}:{self._shown_password(key, value)}"

    def _shown_password(self, key: str, value: str) -> str:
        """Return what stands for a password: whether this run changed it."""
        if not value.partition(":")[2].strip(_BLANKS):
            return ""
        before = self._entries_before.get(key.lower())
        password = value.strip(_BLANKS).partition(":")[2]
        same = before is None or before.password == password
        return HIDDEN if same else NEWLY_HIDDEN

    def shown_key(self, key: str) -> str:
        """Return a key as it may be shown: nothing but a sender or a host."""
        return shown_lookup_key(key)


def shown_user(user: str) -> str:
    """Return the name of a user as it may be shown: with a blank in it, it may be a password."""
    return HIDDEN if any(map(str.isspace, user)) else without_hashes(user)

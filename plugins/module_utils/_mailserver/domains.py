# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which domains are ours, which are names of the host itself, and what is elsewhere."""

from __future__ import annotations

import re
import typing as t

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable

_BETWEEN_DOMAINS = re.compile(r"[,\s]+")

# Of the interfaces that Postfix listens on, the two that every host has.
_LOOPBACK = ("[127.0.0.1]", "[::1]", "[ipv6:::1]")


class Domains:
    """The domains of one state of the config directory."""

    def __init__(self, spelled: Iterable[str], hostname: str) -> None:
        """Take the domains as DMS lists them, and the host name."""
        # Postfix reads the list of domains with commas between them (hazard H24).
        self._ours = {part for domain in spelled for part in _BETWEEN_DOMAINS.split(domain.lower()) if part}
        folded = hostname.lower()
        self._of_host = {folded, "localhost", *_LOOPBACK, f"localhost.{_parent_domain(folded)}"}

    def is_local(self, domain: str) -> bool:
        """Whether Postfix takes a domain for a name of the host itself."""
        folded = domain.lower()
        return folded in self._of_host or (folded.endswith(".") and folded[:-1] in self._of_host)

    def is_ours(self, domain: str) -> bool:
        """Whether Postfix takes a domain for one with mailboxes."""
        return domain.lower() in self._ours


def _parent_domain(hostname: str) -> str:
    """Return the domain of the host as DMS finds it: a bare domain is its own."""
    labels = hostname.split(".")
    return ".".join(labels[1:]) if len(labels) > 2 else hostname

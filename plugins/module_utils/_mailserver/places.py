# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of a final recipient: an account, nobody, the host itself, elsewhere."""

from __future__ import annotations

import re
import typing as t

from .syntax import from_bytes, from_text

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator

    from .._tables.directory import Tables

# The domain of the first word of a physical line, for DMS reads no other ones.
_DOMAIN_OF_ALIAS = re.compile(rb"^[ \t]*(?!#)[^\s@]*@([^\s@]*)", re.MULTILINE)
_BETWEEN_DOMAINS = re.compile(r"[,\s]+")

# Of the interfaces that Postfix listens on, the two that every host has.
_LOOPBACK = ("[127.0.0.1]", "[::1]", "[ipv6:::1]")


class Places:
    """The accounts and the domains of one state of the config directory."""

    def __init__(self, tables: Tables, hostname: str) -> None:
        """Read the tables as they are now."""
        self._accounts = {from_text(address) for address in tables.accounts}
        self._domains = set(_domains(tables))
        folded = from_text(hostname).lower()
        self._local_domains = {folded, "localhost", *_LOOPBACK}
        self._local_domains.add(f"localhost.{_parent_domain(folded)}")

    def is_local_domain(self, domain: str) -> bool:
        """Whether Postfix takes a domain for a name of the host itself."""
        folded = domain.lower()
        return folded in self._local_domains or (folded.endswith(".") and folded[:-1] in self._local_domains)

    def of(self, recipient: str, base: str) -> str:
        """Return C(account), C(unknown), C(local) or C(external) for a final recipient.

        `base` is the folded recipient without extension, by which Dovecot delivers.
        """
        domain = recipient.rpartition("@")[2].lower()
        if not recipient or self.is_local_domain(domain):
            return "local"
        if not domain:
            return "unknown"
        if domain not in self._domains:
            return "external"
        return "account" if base in self._accounts else "unknown"


def _parent_domain(hostname: str) -> str:
    """Return the domain of the host as DMS finds it: a bare domain is its own."""
    labels = hostname.split(".")
    return ".".join(labels[1:]) if len(labels) > 2 else hostname


def _domains(tables: Tables) -> Iterator[str]:
    """Yield the folded domains that DMS tells Postfix are ours."""
    for address in tables.accounts:
        yield from_text(address).split("@", 2)[1 if "@" in address else 0]
    found = set(_DOMAIN_OF_ALIAS.findall(tables.aliases.to_bytes()))
    for domain in found:
        # Postfix reads the list of domains with commas between them (hazard H24).
        yield from filter(None, _BETWEEN_DOMAINS.split(from_bytes(domain).lower()))

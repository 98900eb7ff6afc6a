# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which domains are ours, which are names of the host itself, and what is no domain."""

from __future__ import annotations

import functools
import ipaddress
import re
import typing as t

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable

_BETWEEN_DOMAINS = re.compile(r"[, \t\r\n]+")
_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_LONGEST_DOMAIN = 255
# Many addresses have few domains, so what was found out of the last ones is kept.
_MOST_KEPT = 1000
_LOOPBACK = frozenset((ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1")))
_FOUR_NUMBERS = re.compile(r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}")
_IPV6 = "ipv6:"


class DomainListError(Exception):
    """A list of domains that Postfix cannot read; the text is the entry that is to blame."""


class Domains:
    """The domains of one state of the config directory."""

    def __init__(self, spelled: Iterable[str], hostname: str) -> None:
        """Take the domains as DMS lists them, and the host name."""
        # DMS sorts what it writes, and Postfix reads commas in its lines as line ends (hazard H24).
        parts = (part for domain in sorted(set(spelled)) for part in _BETWEEN_DOMAINS.split(domain))
        entries = list(dict.fromkeys(filter(None, parts)))
        self.broken = next(filter(breaks_list, entries), None)
        """An entry that makes trivial-rewrite(8) die, None where there is none (hazard H71)."""

        self._ours = {entry.lower() for entry in entries}
        self._odd = [entry for entry in entries if is_no_domain(entry)]
        self._order = entries if self._odd else []
        folded = hostname.lower()
        self._of_host = {folded, "localhost", f"localhost.{_parent_domain(folded)}"}
        self.is_local = functools.lru_cache(maxsize=_MOST_KEPT)(self._is_local)
        """Whether Postfix takes a domain for a name of the host itself."""

    def _is_local(self, domain: str) -> bool:
        folded = domain.lower()
        if folded.endswith("."):
            folded = folded[:-1]
        return folded in self._of_host or (folded[:1] == "[" and _address_of(folded) in _LOOPBACK)

    def may_be_ours(self, domain: str) -> bool:
        """Whether `is_ours` may say so of a folded domain, or raise."""
        return bool(self._order) or domain in self._ours

    def is_ours(self, domain: str) -> bool:
        """Whether Postfix takes a folded domain for one with mailboxes.

        The first entry of the sorted list that says something of the domain counts
        (match_list(3)). Raises DomainListError where that cannot be looked up.
        """
        for entry in self._order:
            name = entry.lstrip("!")
            if _is_table(name):
                raise DomainListError(entry)
            if name.lower() == domain:
                return (len(entry) - len(name)) % 2 == 0
        return domain in self._ours


def is_no_domain(entry: str) -> bool:
    """Whether Postfix takes an entry of its list of domains for something else (hazard H71)."""
    return entry[0] == "!" or _is_table(entry)


def breaks_list(entry: str) -> bool:
    """Whether trivial-rewrite(8) dies of an entry: of a table without type or name, or an empty negation."""
    name = entry.lstrip("!")
    return not name or (_is_table(name) and name.find(":") in (0, len(name) - 1))


def _is_table(name: str) -> bool:
    """Whether Postfix takes a name for that of a table or a file, which is not there."""
    return name[:1] == "/" or (":" in name and name[0] != "[")


@functools.lru_cache(maxsize=_MOST_KEPT)
def is_valid(domain: str) -> bool:
    """Whether Postfix sends mail to a domain, see valid_hostname(3); else it bounces (hazard H72)."""
    if domain.startswith("["):
        return _address_of(domain.lower()) is not None
    return (
        len(domain) <= _LONGEST_DOMAIN
        and all(map(_LABEL.fullmatch, domain.split(".")))
        and not domain.replace(".", "").isdigit()
    )


def _address_of(literal: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the address of a folded C([address]), None where Postfix reads none."""
    text = literal[1:-1]
    if literal[-1:] != "]":
        return None
    try:
        if text.startswith(_IPV6):
            return ipaddress.IPv6Address(text[len(_IPV6) :])
        if _FOUR_NUMBERS.fullmatch(text):
            return ipaddress.IPv4Address(".".join(str(int(number)) for number in text.split(".")))
    except ValueError:
        pass
    return None


def _parent_domain(hostname: str) -> str:
    """Return the domain of the host as DMS finds it: a bare domain is its own."""
    labels = hostname.split(".")
    return ".".join(labels[1:]) if len(labels) > 2 else hostname

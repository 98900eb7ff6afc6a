# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Senders, relay hosts and ports: folded to the one form that is written, or refused.

Every function that folds takes what a user gave and raises RefusedError with a sentence of
what is wrong and what to do; the caller adds which entry it was.
"""

from __future__ import annotations

import re
import typing as t

from ._addresses import fold_alias, fold_domain
from ._errors import RefusedError
from ._secrets import HIDDEN
from ._text import bounded_number, in_quotes

DIRECT = "DUNNO"
"""What Postfix takes for no relay, whatever its case (sender_dependent_relayhost_maps in postconf(5))."""

LARGEST_PORT = 65535

_DESTINATION = re.compile(r"\[([^\s\[\]]+)\]:0*([1-9][0-9]{0,4})")
_ADDRESS = re.compile(r"[0-9.]+|[0-9a-f:.]*:[0-9a-f:.]*", re.IGNORECASE)
_BETWEEN_DESTINATIONS = re.compile(r"[, \t\r\n]+")

# What is no password: a sender, and a host with its dots, brackets or number of a port.
_SHOWN_SENDER = re.compile(r"[\w.!#$%&'*+/=?^`{}~-]*@[\w.-]+", re.ASCII)
_SHOWN_HOST = re.compile(
    r"\[[\w.:-]+\](?::[0-9]{1,5})?|[\w-]+(?:\.[\w-]+)+(?::[0-9]{1,5})?|[\w-]+:[0-9]{1,5}|localhost", re.ASCII | re.I
)


class Destination(t.NamedTuple):
    """A host and a port, as DMS's command line tool writes them."""

    host: str
    port: int

    def __str__(self) -> str:
        """Return what stands in the files."""
        return f"[{self.host}]:{self.port}"


def fold_sender(text: str) -> str:
    """Return the key that stands for a sender: C(@domain) for a domain, or a whole address."""
    if text.startswith(("@", "[")) or "@" not in text:
        try:
            return f"@{fold_domain(text.removeprefix('@'))}"
        except RefusedError:
            raise RefusedError(
                "it is neither a domain nor an address; write one such as example.com or user@example.com"
            ) from None
    folded = fold_alias(text)
    if folded.startswith("*@"):
        raise RefusedError(
            "Postfix does not treat '*' as a wildcard, so it matches no sender; write the domain alone (hazard H97)"
        )
    return folded


def fold_host(text: str) -> str:
    """Return the name or the address of a host in lower case."""
    if text.startswith("[") or text.endswith("]"):
        raise RefusedError("host has brackets; leave them out, they are added in the file")
    if _ADDRESS.fullmatch(text):
        return _fold_address(text)
    host, colon, port = text.partition(":")
    if colon and port.isdecimal():
        raise RefusedError(f"host contains a port; write {in_quotes(host)} as host and {port} as port")
    try:
        return fold_domain(text)
    except RefusedError:
        raise RefusedError(
            f"host {in_quotes(shown_destination(text))} is neither the name nor the address of a host; write a name such"
            " as smtp.example.com"
        ) from None


def _fold_address(text: str) -> str:
    # Few relays are known by their address.
    import ipaddress

    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise RefusedError(
            f"host {in_quotes(text)} is not the address of a host; correct it, or write a name"
        ) from None


def check_port(port: object) -> int:
    """Return a port that is one. Raises RefusedError."""
    if isinstance(port, bool) or not isinstance(port, int) or not 0 < port <= LARGEST_PORT:
        raise RefusedError(f"port is not a whole number from 1 to {LARGEST_PORT}; write one such as 587")
    return port


def parse_destination(text: str) -> Destination | None:
    """Return host and port of C([host]:port), None for anything else."""
    found = _DESTINATION.fullmatch(text)
    port = bounded_number(found[2], LARGEST_PORT) if found else LARGEST_PORT + 1
    return Destination(found[1].lower(), port) if found and port <= LARGEST_PORT else None


def split_destinations(text: str) -> list[str]:
    """Return the destinations of a list, as smtp(8) separates them."""
    return list(filter(None, _BETWEEN_DESTINATIONS.split(text)))


def shown_lookup_key(text: str) -> str:
    """Return the key of a line as it may be shown: nothing that may be a password."""
    return text if _SHOWN_SENDER.fullmatch(text) else shown_destination(text)


def shown_destination(text: str) -> str:
    """Return a host, or what should be one, as it may be shown."""
    return text if _SHOWN_HOST.fullmatch(text) or text.upper() == DIRECT else HIDDEN


def shown_words(text: str) -> str:
    """Return a line that should consist of senders and destinations, or is a comment, as it may be shown."""
    is_comment = text.lstrip().startswith("#")

    def shown(found: re.Match[str]) -> str:
        is_told = is_comment and ":" not in found[0].rstrip(":")
        return found[0] if is_told else shown_lookup_key(found[0])

    # What was meant as a comment behind an entry may be anything.
    comment = None if is_comment else re.search(r"(?<=\s)#", text)
    words = text if comment is None else text[: comment.start()]
    return re.sub(r"[^\s,]+", shown, words) + ("" if comment is None else HIDDEN)

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hazards of `postfix-relaymap.cf`, and of what it has in common with the file of the credentials."""

from __future__ import annotations

import re
import typing as t

from .._destinations import DIRECT, LARGEST_PORT, parse_destination, split_destinations
from .._mailserver.domains import is_valid
from .._mailserver.naming import shown_relay_key
from .._text import bounded_number
from .finding import Hit

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator

    from .._mailserver.relays import Pair, PairsFile
    from .._mailserver.server import MailServer

_COMMENT = re.compile(r"(?:^|[\s,])#")
_BEGINS_WITH_COMMENT = re.compile(r"[\s,]*#")

# Host or [host], and a port; what smtp(8) takes apart with host_port(3).
_PARTS = re.compile(r"(?:\[(?P<literal>[^\]]*)\]|(?P<name>[^:\[\]]*))(?::(?P<port>[^:]*))?")
_SERVICE = re.compile(r"[a-z][a-z0-9-]*", re.IGNORECASE)

# The ports on which TLS begins with the connection (RFC 8314), and that of one large provider.
_TLS_AT_ONCE = (465, 2465)


def hit_of(file: PairsFile, line: Pair, message: str, advice: str, severity: str | None = None) -> Hit:
    """Return a finding about one line."""
    return Hit(file.name, line.number, shown_relay_key(line.written), message, advice, severity)


def spellings_of_senders(server: MailServer) -> Iterator[Hit]:
    """H07: DMS looks for the domains of the accounts in the relays letter by letter."""
    spelled = {domain for domains in (server.accounts.domains, server.aliases.domains) for domain in domains}
    folded = {domain.lower() for domain in spelled}
    senders = [*server.relays.entries, *server.relays.excluded]
    for line in senders:
        is_of_domain = line.written.startswith("@") and line.domain.lower() in folded
        if is_of_domain and not {domain for domain in spelled if domain.lower() == line.domain.lower()} <= {
            other.domain for other in senders if other.written.startswith("@")
        }:
            effect = (
                "adds it a second time and all mail that leaves the server is deferred"
                if line.value
                else "does not exclude it"
            )
            yield hit_of(
                server.relays,
                line,
                f"The accounts or the aliases spell the domain otherwise, so with RELAY_HOST, DMS {effect}.",
                "Write the domain in lower case everywhere.",
            )


def duplicate_keys(server: MailServer) -> Iterator[Hit]:
    """H62: the same key twice, for which Postfix does without the whole file."""
    for file, effect in (
        (server.relays, "all mail that leaves the server is deferred"),
        (server.relay_credentials, "the mail to every server that Postfix may log in to is deferred"),
    ):
        for line in file.duplicates:
            message = f"The same key stands in the file twice, so {effect}."
            yield hit_of(file, line, message, "Remove all but one of the lines.")
    for line in server.relays.excluded:
        if line.key in server.relays.by_key:
            message = "The domain is excluded, but another line gives it a relay, which its mail takes."
            yield hit_of(server.relays, line, message, "Remove one of the two lines.", "warn")


def indented_lines(server: MailServer) -> Iterator[Hit]:
    """H62: a line that begins with a blank."""
    for file in (server.relays, server.relay_credentials):
        for line in file.glued:
            yield hit_of(
                file,
                line,
                "The line begins with a blank, so Postfix reads it as a part of the line above it, and ignores it where"
                " there is none.",
                "Remove the blank at the beginning of the line.",
                "wrong",
            )


def inline_comments(server: MailServer) -> Iterator[Hit]:
    """H62: a comment behind a relay, or in its place, or what may be one behind credentials."""
    advice = "Put the comment on a line of its own."
    for line in server.relays.entries:
        if _BEGINS_WITH_COMMENT.match(line.value):
            message = (
                "DMS takes what was meant as a comment for the relay. Postfix cannot read it and ends the process that"
                " delivers, so for a while it delivers no mail to any other server either."
            )
            yield hit_of(server.relays, line, message, advice)
        elif _COMMENT.search(line.value):
            message = "Postfix takes the words of the comment for more relays, and tries them if the first one fails."
            yield hit_of(server.relays, line, message, advice, "wrong")
    for line in server.relay_credentials.entries:
        if _COMMENT.search(line.value):
            message = "What looks like a comment is a part of the password."
            yield hit_of(server.relay_credentials, line, message, f"If it is a comment: {advice}", "warn")


def senders_without_match(server: MailServer) -> Iterator[Hit]:
    """H97 of the relays: a key that no sender matches, or a line that excludes nobody."""
    relays = server.relays
    for line in [*relays.entries, *relays.excluded]:
        if "@" not in line.written or set('"\\').intersection(line.written):
            yield hit_of(
                relays,
                line,
                "No sender matches this key, so the line has no effect.",
                "Write @domain for all senders of a domain, or a whole address.",
            )
        elif line.written.startswith("*@"):
            message = "Postfix does not treat '*' as a wildcard, so no sender matches this key."
            yield hit_of(relays, line, message, "Remove the '*'.")
        elif not line.value and not line.written.startswith("@"):
            yield hit_of(
                relays,
                line,
                "DMS only excludes whole domains, so the line has no effect.",
                f"Write {DIRECT} behind the address, for which Postfix uses no relay then.",
            )


def ports_with_tls_at_once(server: MailServer) -> Iterator[Hit]:
    """H98: a port on which the server waits for TLS while Postfix waits for its greeting."""
    for line in server.relays.entries:
        for text in split_destinations(line.value):
            destination = parse_destination(text)
            if destination and destination.port in _TLS_AT_ONCE:
                yield hit_of(
                    server.relays,
                    line,
                    f"On port {destination.port}, TLS begins with the connection. Postfix waits for a greeting before"
                    " it, so the mail is deferred unless smtp_tls_wrappermode is set for this relay.",
                    "Use the port on which the relay has STARTTLS, which is mostly 587.",
                )


def broken_destinations(server: MailServer) -> Iterator[Hit]:
    """H99: a relay that ends smtp(8) with an error, which reads a list of them one by one."""
    advice = "Write [host]:port, such as [smtp.example.com]:587."
    for line in server.relays.entries:
        destinations = split_destinations(line.value)
        if _COMMENT.search(line.value) or not destinations:
            continue
        if not _is_destination(destinations[0]):
            message = (
                "Postfix cannot read the relay and ends the process that delivers, so for a while it delivers no mail to"
                " any other server either."
            )
            yield hit_of(server.relays, line, message, advice)
        # An address there is the key of a line that begins with a blank (H62).
        elif not all(_is_destination(text) for text in destinations if "@" not in text):
            message = (
                "Postfix cannot read one of the relays. If those before it fail, it ends the process that delivers, so"
                " for a while it delivers no mail to any other server either."
            )
            yield hit_of(server.relays, line, message, advice, "wrong")


def _is_destination(text: str) -> bool:
    if text.upper() == DIRECT:
        return True
    found = _PARTS.fullmatch(text)
    return found is not None and _is_host(found) and _is_port(found["port"])


def _is_host(found: re.Match[str]) -> bool:
    if found["literal"] is None:
        return is_valid(found["name"]) or is_valid(f"[{found['name']}]")
    literal = found["literal"].lower()
    prefix = "ipv6:" if ":" in literal and not literal.startswith("ipv6:") else ""
    return is_valid(literal) or is_valid(f"[{prefix}{literal}]")


def _is_port(port: str | None) -> bool:
    if not port:
        return True
    if port.isascii() and port.isdecimal():
        return 0 < bounded_number(port, LARGEST_PORT) <= LARGEST_PORT
    return _SERVICE.fullmatch(port) is not None

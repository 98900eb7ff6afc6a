# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hazards of `postfix-sasl-password.cf`: credentials that are not used, or missing."""

from __future__ import annotations

import collections
import typing as t

from .._destinations import parse_destination, split_destinations
from .._mailserver.naming import shown_relay_key
from .finding import Hit
from .relays import hit_of

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator

    from .._mailserver.relays import Pair, RelayCredentialsFile
    from .._mailserver.server import MailServer


def empty_credentials(server: MailServer) -> Iterator[Hit]:
    """H75: the file has no credentials, and has its effect all the same."""
    credentials = server.relay_credentials
    if credentials.content is not None and not credentials.lines_with_text and not credentials.is_binary:
        yield Hit(
            credentials.name,
            None,
            "",
            "The file has no credentials, but while it is there and a relay is set, DMS requires TLS of every server that"
            " mail is sent to, so mail to a server without TLS is not delivered.",
            "Keep it as long as relays need credentials. Afterwards delete it and create the container anew.",
        )


def relays_without_credentials(server: MailServer) -> Iterator[Hit]:
    """H95: Postfix logs in to a relay for some senders, and not for another one."""
    credentials = server.relay_credentials
    with_credentials: set[str] = set()
    without = []
    for line in server.relays.entries:
        hosts = _hosts(line)
        if _credential_of(credentials, line):
            with_credentials.update(hosts)
        elif hosts:
            without.append((line, hosts))
    for line, hosts in without:
        shared = [host for host in hosts if host in with_credentials]
        if shared:
            yield hit_of(
                server.relays,
                line,
                f"Postfix logs in to {shown_relay_key(shared[0])} for other senders, but there are no credentials for"
                " this one, so its mail is probably refused.",
                "Add credentials for the sender, or for the relay.",
            )


def _hosts(line: Pair) -> list[str]:
    """Return the folded hosts of a relay."""
    destinations = filter(None, map(parse_destination, split_destinations(line.value)))
    return [destination.host for destination in destinations]


def _names(line: Pair) -> set[str]:
    """Return the folded keys by which Postfix looks for credentials of a relay."""
    names = {text.lower() for text in split_destinations(line.value)}
    return names.union(_hosts(line))


def _credential_of(credentials: RelayCredentialsFile, relay: Pair) -> Pair | None:
    """Return the credentials with which the mail of a sender is sent through its relay."""
    own = credentials.find(relay.key)
    return own or next(filter(None, map(credentials.by_key.get, sorted(_names(relay)))), None)


def unused_credentials(server: MailServer) -> Iterator[Hit]:
    """H96: no relay of the file uses the credentials; one that is set by a variable may."""
    relays = server.relays
    if relays.content is None:
        return
    names = {name for line in relays.entries for name in _names(line)}
    ports = collections.defaultdict(set)
    for line in relays.entries:
        for destination in filter(None, map(parse_destination, split_destinations(line.value))):
            ports[destination.host].add(destination.port)
    senders = [line.key for line in relays.entries]
    for line in server.relay_credentials.entries:
        if "@" in line.key:
            if not _is_sender(line.key, senders):
                yield _unused(server, line, "The file of the relays has none for this sender")
        elif line.key not in names:
            named = parse_destination(line.key)
            others = sorted(ports[named.host]) if named else []
            if others:
                yield hit_of(
                    server.relay_credentials,
                    line,
                    f"The relays use this host with port {' and '.join(map(str, others))}, and Postfix compares both, so"
                    " it does not use these credentials.",
                    "Write host and port as the relays have them.",
                )
            else:
                yield _unused(server, line, "The file of the relays does not have this one")


def _is_sender(key: str, senders: list[str]) -> bool:
    """Whether credentials for a sender belong to one of the senders that have a relay."""
    if key in senders or f"@{key.rpartition('@')[2]}" in senders:
        return True
    return key.startswith("@") and any(sender.endswith(key) for sender in senders)


def _unused(server: MailServer, line: Pair, reason: str) -> Hit:
    return hit_of(
        server.relay_credentials,
        line,
        f"{reason}, so the credentials are only used if RELAY_HOST or DEFAULT_RELAY_HOST sets one.",
        "Remove them if they are not needed any more.",
        "info",
    )


def unusable_credentials(server: MailServer) -> Iterator[Hit]:
    """H97 of the credentials: a line with which Postfix cannot log in."""
    credentials = server.relay_credentials
    lines = () if credentials.is_binary else credentials.lines_with_text
    for line in (each for each in lines if not each.indented):
        user, dummy, password = line.value.partition(":")
        if set('"\\').intersection(line.written):
            message = "Postfix reads quotes and backslashes in a key as something else, so it does not find this one."
            yield hit_of(credentials, line, message, "Write @domain, a whole address, or [host]:port.")
        elif not (user.strip() and password):
            message = "The line has no user and password behind its key, so Postfix cannot log in with it."
            yield hit_of(credentials, line, message, "Write user:password behind the key and a blank.")

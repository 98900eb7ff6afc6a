# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Relays: through which server the mail of a sender leaves."""

from __future__ import annotations

import dataclasses
import typing as t

from .._destinations import (
    DIRECT,
    Destination,
    check_port,
    fold_host,
    fold_sender,
    parse_destination,
    shown_destination,
    shown_lookup_key,
)
from .._errors import RefusedError
from .._tables.directory import MAIL_TABLES
from .._tables.relay_credentials import RelayCredentialTable
from .._tables.relays import Relay, RelayTable
from .kind import Kind, Wanted

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable, Mapping

    from .._tables.directory import Tables
    from .draft import Draft
    from .kind import Options

DEFAULT_PORT = 25


def shown_name(given: str) -> str:
    """Return a sender or a host, as an option has it, as it may be shown.

    What is none may be a password that stands in the wrong option.
    """
    try:
        fold_sender(given)
    except RefusedError:
        return shown_lookup_key(given)
    return given


@dataclasses.dataclass(frozen=True)
class WantedRelay(Wanted):
    """A relay that should or should not be there."""

    destination: Destination | None
    """None for a sender that should have no relay."""


class RelayKind(Kind[WantedRelay, Relay]):
    """The relays in C(postfix-relaymap.cf)."""

    tables = (RelayTable,)
    beside = (*MAIL_TABLES, RelayCredentialTable)
    key = "sender"
    stays_with_old_address = True
    options: t.ClassVar = {
        "sender": {"type": "str", "required": True},
        "host": {"type": "str"},
        "port": {"type": "int", "default": DEFAULT_PORT},
        "direct": {"type": "bool", "default": False},
    }
    shown_options: t.ClassVar = {"sender": shown_name, "host": shown_destination}

    def _wanted(self, options: Options, origin: str, present: bool) -> WantedRelay:
        key = fold_sender(options["sender"])
        return WantedRelay(origin, present, key, _destination(options) if present else None)

    def put(self, draft: Draft, wanted: WantedRelay) -> None:
        table = draft.tables.of(RelayTable)
        present = table.find(wanted.key)
        if not wanted.present:
            table.remove(wanted.key)
            return
        relay = Relay(wanted.key, _written(wanted))
        if wanted.destination is None and present is not None and _excludes(present):
            relay = present
        if not table.holds(relay):
            table.put(relay)

    def renamed(self, draft: Draft, addresses: Mapping[str, str]) -> None:
        table = draft.tables.of(RelayTable)
        draft.follow(table, addresses, lambda relay, new: dataclasses.replace(relay, sender=new))

    def declaring(self, tables: Tables) -> Callable[[Relay], dict[str, t.Any]]:
        return _declared

    def described(self, entry: Relay) -> dict[str, t.Any]:
        destination = parse_destination(entry.destination)
        return {
            "sender": entry.sender.removeprefix("@"),
            "host": destination.host if destination else None,
            "port": destination.port if destination else None,
            "direct": entry.is_direct,
        }


def _destination(options: Options) -> Destination | None:
    host = options["host"]
    if options["direct"]:
        if host is not None:
            raise RefusedError("it has a host, but direct is true; remove one of the two")
        return None
    if host is None:
        raise RefusedError("host is missing; give the name of the relay, set direct to true, or set state to absent")
    return Destination(fold_host(host), check_port(options["port"]))


def _written(wanted: WantedRelay) -> str:
    if wanted.destination is not None:
        return str(wanted.destination)
    # DMS excludes whole domains only (relay.sh); for an address, Postfix has a word of its own.
    return "" if wanted.key.startswith("@") else DIRECT


def _excludes(relay: Relay) -> bool:
    """Whether the line of a sender without a relay has an effect."""
    return relay.is_direct and bool(relay.destination or relay.sender.startswith("@"))


def _declared(relay: Relay) -> dict[str, t.Any]:
    options: dict[str, t.Any] = {"sender": relay.sender.removeprefix("@")}
    destination = parse_destination(relay.destination)
    if relay.is_direct:
        options["direct"] = True
    elif destination is None:
        raise RefusedError("it is not written as [host]:port; write it so in the file to have it declared")
    else:
        options["host"] = destination.host
        if destination.port != DEFAULT_PORT:
            options["port"] = destination.port
    return options


RELAY = RelayKind()

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Relay credentials: with which user and password Postfix logs in to a relay."""

from __future__ import annotations

import dataclasses
import typing as t

from .._destinations import Destination, check_port, fold_host, fold_sender, parse_destination, shown_destination
from .._errors import RefusedError, refusal
from .._secrets import looks_like_hash
from .._tables.directory import MAIL_TABLES
from .._tables.relay_credentials import RelayCredential, RelayCredentialTable, shown_user
from .._tables.relays import RelayTable
from .kind import Kind, Wanted
from .relay import DEFAULT_PORT, shown_name

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable, Mapping

    from .._tables.directory import Tables
    from .draft import Draft
    from .kind import Options


@dataclasses.dataclass(frozen=True)
class WantedRelayCredential(Wanted):
    """Credentials that should or should not be there."""

    user: str
    password: str | None = dataclasses.field(repr=False)
    """None keeps the password that is there."""


class RelayCredentialKind(Kind[WantedRelayCredential, RelayCredential]):
    """The relay credentials in C(postfix-sasl-password.cf)."""

    tables = (RelayCredentialTable,)
    beside = (*MAIL_TABLES, RelayTable)
    key = "sender"
    stays_with_old_address = True
    secret = "password"
    hides_secret_alone = True
    options: t.ClassVar = {
        "sender": {"type": "str"},
        "host": {"type": "str"},
        "port": {"type": "int", "default": DEFAULT_PORT},
        "user": {"type": "str"},
        "password": {"type": "str", "no_log": True},
    }
    shown_options: t.ClassVar = {"sender": shown_name, "host": shown_destination, "user": shown_user}

    def shown_key(self, options: Options) -> str:
        name = "host" if options["sender"] is None else "sender"
        return "" if options[name] is None else self.shown_options[name](options[name])

    def _wanted(self, options: Options, origin: str, present: bool) -> WantedRelayCredential:
        key = _key(options)
        if present:
            _check_user(options["user"])
        if options["password"] is not None:
            _check_password(options["password"])
        return WantedRelayCredential(origin, present, key, options["user"] or "", options["password"])

    def put(self, draft: Draft, wanted: WantedRelayCredential) -> None:
        table = draft.tables.of(RelayCredentialTable)
        present = table.find(wanted.key)
        if not wanted.present:
            table.remove(wanted.key)
            return
        password = wanted.password
        if password is None:
            if present is None or present.user != wanted.user:
                what = "is new" if present is None else "has another user in the file"
                reason = f"{what}, so its password is needed too; give password"
                draft.refuse(refusal(table.noun, wanted.key, wanted.origin, reason))
                return
            password = present.password
        credential = RelayCredential(wanted.key, wanted.user, password)
        if not table.holds(credential):
            table.put(credential)

    def renamed(self, draft: Draft, addresses: Mapping[str, str]) -> None:
        table = draft.tables.of(RelayCredentialTable)
        draft.follow(table, addresses, lambda credential, new: dataclasses.replace(credential, name=new))

    def declaring(self, tables: Tables) -> Callable[[RelayCredential], dict[str, t.Any]]:
        return _declared

    def described(self, entry: RelayCredential) -> dict[str, t.Any]:
        user = entry.user if shown_user(entry.user) == entry.user else None
        return {"sender": None, "host": None, "port": None, **_name_options(entry), "user": user}

    def hidden_part(self, entry: RelayCredential) -> str:
        return "has a password, which is not shown"


def _key(options: Options) -> str:
    sender, host = options["sender"], options["host"]
    if (sender is None) == (host is None):
        raise RefusedError("give either sender, or host and port, as the key of the credentials")
    if sender is not None:
        return fold_sender(sender)
    return str(Destination(fold_host(host), check_port(options["port"])))


def _check_user(user: str | None) -> None:
    """Raise RefusedError for a user that Postfix would read as something else."""
    if not user:
        raise RefusedError("user is missing; give the name with which the relay knows you, or set state to absent")
    if ":" in user:
        raise RefusedError(
            "user has a colon, behind which Postfix takes all for the password; the relay has to give another name"
        )
    if not user.isprintable() or user != user.strip():
        raise RefusedError(
            "user begins or ends with a blank, or contains a control character, which does not survive; remove it"
        )


def _check_password(password: str) -> None:
    """Raise RefusedError for a password that Postfix would not read as it is."""
    from .._passwords import check_password

    if password != password.strip():
        raise RefusedError(
            "password begins or ends with a blank or a newline, which Postfix removes; a YAML block that begins with '|'"
            " ends with one, so write it on one line, in quotes"
        )
    if password and not password.isprintable():
        raise RefusedError(
            "password contains a newline or another character that cannot be printed, which does not survive in a line of"
            " the file; give another one"
        )
    if looks_like_hash(password):
        raise RefusedError("password is a hash, but the relay asks for the password itself; give that one")
    check_password(password)


def _name_options(credential: RelayCredential) -> dict[str, t.Any]:
    """Return the options that name credentials, as far as any do."""
    destination = parse_destination(credential.name)
    if "@" in credential.name:
        return {"sender": credential.name.removeprefix("@")}
    return {"host": destination.host, "port": destination.port} if destination else {"host": credential.name}


def _declared(credential: RelayCredential) -> dict[str, t.Any]:
    options = {**_name_options(credential), "user": credential.user}
    if shown_user(credential.user) != credential.user:
        raise RefusedError(
            "its user has a blank, so it may be a part of the password; declare it with user and password"
        )
    if "host" in options and "port" not in options:
        raise RefusedError("its key is not written as [host]:port; write it so in the file to have it declared")
    if options.get("port") == DEFAULT_PORT:
        del options["port"]
    return options


RELAY_CREDENTIAL = RelayCredentialKind()

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Accounts: who has a mailbox and may log in."""

from __future__ import annotations

import dataclasses
import typing as t

from .._account_locks import LOCK, has_networks, is_locked, locked, unlocked
from .._addresses import check_recipient_without_star, fold_account, fold_recipient
from .._errors import RefusedError, refusal
from .._secrets import shown_extra_fields
from .._tables.accounts import Account, AccountTable
from .._text import in_quotes
from .kind import RESTRICT_OPTION, Kind, shown_address
from .password_hashes import (
    PASSWORD_OPTIONS,
    WantedLogin,
    hash_of,
    password_fields,
    warn_of_locked_hash,
    with_hashes,
)

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable, Mapping, Sequence

    from .._tables.directory import Tables
    from .draft import Draft
    from .kind import AnyKind, Options


_ONE_LOCK = (
    "which a lock needs for itself; give extra_fields without it to lock the account, or do not set locked to true"
)


@dataclasses.dataclass(frozen=True)
class WantedAccount(WantedLogin):
    """An account that should or should not be there."""

    extra_fields: str | None
    """None keeps what is there, the empty text removes the column; the lock is none of them."""

    locked: bool | None
    """None keeps the lock as it is."""

    renamed_from: str | None
    """The address that the account had."""

    keep_old_address: bool
    """Whether that address becomes an alias of the account."""

    successor: str | None
    """Who gets the mail of an account that should not be there."""

    allow_alias_overlap: bool

    @property
    def followed(self) -> tuple[str, str, str] | None:
        """An address that becomes an alias, its recipient, and the option that says so; None for no such thing."""
        if self.renamed_from and self.keep_old_address:
            return self.renamed_from, self.key, "renamed_from"
        if self.successor:
            return self.key, self.successor, "successor"
        return None


class AccountKind(Kind[WantedAccount, Account]):
    """The accounts in C(postfix-accounts.cf)."""

    tables = (AccountTable,)
    key = "address"
    secret = "password_hash"
    options: t.ClassVar = {
        "address": {"type": "str", "required": True},
        **PASSWORD_OPTIONS,
        "extra_fields": {"type": "str"},
        "locked": {"type": "bool"},
        "renamed_from": {"type": "str"},
        "keep_old_address": {"type": "bool", "default": True},
        "successor": {"type": "str"},
    }
    guards: t.ClassVar = {"allow_alias_overlap": False}
    run_guards: t.ClassVar = {"allow_no_accounts": False}
    shown_options: t.ClassVar = {
        "address": shown_address,
        "extra_fields": shown_extra_fields,
        "renamed_from": shown_address,
        "successor": shown_address,
    }
    numeric_options = frozenset({"quota"})
    section_options: t.ClassVar = {
        "quota": {"type": "str"},
        "aliases": {"type": "list", "elements": "str"},
        "restrict": RESTRICT_OPTION,
    }

    def _wanted(self, options: Options, origin: str, present: bool) -> WantedAccount:
        address = fold_account(options["address"])
        login = password_fields(options)
        _check_extra_fields(options)
        return WantedAccount(
            origin=origin,
            present=present,
            key=address,
            extra_fields=options["extra_fields"],
            locked=options["locked"],
            renamed_from=_other_address(options, "renamed_from", "present", fold_account),
            keep_old_address=options["keep_old_address"],
            successor=_other_address(options, "successor", "absent", _fold_successor),
            allow_alias_overlap=options["allow_alias_overlap"],
            **login,
        )

    def companions(self, wanted: WantedAccount, guards: Mapping[str, t.Any]) -> Sequence[tuple[AnyKind, t.Any]]:
        if not wanted.followed:
            return ()
        # Most accounts bring nothing along.
        from .alias import ALIAS

        address, recipient, option = wanted.followed
        options = {"alias": address, "recipients": [recipient], "append": True, "state": "present"}
        own_guards = {name: guards.get(name, default) for name, default in ALIAS.guards.items()}
        return [(ALIAS, ALIAS.wanted({**own_guards, **options}, ".".join(filter(None, (wanted.origin, option)))))]

    def moves_mail(self, wanted: WantedAccount) -> bool:
        return bool(wanted.renamed_from or wanted.successor)

    def prepared(self, draft: Draft, entries: Sequence[WantedAccount]) -> Sequence[WantedAccount]:
        return with_hashes(draft, draft.tables.accounts, entries)

    def put(self, draft: Draft, wanted: WantedAccount) -> None:
        table = draft.tables.accounts
        present = table.find(wanted.key)
        if not wanted.present:
            table.remove(wanted.key)
            return
        before = present.extra_fields if present else None
        extra_fields = _wanted_fields(wanted, before)
        if extra_fields != before and is_locked(extra_fields) and has_networks(unlocked(extra_fields)):
            _refuse_networks(draft, wanted)
        is_new = "is new"
        if wanted.renamed_from:
            is_new += f", because there is no account {in_quotes(wanted.renamed_from)} that it could be renamed from"
        account = Account(wanted.key, hash_of(draft, table, wanted, is_new), extra_fields)
        if wanted.locked is False:
            warn_of_locked_hash(draft, table, wanted)
        if not table.holds(account):
            table.put(account)

    def renamed(self, draft: Draft, addresses: Mapping[str, str]) -> None:
        table = draft.tables.accounts
        for old, new in addresses.items():
            account, handle = table.find(old), table.handle_of(old)
            if account is not None and handle is not None:
                table.put_above(dataclasses.replace(account, address=new), handle)
                table.remove(old)

    def declaring(self, tables: Tables) -> Callable[[Account], dict[str, t.Any]]:
        return self._declared

    def _declared(self, account: Account) -> dict[str, t.Any]:
        if not account.password_hash:
            raise RefusedError("it has no hash (hazard H06); declare it with a password or password_hash")
        options: dict[str, t.Any] = {"address": account.address}
        extra_fields = unlocked(account.extra_fields)
        if extra_fields and not _hides_extra_fields(account):
            options["extra_fields"] = extra_fields
        if is_locked(account.extra_fields):
            options["locked"] = True
        return options

    def described(self, entry: Account) -> dict[str, t.Any]:
        from .._hashes import scheme_of

        return {
            "address": entry.address,
            "scheme": scheme_of(entry.password_hash),
            "extra_fields": None if _hides_extra_fields(entry) else unlocked(entry.extra_fields),
            "locked": is_locked(entry.extra_fields),
        }

    def hidden_part(self, entry: Account) -> str:
        if not _hides_extra_fields(entry):
            return ""
        return "has extra fields that may hold a password, so extra_fields is not shown"


def _check_extra_fields(options: Options) -> None:
    extra_fields = options["extra_fields"] or ""
    if not (extra_fields.isascii() and extra_fields.isprintable()):
        raise RefusedError(
            "extra_fields contains a newline or another character outside printable ASCII; write the fields on"
            " one line, separated by blanks (hazard H44)"
        )
    if is_locked(extra_fields):
        raise RefusedError(f"extra_fields contains {LOCK}, which locks the account; remove it, and set locked to true")
    if options["locked"] and has_networks(extra_fields):
        raise RefusedError(f"extra_fields contains allow_nets, {_ONE_LOCK}")


def _other_address(options: Options, name: str, state: str, fold: Callable[[str], str]) -> str | None:
    """Return another address that options name, folded."""
    given = options[name]
    if given is None:
        return None
    if options["state"] != state:
        raise RefusedError(f"{name} needs state: {state}; remove one of the two")
    try:
        address = fold(given)
    except RefusedError as error:
        raise RefusedError(f"{name} {in_quotes(shown_address(given))}: {error}") from None
    if address.lower() == fold_account(options["address"]):
        raise RefusedError(f"{name} is the address of the account itself; name another one, or remove {name}")
    return address


def _fold_successor(text: str) -> str:
    recipient = fold_recipient(text)
    check_recipient_without_star(recipient)
    if recipient.startswith("@") or "@" not in recipient:
        raise RefusedError("it is not a full address; write user@domain")
    return recipient


def _wanted_fields(wanted: WantedAccount, present: str | None) -> str | None:
    """Return the third column that an account should have, given what it has."""
    other = unlocked(present) if wanted.extra_fields is None else wanted.extra_fields or None
    lock = is_locked(present) if wanted.locked is None else wanted.locked
    if other == unlocked(present) and lock == is_locked(present):
        return present
    return locked(other) if lock else other


def _refuse_networks(draft: Draft, wanted: WantedAccount) -> None:
    table = draft.tables.accounts
    reason = f"would have the lock and another extra field allow_nets, {_ONE_LOCK}"
    draft.refuse(refusal(table.noun, wanted.key, wanted.origin, reason, table.line_of(wanted.key)))


def _hides_extra_fields(account: Account) -> bool:
    fields = account.extra_fields or ""
    return shown_extra_fields(fields) != fields


ACCOUNT = AccountKind()

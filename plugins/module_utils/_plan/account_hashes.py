# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hash that each account should have: the stored one, where the password fits it."""

from __future__ import annotations

import typing as t

from .._errors import RefusedError
from .._kinds.wanted import refusal
from .._libraries import MissingLibraryError
from .._text import in_quotes
from .._warnings import RunWarning

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Sequence

    from .._kinds.wanted import WantedAccount
    from .._tables.accounts import Account
    from .draft import Provision

ANY_HASH = "{SHA512-CRYPT}$6$" + "." * 16 + "$" + "." * 86
"""Stands for a hash that check mode cannot know. It is never written."""


def find_password_hashes(provision: Provision) -> None:
    """Find the hashes that the given passwords should have, all at once."""
    table = provision.tables.accounts
    stored = {}
    passwords = {}
    for wanted in provision.desired.accounts:
        if wanted.present and wanted.password is not None:
            present = table.entry(wanted.address)
            password_hash = present.password_hash if present else ""
            if wanted.update_password or not password_hash:
                stored[wanted.address] = password_hash
                passwords[wanted.address] = wanted.password
    if passwords:
        from .._passwords import fitting_hashes

        _keep_locked_hashes(provision, stored)
        _refuse_costly_hashes(provision, stored)
        pairs = [(passwords[address], stored[address]) for address in stored]
        try:
            hashes = fitting_hashes(pairs)
        except MissingLibraryError:
            if not provision.predict:
                raise
            hashes = _predicted_hashes(provision, pairs)
        provision.password_hashes.update(zip(stored, hashes))


def _keep_locked_hashes(provision: Provision, stored: dict[str, str]) -> None:
    """Take out the accounts that somebody has locked by hand: no run lets them in again."""
    from .._hashes import is_locked

    for address in [a for a, password_hash in stored.items() if is_locked(password_hash)]:
        provision.password_hashes[address] = stored.pop(address)
        sentence = (
            f"{provision.tables.accounts.line_of(address)}: the account"
            f" {in_quotes(address)} is locked by a '!' or '*' at the beginning of its"
            " hash, so its password is left as it is; take that away, or give"
            " password_hash, to unlock it"
        )
        provision.warnings.append(RunWarning(sentence))


def _refuse_costly_hashes(provision: Provision, stored: dict[str, str]) -> None:
    """Refuse to verify a password for hours (hazard H78)."""
    from .._passwords import excess_of

    origins = {wanted.address: wanted.origin for wanted in provision.desired.accounts}
    for address, password_hash in list(stored.items()):
        excess = excess_of(password_hash)
        if excess:
            reason = (
                f"{provision.tables.accounts.line_of(address)} has a hash that takes"
                f" {excess}, so no password is verified against it; give password_hash to"
                " replace it, or set update_password to on_create (hazard H78)"
            )
            provision.refuse(refusal("account", address, origins[address], reason))
            provision.password_hashes[address] = stored.pop(address)


def _predicted_hashes(provision: Provision, pairs: Sequence[tuple[str, str]]) -> list[str]:
    """Return what can be told of hashes without a library, and warn of the rest."""
    from .prediction import predicted_hashes

    hashes, missing = predicted_hashes(pairs)
    for error in missing:
        sentence = f"{error}; until then, each password is taken to fit its account"
        provision.refuse(RefusedError(sentence))
    return hashes


def hash_of_account(provision: Provision, wanted: WantedAccount, present: Account | None) -> str:
    """Return the hash that the account should have."""
    stored = present.password_hash if present else ""
    given = wanted.password is not None or wanted.password_hash is not None
    if stored and not (given and wanted.update_password):
        return stored
    if not given:
        what = "has no hash (hazard H06)" if present else "is new"
        error = RefusedError(f"account {in_quotes(wanted.address)} {what}; give password or password_hash")
        provision.refuse(error, wanted.origin)
        return ANY_HASH
    if wanted.password_hash is not None:
        return wanted.password_hash
    return provision.password_hashes[wanted.address]

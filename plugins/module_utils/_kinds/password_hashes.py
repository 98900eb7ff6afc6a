# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Passwords and hashes of whoever logs in: the stored hash stays where the password fits it."""

from __future__ import annotations

import dataclasses
import typing as t

from .._errors import RefusedError, refusal
from .._libraries import MissingLibraryError
from .._text import in_quotes
from .._warnings import RunWarning
from .kind import Wanted

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Sequence

    from .._tables.table import Table
    from .draft import Draft
    from .kind import Options, Spec

PASSWORD_OPTIONS: Spec = {
    "password": {"type": "str", "no_log": True},
    "password_hash": {"type": "str", "no_log": True},
    "update_password": {"type": "str", "choices": ["always", "on_create"], "default": "always", "no_log": False},
}

_ANY_HASH = "{SHA512-CRYPT}$6$" + "." * 16 + "$" + "." * 86
"""Stands for a hash that check mode cannot know. It is never written."""


@dataclasses.dataclass(frozen=True)
class WantedLogin(Wanted):
    """An entry with a password."""

    password: str | None = dataclasses.field(repr=False)
    password_hash: str | None = dataclasses.field(repr=False)
    update_password: bool
    """Whether the password is set where there is one already."""


class PasswordFields(t.TypedDict):
    """The fields that a login has beside those of every entry."""

    password: str | None
    password_hash: str | None
    update_password: bool


LoginType = t.TypeVar("LoginType", bound=WantedLogin)


def password_fields(options: Options) -> PasswordFields:
    """Return what the options say of a password. Raises RefusedError for one that cannot be written."""
    # Imported where it is needed, for every module takes the time to be read.
    from .._passwords import check_hash, check_password

    password, password_hash = options["password"], options["password_hash"]
    if password is not None and password_hash is not None:
        raise RefusedError("give password or password_hash, not both")
    if password is not None:
        check_password(password)
    if password_hash is not None:
        check_hash(password_hash)
    return {
        "password": password,
        "password_hash": password_hash,
        "update_password": options["update_password"] == "always",
    }


def with_hashes(draft: Draft, table: Table[t.Any], entries: Sequence[LoginType]) -> Sequence[LoginType]:
    """Return the entries with the hashes that their passwords should have, found all at once."""
    stored = {}
    passwords = {}
    for wanted in entries:
        if wanted.present and wanted.password is not None:
            password_hash = _stored_hash(table, wanted.key)
            if wanted.update_password or not password_hash:
                stored[wanted.key] = password_hash
                passwords[wanted.key] = wanted.password
    if not passwords:
        return entries
    from .._passwords import fitting_hashes

    hashes = _kept_hashes(draft, table, stored, entries)
    keys = [key for key in stored if key not in hashes]
    pairs = [(passwords[key], stored[key]) for key in keys]
    try:
        found = fitting_hashes(pairs)
    except MissingLibraryError:
        if not draft.predict:
            raise
        found = _predicted_hashes(draft, pairs)
    hashes.update(zip(keys, found))
    return [
        dataclasses.replace(wanted, password=None, password_hash=hashes[wanted.key]) if wanted.key in hashes else wanted
        for wanted in entries
    ]


def _stored_hash(table: Table[t.Any], key: str) -> str:
    present = table.entry(key)
    return present.password_hash if present else ""


def _kept_hashes(
    draft: Draft, table: Table[t.Any], stored: dict[str, str], entries: Sequence[LoginType]
) -> dict[str, str]:
    """Return the hashes that no password is verified against, by the keys of their entries.

    Somebody has locked them by hand, and no run lets in again whom that keeps out; or it
    would take hours (hazard H78), which is refused.
    """
    from .._hashes import is_locked
    from .._passwords import excess_of

    origins = {wanted.key: wanted.origin for wanted in entries}
    kept = {}
    for key, password_hash in stored.items():
        if is_locked(password_hash):
            draft.warnings.append(_locked_hash(table, key, "its password is left as it is"))
        elif excess := excess_of(password_hash):
            reason = (
                f"has a hash that needs {excess}, so no password is verified against it; give password_hash to replace"
                " it, or set update_password to on_create (hazard H78)"
            )
            draft.refuse(refusal(table.noun, key, origins[key], reason, table.line_of(key)))
        else:
            continue
        kept[key] = password_hash
    return kept


def warn_of_locked_hash(draft: Draft, table: Table[t.Any], wanted: WantedLogin) -> None:
    """Warn where a hash keeps an entry locked that should be unlocked."""
    from .._hashes import is_locked

    if wanted.password_hash is None and is_locked(_stored_hash(table, wanted.key)):
        draft.warnings.append(_locked_hash(table, wanted.key, "it stays locked"))


def _locked_hash(table: Table[t.Any], key: str, effect: str) -> RunWarning:
    return RunWarning(
        f"{table.line_of(key)}: the {table.noun} {in_quotes(key)} is locked by a '!' or '*' at the beginning of its"
        f" hash, so {effect}; remove that character, or give password_hash, to unlock it"
    )


def _predicted_hashes(draft: Draft, pairs: Sequence[tuple[str, str]]) -> list[str]:
    """Return for each pair of password and stored hash the hash that may stand there.

    Where a library is missing, a stored hash is taken to fit. What is missing is warned
    of, each library once.
    """
    missing: dict[str, MissingLibraryError] = {}
    hashes = [_predicted_hash(*pair, missing) for pair in pairs]
    for error in missing.values():
        sentence = f"{error}; until then, each password is assumed to match its account"
        draft.refuse(RefusedError(sentence))
    return hashes


def _predicted_hash(password: str, stored: str, missing: dict[str, MissingLibraryError]) -> str:
    from .._passwords import hash_password, verifies

    try:
        if verifies(password, stored):
            return stored
        stored = _ANY_HASH
        return hash_password(password)
    except MissingLibraryError as error:
        missing.setdefault(str(error), error)
        return stored


def hash_of(draft: Draft, table: Table[t.Any], wanted: WantedLogin, is_new: str = "is new") -> str:
    """Return the hash that an entry should have, after C(with_hashes); `is_new` says why it has none yet."""
    stored = _stored_hash(table, wanted.key)
    given = wanted.password is not None or wanted.password_hash is not None
    if stored and not (given and wanted.update_password):
        return stored
    if wanted.password_hash is None:
        what = "has no hash (hazard H06)" if wanted.key in table else is_new
        error = RefusedError(f"{table.noun} {in_quotes(wanted.key)} {what}; give password or password_hash")
        draft.refuse(error, wanted.origin)
        return _ANY_HASH
    return wanted.password_hash

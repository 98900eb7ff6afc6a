# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Hash passwords as DMS does, and verify them against the hashes that Dovecot reads."""

from __future__ import annotations

import importlib
import os
import re
import typing as t

from ansible_collections.mailops.dms.plugins.module_utils._errors import RefusedError
from ansible_collections.mailops.dms.plugins.module_utils._libraries import (
    MissingLibraryError,
)

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Sequence

# Dovecot takes a hash without a scheme for its default, which DMS does not change.
_DEFAULT_SCHEME = "SHA512-CRYPT"
_SCHEME = re.compile(r"\{([A-Za-z0-9._-]+)\}")

# The rounds of crypt(3) where none are named: what `setup email add` writes.
_ROUNDS = 5000

# To start processes for less takes longer than they save.
_FEWEST_FOR_PROCESSES = 50

# passlib refuses longer ones, lest they stop the machine.
_LONGEST_PASSWORD = 4096

_CRYPT_HANDLERS = ("sha512_crypt", "sha256_crypt", "bcrypt", "md5_crypt", "des_crypt")

# Dovecot's scheme -> passlib's handlers, and whether the scheme is part of the hash
# that passlib reads.
_HANDLERS: dict[str, tuple[tuple[str, ...], bool]] = {
    "SHA512-CRYPT": (("sha512_crypt",), False),
    "SHA256-CRYPT": (("sha256_crypt",), False),
    "BLF-CRYPT": (("bcrypt",), False),
    "MD5-CRYPT": (("md5_crypt",), False),
    "DES-CRYPT": (("des_crypt",), False),
    "CRYPT": (_CRYPT_HANDLERS, False),
    "ARGON2I": (("argon2",), False),
    "ARGON2ID": (("argon2",), False),
    "SHA": (("ldap_sha1",), True),
    "SSHA": (("ldap_salted_sha1",), True),
    "SSHA256": (("ldap_salted_sha256",), True),
    "SSHA512": (("ldap_salted_sha512",), True),
    "LDAP-MD5": (("ldap_md5",), True),
    "SMD5": (("ldap_salted_md5",), True),
    "PLAIN-MD5": (("hex_md5",), False),
}
# What the scheme is called inside the hash that passlib reads, where it differs.
_LDAP_NAMES = {"LDAP-MD5": "MD5"}
_PLAINTEXT_SCHEMES = frozenset({"PLAIN", "CLEAR", "CLEARTEXT"})


def scheme_of(password_hash: str) -> str:
    """Return the scheme of a hash in upper case."""
    found = _SCHEME.match(password_hash)
    return found[1].upper() if found else _DEFAULT_SCHEME


def fitting_hashes(pairs: Sequence[tuple[str, str]]) -> list[str]:
    """Return for each pair of password and stored hash the hash that shall stand there.

    That is the stored one if the password fits it, else a new one; there may be none
    stored. Many are worked on by all processors. Raises RefusedError as `verifies` does.
    """
    processors = len(os.sched_getaffinity(0))
    if processors == 1 or len(pairs) < _FEWEST_FOR_PROCESSES:
        return [_fitting_hash(pair) for pair in pairs]
    import concurrent.futures
    import multiprocessing

    context = multiprocessing.get_context("fork")
    with concurrent.futures.ProcessPoolExecutor(processors, context) as executor:
        chunk = -(-len(pairs) // processors)
        return list(executor.map(_fitting_hash, pairs, chunksize=chunk))


def _fitting_hash(pair: tuple[str, str]) -> str:
    password, stored = pair
    return stored if verifies(password, stored) else hash_password(password)


def hash_password(password: str) -> str:
    """Return a new salted C({SHA512-CRYPT}) hash of a password.

    Raises MissingLibraryError where passlib is missing.
    """
    new: str = _handler("sha512_crypt").using(rounds=_ROUNDS).hash(password)
    return "{SHA512-CRYPT}" + new


def verifies(password: str, password_hash: str) -> bool:
    """Whether Dovecot would let somebody in with this password.

    A hash in a scheme that passlib does not know never verifies. Raises
    MissingLibraryError where passlib, or what it needs for the scheme, is missing.
    """
    scheme = scheme_of(password_hash)
    data = _SCHEME.sub("", password_hash, count=1)
    if not data:
        return False
    if scheme in _PLAINTEXT_SCHEMES:
        return data == password
    names, with_scheme = _HANDLERS.get(scheme, ((), False))
    if with_scheme:
        data = f"{{{_LDAP_NAMES.get(scheme, scheme)}}}{data}"
    for name in names:
        handler = _handler(name)
        if handler.identify(data):
            return _verify(handler, name, password, data)
    return False


def check_hash(password_hash: str) -> None:
    """Refuse what Dovecot or DMS would not read as one hash (hazard H42)."""
    if not password_hash.isascii() or not password_hash.isprintable():
        raise RefusedError("password_hash has a character outside printable ASCII")
    if re.search(r"[\s:|]", password_hash):
        raise RefusedError(
            "password_hash has a blank, ':' or '|', which would shift the columns of"
            " Dovecot's user database; give one {SCHEME}hash (hazard H42)"
        )
    data = _SCHEME.sub("", password_hash, count=1)
    if not data or (data == password_hash and not data.startswith("$")):
        raise RefusedError(
            "password_hash is not a hash; give {SCHEME}hash, such as the output of"
            " 'doveadm pw -s SHA512-CRYPT', or use password"
        )


def check_password(password: str) -> None:
    """Refuse what cannot be a password."""
    if not password:
        raise RefusedError("password is empty; give one, or leave the option out")
    if "\0" in password or len(password) > _LONGEST_PASSWORD:
        raise RefusedError(
            f"password has a NUL byte or more than {_LONGEST_PASSWORD} characters; give"
            " one that a mail client can send"
        )


def _handler(name: str) -> t.Any:
    try:
        library = importlib.import_module("passlib.hash")
    except ImportError:
        raise MissingLibraryError("passlib", "password") from None
    return getattr(library, name)


def _is_damaged(handler: t.Any, data: str) -> bool:
    """Whether a hash is cut off or otherwise damaged, so that it lets nobody in."""
    try:
        return handler.from_string(data).checksum is None
    except ValueError:
        return True


def _verify(handler: t.Any, name: str, password: str, data: str) -> bool:
    exceptions = importlib.import_module("passlib.exc")
    try:
        if _is_damaged(handler, data):
            return False
        return bool(handler.verify(password, data))
    except exceptions.MissingBackendError:
        raise MissingLibraryError(name, "password") from None
    except ValueError:
        # passlib 1.7 cannot work with bcrypt 5, and says it in many ways.
        raise RefusedError(
            f"password cannot be checked, because passlib does not work with the"
            f" installed library for {name}; update passlib (or take libpass)"
        ) from None

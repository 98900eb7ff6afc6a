# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hash passwords as DMS does, and verify them against the hashes that Dovecot reads."""

from __future__ import annotations

import importlib
import math
import os
import re
import typing as t

from ._errors import RefusedError
from ._hashes import fault_of, is_locked, read, scheme_of
from ._libraries import MissingLibraryError
from ._secrets import looks_like_hash

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Sequence


class _Cost(t.NamedTuple):
    """What makes a hash costly to verify, and how much of it is not too much."""

    pattern: re.Pattern[str]
    """Its groups are multiplied with each other."""

    most: int
    what: str


# Each stands for about one second of one processor. What tools make by themselves is well
# below: 656,000 rounds (passlib), bcrypt at 12, argon2 with 3 passes of 64 MiB.
_COSTS = (
    _Cost(re.compile(r"\$[56]\$rounds=([0-9]+)\$"), 2_000_000, "rounds"),
    _Cost(re.compile(r"\$2[a-z]\$([0-9]{2})\$"), 14, "as the cost of bcrypt"),
    _Cost(
        re.compile(r"\$argon2[a-z]*\$(?:v=[0-9]+\$)?m=([0-9]+),t=([0-9]+)"), 1024 * 1024, "KiB of memory in all passes"
    ),
    _Cost(re.compile(r"\$argon2[a-z]*\$(?:v=[0-9]+\$)?m=[0-9]+,t=[0-9]+,p=([0-9]+)"), 64, "lanes"),
)
_COSTS_OF_SCHEMES: dict[str, tuple[_Cost, ...]] = {
    **dict.fromkeys(("PLAIN", "CLEAR", "CLEARTEXT", "PLAIN-TRUNC"), ()),
    "PBKDF2": (_Cost(re.compile(r"\$1\$[^$]*\$([0-9]+)\$"), 2_000_000, "rounds"),),
    **dict.fromkeys(("SCRAM-SHA-1", "SCRAM-SHA-256"), (_Cost(re.compile(r"([0-9]+),"), 2_000_000, "rounds"),)),
}

# The rounds of crypt(3) where none are named: what `setup email add` writes.
_ROUNDS = 5000

# To start processes for less takes longer than they save.
_FEWEST_FOR_PROCESSES = 50

_CONTROL_AT_END = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]\Z")

# What templates of ansible-core 2.18 make of them.
_TEXT_OF_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+([+-][0-9:]+)?")
_TEXTS_OF_BOOLEANS = ("True", "False")

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


def excess_of(password_hash: str) -> str | None:
    """Return which cost of a hash is too high to be paid, None where none is (hazard H78)."""
    hashed = read(password_hash)
    for cost in _COSTS_OF_SCHEMES.get(hashed.scheme or "", _COSTS):
        found = cost.pattern.match(hashed.data)
        # A number of many digits is too high without being read.
        if found and (
            max(map(len, found.groups())) > len(str(cost.most)) or math.prod(map(int, found.groups())) > cost.most
        ):
            return f"more than {cost.most:,} {cost.what}"
    return None


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

    A hash in a scheme that passlib does not know never verifies. Raises RefusedError for
    one that costs too much (hazard H78), and MissingLibraryError where passlib, or what it
    needs for the scheme, is missing.
    """
    scheme = scheme_of(password_hash)
    if fault_of(password_hash) or is_locked(password_hash):
        return False
    data = read(password_hash).data
    excess = excess_of(password_hash)
    if excess:
        raise RefusedError(
            f"the hash that stands there takes {excess}, so no password is verified against it (hazard H78)"
        )
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
    """Refuse what Dovecot or DMS would not read as one hash, or at too high a cost.

    That is hazards H42, H74 and H78. A hash that is locked, such as C({CRYPT}*), is taken.
    """
    if not password_hash.isascii() or not password_hash.isprintable():
        raise RefusedError("password_hash has a character outside printable ASCII")
    if re.search(r"[\s:|]", password_hash):
        raise RefusedError(
            "password_hash has a blank, ':' or '|', which would shift the columns of"
            " Dovecot's user database; give one {SCHEME}hash (hazard H42)"
        )
    scheme, dummy, data = read(password_hash)
    if not data or (scheme is None and data[0] != "$"):
        raise RefusedError(
            "password_hash is not a hash; give {SCHEME}hash, such as the output of"
            " 'doveadm pw -s SHA512-CRYPT', or use password (hazard H74)"
        )
    if is_locked(password_hash):
        return
    fault = fault_of(password_hash)
    if fault:
        raise RefusedError(
            f"password_hash {fault}, so nobody could log in; give {{SCHEME}}hash, such as"
            " the output of 'doveadm pw -s SHA512-CRYPT', or use password (hazard H74)"
        )
    excess = excess_of(password_hash)
    if excess:
        raise RefusedError(
            f"password_hash takes {excess}, and so would each login; make it with a lower"
            " cost, or use password (hazard H78)"
        )


def check_password(password: str) -> None:
    """Refuse what cannot be a password."""
    if not password:
        raise RefusedError("password is empty; give one, or leave the option out")
    if "\0" in password or len(password) > _LONGEST_PASSWORD:
        raise RefusedError(
            f"password has a NUL byte or more than {_LONGEST_PASSWORD} characters; give one that a mail client can send"
        )
    if _CONTROL_AT_END.search(password):
        raise RefusedError(
            "password ends with a newline or another control character, as a block of"
            " YAML does that begins with '|'; write it in one line, in quotes"
        )
    if looks_like_hash(password):
        raise RefusedError("password is a hash, which would become the password itself; give it as password_hash")
    if _TEXT_OF_TIME.fullmatch(password):
        raise RefusedError(
            "password is the text that Ansible makes of a date and a time, as YAML reads"
            " them without quotes; put it in quotes where it is defined"
        )
    if password in _TEXTS_OF_BOOLEANS:
        raise RefusedError(
            "password is the text that Ansible makes of a boolean, as YAML reads 'yes'"
            " without quotes; put it in quotes where it is defined"
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

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hash passwords as DMS does, and verify them against the hashes that Dovecot reads."""

from __future__ import annotations

import importlib
import math
import os
import random
import re
import string
import typing as t

from ._crypt import crypt
from ._errors import RefusedError
from ._hashes import PLAINTEXT_SCHEMES, fault_of, is_locked, read, scheme_of
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
    _Cost(re.compile(r"\$[56]\$rounds=([0-9]+)\$"), 2_000_000, "{:,} rounds"),
    _Cost(re.compile(r"\$2[a-z]\$([0-9]{2})\$"), 14, "a bcrypt cost of {}"),
    _Cost(
        re.compile(r"\$argon2[a-z]*\$(?:v=[0-9]+\$)?m=([0-9]+),t=([0-9]+)"),
        1024 * 1024,
        "{:,} KiB of memory over all passes",
    ),
    _Cost(re.compile(r"\$argon2[a-z]*\$(?:v=[0-9]+\$)?m=[0-9]+,t=[0-9]+,p=([0-9]+)"), 64, "{} lanes"),
)
_COSTS_OF_SCHEMES: dict[str, tuple[_Cost, ...]] = {
    **dict.fromkeys(PLAINTEXT_SCHEMES, ()),
    "PBKDF2": (_Cost(re.compile(r"\$1\$[^$]*\$([0-9]+)\$"), 2_000_000, "{:,} rounds"),),
    **dict.fromkeys(("SCRAM-SHA-1", "SCRAM-SHA-256"), (_Cost(re.compile(r"([0-9]+),"), 2_000_000, "{:,} rounds"),)),
}

# The rounds of crypt(3) where none are named: what `setup email add` writes.
_ROUNDS = 5000


_CONTROL_AT_END = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]\Z")

# What templates of ansible-core 2.18 make of them.
_TEXT_OF_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+([+-][0-9:]+)?")
_TEXTS_OF_BOOLEANS = ("True", "False")

# In bytes: crypt(3) of DMS takes no longer ones, so nobody could log in with one.
_LONGEST_PASSWORD = 511

# The schemes that Dovecot has crypt(3) verify, and the formats of it that are verified
# here, each with its handler in passlib.
_CRYPT_SCHEMES = frozenset({"SHA512-CRYPT", "SHA256-CRYPT", "BLF-CRYPT", "MD5-CRYPT", "DES-CRYPT", "CRYPT"})
_CRYPT_FORMATS = {
    "sha512_crypt": re.compile(r"\$6\$"),
    "sha256_crypt": re.compile(r"\$5\$"),
    "bcrypt": re.compile(r"\$2[abxy]\$"),
    "md5_crypt": re.compile(r"\$1\$"),
    "des_crypt": re.compile(r"[./0-9A-Za-z]{13}\Z"),
}

# The handler in passlib of each other scheme, and the mark that it reads before the hash.
_HANDLERS = {
    "ARGON2I": ("argon2", ""),
    "ARGON2ID": ("argon2", ""),
    "SHA": ("ldap_sha1", "{SHA}"),
    "SSHA": ("ldap_salted_sha1", "{SSHA}"),
    "SSHA256": ("ldap_salted_sha256", "{SSHA256}"),
    "SSHA512": ("ldap_salted_sha512", "{SSHA512}"),
    "LDAP-MD5": ("ldap_md5", "{MD5}"),
    "SMD5": ("ldap_salted_md5", "{SMD5}"),
    "PLAIN-MD5": ("hex_md5", ""),
}
_SALT_CHARACTERS = f"./{string.digits}{string.ascii_letters}"
_LENGTH_OF_SALT = 16


def excess_of(password_hash: str) -> str | None:
    """Return which cost of a hash is too high to be paid, None where none is (hazard H78)."""
    hashed = read(password_hash)
    for cost in _COSTS_OF_SCHEMES.get(hashed.scheme or "", _COSTS):
        found = cost.pattern.match(hashed.data)
        # A number of many digits is too high without being read.
        if found and (
            max(map(len, found.groups())) > len(str(cost.most)) or math.prod(map(int, found.groups())) > cost.most
        ):
            return f"more than {cost.what.format(cost.most)}"
    return None


def fitting_hashes(pairs: Sequence[tuple[str, str]]) -> list[str]:
    """Return for each pair of password and stored hash the hash that should stand there.

    That is the stored one if the password fits it, else a new one; there may be none
    stored. Many are worked on by all processors. Raises RefusedError as `verifies` does.
    """
    if len(pairs) == 1:
        return [_fitting_hash(pairs[0])]
    import concurrent.futures

    # While crypt(3) works, Python goes on with the other threads.
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as executor:
        return list(executor.map(_fitting_hash, pairs))


def _fitting_hash(pair: tuple[str, str]) -> str:
    password, stored = pair
    return stored if verifies(password, stored) else hash_password(password)


def hash_password(password: str) -> str:
    """Return a new salted C({SHA512-CRYPT}) hash of a password, with 5,000 rounds as DMS has it.

    Raises MissingLibraryError where neither crypt(3) of the system knows the scheme nor
    passlib is there.
    """
    salt = "".join(random.SystemRandom().choices(_SALT_CHARACTERS, k=_LENGTH_OF_SALT))
    new = crypt(password, f"$6${salt}$")
    if new is None:
        new = _handler("sha512_crypt").using(rounds=_ROUNDS, salt=salt).hash(password)
    return "{SHA512-CRYPT}" + new


def verifies(password: str, password_hash: str) -> bool:
    """Whether Dovecot would let somebody in with this password.

    A hash in a scheme that is not known here never verifies. Raises RefusedError for one
    that costs too much (hazard H78), and MissingLibraryError where passlib, or what it
    needs for the scheme, is missing.
    """
    scheme = scheme_of(password_hash)
    if fault_of(password_hash) or is_locked(password_hash):
        return False
    data = read(password_hash).data
    excess = excess_of(password_hash)
    if excess:
        raise RefusedError(f"the stored hash needs {excess}, so no password is verified against it (hazard H78)")
    if scheme in PLAINTEXT_SCHEMES - {"PLAIN-TRUNC"}:
        return data == password
    if scheme in _CRYPT_SCHEMES:
        return _verifies_by_crypt(password, data)
    name, mark = _HANDLERS.get(scheme, ("", ""))
    return bool(name) and verifies_by_passlib(name, password, mark + data)


def _verifies_by_crypt(password: str, data: str) -> bool:
    """Let crypt(3) of the system verify a password, and passlib what that does not know."""
    for name, beginning in _CRYPT_FORMATS.items():
        if beginning.match(data):
            hashed = crypt(password, data)
            if hashed is None:
                return verifies_by_passlib(name, password, data)
            return hashed == data
    return False


def check_hash(password_hash: str) -> None:
    """Refuse what Dovecot or DMS would not read as one hash, or at too high a cost.

    That is hazards H42, H74 and H78. A hash that is locked, such as C({CRYPT}*), is taken.
    """
    if not password_hash.isascii() or not password_hash.isprintable():
        raise RefusedError("password_hash contains a character outside printable ASCII; give one {SCHEME}hash")
    if re.search(r"[\s:|]", password_hash):
        raise RefusedError(
            "password_hash contains a blank, ':' or '|', which would shift the columns of Dovecot's user database;"
            " give one {SCHEME}hash (hazard H42)"
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
            f"password_hash needs {excess}, and so would each login; generate it with a lower cost, or use password"
            " (hazard H78)"
        )


def check_password(password: str) -> None:
    """Refuse what cannot be a password."""
    if not password:
        raise RefusedError("password is empty; give one, or omit the option")
    if "\0" in password or len(password.encode("utf-8", "surrogateescape")) > _LONGEST_PASSWORD:
        raise RefusedError(
            f"password contains a NUL byte or more than {_LONGEST_PASSWORD} bytes, so nobody could log in with it;"
            " give another one"
        )
    if _CONTROL_AT_END.search(password):
        raise RefusedError(
            "password ends with a newline or another control character, as a YAML block that begins with '|' does;"
            " write it on one line, in quotes"
        )
    if looks_like_hash(password):
        raise RefusedError("password is a hash, which would become the password itself; give it as password_hash")
    if _TEXT_OF_TIME.fullmatch(password):
        raise RefusedError(
            "password is the text that Ansible makes of a date and time without quotes in YAML; put it in quotes"
            " where it is defined"
        )
    if password in _TEXTS_OF_BOOLEANS:
        raise RefusedError(
            "password is the text that Ansible makes of a boolean, such as 'yes' without quotes in YAML; put it in"
            " quotes where it is defined"
        )


def _handler(name: str) -> t.Any:
    try:
        library = importlib.import_module("passlib.hash")
    except ImportError:
        raise MissingLibraryError("passlib") from None
    return getattr(library, name)


def _is_damaged(handler: t.Any, data: str) -> bool:
    """Whether a hash is cut off or otherwise damaged, so that it lets nobody in."""
    try:
        return handler.from_string(data).checksum is None
    except ValueError:
        return True


def verifies_by_passlib(name: str, password: str, data: str) -> bool:
    """Whether a password fits a hash, by the handler of passlib that has the name.

    Raises MissingLibraryError as `verifies` does.
    """
    handler = _handler(name)
    exceptions = importlib.import_module("passlib.exc")
    try:
        return handler.identify(data) and not _is_damaged(handler, data) and bool(handler.verify(password, data))
    except exceptions.MissingBackendError:
        raise MissingLibraryError(name) from None
    except ValueError:
        # passlib 1.7 cannot work with bcrypt 5, and says it in many ways.
        raise RefusedError(
            f"password cannot be checked, because passlib does not work with the installed library for {name}; install"
            " libpass, the maintained fork of passlib"
        ) from None

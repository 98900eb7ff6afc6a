# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether Dovecot can read a hash: its scheme, its encoding and its form.

The schemes are those of Dovecot 2.3 and 2.4 (C(doveadm pw -l), with those that early
releases of 2.3 had too), the formats of crypt(3) those of crypt(5) in Debian.
"""

from __future__ import annotations

import binascii
import re
import typing as t

# Dovecot takes a hash without a scheme for its default, which DMS does not change.
_DEFAULT_SCHEME = "SHA512-CRYPT"
UNKNOWN_SCHEME = "unknown"
"""What is said for the scheme of a hash that Dovecot cannot read."""

_MD5_CRYPT = r"\$1\$[^$]{0,8}\$[./0-9A-Za-z]{22}"
_BCRYPT = r"\$2[abxy]\$(?:0[4-9]|[12][0-9]|3[01])\$[./0-9A-Za-z]{53}"
_SHA_ROUNDS = r"(?:rounds=[1-9][0-9]{3,8}\$)?"
_CRYPT = "|".join(
    (
        rf"\$6\${_SHA_ROUNDS}[^$]{{0,16}}\$[./0-9A-Za-z]{{86}}",
        rf"\$5\${_SHA_ROUNDS}[^$]{{0,16}}\$[./0-9A-Za-z]{{43}}",
        _BCRYPT,
        r"\$(?:y|gy|sm3y)\$[./0-9A-Za-z]+\$[./0-9A-Za-z]*\$[./0-9A-Za-z]{43}",
        r"\$7\$[./0-9A-Za-z]{11}[^$]*\$[./0-9A-Za-z]{43}",
        rf"\$sm3\${_SHA_ROUNDS}[^$]{{0,16}}\$[./0-9A-Za-z]{{43}}",
        _MD5_CRYPT,
        r"\$md5[,$].*\$[./0-9A-Za-z]{22}",
        r"\$sha1\$[0-9]+\$[./0-9A-Za-z]*\$[./0-9A-Za-z]{28}",
        r"\$3\$\$[0-9a-f]{32}",
        # DES, its extension by BSD, and bigcrypt
        r"[./0-9A-Za-z]{13}(?:[./0-9A-Za-z]{11}){0,15}",
        r"_[./0-9A-Za-z]{19}",
    )
)
_ARGON2 = (
    r"\$argon2id?(?:\$v=[0-9]+)?\$m=[0-9]+,t=[0-9]+,p=[0-9]+"
    r"\$[+/0-9A-Za-z]{11,}\$[+/0-9A-Za-z]{22,}"
)
_BASE64 = r"(?:[+/0-9A-Za-z]{4})*(?:[+/0-9A-Za-z]{2}==|[+/0-9A-Za-z]{3}=)?"
_SCRAM = r"[0-9]+,[^,]*,[+/0-9A-Za-z]{{{0}}}=,[+/0-9A-Za-z]{{{0}}}="
_ANYTHING = r".+"

_TEXTS = {
    scheme: re.compile(pattern)
    for scheme, pattern in {
        **dict.fromkeys(("CRYPT", "DES-CRYPT", "SHA256-CRYPT", "SHA512-CRYPT"), _CRYPT),
        "BLF-CRYPT": _BCRYPT,
        "MD5-CRYPT": _MD5_CRYPT,
        "MD5": rf"{_MD5_CRYPT}|[0-9A-Fa-f]{{32}}|[+/0-9A-Za-z]{{22}}==",
        **dict.fromkeys(("ARGON2", "ARGON2I", "ARGON2ID"), _ARGON2),
        "PBKDF2": r"\$1\$[^$]*\$[0-9]+\$[0-9A-Fa-f]{40}",
        "SCRAM-SHA-1": _SCRAM.format(27),
        "SCRAM-SHA-256": _SCRAM.format(43),
        "PLAIN-TRUNC": r"[0-9]*-.*",
        **dict.fromkeys(("PLAIN", "CLEAR", "CLEARTEXT", "OTP", "SKEY"), _ANYTHING),
    }.items()
}
"""What stands behind a scheme as text."""

_DIGESTS = {
    "SHA": 20,
    "SHA1": 20,
    "SHA256": 32,
    "SHA512": 64,
    "CRAM-MD5": 32,
    "HMAC-MD5": 32,
    **dict.fromkeys(("DIGEST-MD5", "PLAIN-MD4", "PLAIN-MD5", "LDAP-MD5"), 16),
    **dict.fromkeys(("LANMAN", "NTLM", "RPA"), 16),
}
"""How many bytes a digest has; in base64 or, where the length says so, in hex."""

_SALTED = {"SMD5": 16, "SSHA": 20, "SSHA256": 32, "SSHA512": 64}
"""How many bytes stand before the salt, which has one byte at least; in base64."""

_SCHEMES = frozenset({*_TEXTS, *_DIGESTS, *_SALTED})
_ENCODINGS = ("", "HEX", "B64", "BASE64")
PLAINTEXT_SCHEMES = frozenset({"PLAIN", "CLEAR", "CLEARTEXT", "PLAIN-TRUNC"})
"""The schemes in which the password itself stands in the place of a hash."""
_WITHOUT_SCHEME = re.compile(rf"(?:{_CRYPT})|{_MD5_CRYPT}\$.*")
# What DMS itself writes; its alphabet leaves no room for a cost or a lock.
_WRITTEN_BY_DMS = re.compile(r"\{SHA512-CRYPT\}\$6\$[./0-9A-Za-z]{1,16}\$[./0-9A-Za-z]{86}")
_DAMAGED = "is cut off or damaged"


class Hash(t.NamedTuple):
    """A hash as Dovecot splits it."""

    scheme: str | None
    """In upper case, without the name of an encoding; None where none is named."""

    encoding: str
    data: str


def read(password_hash: str) -> Hash:
    """Split a hash; what stands before the first C(}) is the scheme."""
    scheme, brace, data = password_hash.partition("}")
    if not (brace and scheme.startswith("{")):
        return Hash(None, "", password_hash)
    name, dummy, encoding = scheme[1:].upper().partition(".")
    return Hash(name, encoding, data)


def is_common(password_hash: str) -> bool:
    """Whether nothing has to be said of a hash, asked quickly: most are so."""
    return _WRITTEN_BY_DMS.fullmatch(password_hash) is not None


def scheme_of(password_hash: str) -> str:
    """Return the scheme that Dovecot takes, `UNKNOWN_SCHEME` where it knows none.

    It is never a part of something else that stands in the place of a hash.
    """
    scheme, encoding, data = read(password_hash)
    if scheme is not None:
        known = scheme in _SCHEMES and encoding in _ENCODINGS
        return ".".join(filter(None, (scheme, encoding))) if known else UNKNOWN_SCHEME
    if not _WITHOUT_SCHEME.fullmatch(data):
        return UNKNOWN_SCHEME
    return "MD5-CRYPT" if data.startswith("$1$") else _DEFAULT_SCHEME


def is_locked(password_hash: str) -> bool:
    """Whether it was made unusable on purpose, as in C(shadow(5)): by a C(!) or C(*)."""
    scheme, dummy, data = read(password_hash)
    known = scheme is None or scheme in _SCHEMES
    return known and scheme not in PLAINTEXT_SCHEMES and data[:1] in ("!", "*")


def fault_of(password_hash: str) -> str | None:
    """Return why nobody can log in with a hash, None where Dovecot can read it.

    The words follow on "the hash". A hash that is locked has no fault.
    """
    scheme, encoding, data = read(password_hash)
    if is_locked(password_hash):
        return None
    if scheme is None:
        whole = _WITHOUT_SCHEME.fullmatch(data)
        if whole:
            return None
        return _DAMAGED if data[:1] == "$" else "names no scheme and is not a crypt(3) hash"
    if scheme not in _SCHEMES:
        return f"names a scheme that Dovecot does not support{_meant(scheme)}"
    if encoding not in _ENCODINGS:
        return "names an encoding that Dovecot does not support; it supports b64 and hex"
    if _is_whole(scheme, encoding, data):
        return None
    return _DAMAGED if data else "has a scheme but nothing after it"


def _meant(scheme: str) -> str:
    """Return which scheme may be meant; what is no scheme may be a secret."""
    bare = re.sub(r"[^A-Z0-9]", "", scheme)
    for known in sorted(_SCHEMES):
        if known.replace("-", "") == bare:
            return f"; it supports {known}"
    return ""


def _is_whole(scheme: str, encoding: str, data: str) -> bool:
    if scheme in _TEXTS:
        if encoding:
            decoded = _decoded(encoding, data)
            data = "" if decoded is None else decoded.decode("latin-1")
        return _TEXTS[scheme].fullmatch(data) is not None
    if scheme in _SALTED:
        decoded = _decoded(encoding, data)
        return decoded is not None and len(decoded) > _SALTED[scheme]
    length = _DIGESTS[scheme]
    encodings = [encoding] if encoding else ["B64"]
    if not encoding and len(data) == 2 * length:
        encodings.append("HEX")
    return any(len(_decoded(name, data) or b"") == length for name in encodings)


def _decoded(encoding: str, data: str) -> bytes | None:
    """Return the bytes that a text stands for, None where it is malformed."""
    try:
        if encoding == "HEX":
            return binascii.unhexlify(data)
        return binascii.a2b_base64(data) if re.fullmatch(_BASE64, data) else None
    except ValueError:
        return None

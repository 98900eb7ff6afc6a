# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What may be shown of a text of a file: no hash, and no password where one may stand.

A text is safe to be used again if it is shown as it is.
"""

from __future__ import annotations

import re

HIDDEN = "<hidden>"
NEWLY_HIDDEN = "<hidden, new>"

# What the names of Dovecot's schemes have in common; a pattern may have braces as well.
_SCHEME = (
    r"\{[a-z0-9._-]{0,32}"
    r"(?:crypt|md5|sha|argon2|pbkdf2|scram|plain|clear|ntlm|lanman|otp|skey|rpa)"
    r"[a-z0-9._-]{0,32}\}"
)
# The formats of crypt(5): an identifier between dollar signs, and what follows it.
_CRYPT = r"\$(?:1|2[abxy]?|5|6|7|y|gy|sha1|argon2[a-z]*)\$[./a-z0-9$=,+_-]{8,}"
# An address may have dollar signs; one that begins with a hash is none.
_ADDRESS_WITH_DOLLAR = (
    r"(?<![^\s,;'\"<])[a-z0-9.!#%&*+/=?^_~-]+\$[a-z0-9.!#%&*+/=?^_~$-]*"
    r"@[a-z0-9-]+(?:\.[a-z0-9-]+)+(?![^\s,;'\">)])"
)
_HASH = re.compile(rf"(?P<address>{_ADDRESS_WITH_DOLLAR})|(?P<scheme>{_SCHEME})[^\s|]+|{_CRYPT}", re.IGNORECASE)
_BEGINS_WITH_SCHEME = re.compile(_SCHEME, re.IGNORECASE)
_BEGINS_WITH_HASH = re.compile(rf"{_SCHEME}.|{_CRYPT}", re.IGNORECASE)

# What an address can begin with, up to the first separator.
_LOGIN = re.compile(r"[^\s|:@]*@[\w.@-]+")
_LOGIN_WITHOUT_DOMAIN = re.compile(r"[\w.+-]+")
_SEPARATOR = re.compile(r"[|:]|\s+")
_COMMENT_MARK = re.compile(r"\s*#[#\s]*")

# The extra fields of Dovecot that have no value.
_FLAGS = frozenset(
    {"anonymous", "noauthenticate", "nodelay", "nologin", "nopassword", "proxy",
     "proxy_always", "proxy_maybe", "proxy_nopipelining", "proxy_not_trusted"}
)  # fmt: skip
_FIELD = re.compile(r"[a-z]\w*", re.IGNORECASE | re.ASCII)
_FIELD_WITH_SECRET = re.compile(r"(?!no)\w*(?:pass|secret|token|key|cred|nonce|hash)", re.IGNORECASE)

_BEGINS_AS_HASH = re.compile(rf"{_SCHEME}|{_CRYPT}", re.IGNORECASE)


def looks_like_hash(text: str) -> bool:
    """Whether a text begins as what Dovecot or crypt(5) reads as a hash."""
    return _BEGINS_AS_HASH.match(text) is not None


def without_hashes(text: str) -> str:
    """Return a text with every hash hidden, the names of the schemes left in."""
    if "$" not in text and "{" not in text:
        return text
    return _HASH.sub(lambda found: found["address"] or (found["scheme"] or "") + HIDDEN, text)


def without_columns(text: str) -> str:
    """Return a text of a file that has no columns, with all hidden behind a C(|).

    There begins the hash of an account that stands in the wrong file.
    """
    first, column, rest = text.partition("|")
    shown = without_hashes(first) + column
    return shown + HIDDEN if rest.strip() else shown + rest


def shown_scheme(password_hash: str) -> str:
    """Return the scheme of a hash with its braces, empty where it is none of Dovecot."""
    found = _BEGINS_WITH_SCHEME.match(password_hash)
    return found[0] if found else ""


def shown_login(login: str, rest: str = "") -> str:
    """Return the login of an account as it may be shown.

    `rest` is what stands behind it in its line. Nothing is shown behind the first
    separator, and nothing of what is no address, for it may be a password: alone, behind
    another separator than C(|), or in the column of the login.
    """
    before = login[: len(login) - len(login.lstrip())]
    text, second = login.lstrip(), rest.partition("|")[0].strip()
    if _is_address(second):
        return before + HIDDEN if text else login
    found = _LOGIN.match(text)
    if found is None or without_hashes(found[0]) != found[0]:
        is_told = _LOGIN_WITHOUT_DOMAIN.fullmatch(text.rstrip())
        known = is_told and _BEGINS_WITH_HASH.match(second)
        return login if known or not text else before + HIDDEN
    behind = text[found.end() :]
    if not behind.strip():
        return login
    separator = _SEPARATOR.match(behind)
    return before + found[0] + (separator[0] if separator else "") + HIDDEN


def is_login(text: str) -> bool:
    """Whether a login is an address, and not what may be a password."""
    return _LOGIN.fullmatch(text) is not None


def _is_address(text: str) -> bool:
    return is_login(text) and "." in text.partition("@")[2]


def shown_domain(domain: str) -> str:
    """Return the domain of an account as it may be shown."""
    return shown_login(f"@{domain}")[1:]


def shown_comment(text: str) -> str:
    """Return a comment among the accounts: nothing but an address at its beginning."""
    found = _COMMENT_MARK.match(text)
    mark = found[0] if found else ""
    login, column, rest = text[len(mark) :].partition("|")
    shown = shown_login(login)
    if shown == login and rest:
        return f"{mark}{shown}{column}{HIDDEN}"
    return mark + shown


def shown_extra_fields(text: str, before: str | None = None) -> str:
    """Return extra fields with all hidden that may be a secret.

    `before` are those that a run replaces: what they do not have is marked as new.
    """
    known = None if before is None else {*before.split(), before.partition("|")[2]}

    def hidden(secret: str) -> str:
        return HIDDEN if known is None or secret in known else NEWLY_HIDDEN

    def shown(found: re.Match[str]) -> str:
        field = found[0]
        name, equals, value = field.partition("=")
        if not equals:
            return field if field.lower() in _FLAGS else hidden(field)
        if not _FIELD.fullmatch(name):
            return hidden(field)
        if value and _FIELD_WITH_SECRET.match(name):
            return f"{name}={hidden(field)}"
        return without_hashes(field).replace(HIDDEN, hidden(field))

    fields, column, rest = text.partition("|")
    fields = re.sub(r"\S+", shown, fields)
    return fields + column + (hidden(rest) if rest else "")

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses, domains and sizes: fold them to the one form that is written, or refuse.

Every function takes what a user gave and raises RefusedError with a sentence of what
is wrong and what to do; the caller adds which entry it was.
"""

from __future__ import annotations

import functools
import re

from ._errors import RefusedError
from ._text import bounded_number, in_quotes

_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?")

_LIKE_DOMAIN = re.compile(r"[\w.-]+")

# Dovecot's auth_username_chars, less the case that DMS does not have (hazard H38).
_LOGIN = re.compile(r"[a-z0-9._-]+")

# Only for speed: an address of these alone needs no look at each character.
_ORDINARY = re.compile(r"[A-Za-z0-9@._+-]*")
# Characters that Postfix or DMS would read as something else than part of an address.
_SPECIAL = frozenset('",:;<>()[]\\|%!`')

# IDNA 2003 and 2008 make two different domains of these: sharp s, final sigma, joiners.
_AMBIGUOUS_IN_DOMAINS = frozenset("\u00df\u1e9e\u03c2\u200c\u200d")

_LONGEST_DOMAIN = 253
_LONGEST_LABEL = 63
_LONGEST_LOCAL_PART = 64

_SIZE = re.compile(r"([0-9]+) ?(?:(B)|([KMGT])(?:i?B)?)?", re.IGNORECASE)
_UNITS = {"B": 1, "k": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_LARGEST_SIZE = (1 << 63) - 1

# DMS makes the grace of a quota a tenth of its number, rounded down (hazard H46).
_SMALLEST_NUMBER_WITH_GRACE = 100


def domain_of(address: str) -> str:
    """Return what stands behind the last C(@), empty where there is none."""
    return address.rpartition("@")[2] if "@" in address else ""


def fold_case(text: str) -> str:
    """Return a recipient as Postfix compares it: ASCII letters in lower case."""
    return text.lower() if text.isascii() else text


def check_alias_without_star(text: str) -> None:
    """Refuse an alias that is meant to stand for all of a domain (hazard H76)."""
    if _is_starred(text):
        right = in_quotes(f"@{domain_of(text).lower() or 'domain'}")
        raise RefusedError(
            f"it matches no address, because Postfix does not treat '*' as a wildcard (hazard H76); write {right}"
        )


def check_recipient_without_star(text: str) -> None:
    """Refuse a recipient that is meant to stand for all of a domain."""
    if _is_starred(text):
        raise RefusedError(
            "it is a single address and not a whole domain, because Postfix does not treat '*' as a wildcard; list"
            " the recipients one by one"
        )


def _is_starred(text: str) -> bool:
    return text.partition("@")[0] == "*"


def fold_account(text: str) -> str:
    """Return the folded address of an account: C(local-part@domain) in lower case."""
    local_part, domain = _split(text)
    if not local_part:
        raise RefusedError("an account needs a local part (hazard H40); declare a catch-all as an alias")
    if domain is None:
        raise RefusedError("an account needs a domain; write user@domain (hazard H40)")
    local_part = local_part.lower()
    if "+" in local_part:
        raise RefusedError(
            "a '+' begins the extension of an address, so mail to it would be delivered to another account; remove it"
            " (hazard H39)"
        )
    if not _LOGIN.fullmatch(local_part):
        raise RefusedError(
            "Dovecot refuses logins with characters other than a-z, 0-9, '.', '-' and '_'; use only those, and an"
            " alias for any other address (hazard H38)"
        )
    if local_part.startswith(".") or local_part.endswith(".") or ".." in local_part:
        raise RefusedError("a dot is only allowed between two other characters; move or remove it")
    return f"{local_part}@{fold_domain(domain)}"


def fold_alias(text: str) -> str:
    """Return the folded key of an alias: C(user@domain), C(@domain) or C(user)."""
    return _fold(text).lower()


def fold_recipient(text: str) -> str:
    """Return a recipient with its domain folded; the case of its local part stays."""
    if text.startswith(("/", "|", ":")):
        raise RefusedError("it would be read as a file, a command or an include, not as an address; write user@domain")
    if text.startswith("#") or any(word.startswith("#") for word in text.split()[1:]):
        raise RefusedError("a comment after a recipient would be read as more recipients; remove it (hazard H35)")
    return _fold(text)


# Many addresses have few domains.
@functools.lru_cache(maxsize=1024)
def fold_domain(text: str) -> str:
    """Return a domain in lower case, a Unicode one in its C(xn--) form."""
    if not text.isascii() and len(text) <= _LONGEST_DOMAIN:
        text = _to_ascii(text)
    folded = text.lower()
    labels = folded.split(".")
    if len(folded) > _LONGEST_DOMAIN or not all(
        _LABEL.fullmatch(label) and len(label) <= _LONGEST_LABEL for label in labels
    ):
        raise RefusedError(f"{_named(text)} is not a domain; write labels of a-z, 0-9 and '-', separated by dots")
    return folded


def _to_ascii(domain: str) -> str:
    if _AMBIGUOUS_IN_DOMAINS.intersection(domain):
        raise RefusedError(
            "the domain has a character that two standards map to different domains; write its xn-- form"
        )
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        raise RefusedError(
            f"{_named(domain)} is not a valid Unicode domain; correct it, or write it in its xn-- form"
        ) from None


def _named(domain: str) -> str:
    """Return a domain as a refusal names it: not if it may be part of a password."""
    if _LIKE_DOMAIN.fullmatch(domain):
        return in_quotes(domain)
    return "what follows the '@'"


def _fold(text: str) -> str:
    local_part, domain = _split(text)
    if domain is None:
        return local_part
    return f"{local_part}@{fold_domain(domain)}"


def _split(text: str) -> tuple[str, str | None]:
    """Return the checked local part and the domain as given, None where it has none."""
    _check_characters(text)
    local_part, at, domain = text.partition("@")
    if not local_part.isascii():
        raise RefusedError(
            "DMS does not accept non-ASCII characters in a local part (SMTPUTF8 is off); only the domain may contain"
            " them"
        )
    if "@" in domain:
        raise RefusedError("an address has only one '@'; remove the others (hazard H41)")
    if not (local_part or domain):
        raise RefusedError("the address is missing; write user@domain")
    if local_part.startswith(("-", "#", "/")):
        raise RefusedError(
            f"an address that begins with {in_quotes(local_part[0])} is not read as an address; begin it with a letter"
            " or a digit"
        )
    if len(local_part) > _LONGEST_LOCAL_PART:
        raise RefusedError(f"the local part has more than {_LONGEST_LOCAL_PART} characters; shorten it")
    return local_part, domain if at else None


def _check_characters(text: str) -> None:
    if _ORDINARY.fullmatch(text):
        return
    for character in text:
        if character.isspace() or not character.isprintable():
            name = "a newline" if character in "\r\n" else "a blank"
            if not character.isspace():
                name = "a control character"
            raise RefusedError(f"an address cannot contain {name}; remove it")
        if character in _SPECIAL:
            raise RefusedError(
                f"an address cannot contain {in_quotes(character)}, because Postfix, Dovecot or DMS reads it as"
                " something else; remove it"
            )


def parse_size(text: str) -> int:
    """Return the bytes of a size such as C(5G), C(512M), C(5 GiB), C(0), C(unlimited).

    Units are binary as in Dovecot; 0 stands for unlimited.
    """
    if text.strip().lower() == "unlimited":
        return 0
    found = _SIZE.fullmatch(text.strip())
    if not found or not text.isascii():
        raise RefusedError(
            f"{in_quotes(text)} is not a quota; write a whole number with B, k, M, G or"
            " T, such as 1536M for one and a half gigabytes, or 0 for unlimited (hazard H45)"
        )
    unit = found[2] or found[3] or "B"
    size = bounded_number(found[1], _LARGEST_SIZE) * _UNITS["k" if unit in "kK" else unit.upper()]
    if size > _LARGEST_SIZE:
        raise RefusedError(f"{in_quotes(text)} is more than Dovecot can count; write 0 for unlimited instead")
    return size


def parse_quota(text: str) -> int:
    """Return the bytes of a size that a user wants, as `parse_size` reads it.

    A number without a unit is bytes to Dovecot and something else to whoever wrote it,
    so only 0 needs none.
    """
    size = parse_size(text)
    if size and text.strip().isdecimal():
        raise RefusedError(
            f"{in_quotes(text)} has no unit, so it would be read as bytes (hazard H45); add M or G to the number, or B"
            " if bytes are meant"
        )
    return size


def render_size(size: int) -> str:
    """Return bytes in the largest unit that keeps three digits: 5 GiB are C(5120M)."""
    if size == 0:
        return "0"
    for unit, factor in reversed(_UNITS.items()):
        number, rest = divmod(size, factor)
        if rest == 0 and (number >= _SMALLEST_NUMBER_WITH_GRACE or unit == "B"):
            return f"{number}{unit}"
    raise AssertionError("every size is a whole number of bytes")  # pragma: no cover

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lock of an account: an extra field that lets nobody log in, while mail arrives and the hash stays.

Dovecot compares C(allow_nets) with the address of whoever logs in, be it by IMAP, POP3 or, as Postfix asks it too,
SMTP submission. The network of the lock is kept for documentation (RFC 5737), so nobody has an address of it.
"""

from __future__ import annotations

import re

LOCK = "allow_nets=192.0.2.1/32"

# Dovecot separates the fields by blanks alone.
_ANY_NETS = re.compile(r"(?<![^ ])allow_nets=")
_NO_LOGIN = re.compile(r"(?<![^ ])nologin(?![^ =])")
_LEADING_LOCKS = re.compile(rf"\A(?:{re.escape(LOCK)}(?: |\Z))+")
_LATER_LOCK = re.compile(rf" {re.escape(LOCK)}(?![^ ])")


def is_locked(extra_fields: str | None) -> bool:
    """Whether extra fields have the lock where DMS copies it to the logins of aliases too."""
    return LOCK in (extra_fields or "").partition("|")[0].split(" ")


def locked(extra_fields: str | None) -> str:
    """Return extra fields with the lock before them; None are those of no third column."""
    return LOCK if extra_fields is None else f"{LOCK} {extra_fields}"


def unlocked(extra_fields: str | None) -> str | None:
    """Return extra fields without the lock, which is the inverse of `locked`."""
    if extra_fields is None or extra_fields == LOCK:
        return None
    fields, column, rest = extra_fields.partition("|")
    return _LATER_LOCK.sub("", _LEADING_LOCKS.sub("", fields)) + column + rest


def has_networks(extra_fields: str | None) -> bool:
    """Whether extra fields say from which networks one may log in."""
    return _ANY_NETS.search(extra_fields or "") is not None


def lets_submit(extra_fields: str) -> bool:
    """Whether extra fields refuse IMAP and POP3, but not SMTP submission (hazard H73).

    Dovecot does not look at the value of C(nologin), which may be C(no).
    """
    return _NO_LOGIN.search(extra_fields) is not None and not is_locked(extra_fields)

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hazards of the hashes of accounts and master accounts."""

from __future__ import annotations

import re
import typing as t

from .._account_locks import LOCK
from .._hashes import PLAINTEXT_SCHEMES, fault_of, is_common, is_locked, scheme_of
from .._mailserver.naming import shown_account
from .finding import Hit
from .masters import problem_of

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator

    from .._mailserver.accounts import AccountLine
    from .._mailserver.masters import MasterLine
    from .._mailserver.server import MailServer

    Line = t.Union[AccountLine, MasterLine]

_INNER_BLANK_OR_COLON = re.compile(r"\S\s+\S|:")
_WEAK = frozenset(
    {"MD5", "MD5-CRYPT", "SMD5", "HMAC-MD5", "PLAIN-MD4", "PLAIN-MD5",
     "LDAP-MD5", "DES-CRYPT"}
)  # fmt: skip
_UNLOCK = f"Remove that character to unlock the account; to lock one without touching its hash, give it the extra field {LOCK}."


def _with_uncommon_hash(server: MailServer) -> Iterator[tuple[str, Line]]:
    """Yield the lines that need a closer look, with the name of their file."""
    for line in server.accounts.entries:
        if not is_common(line.password_hash):
            yield server.accounts.name, line
    for master in server.masters.entries:
        if not (is_common(master.password_hash) or problem_of(master)):
            yield server.masters.name, master


def _hit(file: str, line: Line, message: str, advice: str, severity: str | None = None) -> Hit:
    return Hit(file, line.number, shown_account(line.login, line.password_hash), message, advice, severity)


def weak_schemes(server: MailServer) -> Iterator[Hit]:
    """H43: a scheme that Dovecot 2.4 refuses, or no hash at all."""
    for file, line in _with_uncommon_hash(server):
        message = _weakness(line, server.settings.is_sixteen)
        if message:
            yield _hit(file, line, message, "Set the password again, as SHA512-CRYPT.")


def _weakness(line: Line, is_sixteen: bool) -> str | None:
    scheme = scheme_of(line.password_hash).partition(".")[0]
    if scheme in PLAINTEXT_SCHEMES:
        return "The file contains the password itself, so everybody who can read the file knows it."
    if is_sixteen and scheme in _WEAK:
        return f"Dovecot 2.4 (DMS v16) refuses the scheme {scheme} as weak, so nobody can log in."
    return None


def unusable_hashes(server: MailServer) -> Iterator[Hit]:
    """H74: a hash that Dovecot cannot read, or that is locked; no line of H06, H42, H43."""
    sixteen = server.settings.is_sixteen
    for file, line in _with_uncommon_hash(server):
        password_hash = line.password_hash.strip()
        if _INNER_BLANK_OR_COLON.search(password_hash):
            continue
        fault = fault_of(password_hash) if password_hash else None
        if fault and not _weakness(line, sixteen):
            yield _hit(
                file, line, f"The hash {fault}, so nobody can log in.", "Set the password again, as SHA512-CRYPT."
            )
        elif is_locked(password_hash):
            answer = " and Dovecot 2.4 answers with an error" if sixteen else ""
            yield _hit(
                file,
                line,
                f"The hash is locked by a '!' or '*' at its beginning, so nobody can log in{answer}.",
                _UNLOCK if file == server.accounts.name else "Remove that character to unlock the master account.",
                "info",
            )


def costly_hashes(server: MailServer) -> Iterator[Hit]:
    """H78: a hash that takes so long to verify that each login holds the server."""
    for file, line in _with_uncommon_hash(server):
        from .._passwords import excess_of

        password_hash = line.password_hash.strip()
        excess = excess_of(password_hash)
        if excess and not fault_of(password_hash):
            yield _hit(
                file,
                line,
                f"The hash needs {excess}, so each login takes many seconds or fails, and this collection does not"
                " verify the password.",
                "Set the password again, as SHA512-CRYPT, or use another hash.",
            )

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hazards of `dovecot-masters.cf`; those of its hashes are those of the accounts."""

from __future__ import annotations

import re
import typing as t

from .._mailserver.naming import shown_account
from .finding import Hit

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator

    from .._mailserver.masters import MasterLine
    from .._mailserver.server import MailServer

# Dovecot's auth_username_chars, in lower case
_NAME = re.compile(r"[a-z0-9._@-]+")
_ADVICE = "Write name|hash, with a name of a-z, 0-9, '.', '-' and '_'."


def _hit(server: MailServer, line: MasterLine, message: str, advice: str) -> Hit:
    return Hit(server.masters.name, line.number, shown_account(line.login, line.password_hash), message, advice)


def misread_masters(server: MailServer) -> Iterator[Hit]:
    """H63: a line that makes no master account, or another one than it seems to."""
    first: dict[str, MasterLine] = {}
    for line in server.masters.entries:
        problem = problem_of(line)
        same = first.setdefault(line.login.partition(":")[0], line)
        if problem:
            yield _hit(server, line, problem, _ADVICE)
        elif same is not line:
            yield _hit(
                server,
                line,
                f"Line {same.number} has the same name, and Dovecot only knows the password on that line.",
                "Keep one of the two lines.",
            )


def problem_of(line: MasterLine) -> str | None:
    """Return why nobody can log in with a line as it was meant, None where somebody can."""
    if not line.password_hash.strip():
        return "The line has no hash, so nobody can log in with it."
    if ":" in line.login:
        return (
            "The name has a ':', where Dovecot ends it, so what follows is taken for the hash and nobody can log in as it"
            " was meant."
        )
    if line.indented or line.login != line.login.strip() or line.password_hash != line.password_hash.strip():
        return "A blank becomes part of the name or of the hash, so nobody can log in with it."
    if "|" in line.password_hash or ":" in line.password_hash:
        return "The file has no third column, so what stands there becomes part of the hash and nobody can log in."
    if not _NAME.fullmatch(line.login.lower()):
        return "Dovecot refuses names with such a character, so nobody can log in with it."
    if line.login != line.login.lower():
        return "Dovecot looks up names in lower case and does not find this one, so nobody can log in with it."
    return None


def masters(server: MailServer) -> Iterator[Hit]:
    """H92: who may open any mailbox."""
    for line in server.masters.entries:
        if problem_of(line) is None:
            name = shown_account(line.login, line.password_hash)
            yield _hit(
                server,
                line,
                f"Whoever has its password can read and delete the mail of every account, as ACCOUNT*{name}.",
                "Remove the master account where nobody needs it.",
            )

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hazards of the lines of `postfix-accounts.cf`."""

from __future__ import annotations

import collections
import re
import typing as t

from .._account_locks import LOCK, lets_submit
from .._hashes import PLAINTEXT_SCHEMES, scheme_of
from .._mailserver.naming import shown_account
from .finding import Hit

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable, Iterator

    from .._mailserver.accounts import AccountLine
    from .._mailserver.server import MailServer

_LOGIN = re.compile(r"[A-Za-z0-9._+@\":\s-]*")
_INNER_BLANK_OR_COLON = re.compile(r"\S\s+\S|:")
_NAMES_OF_23 = re.compile(r"(?:^|\s)(?:userdb_)?(quota_rule\w*|mail)=")
_NAMES_OF_24 = re.compile(r"(?:^|\s)(?:userdb_)?(quota_storage_\w+|mail_path|mail_driver)=")
_QUOTA_FIELD = re.compile(r"(?:^|\s)(?:userdb_)?quota_\w+=")


def _hit(server: MailServer, line: AccountLine, message: str, advice: str, severity: str | None = None) -> Hit:
    login = shown_account(line.login, line.password_hash)
    return Hit(server.accounts.name, line.number, login, message, advice, severity)


def _lines_where(
    condition: Callable[[AccountLine], object], message: str, advice: str
) -> Callable[[MailServer], Iterator[Hit]]:
    """Return a check of each line on its own."""

    def check(server: MailServer) -> Iterator[Hit]:
        for line in server.accounts.entries:
            if condition(line):
                yield _hit(server, line, message, advice)

    return check


def duplicate_logins(server: MailServer) -> Iterator[Hit]:
    """H02: the same login twice, for Postfix or for Dovecot."""
    first: dict[str, AccountLine] = {}
    # Postfix takes an indented line for a part of the one above it.
    for line in (each for each in server.accounts.entries if not each.indented):
        same = first.setdefault(line.login.strip().lower(), line)
        if same is line:
            continue
        if same.login == line.login:
            yield _hit(
                server,
                line,
                f"Line {same.number} has the same login, and Dovecot only knows the password on that line.",
                "Keep one of the two lines.",
                "wrong",
            )
        else:
            yield _hit(
                server,
                line,
                f"Line {same.number} has the same login in another spelling, so Postfix"
                " answers every lookup of a recipient with an error and no mail"
                " arrives.",
                "Keep one of the two lines, in lower case and without blanks.",
            )


def without_accounts(server: MailServer) -> Iterator[Hit]:
    """H11: not one account."""
    if not server.accounts.entries and not server.accounts.is_binary:
        yield Hit(
            server.accounts.name,
            None,
            "",
            "There is no account, so every recipient is rejected."
            if server.accounts.text.strip()
            else "There is no account, so DMS shuts down two minutes after it starts, and rejects every recipient"
            " until then.",
            "Add an account.",
        )


def without_hash(server: MailServer) -> Iterator[Hit]:
    """H06: a line without a hash, which an alias turns into an outage."""
    lines = (login.line for login in server.alias_logins.others)
    fatal = {line.number for line in lines if not line.has_hash}
    for line in server.accounts.entries:
        if line.password_hash.strip():
            continue
        advice = "Write login|hash, or remove the line."
        if line.number in fatal:
            yield _hit(
                server, line, "The line has no hash, but an alias points to it, so the mail server shuts down.", advice
            )
        else:
            message = "The line has no hash, so nobody can log in."
            yield _hit(server, line, message, advice, "wrong")


indented = _lines_where(
    lambda line: line.indented,
    "The line begins with a blank, so Postfix reads it as part of the account above and rejects mail to this one.",
    "Remove the blank.",
)

blanks_around_columns = _lines_where(
    lambda line: (
        not line.indented and (line.login != line.login.rstrip() or line.password_hash != line.password_hash.strip())
    ),
    "A blank next to the '|' becomes part of the login or the hash, so mail bounces or the password never matches.",
    "Remove the blanks around the '|' and at the end of the hash.",
)


def upper_case_logins(server: MailServer) -> Iterator[Hit]:
    """H37 of the accounts."""
    folded = collections.Counter(e.login.strip().lower() for e in server.accounts.entries)
    for line in server.accounts.entries:
        login = line.login.strip()
        if login != login.lower() and folded[login.lower()] == 1:
            yield _hit(
                server,
                line,
                "Dovecot looks up logins in lower case and does not find this one, so nobody can log in and mail to"
                " it bounces.",
                "Write the login in lower case.",
            )


odd_characters = _lines_where(
    lambda line: not _LOGIN.fullmatch(line.login.strip()),
    "Dovecot refuses names with characters other than a-z, 0-9, '.', '-' and '_', so"
    " nobody can log in and mail to the account bounces.",
    "Use only those characters, and an alias for any other address.",
)


def extension_in_login(server: MailServer) -> Iterator[Hit]:
    """H39: a login with what begins the extension of an address, or with a C(+), which Dovecot refuses."""
    for line in server.accounts.entries:
        extension = server.syntax.split_extension(line.login)[1]
        if extension or "+" in line.local_part:
            character = extension[:1] or "+"
            yield _hit(
                server,
                line,
                f"The '{character}' begins the extension of an address, so mail to this account goes to another"
                " mailbox or bounces.",
                f"Remove the '{character}' and what follows it from the login.",
            )


no_mailbox = _lines_where(
    lambda line: bool(line.login.strip()) and ("@" not in line.login or line.login.strip()[0] == "@"),
    "The login is not user@domain, so it is not a mailbox that Dovecot knows, and deleting it with the CLI can delete"
    " all mailboxes of the domain.",
    "Write user@domain; a catch-all is an alias.",
)

two_at_signs = _lines_where(
    lambda line: line.login.count("@") > 1 or '"' in line.login,
    "DMS splits the login at the first two '@', so the domain and the mailbox are wrong.",
    "Write a login with one '@' and without quotes.",
)


half_locked = _lines_where(
    lambda line: lets_submit(line.extra_fields),
    "The extra field nologin refuses IMAP and POP3, but not SMTP submission, so whoever knows the password can still"
    " send mail.",
    f"Use the extra field {LOCK} instead, which refuses all of them.",
)


def _shifts_columns(line: AccountLine) -> bool:
    password_hash = line.password_hash.strip()
    # A password itself may have blanks: Dovecot splits the line at colons alone.
    is_password = scheme_of(password_hash) in PLAINTEXT_SCHEMES
    shifts = ":" in password_hash if is_password else _INNER_BLANK_OR_COLON.search(password_hash)
    return bool(_INNER_BLANK_OR_COLON.search(line.login.strip()) or shifts)


shifted_columns = _lines_where(
    _shifts_columns,
    "A ':' or a blank inside the login or the hash shifts the columns of Dovecot's user database, so the password"
    " never matches, and with a ':' mail bounces too.",
    "Remove the ':' or the blank and what follows it.",
)


def extra_fields(server: MailServer) -> Iterator[Hit]:
    """H44: extra fields that this release reads in another way, or not at all."""
    sixteen = server.settings.is_sixteen
    names, dovecot = (_NAMES_OF_23, "2.4") if sixteen else (_NAMES_OF_24, "2.3")
    sized = _logins_with_size(server)
    for line in server.accounts.entries:
        fields = line.extra_fields
        if not fields:
            continue
        name = names.search(fields)
        if name:
            yield _hit(
                server,
                line,
                f"The extra field {name[0].strip(' =')} does not exist in Dovecot {dovecot}, which this release of DMS"
                " uses, so it has no effect or makes the login fail.",
                f"Use the name that Dovecot {dovecot} has for it.",
            )
        if ("%{" if sixteen else "%") in fields:
            yield _hit(
                server,
                line,
                "Dovecot expands a '%' in extra fields, so the value may not be the one that is written here.",
                "Write the value without '%{'." if sixteen else "Write '%%' for a literal '%'.",
            )
        if _QUOTA_FIELD.search(fields) and line.login.lower() in sized:
            yield _hit(
                server,
                line,
                "The account has a quota here and another one in dovecot-quotas.cf, and it is not certain which of"
                " them applies.",
                "Keep one of the two.",
            )


def _logins_with_size(server: MailServer) -> set[str]:
    if not server.settings.quotas_enabled:
        return set()
    return {q.login.lower() for q in server.quotas.entries if q.size and not q.comment}


def accounts_of_host(server: MailServer) -> Iterator[Hit]:
    """H47 of the accounts."""
    hostname = server.settings.folded_hostname
    for line in server.accounts.entries if hostname else ():
        if line.domain.strip().lower() == hostname:
            yield _hit(
                server,
                line,
                "Its domain is the host name of the mail server, so Postfix looks for a"
                " system user of that name and rejects the mail.",
                "Give the mail server a host name below the domain, such as mail.domain.",
            )

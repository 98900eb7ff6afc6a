# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hazards of the logins that DMS makes of aliases where quotas are on."""

from __future__ import annotations

import re
import typing as t

from .._mailserver.aliases import AliasLine
from .._mailserver.naming import shown_account, shown_pattern, shown_text
from .._text import in_quotes
from .finding import Hit
from .recipients import written

_OPTIONS = re.compile(r"-[A-Za-z]+")

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator

    from .._mailserver.server import MailServer


def _hit(server: MailServer, alias: AliasLine, message: str, advice: str, severity: str | None = None) -> Hit:
    name, entry = server.aliases.name, shown_text(alias.key)
    return Hit(name, alias.number, entry, message, advice, severity)


def comment_names_recipient(server: MailServer) -> Iterator[Hit]:
    """H03: a comment in the accounts stands before the account that it names."""
    for login in server.alias_logins.others:
        if not login.line.has_hash and login.line.is_comment and "@" in login.recipient:
            yield Hit(
                server.accounts.name,
                login.line.number,
                shown_text(login.recipient),
                f"The comment contains {shown_text(login.recipient)}, the recipient of the alias"
                f" {shown_text(login.alias.key)}, so DMS reads it as the account, finds no hash and shuts down the"
                " mail server.",
                "Remove the address from the comment, or move the comment below the last account.",
            )


def comment_holds_word(server: MailServer) -> Iterator[Hit]:
    """H04: a word among the recipients stands in a comment of the accounts."""
    for login in server.alias_logins.others:
        word = login.recipient
        if not login.line.has_hash and login.line.is_comment and word and "@" not in word:
            yield _hit(
                server,
                login.alias,
                f"DMS finds {in_quotes(shown_text(word))} in the comment on line {login.line.number} of"
                f" {server.accounts.name}, reads it as an account without a hash and shuts down the mail server.",
                "Write recipients as user@domain, without a comment after them.",
            )


def without_recipient(server: MailServer) -> Iterator[Hit]:
    """H05: an alias without recipients; before v16 DMS takes the first line for it."""
    taken = {login.alias.number: login for login in server.alias_logins.others if not login.recipient}
    for alias in server.aliases.odd_lines:
        if alias.value or (alias.indented and alias.number not in taken):
            continue
        login = taken.get(alias.number)
        advice = "Add a recipient on the same line, or remove the line."
        if login is None:
            message = "The alias has no recipient, so Postfix ignores the line."
            yield _hit(server, alias, message, advice, "warn")
        elif not login.line.has_hash:
            message = (
                f"The line has no recipient, so DMS before v16 reads line 1 of {server.accounts.name} as its account,"
                " finds no hash there and shuts down the mail server."
            )
            yield _hit(server, alias, message, advice)
        else:
            message = (
                "The line has no recipient, so DMS before v16 makes it a login with the"
                f" password of {shown_account(login.line.login)}, the first account."
            )
            yield _hit(server, alias, message, advice, "wrong")


def options_of_grep(server: MailServer) -> Iterator[Hit]:
    """H72: a recipient that grep takes for options, with which DMS before v16 looks for it."""
    if server.settings.is_sixteen or not server.settings.quotas_enabled or not server.accounts.lines:
        return
    for number, key, value in server.aliases.physical:
        if "@" in key and _OPTIONS.fullmatch(value):
            yield _hit(
                server,
                AliasLine(number, key, value),
                "In DMS before v16, grep reads the recipient as an option, so DMS finds another line and may shut"
                " down the mail server.",
                "Write the recipient as user@domain.",
            )


def foreign_password(server: MailServer) -> Iterator[Hit]:
    """H20: grep finds another account before the recipient of an alias."""
    accounts = server.accounts.by_address
    for login in server.alias_logins.others:
        recipient = login.recipient
        if login.is_own or not login.line.has_hash or login.line.is_comment or not recipient:
            continue
        meant = recipient.lower() in accounts
        own = f"the password of {shown_account(login.line.login)}, whose line {login.line.number}"
        where = f"{own} of {server.accounts.name} also matches {shown_text(recipient)}"
        yield _hit(
            server,
            login.alias,
            f"The alias becomes a login with {where}, so that person can log in and send as the alias.",
            "Put the account with the shorter login above the other one."
            if meant
            else f"Point the alias elsewhere, or, if {shown_text(recipient)} is meant to be an account, add it above"
            " that line.",
        )


def password_of_disabled(server: MailServer) -> Iterator[Hit]:
    """H21: an alias points to an account that is commented out."""
    for login in server.alias_logins.others:
        if login.line.is_comment and login.line.has_hash and login.recipient:
            yield _hit(
                server,
                login.alias,
                f"The alias is a login with the old password on line {login.line.number} of {server.accounts.name},"
                " which is commented out but still found.",
                "Delete that line instead of commenting it out, and point the alias elsewhere.",
            )


def logins_of_aliases(server: MailServer) -> Iterator[Hit]:
    """H48: what an alias to an account brings with it; once for the file."""
    own = server.alias_logins.own
    line = server.aliases.read[own[0] - 1] if own else None
    if line is not None:
        yield _hit(
            server,
            AliasLine(own[0], line[0], line[1]),
            f"With quotas enabled, {_counted(len(own))} to an account {'is' if len(own) == 1 else 'are'} also a login,"
            " with the password of the account and an empty mailbox, and may send as that address.",
            "Nothing needs to be done; keep it in mind if a password leaks.",
        )


def _counted(number: int) -> str:
    return "one alias" if number == 1 else f"{number} aliases"


def rejected_aliases(server: MailServer) -> Iterator[Hit]:
    """H49: v16.0.0 rejects mail to every alias that is no login."""
    if not server.settings.rejects_without_login:
        return
    logins = server.alias_logins.numbers
    message = (
        "DMS v16.0.0 with quotas enabled rejects mail to this alias (554 Unknown user), because it is not a login."
    )
    advice = "Update to v16.0.1 or later."
    for number, key, value in server.aliases.physical:
        if value and (number not in logins or key != key.lower()):
            yield _hit(server, AliasLine(number, key, value), message, advice)
    for rule in server.regex_aliases.rules:
        entry = shown_pattern(written(rule.condition))
        yield Hit(server.regex_aliases.name, rule.number, entry, message, advice)


def told_recipients(server: MailServer) -> set[tuple[int, str]]:
    """Return line and recipient of all for which a finding above says what is wrong."""
    return {(login.alias.number, login.recipient.lower()) for login in server.alias_logins.others if not login.is_own}

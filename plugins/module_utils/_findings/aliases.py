# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hazards of the lines of `postfix-virtual.cf`."""

from __future__ import annotations

import collections
import functools
import re
import typing as t

from .._mailserver.aliases import AliasLine
from .._mailserver.domains import breaks_list, is_no_domain
from .._mailserver.naming import shown_account, shown_domain_of_account, shown_text
from .._text import in_quotes
from .alias_logins import told_recipients
from .finding import Hit
from .recipients import BARE_ADVICE, bare_message, without_comment, without_domain

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator

    from .._mailserver.accounts import AccountLine
    from .._mailserver.aliases import Alias
    from .._mailserver.server import MailServer

_BLANK_IN_LIST = re.compile(r"[,;]\s|\s[,;]")
_NOT_OURS = (
    "The line makes {} a domain of this mail server, but it is not one of yours, so mail to its real mailboxes no"
    " longer leaves the server."
)
_REMOVE = "Remove the line, or add the domain to the list of your domains."
_BREAKS_THE_CLI = re.compile(r"[/\\\[*]")
_IS_ADDED_TWICE = re.compile(r"[\[*]")


def _hit(server: MailServer, line: AliasLine | Alias, message: str, advice: str, severity: str | None = None) -> Hit:
    name, entry = server.aliases.name, shown_text(line.key.rstrip(",;"))
    return Hit(name, line.number, entry, message, advice, severity)


def duplicate_keys(server: MailServer) -> Iterator[Hit]:
    """H01: the same key twice, as Postfix folds it."""
    for alias in server.aliases.duplicates:
        yield _hit(
            server,
            alias,
            f"Line {server.aliases.numbers[alias.key]} has the same key, so Postfix answers every lookup"
            " of a recipient with an error and no mail arrives at all.",
            "Keep one of the two lines, with the recipients of both.",
        )


def spellings_of_domains(server: MailServer) -> Iterator[Hit]:
    """H07: one domain in two spellings."""
    lines: list[tuple[str, str, AccountLine | AliasLine]] = [
        *((server.accounts.name, d, line) for d, line in _domains_of_accounts(server)),
        *((server.aliases.name, d, line) for d, line in server.aliases.domains.items()),
    ]
    mixed = _domains_in_two_spellings(server)
    told = set()
    for name, domain, line in lines:
        if domain.lower() in mixed and domain != domain.lower() and domain not in told:
            told.add(domain)
            yield Hit(
                name,
                line.number,
                shown_domain_of_account(domain),
                f"The files also spell the domain as {shown_domain_of_account(domain.lower())}; with a relay host, the"
                " two spellings are a duplicate key and no mail leaves any more.",
                "Write the domain in lower case everywhere.",
            )


def _domains_of_accounts(server: MailServer) -> Iterator[tuple[str, AccountLine]]:
    for domain, line in server.accounts.domains.items():
        if "@" in line.login:
            yield domain.strip(), line


def _domains_in_two_spellings(server: MailServer) -> set[str]:
    spellings = {*(domain for domain, dummy in _domains_of_accounts(server)), *server.aliases.domains}
    counted = collections.Counter(domain.lower() for domain in spellings)
    return {domain for domain, number in counted.items() if number > 1}


def continuation_lines(server: MailServer) -> Iterator[Hit]:
    """H24: DMS takes each line of a long list for an alias."""
    lines = [line for line in server.aliases.odd_lines if line.indented and "@" in line.key]
    continuations = [line for line in lines if not _is_meant_as_alias(server, line)]
    keys = server.aliases.numbers if continuations else ()
    ours = {*server.accounts.folded_domains, *(key.rpartition("@")[2] for key in keys)}
    for line in continuations:
        domain = line.domain.rstrip(",;")
        advice = "Write all recipients on the line of the alias."
        if domain.lower() in ours:
            message = "The line continues the recipients of the alias above, but DMS reads it as a separate alias."
            yield _hit(server, line, message, advice, "warn")
        else:
            message = (
                "The line continues the recipients of the alias above, but DMS reads it as an alias and makes"
                f" {shown_text(domain)} one of its own domains, so all mail to that domain bounces."
            )
            yield _hit(server, line, message, advice)


def indented_aliases(server: MailServer) -> Iterator[Hit]:
    """H25: an alias that begins with a blank."""
    logins = server.alias_logins.numbers
    for line in server.aliases.odd_lines:
        if not line.indented or not _is_meant_as_alias(server, line):
            continue
        message = (
            "The line begins with a blank, so Postfix reads it as more recipients of the alias above and does not"
            " know this alias."
        )
        if _is_dropped(server, line):
            message = "The first line begins with a blank, so Postfix ignores it."
        if line.number in logins:
            message += (
                " But DMS makes it a login, and what another alias sends to it ends up in a mailbox that nobody reads."
            )
        yield _hit(server, line, message, "Remove the blank at the beginning of the line.")


def _is_dropped(server: MailServer, line: AliasLine) -> bool:
    """Whether Postfix has no line before that it could belong to."""
    first = next((number for number, entry in enumerate(server.aliases.entries, 1) if entry), line.number + 1)
    return line.number < first


def _is_meant_as_alias(server: MailServer, line: AliasLine) -> bool:
    looks_so = "@" in line.key and line.key[-1] not in ",;" and bool(line.value) and line.value[0] not in ",;"
    return looks_so or _is_dropped(server, line)


def foreign_domains(server: MailServer) -> Iterator[Hit]:
    """H28: a domain that may not be ours becomes local."""
    allowed = server.settings.domains
    if allowed is not None:
        yield from _not_allowed(server, {domain.lower() for domain in allowed})
        return
    with_account = {*server.accounts.folded_domains, server.settings.folded_hostname}
    for domain, line in server.aliases.domains.items():
        if not line.indented and domain.lower() not in with_account and not has_no_domain(domain):
            with_account.add(domain.lower())
            yield _hit(
                server,
                line,
                f"The alias makes {shown_text(domain)} a domain of this mail server, although no account is in that"
                " domain; if its mailboxes are elsewhere, mail to them no longer leaves the server.",
                "Check that the alias and its recipient are not swapped, and that the domain is yours.",
                "warn",
            )


def entries_that_are_no_domains(server: MailServer) -> Iterator[Hit]:
    """H71: what Postfix takes for a table, a file or a negation in its list of domains."""
    found = [
        *(
            (
                server.accounts.name,
                line.number,
                shown_account(line.login, line.password_hash),
                domain,
                shown_domain_of_account(domain),
            )
            for domain, line in _domains_of_accounts(server)
        ),
        *(
            (server.aliases.name, line.number, shown_text(line.key), domain, shown_text(domain))
            for domain, line in server.aliases.domains.items()
        ),
    ]
    for file, number, entry, domain, shown_domain in found:
        if not has_no_domain(domain):
            continue
        if domain.startswith("!") and not breaks_list(domain):
            effect, severity = "Postfix does not count it among your domains, and rejects mail to it", "wrong"
        elif breaks_list(domain):
            effect, severity = (
                "the part of Postfix that decides where each mail goes dies because of it, and no mail moves",
                "outage",
            )
        else:
            effect, severity = (
                "Postfix cannot look up any domain that sorts after it, and mail to those is deferred",
                "outage",
            )
        yield Hit(
            file,
            number,
            entry,
            f"DMS adds {in_quotes(shown_domain)} to the list of mail domains, where it is not read as a domain:"
            f" {effect}.",
            "Write user@domain without ':', '/' or '!'.",
            severity,
        )


def has_no_domain(domain: str) -> bool:
    """Whether something in what DMS lists as a domain is none for Postfix."""
    return any(map(is_no_domain, filter(None, domain.split(","))))


def _not_allowed(server: MailServer, allowed: set[str]) -> Iterator[Hit]:
    for domain, account in _domains_of_accounts(server):
        if domain.lower() not in allowed:
            login = shown_account(account.login, account.password_hash)
            message = _NOT_OURS.format(shown_domain_of_account(domain))
            yield Hit(server.accounts.name, account.number, login, message, _REMOVE)
    for domain, alias in server.aliases.domains.items():
        if not alias.indented and domain.lower() not in allowed:
            yield _hit(server, alias, _NOT_OURS.format(shown_text(domain)), _REMOVE)


def bare_recipients(server: MailServer) -> Iterator[Hit]:
    """H34: a recipient without a domain."""
    told = functools.cache(lambda: told_recipients(server))
    for alias in server.aliases.odd_entries:
        for recipient in without_domain(server, without_comment(alias.value)):
            if (alias.number, recipient.lower()) not in told():
                yield _hit(server, alias, bare_message(recipient), BARE_ADVICE)


def inline_comments(server: MailServer) -> Iterator[Hit]:
    """H35: a comment behind the recipients."""
    for entry in server.aliases.odd_entries:
        if without_comment(entry.value) != entry.value:
            yield _hit(
                server,
                entry,
                "Postfix does not support comments after recipients: each word of the comment is one more recipient,"
                " and mail to it bounces.",
                "Put the comment on a line of its own.",
            )


def keys_without_match(server: MailServer) -> Iterator[Hit]:
    """H36: a key that no address of a mail domain matches."""
    for entry in server.aliases.odd_entries:
        key = entry.key
        if key[-1] == "," or (key[-1] == ":" and "@" not in key):
            yield _hit(
                server,
                entry,
                f"The key ends with {in_quotes(key[-1])}, so it matches no address.",
                f"Remove the {in_quotes(key[-1])}.",
            )
        elif "@" not in key and (key not in server.accounts.folded_domains or entry.written != key):
            yield _hit(
                server,
                entry,
                "The alias has no domain, so it applies only to the host name of the mail server and to none of its"
                " mail domains.",
                "Write user@domain.",
            )


def starred_catch_alls(server: MailServer) -> Iterator[Hit]:
    """H76: a star in the place of a catch-all."""
    for entry in server.aliases.odd_entries:
        if entry.key.startswith("*@"):
            yield _hit(
                server,
                entry,
                "Postfix does not treat '*' as a wildcard, so the alias matches no address that anybody writes to.",
                f"Write {shown_text(entry.key[1:])} for a catch-all.",
            )


def upper_case_keys(server: MailServer) -> Iterator[Hit]:
    """H37 of the aliases."""
    mixed = functools.cache(lambda: _domains_in_two_spellings(server))
    for entry in server.aliases.odd_entries:
        if entry.written == entry.key:
            continue
        local_part, dummy, domain = entry.written.partition("@")
        if local_part == local_part.lower() and domain.lower() in mixed():
            continue  # H07 says it
        yield _hit(
            server,
            entry,
            "Postfix finds the alias, but DMS does not give it a login that Dovecot finds, and the CLI can neither"
            " change nor remove it.",
            "Write the alias in lower case.",
            "warn",
        )


def split_keys(server: MailServer) -> Iterator[Hit]:
    """H41 of the aliases."""
    for line in server.aliases.odd_lines:
        if not line.indented and ('"' in line.key or line.key.count("@") > 1):
            yield _hit(
                server,
                line,
                "DMS splits the key at the first blank and the first two '@', so a wrong domain becomes local.",
                "Write an alias with one '@' and without quotes.",
            )


def aliases_of_host(server: MailServer) -> Iterator[Hit]:
    """H47 of the aliases."""
    hostname = server.settings.folded_hostname
    if hostname not in map(str.lower, server.aliases.domains):
        return
    for number, key, value in server.aliases.physical:
        line = AliasLine(number, key, value, server.aliases.lines[number - 1][0] in " \t")
        if line.domain.lower() == hostname and not line.indented:
            yield _hit(
                server,
                line,
                "Its domain is the host name of the mail server, which Postfix then"
                " treats both as a mail domain and as the machine itself.",
                "Give the mail server a host name below the domain, such as mail.domain.",
                "warn",
            )


def blanks_in_lists(server: MailServer) -> Iterator[Hit]:
    """H57: what the CLI does not find when it deletes an account."""
    lines = server.aliases.lines
    for line in server.aliases.odd_lines:
        text = lines[line.number - 1]
        if text[-1].isspace() or _BLANK_IN_LIST.search(line.value):
            yield _hit(
                server,
                line,
                "The CLI does not find all recipients when it deletes an account, so the alias keeps pointing to it.",
                "Separate recipients with commas only, without a blank at the end.",
            )


def keys_that_break_the_cli(server: MailServer) -> Iterator[Hit]:
    """H60: characters that the CLI takes for commands of sed."""
    for line in server.aliases.odd_lines:
        breaks = _BREAKS_THE_CLI.search(line.key) and not line.key.startswith("*@")
        if breaks and not line.indented and _IS_ADDED_TWICE.search(line.key):
            yield _hit(
                server,
                line,
                "The CLI does not find the alias, so adding a recipient with the CLI writes the alias a second time,"
                " and all mail stops (hazard H01).",
                "Change it here, not with the CLI.",
                "warn",
            )
        elif breaks and not line.indented:
            yield _hit(
                server,
                line,
                "In the CLI, sed reads a character of the alias as a command, so the CLI cannot change or remove the"
                " alias.",
                "Nothing needs to be done; change it here, not with the CLI.",
                "info",
            )

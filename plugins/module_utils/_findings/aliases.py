# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hazards of the lines of `postfix-virtual.cf`."""

from __future__ import annotations

import collections
import re
import typing as t

from .._mailserver.reading import shown, shown_account, shown_domain_of_account
from .._text import in_quotes
from .alias_logins import told_recipients
from .state import Hit

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator

    from .._mailserver.reading import AccountLine, AliasEntry, AliasLine
    from .state import State

_BLANK_IN_LIST = re.compile(r"[,;]\s|\s[,;]")
_NOT_OURS = (
    "The line makes {} a domain of this mail server, but it is none of yours, so mail to"
    " its real mailboxes no longer leaves."
)
_REMOVE = "Remove the line, or add the domain to the list of your domains."
_BREAKS_THE_CLI = re.compile(r"[/&\\\[*]")


def _hit(state: State, line: AliasLine | AliasEntry, message: str, advice: str, severity: str | None = None) -> Hit:
    name, entry = state.aliases.name, shown(line.key.rstrip(",;"))
    return Hit(name, line.number, entry, message, advice, severity)


def duplicate_keys(state: State) -> Iterator[Hit]:
    """H01: the same key twice, as Postfix folds it."""
    entries, by_key = state.aliases.entries, state.aliases.by_key
    if len(entries) == len(by_key):
        return
    for entry in entries:
        first = by_key[entry.key]
        if first is not entry:
            yield _hit(
                state,
                entry,
                f"Line {first.number} has the same key, so Postfix answers every lookup"
                " of a recipient with an error and no mail arrives at all.",
                "Keep one of the two lines, with the recipients of both.",
            )


def spellings_of_domains(state: State) -> Iterator[Hit]:
    """H07: one domain in two spellings."""
    lines: list[tuple[str, str, AccountLine | AliasLine]] = [
        *((state.accounts.name, d, line) for d, line in state.accounts.domains.items()),
        *((state.aliases.name, d, line) for d, line in state.aliases.domains.items()),
    ]
    mixed = _domains_in_two_spellings(state)
    told = set()
    for name, domain, line in lines:
        if domain.lower() in mixed and domain != domain.lower() and domain not in told:
            told.add(domain)
            yield Hit(
                name,
                line.number,
                shown_domain_of_account(domain),
                f"The domain stands in the files as"
                f" {shown_domain_of_account(domain.lower())} too; with a"
                " relay host, the two are a duplicate key and no mail leaves any more.",
                "Write the domain in lower case everywhere.",
            )


def _domains_in_two_spellings(state: State) -> set[str]:
    spellings = {*state.accounts.domains, *state.aliases.domains}
    counted = collections.Counter(domain.lower() for domain in spellings)
    return {domain for domain, number in counted.items() if number > 1}


def continuation_lines(state: State) -> Iterator[Hit]:
    """H24: DMS takes each line of a long list for an alias."""
    ours = {domain.lower() for domain in (*state.accounts.domains, *state.aliases.domains)}
    for line in state.aliases.physical:
        if not line.indented or "@" not in line.key or _is_meant_as_alias(state, line):
            continue
        domain = line.domain.rstrip(",;")
        advice = "Write all recipients on the line of the alias."
        if domain.lower() in ours:
            message = (
                "The line goes on with the recipients of the alias above, but DMS takes it for an alias of its own."
            )
            yield _hit(state, line, message, advice, "warn")
        else:
            message = (
                "The line goes on with the recipients of the alias above, but DMS takes"
                f" it for an alias and makes {shown(domain)} a domain of its own, so"
                " all mail to that domain bounces."
            )
            yield _hit(state, line, message, advice)


def indented_aliases(state: State) -> Iterator[Hit]:
    """H25: an alias that begins with a blank."""
    for line in state.aliases.physical:
        if not line.indented or not _is_meant_as_alias(state, line):
            continue
        message = (
            "The line begins with a blank, so Postfix takes it for more recipients of"
            " the alias above and does not know this alias."
        )
        if _is_dropped(state, line):
            message = "The first line begins with a blank, so Postfix ignores it."
        yield _hit(state, line, message, "Take the blank at its beginning away.")


def _is_dropped(state: State, line: AliasLine) -> bool:
    """Whether Postfix has no line before that it could belong to."""
    for other in state.aliases.physical:
        if not other.indented:
            return line.number < other.number
    return True


def _is_meant_as_alias(state: State, line: AliasLine) -> bool:
    looks_so = "@" in line.key and line.key[-1] not in ",;" and bool(line.value) and line.value[0] not in ",;"
    first = state.aliases.physical[0]
    return looks_so or (first.indented and _is_dropped(state, line))


def foreign_domains(state: State) -> Iterator[Hit]:
    """H28: a domain that may not be ours becomes local."""
    allowed = state.options.domains
    if allowed is not None:
        yield from _not_allowed(state, {domain.lower() for domain in allowed})
        return
    with_account = {*state.accounts.folded_domains, state.options.folded_hostname}
    for domain, line in state.aliases.domains.items():
        if domain.lower() not in with_account:
            with_account.add(domain.lower())
            yield _hit(
                state,
                line,
                f"The alias makes {shown(domain)} a domain of this mail server,"
                " although no account is in it; if its mailboxes are elsewhere, mail to"
                " them no longer leaves.",
                "Check that the alias and its recipient are not swapped, and that the domain is yours.",
                "warn",
            )


def _not_allowed(state: State, allowed: set[str]) -> Iterator[Hit]:
    for domain, account in state.accounts.domains.items():
        if domain.lower() not in allowed:
            login = shown_account(account.login, account.password_hash)
            message = _NOT_OURS.format(shown_domain_of_account(domain))
            yield Hit(state.accounts.name, account.number, login, message, _REMOVE)
    for domain, alias in state.aliases.domains.items():
        if domain.lower() not in allowed:
            yield _hit(state, alias, _NOT_OURS.format(shown(domain)), _REMOVE)


def bare_recipients(state: State) -> Iterator[Hit]:
    """H34: a recipient without a domain."""
    told: set[tuple[int, str]] | None = None
    for entry in state.aliases.entries:
        for recipient in entry.recipients:
            if "@" in recipient:
                continue
            told = told_recipients(state) if told is None else told
            if (entry.number, recipient.lower()) not in told:
                yield _hit(
                    state,
                    entry,
                    f"The recipient {shown(recipient)} has no domain, so Postfix adds"
                    " the host name of the mail server and the mail is usually lost.",
                    "Write user@domain, unless /etc/aliases of the container has it.",
                )


def inline_comments(state: State) -> Iterator[Hit]:
    """H35: a comment behind the recipients."""
    for entry in state.aliases.entries:
        if entry.comment:
            yield _hit(
                state,
                entry,
                "Postfix knows no comment behind recipients: each of its words is one"
                " more recipient, and mail to it bounces.",
                "Put the comment on a line of its own.",
            )


def keys_without_match(state: State) -> Iterator[Hit]:
    """H36: a key that no address of a mail domain matches."""
    for entry in state.aliases.entries:
        key = entry.key
        if key[-1] in ",:":
            yield _hit(
                state,
                entry,
                f"The key ends with {in_quotes(key[-1])}, so it matches no address.",
                f"Take the {in_quotes(key[-1])} away.",
            )
        elif "@" not in key and key not in state.accounts.folded_domains:
            yield _hit(
                state,
                entry,
                "The alias has no domain, so it counts for the host name of the mail"
                " server alone and for none of its mail domains.",
                "Write user@domain.",
            )


def starred_catch_alls(state: State) -> Iterator[Hit]:
    """H76: a star in the place of a catch-all."""
    for entry in state.aliases.entries:
        if entry.key.startswith("*@"):
            yield _hit(
                state,
                entry,
                "Postfix does not treat '*' as a wildcard, so the alias matches no address that somebody writes to.",
                f"Write {shown(entry.key[1:])} for a catch-all.",
            )


def upper_case_keys(state: State) -> Iterator[Hit]:
    """H37 of the aliases."""
    mixed: set[str] | None = None
    for entry in state.aliases.entries:
        if entry.written == entry.key:
            continue
        mixed = _domains_in_two_spellings(state) if mixed is None else mixed
        local_part, dummy, domain = entry.written.partition("@")
        if local_part == local_part.lower() and domain.lower() in mixed:
            continue  # H07 says it
        yield _hit(
            state,
            entry,
            "Postfix finds the alias, but DMS gives it no login that Dovecot finds, and"
            " the CLI can neither change nor remove it.",
            "Write the alias in lower case.",
            "warn",
        )


def split_keys(state: State) -> Iterator[Hit]:
    """H41 of the aliases."""
    for line in state.aliases.physical:
        if not line.indented and ('"' in line.key or line.key.count("@") > 1):
            yield _hit(
                state,
                line,
                "DMS splits the key at the first blank and the first two '@', so a wrong domain becomes local.",
                "Write an alias with one '@' and without quotes.",
            )


def aliases_of_host(state: State) -> Iterator[Hit]:
    """H47 of the aliases."""
    hostname = state.options.folded_hostname
    if not hostname:
        return
    for line in state.aliases.physical:
        if line.domain.lower() == hostname and not line.indented:
            yield _hit(
                state,
                line,
                "Its domain is the host name of the mail server, which Postfix then"
                " treats both as a mail domain and as the machine itself.",
                "Give the mail server a host name below the domain, such as mail.domain.",
                "warn",
            )


def blanks_in_lists(state: State) -> Iterator[Hit]:
    """H57: what the CLI does not find when it deletes an account."""
    lines = state.aliases.lines
    for line in state.aliases.physical:
        text = lines[line.number - 1]
        if text[-1].isspace() or _BLANK_IN_LIST.search(line.value):
            yield _hit(
                state,
                line,
                "The CLI does not find all recipients when it deletes an account, so the alias goes on pointing to it.",
                "Separate recipients by commas alone, without a blank at the end.",
            )


def keys_that_break_the_cli(state: State) -> Iterator[Hit]:
    """H60: characters that the CLI takes for commands of sed."""
    for line in state.aliases.physical:
        breaks = _BREAKS_THE_CLI.search(line.key) and not line.key.startswith("*@")
        if breaks and not line.indented:
            yield _hit(
                state,
                line,
                "The CLI takes a character of the alias for a command of sed, so it cannot change or remove it.",
                "Nothing needs to be done; change it here and not with the CLI.",
            )

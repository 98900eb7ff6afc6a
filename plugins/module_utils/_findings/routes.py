# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hazards of where mail goes: catch-alls, rules, loops and dead ends."""

from __future__ import annotations

import functools
import typing as t

from .._mailserver.domains import is_valid as is_valid_domain
from .._mailserver.naming import shown_account, shown_domain_of_account, shown_pattern, shown_text
from .._mailserver.syntax import quoted
from .alias_logins import told_recipients
from .aliases import has_no_domain
from .anchors import names_its_beginning, names_its_domain
from .finding import Hit
from .lines import folded_addresses, hit_alias, hit_rule
from .recipients import (
    BARE_ADVICE,
    GROUP,
    bare_message,
    recipients_of,
    value_of,
    without_comment,
    without_domain,
    written,
)

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator

    from .._mailserver.lookups import Found
    from .._mailserver.regex_aliases import Condition
    from .._mailserver.server import MailServer
    from .._mailserver.walks import Failure

_TAG = "tag"
_INVALID = (
    " is not a valid address for Postfix, so mail to it bounces at once: the labels of a domain must consist of"
    " letters, digits and inner dashes, a domain must not consist only of numbers, and no address may begin with '-'."
)
_MOST_SHOWN = 5


def _growing_rule(server: MailServer, failure: Failure) -> int | None:
    """Return the line of the one rule that matches what it makes itself, None for other failures."""
    first = failure.lines[0]
    alone = len(failure.lines) == 1 and failure.limit is None
    return first.line if alone and first.file == server.regex_aliases.name else None


def cycles(server: MailServer) -> Iterator[Hit]:
    """H08: a chain of expansions without end, or one that Postfix does not follow."""
    told = set()
    for failure in server.failures:
        if _growing_rule(server, failure) is not None:
            continue
        steps = sorted({(found.file, found.line, _name(server, found)) for found in failure.lines})
        file, number, name = steps[0]
        if (file, number) in told:
            continue
        told.add((file, number))
        names = [shown_pattern(step[2]) for step in steps[:_MOST_SHOWN]]
        if failure.limit:
            message = (
                f"The expansion leads to {failure.limit}, so mail to each address that leads here is deferred again"
                " and again."
            )
            advice = "Remove recipients, or some of the aliases that lead from one to the next."
        else:
            message = (
                f"The expansion never ends ({', '.join(names)}), so mail to each of them is deferred again and again."
            )
            advice = "Remove one of them from the recipients of the others."
        if len(names) == 1 and not failure.limit:
            advice = "Remove the recipient that leads back to it."
        yield Hit(file, number, shown_pattern(name), message, advice)


def _name(server: MailServer, found: Found) -> str:
    if found.file == server.aliases.name:
        return found.key
    return next(written(rule.condition) for rule in server.regex_aliases.rules if rule.number == found.line)


def rules_without_end(server: MailServer) -> Iterator[Hit]:
    """H09: a rule without recipients, or that matches its own result."""
    for rule in server.regex_aliases.rules:
        if not rule.value or not server.syntax.addresses(value_of(rule)):
            yield hit_rule(
                server,
                rule,
                "The rule has no recipient, so all mail that it matches is deferred.",
                "Add a recipient, or remove the rule.",
            )
    growing = {_growing_rule(server, failure) for failure in server.failures} if server.regex_aliases.rules else ()
    for rule in server.regex_aliases.rules:
        if rule.number not in growing:
            continue
        yield hit_rule(
            server,
            rule,
            "The rule matches its own result and makes it longer each time, so all mail that it matches is deferred.",
            "Write a recipient that the pattern does not match.",
        )


def unanchored_rules(server: MailServer) -> Iterator[Hit]:
    """H29: a pattern that matches addresses of others too."""
    for rule in server.regex_aliases.rules:
        if any(map(_names_its_domain, rule.conditions)):
            continue
        advice = "Begin the pattern with '^' and end it with '@domain$'."
        if rule.condition.negated:
            yield hit_rule(
                server,
                rule,
                "The rule takes all mail to addresses that do not match, including mail that leaves the server.",
                "Put the rule between an 'if' for your domains and an 'endif'.",
                "wrong",
            )
        elif not _names_its_domain(rule.condition):
            yield hit_rule(
                server,
                rule,
                "The pattern does not end with a domain of yours and '$', so it also"
                " takes mail that leaves the server for other domains.",
                advice,
                "warn",
            )
        elif not names_its_beginning(rule.condition.delimited[1:-1]):
            yield hit_rule(
                server,
                rule,
                "The pattern does not begin with '^', so it also takes mail to longer addresses.",
                advice,
                "warn",
            )


def patterns_not_tried(server: MailServer) -> Iterator[Hit]:
    """H79: a pattern of which it is not known what it matches."""
    # All addresses that are looked up anywhere.
    dummy = server.failures if server.regex_aliases.rules else None
    for rule in server.regex_aliases.rules:
        for condition in (*rule.conditions, rule.condition):
            error = condition.pattern.not_known if condition.pattern else None
            if error:
                yield hit_rule(
                    server,
                    rule,
                    f"The pattern {error.reason}, so it is not known for some addresses whether it matches.",
                    f"{error.advice[0].upper()}{error.advice[1:]}.",
                )
                break


def _names_its_domain(condition: Condition) -> bool:
    return not condition.negated and names_its_domain(condition.delimited[1:-1])


def rules_before_tags(server: MailServer) -> Iterator[Hit]:
    """H31: a rule takes `alias+tag` away from an exact alias."""
    delimiter = server.settings.recipient_delimiter[:1]
    if not server.regex_aliases.rules or not delimiter:
        return
    tagged = {}
    for key in server.aliases.numbers:
        local_part, dummy, domain = key.rpartition("@")
        if local_part and delimiter not in local_part:
            tagged[f"{local_part}{delimiter}{_TAG}@{domain}"] = key
    told: set[int] = set()
    for address, rule in server.regex_aliases.first_matches(tagged).rules.items():
        if rule.number in told:
            continue
        alias = server.aliases.find(tagged[address])
        found, results = server.lookups.of(address)[:2]
        if alias is None or found is None or found.file != server.regex_aliases.name:
            continue
        folded = folded_addresses(results)
        if folded and folded != folded_addresses(server.syntax.addresses(alias.value)):
            told.add(rule.number)
            yield hit_rule(
                server,
                rule,
                f"The rule comes before aliases for addresses with an extension: mail to {shown_text(address)} goes to"
                f" {shown_text(', '.join(sorted(folded)))} instead of where the alias {shown_text(alias.key)} points.",
                "Exclude the extensions of the alias in the pattern, or give the alias the same recipients.",
            )


def dead_ends(server: MailServer) -> Iterator[Hit]:
    """H33: a recipient in a domain of ours that does not exist."""
    dummy = server.matched
    dead = functools.cache(functools.partial(_dead_recipients, server))
    told = functools.cache(lambda: told_recipients(server))
    meant_as_aliases = {line.key.lower() for line in server.aliases.odd_lines if line.indented}
    advice = "Add the account or the alias, or correct the recipient."
    for number, key, value in server.aliases.entries_with(_plain_ones_that_may_be_dead(server)):
        for recipient in dead(value):
            folded = recipient.lower()
            if (number, folded) not in told() and folded not in meant_as_aliases:
                yield hit_alias(server, number, key, _dead(recipient), advice)
    for rule in server.regex_aliases.rules:
        for recipient in _dead_recipients(server, value_of(rule)):
            if GROUP not in recipient:
                yield hit_rule(server, rule, _dead(recipient), advice)


def _plain_ones_that_may_be_dead(server: MailServer) -> set[str]:
    """Return the recipients on plain lines, in domains of ours, that are no account and no key."""
    domains, plain = server.domains, server.aliases.plain_recipients
    ours = plain.in_domains(lambda domain: domains.may_be_ours(domain) or domains.is_local(domain))
    return ours.difference(server.accounts.by_address, server.aliases.numbers)


def _dead_recipients(server: MailServer, value: str) -> list[str]:
    return [recipient for recipient in recipients_of(server, value) if _is_dead(server, recipient)]


def _is_dead(server: MailServer, recipient: str) -> bool:
    """Whether nothing stands for a recipient, and no account has the address."""
    accounts = server.accounts.by_address
    if recipient in accounts or recipient[:1] == "@":
        return False
    place = server.place_of(recipient)
    unknown = place.kind == "unknown" and not place.error and place.base not in accounts
    return unknown and server.lookups.of(recipient).found is None


def _dead(recipient: str) -> str:
    return (
        f"The recipient {shown_text(quoted(recipient))} is neither an account nor an alias of this server, so mail to"
        " it is accepted and bounces later."
    )


def invalid_addresses(server: MailServer) -> Iterator[Hit]:
    """H72: an address that Postfix bounces at once."""
    advice = "Correct the address."
    for address, line in server.accounts.by_address.items():
        domain = address.rpartition("@")[2]
        if (address[0] == "-" or not is_valid_domain(domain)) and not has_no_domain(domain):
            login = shown_account(line.login, line.password_hash)
            yield Hit(server.accounts.name, line.number, login, f"The account{_INVALID}", advice, "wrong")

    @functools.cache
    def invalid(value: str) -> list[str]:
        return [each for each in recipients_of(server, value) if not _may_be_valid(each)]

    plain = server.aliases.plain_recipients
    doubtful = plain.beginning_with("-") | plain.in_domains(lambda domain: not is_valid_domain(domain))
    for number, key, value in server.aliases.entries_with(doubtful):
        for recipient in invalid(value):
            if _is_invalid(server, recipient):
                yield hit_alias(server, number, key, _invalid_message(recipient), advice, "warn")
    for rule in server.regex_aliases.rules:
        for recipient in invalid(value_of(rule)):
            if GROUP not in recipient and _is_invalid(server, recipient):
                yield hit_rule(server, rule, _invalid_message(recipient), advice, "warn")


def _invalid_message(recipient: str) -> str:
    return f"The recipient {shown_text(quoted(recipient))}{_INVALID}"


def _may_be_valid(recipient: str) -> bool:
    return recipient[:1] == "@" or (recipient[:1] != "-" and is_valid_domain(recipient.rpartition("@")[2]))


def _is_invalid(server: MailServer, recipient: str) -> bool:
    """Whether nothing stands for a recipient, and Postfix takes it for no address."""
    if server.lookups.of(recipient).found is not None:
        return False
    return server.place_of(recipient).kind == "invalid"


def domains_of_aliases(server: MailServer) -> Iterator[Hit]:
    """H70: Postfix finds the bare domain of an account where it finds aliases.

    DMS leaves virtual_alias_domains of postconf(5) at its default, the alias maps.
    """
    domains = server.accounts.folded_domains - {server.settings.folded_hostname}
    matched = server.regex_aliases.first_matches(domains).rules
    for domain in domains:
        alias = server.aliases.find(domain)
        rule = matched.get(domain)
        name = shown_domain_of_account(domain)
        if alias is not None and alias.written == domain:
            file, number, what = server.aliases.name, alias.number, "This alias is"
            advice = f"Remove the alias, or write @{name} for a catch-all."
        elif rule is not None:
            file, number = server.regex_aliases.name, rule.number
            what = f"The pattern {shown_pattern(written(rule.condition))} also matches"
            advice = "Put an '@' into the pattern, or put the rule between 'if /@/' and 'endif'."
        else:
            continue
        yield Hit(
            file,
            number,
            name,
            f"{what} the bare name of a mail domain, so Postfix treats it as a virtual alias domain and mail to each"
            " of its accounts bounces.",
            advice,
        )


def bare_recipients_of_rules(server: MailServer) -> Iterator[Hit]:
    """H34 of the rules."""
    for rule in server.regex_aliases.rules:
        value = without_comment(value_of(rule))
        for recipient in without_domain(server, value) if value else ():
            if GROUP not in recipient:
                yield hit_rule(server, rule, bare_message(recipient), BARE_ADVICE)


def comments_of_rules(server: MailServer) -> Iterator[Hit]:
    """H35 of the rules."""
    for rule in server.regex_aliases.rules:
        if without_comment(rule.value) != rule.value:
            yield hit_rule(
                server,
                rule,
                "Postfix does not support comments after recipients: each word of the comment is one more recipient,"
                " and mail to it bounces.",
                "Put the comment on a line of its own.",
            )


def indented_rules(server: MailServer) -> Iterator[Hit]:
    """H25 of the rules."""
    logical = {number for number, dummy in server.regex_aliases.logical}
    for number, line in enumerate(server.regex_aliases.read, 1):
        text = line.strip()
        if number in logical or text[:1] not in ("/", "!") or "/" not in text[1:]:
            continue
        yield Hit(
            server.regex_aliases.name,
            number,
            shown_pattern(text.split()[0]),
            "The line begins with a blank, so Postfix reads it as more recipients of the rule above and does not know"
            " this rule.",
            "Remove the blank at the beginning of the line.",
        )

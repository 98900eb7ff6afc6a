# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hazards of where mail goes: catch-alls, rules, loops and dead ends."""

from __future__ import annotations

import re
import typing as t

from .._mailserver.reading import shown, shown_account, shown_domain_of_account, shown_pattern
from .._mailserver.rules import Rule
from .alias_logins import told_recipients
from .state import Hit

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator

    from .._mailserver.reading import AliasEntry
    from .._mailserver.walks import Failure, Source
    from .state import State

_TAG = "tag"
_MOST_SHOWN = 5
_BEGIN = re.compile(r"\^|\\A|@")


def _hit_alias(state: State, entry: AliasEntry, message: str, advice: str, severity: str | None = None) -> Hit:
    name = state.aliases.name
    return Hit(name, entry.number, shown(entry.key), message, advice, severity)


def _hit_rule(state: State, rule: Rule, message: str, advice: str, severity: str | None = None) -> Hit:
    name = state.rules.name
    return Hit(name, rule.number, shown_pattern(rule.written), message, advice, severity)


def _growing_rule(failure: Failure) -> Rule | None:
    """Return the one rule that matches what it makes itself, None for other failures."""
    first = failure.sources[0]
    alone = len(failure.sources) == 1 and failure.limit is None
    return first if alone and isinstance(first, Rule) else None


def cycles(state: State) -> Iterator[Hit]:
    """H08: a chain of expansions without end, or one that Postfix does not follow."""
    told = set()
    for failure in state.expansion.failures:
        if _growing_rule(failure):
            continue
        steps = sorted({(_file(state, s), s.number, _name(s)) for s in failure.sources})
        file, number, name = steps[0]
        if (file, number) in told:
            continue
        told.add((file, number))
        names = [shown_pattern(step[2]) for step in steps[:_MOST_SHOWN]]
        if failure.limit:
            message = (
                f"The expansion comes to {failure.limit}, so mail to each address that"
                " leads here is deferred again and again."
            )
            advice = "Take recipients out, or aliases that lead from one to the next."
        else:
            message = (
                f"The expansion never ends ({', '.join(names)}), so mail to each of them is deferred again and again."
            )
            advice = "Take one of them out of the recipients of the others."
        if len(names) == 1 and not failure.limit:
            advice = "Take the recipient out that leads back to it."
        yield Hit(file, number, shown_pattern(name), message, advice)


def _file(state: State, source: Source) -> str:
    return state.rules.name if isinstance(source, Rule) else state.aliases.name


def _name(source: Source) -> str:
    return source.written if isinstance(source, Rule) else source.key


def rules_without_end(state: State) -> Iterator[Hit]:
    """H09: a rule without recipients, or that matches its own result."""
    if not state.rules.logical:
        return
    for rule in state.expansion.rules.rules:
        if not rule.recipients and not rule.comment:
            yield _hit_rule(
                state,
                rule,
                "The rule has no recipient, so all mail that it matches is deferred.",
                "Add a recipient, or remove the rule.",
            )
    growing = filter(None, map(_growing_rule, state.expansion.failures))
    for rule in {rule.number: rule for rule in growing}.values():
        yield _hit_rule(
            state,
            rule,
            "The rule matches its own result and makes it longer each time, so all mail that it matches is deferred.",
            "Write a recipient that the pattern does not match.",
        )


def unanchored_rules(state: State) -> Iterator[Hit]:
    """H29: a pattern that matches addresses of others too."""
    for rule in state.expansion.rules.rules if state.rules.logical else ():
        if any(condition.names_its_domain for condition in rule.conditions):
            continue
        advice = "Begin the pattern with '^' and end it with '@domain$'."
        if rule.expression.negated:
            yield _hit_rule(
                state,
                rule,
                "The rule takes all mail to addresses that do not match, and that is the"
                " mail that leaves the server too.",
                "Put the rule between an 'if' for your domains and an 'endif'.",
                "wrong",
            )
        elif not rule.expression.names_its_domain:
            yield _hit_rule(
                state,
                rule,
                "The pattern does not end with a domain of yours and '$', so it also"
                " takes mail that leaves the server for other domains.",
                advice,
                "warn",
            )
        elif not all(map(_BEGIN.match, rule.expression.alternatives)):
            yield _hit_rule(
                state,
                rule,
                "The pattern does not begin with '^', so it also takes mail to longer addresses.",
                advice,
                "warn",
            )


def swallowed_accounts(state: State) -> Iterator[Hit]:
    """H30: an account without an alias of its own, in a domain with a catch-all."""
    by_key = state.aliases.by_key
    if not any(key[0] == "@" for key in by_key):
        return
    for address, line in state.accounts.by_address.items():
        catch_all = by_key.get(f"@{address.rpartition('@')[2]}")
        if catch_all is None or address in by_key:
            continue
        if state.expansion.rule_of(address) is not None:
            continue
        if address in (recipient.lower() for recipient in catch_all.recipients):
            continue
        login = shown_account(address)
        yield Hit(
            state.accounts.name,
            line.number,
            login,
            f"The catch-all in line {catch_all.number} of {state.aliases.name} takes all mail to this account.",
            f"Add the identity alias '{login} {login}'.",
        )


def rules_before_tags(state: State) -> Iterator[Hit]:
    """H31: a rule takes `alias+tag` away from an exact alias."""
    if not state.rules.logical:
        return
    tagged = {}
    for entry in state.aliases.by_key.values():
        local_part, dummy, domain = entry.key.rpartition("@")
        if local_part and "+" not in local_part:
            tagged[f"{local_part}+{_TAG}@{domain}"] = entry
    told: set[int] = set()
    matched = state.expansion.rules.first_matches(tagged)
    for address, entry in tagged.items():
        rule = matched.get(address)
        if rule is None or rule.number in told:
            continue
        results = rule.results(address) or ()
        folded = {recipient.lower() for recipient in results}
        if folded and folded != {recipient.lower() for recipient in entry.recipients}:
            told.add(rule.number)
            yield _hit_rule(
                state,
                rule,
                f"The rule comes before aliases for addresses with an extension: mail to"
                f" {shown(address)} goes to {shown(', '.join(sorted(folded)))} and not"
                f" where the alias {shown(entry.key)} points.",
                "Exclude the extensions of the alias in the pattern, or give the alias the same recipients.",
            )


def overridden_accounts(state: State) -> Iterator[Hit]:
    """H32: an alias takes the mail of the account with the same address."""
    for address in state.accounts.by_address:
        alias = state.aliases.by_key.get(address)
        if alias is None or not alias.recipients:
            continue
        if address not in (recipient.lower() for recipient in alias.recipients):
            yield _hit_alias(
                state,
                alias,
                "The alias has the address of an account that is not among its"
                " recipients, so the mailbox receives nothing any more.",
                "Add the address itself to the recipients to keep a copy.",
            )


def dead_ends(state: State) -> Iterator[Hit]:
    """H33: a recipient in a domain of ours that does not exist."""
    ours = {domain.lower() for domain in state.vhost}
    told: set[tuple[int, str]] | None = None
    meant_as_aliases = {line.key.lower() for line in state.aliases.physical if line.indented}
    advice = "Add the account or the alias, or correct the recipient."
    for entry in state.aliases.entries:
        for recipient in entry.recipients:
            folded = recipient.lower()
            local_part, dummy, domain = folded.rpartition("@")
            if not local_part or domain not in ours:
                continue
            if state.expansion.is_known(folded):
                continue
            told = told_recipients(state) if told is None else told
            if (entry.number, folded) not in told and folded not in meant_as_aliases:
                yield _hit_alias(state, entry, _dead(recipient), advice)
    for rule in state.expansion.rules.rules if state.rules.logical else ():
        for recipient in rule.recipients:
            domain = recipient.lower().rpartition("@")[2]
            static = "$" not in recipient and "@" in recipient[1:]
            if static and domain in ours and not state.expansion.is_known(recipient.lower()):
                yield _hit_rule(state, rule, _dead(recipient), advice)


def _dead(recipient: str) -> str:
    return (
        f"The recipient {shown(recipient)} is neither an account nor an alias of this"
        " server, so mail is accepted and bounces later."
    )


def domains_of_aliases(state: State) -> Iterator[Hit]:
    """H70: Postfix finds the bare domain of an account where it finds aliases.

    DMS leaves virtual_alias_domains of postconf(5) at its default, the alias maps.
    """
    domains = state.accounts.folded_domains - {state.options.folded_hostname}
    matched = state.expansion.rules.first_matches(domains)
    for domain in domains:
        alias = state.aliases.by_key.get(domain)
        rule = matched.get(domain)
        name = shown_domain_of_account(domain)
        if alias is not None:
            file, number, what = state.aliases.name, alias.number, "This alias is"
            advice = f"Remove the alias, or write @{name} for a catch-all."
        elif rule is not None:
            file, number = state.rules.name, rule.number
            what = f"The pattern {shown_pattern(rule.written)} also matches"
            advice = "Put an '@' into the pattern, or the rule between 'if /@/' and 'endif'."
        else:
            continue
        yield Hit(
            file,
            number,
            name,
            f"{what} the bare name of a mail domain, so Postfix takes that for a domain"
            " of aliases alone and mail to each of its accounts bounces.",
            advice,
        )


def bare_recipients_of_rules(state: State) -> Iterator[Hit]:
    """H34 of the rules."""
    for rule in state.expansion.rules.rules if state.rules.logical else ():
        for recipient in rule.recipients:
            if "@" not in recipient and "$" not in recipient:
                yield _hit_rule(
                    state,
                    rule,
                    f"The recipient {shown(recipient)} has no domain, so Postfix adds the"
                    " host name of the mail server and the mail is usually lost.",
                    "Write user@domain, unless /etc/aliases of the container has it.",
                )


def comments_of_rules(state: State) -> Iterator[Hit]:
    """H35 of the rules."""
    for rule in state.expansion.rules.rules if state.rules.logical else ():
        if rule.comment:
            yield _hit_rule(
                state,
                rule,
                "Postfix knows no comment behind recipients: each of its words is one"
                " more recipient, and mail to it bounces.",
                "Put the comment on a line of its own.",
            )


def indented_rules(state: State) -> Iterator[Hit]:
    """H25 of the rules."""
    logical = {rule.number for rule in state.rules.logical}
    for number, line in enumerate(state.rules.lines, 1):
        text = line.strip()
        if number in logical or text[:1] not in ("/", "!") or "/" not in text[1:]:
            continue
        yield Hit(
            state.rules.name,
            number,
            shown_pattern(text.split()[0]),
            "The line begins with a blank, so Postfix takes it for more recipients of the"
            " rule above and does not know this rule.",
            "Take the blank at its beginning away.",
        )

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hazards of accounts whose mail an alias, a catch-all or a regex alias takes."""

from __future__ import annotations

import typing as t

from .._mailserver.naming import shown_account
from .finding import Hit
from .lines import folded_addresses, hit_alias, hit_rule

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator

    from .._mailserver.regex_aliases import Rule
    from .._mailserver.server import MailServer


def swallowed_accounts(server: MailServer) -> Iterator[Hit]:
    """H30: an account without an alias of its own, in a domain with a catch-all."""
    numbers = server.aliases.numbers
    caught = {key[1:] for key in numbers if key[0] == "@"}
    if not caught:
        return
    dummy = server.matched
    for address, line in server.accounts.by_address.items():
        if address.rpartition("@")[2] not in caught or address in numbers:
            continue
        found, results = server.lookups.of(address)[:2]
        if (
            found is None
            or found.key[0] != "@"
            or found.file != server.aliases.name
            or address in folded_addresses(results)
        ):
            continue
        login = shown_account(address)
        yield Hit(
            server.accounts.name,
            line.number,
            login,
            f"The catch-all on line {found.line} of {found.file} takes all mail to this account.",
            f"Add the identity alias '{login} {login}'.",
        )


def overridden_accounts(server: MailServer) -> Iterator[Hit]:
    """H32: an alias takes the mail of the account with the same address."""
    for address in server.accounts.by_address:
        if address not in server.aliases.numbers:
            continue
        found, results = server.lookups.of(address)[:2]
        if found is not None and results and address not in folded_addresses(results):
            yield hit_alias(
                server,
                found.line,
                address,
                "The alias has the address of an account that is not among its recipients, so the mailbox no longer"
                " receives anything.",
                "Add the address itself to the recipients to keep a copy.",
            )


def accounts_taken_by_rules(server: MailServer) -> Iterator[Hit]:
    """H32: a regex alias takes the mail of accounts."""
    taken: dict[int, tuple[Rule, list[str]]] = {}
    matched = server.matched
    for address in server.accounts.by_address:
        rule = matched.get(address)
        if rule is None or address in server.aliases.numbers:
            continue
        found, results = server.lookups.of(address)[:2]
        if found is not None and results and address not in folded_addresses(results):
            taken.setdefault(rule.number, (rule, []))[1].append(address)
    for rule, addresses in taken.values():
        more = len(addresses) - 1
        others = f" and {more} other {'account' if more == 1 else 'accounts'}" if more else ""
        yield hit_rule(
            server,
            rule,
            f"The pattern matches the account {shown_account(addresses[0])}{others}, but the address is not among the"
            " recipients, so the mailbox no longer receives anything.",
            "Exclude the account in the pattern, or give it an identity alias.",
        )

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
    from collections.abc import Iterable, Iterator

    from .._mailserver.lookups import Found
    from .._mailserver.regex_aliases import Rule
    from .._mailserver.server import MailServer


def _taken_accounts(server: MailServer, addresses: Iterable[str]) -> Iterator[tuple[str, Found, bool]]:
    """Yield each account that is not among what its address is replaced by.

    With it come the line that takes its mail, and whether that line has recipients at all.
    """
    for address in addresses:
        found, results = server.lookups.of(address)[:2]
        if found is not None and address not in folded_addresses(results):
            yield address, found, bool(results)


def swallowed_accounts(server: MailServer) -> Iterator[Hit]:
    """H30: an account without an alias of its own, in a domain with a catch-all."""
    numbers = server.aliases.numbers
    caught = {key[1:] for key in numbers if key[0] == "@"}
    if not caught:
        return
    dummy = server.matched
    accounts = server.accounts.by_address
    exposed = (each for each in accounts if each.rpartition("@")[2] in caught and each not in numbers)
    for address, found, dummy_delivers in _taken_accounts(server, exposed):
        if found.key[0] == "@" and found.file == server.aliases.name:
            login = shown_account(address)
            yield Hit(
                server.accounts.name,
                accounts[address].number,
                login,
                f"The catch-all on line {found.line} of {found.file} takes all mail to this account.",
                f"Add the identity alias '{login} {login}'.",
            )


def overridden_accounts(server: MailServer) -> Iterator[Hit]:
    """H32: an alias takes the mail of the account with the same address."""
    numbers = server.aliases.numbers
    for address, found, delivers in _taken_accounts(server, (a for a in server.accounts.by_address if a in numbers)):
        if delivers:
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
    numbers, matched = server.aliases.numbers, server.matched
    taken: dict[int, tuple[Rule, list[str]]] = {}
    exposed = (address for address in server.accounts.by_address if address in matched and address not in numbers)
    for address, dummy, delivers in _taken_accounts(server, exposed):
        if delivers:
            rule = matched[address]
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

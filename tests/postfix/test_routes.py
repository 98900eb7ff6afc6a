# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The routes that the collection tells are those that the real Postfix takes."""

from __future__ import annotations

import re
import typing as t

import pytest
from hypothesis import assume, given, settings

from ansible_collections.mailops.dms.plugins.module_utils._mailserver.expansion import Expansion
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.naming import shown
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.router import Route
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.server import MailServer
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.syntax import from_text
from ansible_collections.mailops.dms.tests.postfix.instance import Answer
from ansible_collections.mailops.dms.tests.postfix.questions import Question, account_files, odd_places, questions
from ansible_collections.mailops.dms.tests.support import route_cases, wishes

if t.TYPE_CHECKING:
    from ansible_collections.mailops.dms.tests.postfix.instance import PostfixInstance

ACCOUNTS = "".join(
    f"{name}@{domain}|{{SHA512-CRYPT}}$6$x$y\n" for name in "abcd" for domain in ("example.com", "example.org")
).encode()
ERRORS = {"temporary": "lookup", "loop": "expansion", "limit": "expansion"}


_QUOTED = re.compile(r'(@[^:]*:)?"((?:[^"\\]|\\.)*)"(@.*)?', re.DOTALL)


def envelope(address: str) -> bytes:
    """Return an address as it stands in an envelope: its local part without quotes."""
    found = _QUOTED.fullmatch(address)
    if found:
        route, local_part, domain = found.groups("")
        address = route + re.sub(r"\\(.)", r"\1", local_part) + domain
    return address.encode("utf-8", "surrogateescape")


def told(router: MailServer, address: str) -> Answer:
    """Return what the collection tells, in the words of the Postfix under test."""
    route = router.route(address)
    assert not route.unsure
    if route.error and not is_of_list(route):
        return Answer(error=ERRORS[route.error])
    recipients = expanded(router, address) if route.error else route.recipients
    return Answer(tuple(sorted(map(envelope, recipients))))


def is_of_list(route: Route) -> bool:
    """Whether mail is deferred for the list of domains, after its expansion."""
    return route.reason is not None and "hazard H71" in route.reason


def expanded(mail_server: MailServer, address: str) -> list[str]:
    """Return what an address is expanded to, whatever becomes of that."""
    (internal,) = mail_server.syntax.addresses(from_text(address))
    found = Expansion(mail_server.lookups.of, internal).run()
    return list(map(shown, {recipient.lower(): recipient for recipient in reversed(found)}.values()))


def differences(postfix: PostfixInstance, question: Question) -> dict[str, t.Any]:
    """Return the addresses of which Postfix and the collection do not say the same."""
    router = route_cases.router(question.aliases, question.regex_aliases)
    asked = {envelope(address): address for address in question.addresses}
    answers = postfix.routes(question.aliases, question.regex_aliases, list(asked))
    expected = {asked[text]: answer for text, answer in answers.items()}
    found = {address: told(router, address) for address in question.addresses}
    return {
        address: {"Postfix": expected[address], "collection": found[address]}
        for address in question.addresses
        if expected[address] != found[address]
    }


def told_places(route: Route) -> dict[str, set[str]]:
    """Return the final recipients by what the collection tells of them."""
    return {
        "mailbox": set(route.accounts),
        "bounce": set(route.unknown),
        "local": set(route.local),
        "external": set(route.external),
    }


@given(question=questions())
def test_same_routes(postfix: PostfixInstance, question: Question) -> None:
    assert differences(postfix, question) == {}


KINDS = {"error": "bounce", "alias": "bounce", "failure": "temporary", "death": "temporary"}


def check_place(postfix: PostfixInstance, accounts: bytes, question: Question) -> None:
    """Compare what becomes of the first address, where that is one recipient."""
    contents = {
        wishes.ACCOUNTS: accounts,
        wishes.ALIASES: question.aliases,
        wishes.REGEX_ALIASES: question.regex_aliases,
    }
    # The shell that makes the list of domains takes no NUL; hazard H77 has cases of its own.
    assume(b"\0" not in accounts + question.aliases)
    mail_server = MailServer(contents)
    route = mail_server.route(question.addresses[0])
    assume(not route.error or is_of_list(route))
    recipients = expanded(mail_server, question.addresses[0])
    # Nobody is no recipient that the rewriter could be asked for.
    assume(len(recipients) == 1 and recipients != ['""'])
    kind, resolved = postfix.place(accounts, question.aliases, question.regex_aliases, envelope(recipients[0]))
    kind = KINDS.get(kind, kind)
    if kind == "mailbox" and not route.accounts:
        kind = "bounce"
    told_kinds = [name for name, found in told_places(route).items() if found]
    assert told_kinds == [kind] or (route.error == kind == "temporary")
    if kind == "mailbox":
        assert resolved.lower().startswith(route.accounts[0].partition("@")[0].encode())


@given(question=questions())
@settings(max_examples=500)
def test_same_places(postfix: PostfixInstance, question: Question) -> None:
    check_place(postfix, ACCOUNTS, question)


@given(accounts=account_files, question=odd_places())
@settings(max_examples=500)
def test_same_odd_places(postfix: PostfixInstance, accounts: bytes, question: Question) -> None:
    check_place(postfix, accounts, question)


CASES = [*route_cases.load_cases("vectors.yml", "regressions.yml"), *route_cases.limit_cases()]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_vector(postfix: PostfixInstance, case: route_cases.RouteCase) -> None:
    question = Question(case.aliases, case.regex_aliases, list(case.routes))
    assert differences(postfix, question) == {}

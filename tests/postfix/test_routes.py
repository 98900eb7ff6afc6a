# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The routes that the collection tells are those that the real Postfix takes."""

from __future__ import annotations

import re
import typing as t

import pytest
from hypothesis import assume, given, settings

from ansible_collections.mailops.dms.plugins.module_utils._mailserver.router import Route
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.server import MailServer
from ansible_collections.mailops.dms.tests.dms import server
from ansible_collections.mailops.dms.tests.postfix.instance import Answer
from ansible_collections.mailops.dms.tests.postfix.questions import Question, questions
from ansible_collections.mailops.dms.tests.support import route_cases, wishes

if t.TYPE_CHECKING:
    from ansible_collections.mailops.dms.tests.postfix.instance import PostfixInstance

ACCOUNTS = "".join(
    f"{name}@{domain}|{{SHA512-CRYPT}}$6$x$y\n" for name in "abcd" for domain in ("example.com", "example.org")
).encode()
_DOMAIN = re.compile(r"[a-z0-9.-]+", re.IGNORECASE)
# Postfix resolves an address in quotes before the host name once more.
_PLAIN = re.compile(r'[^@"\\\s]+@[a-z0-9.-]+', re.IGNORECASE)
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
    if route.error:
        return Answer(error=ERRORS[route.error])
    return Answer(tuple(sorted(map(envelope, route.recipients))))


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


@given(question=questions())
@settings(max_examples=500)
def test_same_places(postfix: PostfixInstance, question: Question) -> None:
    contents = {
        wishes.ACCOUNTS: ACCOUNTS,
        wishes.ALIASES: question.aliases,
        wishes.REGEX_ALIASES: question.regex_aliases,
    }
    mail_server = server.start(contents, server.Settings())
    assume(not mail_server.shut_down)
    route = MailServer(contents).route(question.addresses[0])
    assume(len(route.recipients) == 1 and _PLAIN.fullmatch(route.recipients[0]))
    kind = postfix.place(
        question.aliases,
        question.regex_aliases,
        filter(_DOMAIN.fullmatch, mail_server.domains),
        envelope(route.recipients[0]),
    )
    assume(kind not in {"error", "failure"})
    if kind == "alias" or (kind == "mailbox" and not route.accounts):
        kind = "bounce"
    assert [name for name, found in told_places(route).items() if found] == [kind]


CASES = [*route_cases.load_cases("vectors.yml", "regressions.yml"), *route_cases.limit_cases()]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_vector(postfix: PostfixInstance, case: route_cases.RouteCase) -> None:
    question = Question(case.aliases, case.regex_aliases, list(case.routes))
    assert differences(postfix, question) == {}

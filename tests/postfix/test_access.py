# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection tells of restrictions is what the real smtpd(8) answers."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ansible_collections.mailops.dms.plugins.module_utils._mailserver.server import MailServer
from ansible_collections.mailops.dms.tests.support import strategies, wishes

if t.TYPE_CHECKING:
    from ansible_collections.mailops.dms.tests.postfix.instance import PostfixInstance

ANSWERS = {None: 250, "restricted": 554, "temporary": 451}
SENDER, RECIPIENT = "sender@example.net", "anna@example.com"

CASES = wishes.load("access.yml")


def told(content: bytes, recipient: str) -> int:
    """Return the answer that the collection tells for a recipient."""
    route = MailServer({wishes.RECEIVE_ACCESS: content}).route(recipient)
    return ANSWERS[route.error]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_recipient(postfix: PostfixInstance, case: dict[str, t.Any]) -> None:
    content = case["file"].encode("latin-1")
    for recipient, expected in case["answers"].items():
        assert postfix.answer(b"", content, SENDER, recipient) == expected
        assert told(content, recipient) == expected


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_sender(postfix: PostfixInstance, case: dict[str, t.Any]) -> None:
    """The other file is read in the same way."""
    for sender, expected in case["answers"].items():
        assert postfix.answer(case["file"].encode("latin-1"), b"", sender, RECIPIENT) == expected


@given(strategies.shaped(wishes.RECEIVE_ACCESS), st.sampled_from(strategies.ADDRESSES))
@example(b"anna@example.com 550 no\n", "anna@example.com")
@settings(max_examples=150)
def test_any_file(postfix: PostfixInstance, content: bytes, recipient: str) -> None:
    # A line may name another code of the same class.
    assert postfix.answer(b"", content, SENDER, recipient) // 100 == told(content, recipient) // 100


def test_a_file_that_is_gone_stops_all_mail(postfix: PostfixInstance) -> None:
    """Which is why no file is ever deleted (hazard H10)."""
    assert postfix.answer(b"", b"\n", SENDER, RECIPIENT) == 250
    assert postfix.answer(b"", None, SENDER, RECIPIENT) == 451
    assert postfix.answer(None, b"\n", SENDER, RECIPIENT) == 451

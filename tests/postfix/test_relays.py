# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection tells of relays is what the real trivial-rewrite(8) takes."""

from __future__ import annotations

import re
import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.mailops.dms.plugins.module_utils._destinations import DIRECT
from ansible_collections.mailops.dms.plugins.module_utils._findings.checks import find
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.server import MailServer
from ansible_collections.mailops.dms.tests.support import relays, strategies, wishes

if t.TYPE_CHECKING:
    from ansible_collections.mailops.dms.tests.postfix.instance import PostfixInstance

SENDERS = ("anna@example.com", "Bernd@Example.COM", "carl@example.org", "dora@example.net")
CASES = wishes.load("relays.yml")


def copied(content: bytes) -> bytes:
    """Return the lines that DMS copies to the map of Postfix: those with a key and a value."""
    lines = content.split(b"\n")
    return b"".join(line + b"\n" for line in lines if re.match(rb"\s*[^#\s]\S*\s+\S", line))


def told(content: bytes, sender: str) -> bytes | None:
    """Return the relay that the collection tells of a sender."""
    server = MailServer({wishes.RELAYS: content})
    if any(finding.id == "H62" and finding.severity == "outage" for finding in find(server, identities=["H62"])):
        return None
    found = server.relays.find(sender)
    value = found.value if found else ""
    return b"" if value.upper() == DIRECT else value.encode("ascii", "surrogateescape")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_sender(postfix: PostfixInstance, case: dict[str, t.Any]) -> None:
    content = case["file"].encode("latin-1")
    for sender, expected in case["relays"].items():
        relay = None if expected is None else expected.encode()
        assert postfix.relay(copied(content), sender.encode()) == relay
        if relay is None or b"#" not in relay:
            assert told(content, sender) == relay


@given(st.lists(relays.RELAY_LINES.filter(lambda line: " # " not in line), max_size=6), st.sampled_from(SENDERS))
@settings(max_examples=200)
def test_any_lines(postfix: PostfixInstance, lines: list[str], sender: str) -> None:
    content = "".join(f"{line}\n" for line in lines).encode()
    assert postfix.relay(copied(content), sender.encode()) == told(content, sender)


@given(relays.RELAYS, strategies.shaped(wishes.RELAYS))
@settings(max_examples=100)
def test_what_is_written(postfix: PostfixInstance, entries: list[wishes.Options], content: bytes) -> None:
    after = wishes.applied_alone({"relays": entries}, wishes.RELAYS, content)
    for entry in entries if after is not None else ():
        key = relays.key_of(entry)
        relay = postfix.relay(copied(after or b""), f"somebody{key}".encode() if key[0] == "@" else key.encode())
        if entry["state"] == "present" and relay is not None:
            assert relay == (f"[{entry['host']}]:{entry['port']}".encode() if "host" in entry else b"")

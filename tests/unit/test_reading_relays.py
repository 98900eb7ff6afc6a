# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The law of reading for relays: what we write, DMS and Postfix read as we meant it."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.mailops.dms.plugins.module_utils._mailserver.relays import (
    PairsFile,
    RelayCredentialsFile,
    RelaysFile,
)
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.syntax import from_bytes
from ansible_collections.mailops.dms.plugins.module_utils._tables.entry import encode
from ansible_collections.mailops.dms.plugins.module_utils._tables.relay_credentials import RelayCredentialTable
from ansible_collections.mailops.dms.plugins.module_utils._tables.relays import RelayTable
from ansible_collections.mailops.dms.tests.dms import readers
from ansible_collections.mailops.dms.tests.support import relays, strategies, wishes

# What DMS repairs and what begins with a mark has its own tests.
tidy = st.sampled_from([wishes.RELAYS, wishes.RELAY_CREDENTIALS]).flatmap(
    lambda name: st.tuples(st.just(name), strategies.shaped(name).map(readers.repaired))
)

each_file = pytest.mark.parametrize(
    "contents", [strategies.shaped(wishes.RELAYS), relays.INDENTED_RELAYS], ids=["any", "indented"]
)


def sender_of(key: str) -> bytes:
    """Return the address of a sender to whom the key of an entry applies."""
    return (f"somebody{key}" if key.startswith("@") else key).encode()


@each_file
@given(relays.RELAYS.filter(len), st.data())
@settings(max_examples=200)
def test_relays(contents: st.SearchStrategy[bytes], entries: list[wishes.Options], data: st.DataObject) -> None:
    content = data.draw(contents)
    before = readers.relays(readers.repaired(content))
    after = wishes.applied_alone({"relays": entries}, wishes.RELAYS, content)
    if after is None:
        return
    found = readers.relays(after)
    assert found.duplicates <= before.duplicates
    for entry in entries:
        key = relays.key_of(entry)
        value = found.of_sender(sender_of(key))
        if entry["state"] == "absent":
            assert key.encode() not in found.values
            assert not readers.is_excluded(after, key[1:].encode())
        elif "host" in entry:
            assert value == f"[{entry['host']}]:{entry['port']}".encode()
        else:
            domain = key.rpartition("@")[2].encode()
            assert readers.is_excluded(after, domain) if value is None else value.upper() == b"DUNNO"


@each_file
@given(relays.RELAYS.filter(len), st.data())
@settings(max_examples=200)
def test_other_relays_stay(
    contents: st.SearchStrategy[bytes], entries: list[wishes.Options], data: st.DataObject
) -> None:
    content = data.draw(contents)
    after = wishes.applied_alone({"relays": entries}, wishes.RELAYS, content)
    if after is None:
        return
    edited = {relays.key_of(entry).encode() for entry in entries}
    before, found = (
        {key: value for key, value in readers.relays(each).values.items() if key not in edited}
        for each in map(readers.repaired, (content, after))
    )
    assert found == before


@given(relays.CREDENTIALS.filter(len), strategies.shaped(wishes.RELAY_CREDENTIALS))
def test_credentials(entries: list[wishes.Options], content: bytes) -> None:
    before = readers.credentials(readers.repaired(content))
    after = wishes.applied_alone({"relay_credentials": entries}, wishes.RELAY_CREDENTIALS, content)
    if after is None:
        return
    found = readers.credentials(after)
    assert found.duplicates <= before.duplicates
    for entry in entries:
        value = found.values.get(relays.key_of(entry).encode())
        if entry["state"] == "absent":
            assert value is None
        else:
            assert value is not None
            user, dummy, password = value.decode().partition(":")
            assert (user, password) == (entry["user"], entry["password"])


@given(tidy)
def test_entries_are_those_that_postfix_reads(named: tuple[str, bytes]) -> None:
    name, content = named
    file: PairsFile
    if name == wishes.RELAYS:
        file, found = RelaysFile(name, content), readers.relays(content)
    else:
        file, found = RelayCredentialsFile(name, content), readers.credentials(content)
    entries = {pair.key: pair.value for pair in file.by_key.values() if '"' not in pair.key}
    duplicates = {pair.key for pair in file.duplicates if '"' not in pair.key}
    assert duplicates == set(map(from_bytes, found.duplicates))
    assert entries.keys() == set(map(from_bytes, found.values))
    for key, value in found.values.items():
        assert from_bytes(key) in duplicates or entries[from_bytes(key)] == from_bytes(value)


@given(strategies.shaped(wishes.RELAY_CREDENTIALS))
def test_credentials_of_the_table_are_those_that_postfix_reads(content: bytes) -> None:
    table = RelayCredentialTable(content)
    found = readers.credentials(readers.repaired(content))
    glued = [line for line in readers.physical_lines(content) if line[:1] in (b" ", b"\t")]
    for credential in table.entries():
        if not glued and encode(credential.key) not in found.duplicates:
            value = encode(f"{credential.user}:{credential.password}")
            assert found.values[encode(credential.key)] == value


@given(strategies.shaped(wishes.RELAYS))
def test_relays_of_the_table_are_those_that_postfix_reads(content: bytes) -> None:
    table = RelayTable(content)
    found = readers.relays(readers.repaired(content))
    glued = [line for line in readers.physical_lines(content) if line[:1] in (b" ", b"\t")]
    for relay in table.entries():
        key = encode(relay.key)
        if not glued and key not in found.duplicates and not table.is_doubtful(relay.key):
            assert found.values.get(key, b"") == encode(relay.destination)


@given(st.sampled_from(relays.PASSWORDS), st.sampled_from(relays.PASSWORDS), st.sampled_from(relays.USERS))
def test_a_diff_marks_a_new_password_and_shows_none(before: str, after: str, user: str) -> None:
    content = f"@example.com {user}:{before}\n".encode()
    entry: dict[str, t.Any] = {"sender": "example.com", "user": user, "password": after}
    plan = wishes.plan({"relay_credentials": [entry]}, {wishes.RELAY_CREDENTIALS: content})
    shown = [file.table.shown(line) for file in plan.files for edit in file.table.lines.edits() for line in edit.added]
    assert shown == ([] if before == after else [f"@example.com {user}:<hidden, new>"])

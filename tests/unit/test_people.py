# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The laws of locks, renames and successors: nobody gets in, and no mail is lost."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.mailops.dms.plugins.module_utils._mailserver.server import MailServer
from ansible_collections.mailops.dms.tests.dms import readers, server
from ansible_collections.mailops.dms.tests.support import strategies, wishes

LOCK = "allow_nets=192.0.2.1/32"
VERSIONS = ((15, 1, 0), (16, 0, 1))
PROBES = (
    *strategies.ADDRESSES,
    *strategies.ALIASES,
    *strategies.EXTERNAL,
    "any@example.com",
    "any@example.org",
    "lists@example.com",
)


@st.composite
def directories_with(draw: st.DrawFn, addresses: tuple[str, ...]) -> tuple[str, wishes.Contents]:
    """Draw an account, and a directory that has it among others."""
    address = draw(st.sampled_from(addresses))
    contents = draw(strategies.directories())
    others = readers.repaired(contents[wishes.ACCOUNTS] or b"").removeprefix(strategies.BYTE_ORDER_MARK)
    line = f"{draw(st.sampled_from([address, address.title()]))}|{strategies.HASH}\n".encode()
    first = draw(st.booleans())
    return address, {**contents, wishes.ACCOUNTS: line + others if first else others + line}


def written(given_options: wishes.Options, contents: wishes.Contents) -> wishes.Contents | None:
    """Return a directory after a run, and prove that a second one changes nothing; None where it is refused."""
    if wishes.attempt(given_options, contents) is None:
        return None
    after = wishes.applied(given_options, contents)
    assert wishes.plan(given_options, after).files == []
    return after


def sound(contents: wishes.Contents) -> wishes.Contents:
    """Return a directory as any run repairs its files, and without regex aliases.

    A regex alias may take the mail of an account, but not that of an alias.
    """
    repaired = {name: None if content is None else readers.repaired(content) for name, content in contents.items()}
    return {**repaired, wishes.REGEX_ALIASES: None}


def received(contents: wishes.Contents, *, extensions: bool = False) -> dict[str, set[str] | None]:
    """Return who gets the mail to each probe, in lower case; None where Postfix defers it."""

    def shown(recipient: str) -> str:
        return recipient.lower() if extensions else re.sub(r"\+[^@]*", "", recipient.lower())

    routes = map(MailServer(contents).route, PROBES)
    return {route.address: None if route.error else set(map(shown, route.recipients)) for route in routes}


def is_caught(contents: wishes.Contents, address: str) -> bool:
    """Whether a catch-all takes the mail of an account, which an alias of the same address ends (hazard H30)."""
    aliases = MailServer(contents).aliases.numbers
    return f"@{address.partition('@')[2]}" in aliases and address not in aliases


# --- locks


@given(directories_with(strategies.ADDRESSES))
@settings(max_examples=150)
def test_nobody_logs_in_with_the_password_of_a_locked_account(drawn: tuple[str, wishes.Contents]) -> None:
    address, contents = drawn
    after = written({"accounts": [{"address": address, "locked": True}]}, contents)
    for version in VERSIONS if after else ():
        started = server.start(after or {}, server.Settings(version))
        user = started.user(address)
        if started.shut_down or user is None:
            continue
        assert user.password_hash == strategies.HASH
        # Another line that looks like the account may stand above it (hazard H20), with the same hash in these files.
        if ((after or {})[wishes.ACCOUNTS] or b"").lower().count(address.encode()) == 1:
            own = [each for each in started.users if each.home == user.home]
            assert [each.login for each in own if LOCK not in each.fields.split(" ")] == []


@given(st.sampled_from(strategies.ADDRESSES), strategies.shaped(wishes.ACCOUNTS))
@settings(max_examples=150)
def test_locking_and_unlocking_gives_the_first_bytes_back(address: str, content: bytes) -> None:
    def run(locked: bool, file: bytes) -> bytes | None:
        return wishes.applied_alone({"accounts": [{"address": address, "locked": locked}]}, wishes.ACCOUNTS, file)

    unlocked = run(False, readers.repaired(content))
    locked = None if unlocked is None else run(True, unlocked)
    if locked is not None:
        assert locked != unlocked
        assert run(False, locked) == unlocked


# --- renames


@given(st.sampled_from(strategies.NEW_ADDRESSES), st.booleans(), directories_with(strategies.ADDRESSES))
@settings(max_examples=200)
def test_a_rename_keeps_the_way_of_all_mail(new: str, keep: bool, drawn: tuple[str, wishes.Contents]) -> None:
    old, contents = drawn[0], sound(drawn[1])
    extended = f"lists@example.com {old.replace('@', '+lists@')}\n"
    contents[wishes.ALIASES] = (contents[wishes.ALIASES] or b"") + extended.encode()
    after = written({"accounts": [{"address": new, "renamed_from": old, "keep_old_address": keep}]}, contents)
    if after is None or is_caught(contents, old):
        return
    later = received(after, extensions=True)
    for address, recipients in received(contents, extensions=True).items():
        if address != old or keep:
            assert later[address] == (recipients and {renamed(each, old, new) for each in recipients})


def renamed(recipient: str, old: str, new: str) -> str:
    """Return a recipient with the new address in place of the old one, and its extension."""
    local_part, dummy, domain = recipient.partition("@")
    base, plus, extension = local_part.partition("+")
    return new.replace("@", f"{plus}{extension}@") if f"{base}@{domain}" == old else recipient


@given(st.sampled_from(strategies.NEW_ADDRESSES), directories_with(strategies.ADDRESSES))
def test_a_rename_keeps_hash_and_fields(new: str, drawn: tuple[str, wishes.Contents]) -> None:
    old, contents = drawn
    after = written({"accounts": [{"address": new, "renamed_from": old}]}, contents)
    if after:
        accounts_before, accounts = (MailServer(each).accounts.by_address for each in (contents, after))
        assert accounts[new][2:] == accounts_before[old][2:]
        assert old not in accounts


# --- successors


@given(
    st.sampled_from(strategies.ADDRESSES + strategies.ALIASES + strategies.EXTERNAL),
    directories_with(strategies.ADDRESSES),
)
@settings(max_examples=200)
def test_a_successor_gets_all_mail(successor: str, drawn: tuple[str, wishes.Contents]) -> None:
    address, contents = drawn[0], sound(drawn[1])
    if successor == address or is_caught(contents, address):
        return
    leaver = {"address": address, "state": "absent", "successor": successor}
    after = written({"accounts": [leaver], "allow_no_accounts": True}, contents)
    later = received(after) if after else {}
    if None in later.values():
        return  # A loop is refused, as all that introduces H08 is.
    for probe, recipients in received(contents).items():
        if after and recipients:
            others = recipients - {address}
            assert others <= (later[probe] or set())
            assert others == recipients or (later[successor] or set()) <= (later[probe] or set())


@pytest.mark.parametrize("prune", [[], ["accounts"], ["accounts", "aliases"]], ids=str)
@given(
    st.lists(st.one_of(strategies.movers, strategies.leavers), max_size=3),
    strategies.aliases,
    strategies.directories(),
)
def test_people_among_other_entries(
    prune: list[str], people: list[wishes.Options], aliases: list[wishes.Options], contents: wishes.Contents
) -> None:
    """Whatever is declared besides, a second run changes nothing, and the aliases of people are there."""
    options = {"accounts": people, "aliases": aliases, "prune": prune, "allow_no_accounts": True}
    after = written(options, contents)
    for entry in people if after else ():
        old = entry["address"] if "successor" in entry else entry["renamed_from"]
        if entry.get("keep_old_address", True):
            assert old in MailServer(after or {}).aliases.numbers

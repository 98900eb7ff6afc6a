# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The laws of locks, renames and successors: nobody gets in, and no mail is lost."""

from __future__ import annotations

import re
import typing as t

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


# What a file may have of one address, and how its values are read.
OF_ADDRESS: dict[str, tuple[str, list[str], t.Callable[[bytes], t.Mapping[bytes, object]]]] = {
    wishes.SEND_ACCESS: ("restrictions", ["REJECT", "REJECT moved away"], lambda file: readers.Texthash(file).values),
    wishes.RECEIVE_ACCESS: (
        "restrictions",
        ["REJECT", "REJECT use  the form"],
        lambda file: readers.Texthash(file).values,
    ),
    wishes.RELAYS: ("relays", ["[smtp.example.net]:587", "DUNNO"], lambda file: readers.relays(file).values),
    wishes.RELAY_CREDENTIALS: ("relay_credentials", ["any:secret"], lambda file: readers.credentials(file).values),
}


@given(
    st.sampled_from(strategies.NEW_ADDRESSES),
    st.booleans(),
    st.fixed_dictionaries({}, optional={name: st.sampled_from(each[1]) for name, each in OF_ADDRESS.items()}),
    st.lists(st.sampled_from(sorted({section for section, *dummy in OF_ADDRESS.values()})), unique=True),
)
def test_what_is_written_for_an_address_alone_stays_as_long_as_that_is_kept(
    new: str, keep: bool, drawn: dict[str, str], prune: list[str]
) -> None:
    """The new address has the same, as long as nobody says that it has nothing."""
    old = strategies.ADDRESSES[0]
    contents: wishes.Contents = {name: f"{old} {value}\n".encode() for name, value in drawn.items()}
    contents[wishes.ACCOUNTS] = f"{old}|{strategies.HASH}\n".encode()
    mover = {"address": new, "renamed_from": old, "keep_old_address": keep}
    after = written({"accounts": [mover], **{section: [] for section in prune}, "prune": prune}, contents)
    for name in drawn:
        section, dummy, read = OF_ADDRESS[name]
        before, later = read(contents[name] or b""), read((after or {})[name] or b"")
        assert later.get(old.encode()) == (before[old.encode()] if keep else None)
        assert later.get(new.encode()) == (None if section in prune else before[old.encode()])


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


# --- both


class Moves(t.NamedTuple):
    """Accounts that move, and aliases that the same run takes recipients from, or takes away."""

    people: list[wishes.Options]
    taken: dict[str, tuple[str, ...]]
    """What is taken from each of the aliases; the whole of it where that is nothing."""

    aliases: dict[str, tuple[str, ...]]
    """The aliases before, with their recipients."""

    @property
    def after(self) -> dict[str, set[str]]:
        """The aliases after: their recipients with the new addresses, but for those that are taken, old or new."""
        found = {}
        for alias, recipients in self.aliases.items():
            taken = self.taken.get(alias)
            kept = {self._moved(recipient) for recipient in recipients if recipient not in (taken or ())}
            if taken != () and kept - set(taken or ()):
                found[alias] = kept - set(taken or ())
        return found

    def _moved(self, recipient: str) -> str:
        for person in self.people:
            if "renamed_from" in person:
                recipient = renamed(recipient, person["renamed_from"], person["address"])
            elif recipient == person["address"]:
                recipient = person["successor"]
        return recipient


STAYING, MOVING = strategies.ADDRESSES[:2], strategies.ADDRESSES[2:5]
_taken = st.lists(st.sampled_from((*MOVING, *strategies.NEW_ADDRESSES, *STAYING)), max_size=2, unique=True).map(tuple)
moves = st.builds(
    Moves,
    st.tuples(
        st.fixed_dictionaries(
            {"address": st.just(strategies.NEW_ADDRESSES[0]), "renamed_from": st.just(MOVING[0])},
            optional={"keep_old_address": st.booleans()},
        ),
        st.fixed_dictionaries(
            {"address": st.just(strategies.NEW_ADDRESSES[1]), "renamed_from": st.just(MOVING[1])},
            optional={"keep_old_address": st.booleans()},
        ),
        st.fixed_dictionaries(
            {"address": st.just(MOVING[2]), "state": st.just("absent"), "successor": st.sampled_from(STAYING)}
        ),
    ).flatmap(lambda people: st.lists(st.sampled_from(people), min_size=1, unique_by=lambda each: each["address"])),
    st.dictionaries(st.sampled_from(strategies.ALIASES), _taken),
    st.dictionaries(
        st.sampled_from(strategies.ALIASES),
        st.lists(
            st.sampled_from((*MOVING, MOVING[0].replace("@", "+lists@"), strategies.NEW_ADDRESSES[0], *STAYING)),
            min_size=1,
            max_size=3,
            unique=True,
        ).map(tuple),
        min_size=1,
    ),
)


@given(moves)
@settings(max_examples=300)
def test_aliases_lose_what_is_taken_from_them_and_nothing_else(drawn: Moves) -> None:
    """Whoever moves in the same run moves in what is left too."""
    lines = [f"{alias} {','.join(recipients)}\n" for alias, recipients in drawn.aliases.items()]
    contents: wishes.Contents = {
        wishes.ACCOUNTS: "".join(f"{address}|{strategies.HASH}\n" for address in strategies.ADDRESSES).encode(),
        wishes.ALIASES: "".join(lines).encode(),
    }
    taken = [{"alias": alias, "recipients": list(each), "state": "absent"} for alias, each in drawn.taken.items()]
    after = written({"accounts": drawn.people, "aliases": taken}, contents)
    found = readers.Texthash((after or {})[wishes.ALIASES] or b"").values
    aliases = {alias: {recipient.decode() for recipient in found.get(alias.encode(), ())} for alias in drawn.aliases}
    assert aliases == {alias: drawn.after.get(alias, set()) for alias in drawn.aliases}


@pytest.mark.parametrize("prune", [[], ["accounts"], ["accounts", "aliases"]], ids=str)
@given(
    st.lists(st.one_of(strategies.movers, strategies.leavers), max_size=3),
    strategies.aliases,
    strategies.directories(),
)
def test_people_among_other_entries(
    prune: list[str], people: list[wishes.Options], aliases: list[wishes.Options], contents: wishes.Contents
) -> None:
    """Whatever is declared besides, a second run changes nothing, and the aliases of people lead to them or successors."""
    options = {"accounts": people, "aliases": aliases, "prune": prune, "allow_no_accounts": True}
    after = written(options, contents)
    for entry in people if after else ():
        old = entry["address"] if "successor" in entry else entry["renamed_from"]
        if entry.get("keep_old_address", True):
            assert old in MailServer(after or {}).aliases.numbers
        for alias in entry.get("aliases", ()):
            recipients = readers.Texthash((after or {})[wishes.ALIASES] or b"").values[alias.encode()]
            assert entry["successor"].lower().encode() in [recipient.lower() for recipient in recipients]
            assert len(set(recipients)) == len(recipients)

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The laws of the core that need no process: lossless, local, invertible, idempotent."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.mailops.dms.plugins.module_utils._errors import RefusedError
from ansible_collections.mailops.dms.plugins.module_utils._kinds.kinds import KINDS, TABLES
from ansible_collections.mailops.dms.plugins.module_utils._tables.lines import Lines
from ansible_collections.mailops.dms.tests.dms import readers
from ansible_collections.mailops.dms.tests.support import relays, strategies, wishes

if t.TYPE_CHECKING:  # pragma: no cover
    import pathlib

    from ansible_collections.mailops.dms.plugins.module_utils._tables.table import Table

FILES = [(table.section, table.file_name) for table in TABLES]

# A wish for one entry of each section, in the form of dms_config.
ONE = {
    "accounts": strategies.accounts,
    "aliases": strategies.aliases.filter(lambda entries: not any(e["alias"].startswith("@") for e in entries)),
    "regex_aliases": strategies.regex_aliases.map(lambda entries: [{**entry, "position": None} for entry in entries]),
    "quotas": strategies.quotas,
    "restrictions": strategies.restrictions.map(
        lambda entries: [{**entry, "restrict": ["send", "receive"]} for entry in entries]
    ),
    "masters": strategies.masters,
    "relays": relays.RELAYS,
    "relay_credentials": relays.CREDENTIALS,
}
# A file without any entry; DMS makes the second of the first (hazard H52).
EMPTY = (b"", b"\n")
BY_FIRST_WORD = ("aliases", "restrictions", "relays", "relay_credentials")

each_file = pytest.mark.parametrize(("section", "file_name"), FILES, ids=[name for dummy, name in FILES])
each_table = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.file_name)
each_corpus_file = pytest.mark.parametrize(
    "path", wishes.corpus_files(), ids=lambda path: f"{path.parent.name}/{path.name}"
)


def key_of(section: str, entry: wishes.Options) -> bytes:
    """Return what names an entry in its file."""
    if section in ("relays", "relay_credentials"):
        return relays.key_of(entry).encode()
    (name,) = (kind.key for kind in KINDS if kind.section == section)
    return str(entry[name]).encode()


def lines_of(section: str, content: bytes, key: bytes) -> set[int]:
    """Return the indexes of the physical lines that make up the entry of a key."""
    found: set[int] = set()
    for line in readers.logical_lines(content):
        if section in BY_FIRST_WORD and line.text.split(None, 1)[0].lower() == key:
            found.update(line.physical)
    if section == "regex_aliases":
        for rule in readers.rules(content):
            if rule.pattern.replace(b"\\/", b"/") == key:
                found.update(rule.physical)
    separator = {"accounts": b"|", "masters": b"|", "quotas": b":"}.get(section)
    if separator:
        for index, text in enumerate(readers.physical_lines(content)):
            if text.split(separator, 1)[0].lower() == key:
                found.add(index)
    return found


def lines_beside(section: str, content: bytes, key: bytes) -> list[bytes]:
    """Return the physical lines that do not belong to the entry of a key."""
    own = lines_of(section, content, key)
    lines = readers.physical_lines(content)
    return [line for index, line in enumerate(lines) if index not in own]


def run_one(section: str, entry: wishes.Options, file_name: str, content: bytes | None) -> bytes | None:
    """Return a file after a wish for one entry; None where it is refused."""
    return wishes.applied_alone({section: [entry]}, file_name, content)


# --- law 1


@given(strategies.any_bytes)
@settings(max_examples=500)
def test_any_bytes_come_back(content: bytes) -> None:
    assert Lines(content).to_bytes() == content
    assert Lines(content).edits() == []


@each_table
@given(strategies.any_bytes)
def test_any_bytes_come_back_from_a_table(table: type[Table[t.Any]], content: bytes) -> None:
    read = table(content)
    assert read.to_bytes() == content
    assert len(list(read.entries())) == len(read)


@each_table
@given(st.data())
def test_shaped_files_come_back_from_a_table(table: type[Table[t.Any]], data: st.DataObject) -> None:
    content = data.draw(strategies.shaped(table.file_name))
    assert table(content).to_bytes() == content


@each_corpus_file
def test_corpus_comes_back(path: pathlib.Path) -> None:
    content = path.read_bytes()
    assert Lines(content).to_bytes() == content
    assert all(table(content).to_bytes() == content for table in TABLES)


# --- law 2


@each_file
@given(st.data())
@settings(max_examples=200)
def test_other_lines_stay(section: str, file_name: str, data: st.DataObject) -> None:
    content = data.draw(strategies.shaped(file_name))
    entry = data.draw(ONE[section].filter(len))[0]
    _check_other_lines(section, entry, file_name, content)


@each_file
@given(st.data())
def test_other_lines_stay_among_any_bytes(section: str, file_name: str, data: st.DataObject) -> None:
    content = data.draw(strategies.any_bytes)
    entry = data.draw(ONE[section].filter(len))[0]
    _check_other_lines(section, entry, file_name, content)


@each_corpus_file
@given(st.data())
@settings(max_examples=40)
def test_other_lines_of_the_corpus_stay(path: pathlib.Path, data: st.DataObject) -> None:
    section, file_name = data.draw(st.sampled_from(FILES))
    entry = data.draw(ONE[section].filter(len))[0]
    _check_other_lines(section, entry, file_name, path.read_bytes())


def _check_other_lines(section: str, entry: wishes.Options, file_name: str, content: bytes) -> None:
    after = run_one(section, entry, file_name, content)
    if after is None or after == content:
        return
    key = key_of(section, entry)
    expected = lines_beside(section, readers.repaired(content), key)
    if content in EMPTY:
        expected = []
    assert lines_beside(section, after, key) == (expected or [b""] * (after in EMPTY))


# --- law 3


@each_file
@given(st.data())
@settings(max_examples=200)
def test_adding_and_removing_gives_the_first_bytes_back(section: str, file_name: str, data: st.DataObject) -> None:
    content = data.draw(strategies.shaped(file_name))
    entry = {**data.draw(ONE[section].filter(len))[0], "state": "present"}
    if lines_of(section, readers.repaired(content), key_of(section, entry)):
        return
    added = run_one(section, entry, file_name, content)
    if added is None:
        return
    assert added != content
    removed = run_one(section, {**entry, "state": "absent"}, file_name, added)
    assert removed == readers.repaired(content)


@given(
    st.lists(st.sampled_from(strategies.EXTERNAL), min_size=1, unique=True),
    st.lists(st.sampled_from(strategies.ADDRESSES), min_size=1, unique=True),
    strategies.shaped(wishes.ALIASES),
    strategies.shaped(wishes.ALIASES),
)
def test_changing_and_changing_back_gives_the_first_bytes_back(
    first: list[str], second: list[str], above: bytes, below: bytes
) -> None:
    line = f"unique@example.com\t{','.join(first)}\n".encode()
    content = readers.repaired(above) + line + readers.repaired(below)
    if strategies.BYTE_ORDER_MARK in content:
        return  # in the middle of a file it is part of a key, not a mark
    entry = {"alias": "unique@example.com", "recipients": second}
    changed = run_one("aliases", entry, wishes.ALIASES, content)
    if changed is not None:
        assert changed != content
        entry = {"alias": "unique@example.com", "recipients": first}
        assert run_one("aliases", entry, wishes.ALIASES, changed) == content


# --- law 4


@given(strategies.options, strategies.directories())
@settings(max_examples=500)
def test_a_second_run_writes_nothing(given_options: wishes.Options, contents: wishes.Contents) -> None:
    try:
        after = wishes.applied(given_options, contents)
    except RefusedError:
        return
    second = wishes.plan(given_options, after)
    assert second.files == []
    assert not any(any(changes) for changes in second.changes.values())


CATCH_ALL = ("@example.com", "present")
_own = st.sampled_from(strategies.LOGINS).map("{}@example.com".format)
_caught = st.tuples(
    st.lists(_own, min_size=1, unique=True),
    st.lists(_own.map(lambda address: f"{address} {address}\n"), unique=True),
    st.sampled_from(["", "@example.com ext1@example.net\n", "@example.com ext1@example.net,ext2@example.net\n"]),
    st.sampled_from(["", "/./ ext1@example.net\n", "/^[^@]{1,4}@/ ext1@example.net\n", "!/^b/ ext1@example.net\n"]),
).map(
    lambda drawn: {
        wishes.ACCOUNTS: "".join(f"{address}|{strategies.HASH}\n" for address in drawn[0]).encode(),
        wishes.ALIASES: "".join([*drawn[1], drawn[2]]).encode(),
        wishes.REGEX_ALIASES: drawn[3].encode(),
    }
)
_of_caught = st.lists(
    st.fixed_dictionaries(
        {"alias": st.one_of(_own, st.just("@example.com")), "state": st.sampled_from(["present", "absent"])},
        optional={"protect_accounts": st.booleans(), "recipients": st.just(["ext1@example.net"])},
    ).map(lambda entry: entry if entry["state"] == "absent" else {"recipients": ["ext2@example.net"], **entry}),
    unique_by=lambda entry: entry["alias"],
    max_size=3,
)


@pytest.mark.parametrize("prune", [[], ["aliases"], ["aliases", "regex_aliases"]], ids=str)
@given(
    _of_caught,
    st.lists(_own.map(lambda address: {"address": address}), max_size=1),
    st.sampled_from([[], [{"pattern": "^a", "recipients": ["ext2@example.net"]}]]),
    _caught,
)
@settings(max_examples=300)
def test_a_second_run_beside_a_catch_all_writes_nothing(
    prune: list[str],
    entries: list[wishes.Options],
    declared: list[wishes.Options],
    regex_aliases: list[wishes.Options],
    contents: wishes.Contents,
) -> None:
    """Nor does an alias stay that should be absent, unless it protects an account."""
    logins = readers.accounts(contents[wishes.ACCOUNTS] or b"")
    options: wishes.Options = {
        "accounts": [entry for entry in declared if entry["address"].encode() in logins],
        "aliases": entries,
        "regex_aliases": regex_aliases,
        "allow_account_overlap": True,
        "prune": prune,
    }
    after = wishes.applied(options, contents)
    assert wishes.plan(options, after).files == []
    accounts = readers.accounts(after[wishes.ACCOUNTS] or b"")
    before, found = (readers.Texthash(each[wishes.ALIASES] or b"").values for each in (contents, after))
    guards = [each.get("protect_accounts", True) for each in entries if (each["alias"], each["state"]) == CATCH_ALL]
    protected = b"@example.com" in found and all(guards)
    for entry in entries:
        alias = entry["alias"].encode()
        if entry["state"] == "absent" and "recipients" not in entry and (alias in before or not protected):
            assert found.get(alias) == ([alias] if protected and alias in accounts else None)


@pytest.mark.parametrize("directory", ["documented", "hand-edited", "upstream-tests"])
@given(strategies.options)
def test_a_second_run_on_the_corpus_writes_nothing(directory: str, given_options: wishes.Options) -> None:
    law = t.cast("t.Any", test_a_second_run_writes_nothing).hypothesis.inner_test
    law(given_options, wishes.corpus_directory(directory))


@given(strategies.options, strategies.directories())
def test_the_same_wish_gives_the_same_plan(given_options: wishes.Options, contents: wishes.Contents) -> None:
    assert outcome(given_options, contents) == outcome(given_options, contents)


def outcome(given_options: wishes.Options, contents: wishes.Contents) -> object:
    """Return all that a plan tells, or the sentence that refuses it."""
    try:
        plan = wishes.plan(given_options, contents)
    except RefusedError as error:
        return str(error)
    files = [(file.table.file_name, file.content) for file in plan.files]
    return files, plan.changes, plan.warnings

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exports: applied to the directory they change nothing, and they lose nothing."""

from __future__ import annotations

import re
import typing as t

import pytest
from hypothesis import given, settings

from ansible_collections.mailops.dms.plugins.module_utils._account_locks import is_locked, unlocked
from ansible_collections.mailops.dms.plugins.module_utils._errors import RefusedError
from ansible_collections.mailops.dms.plugins.module_utils._kinds.kinds import SECTION_NAMES
from ansible_collections.mailops.dms.plugins.module_utils._plan.export import Export, export_directory
from ansible_collections.mailops.dms.plugins.module_utils._tables.directory import Tables
from ansible_collections.mailops.dms.plugins.module_utils._tables.masters import MasterTable
from ansible_collections.mailops.dms.plugins.module_utils._tables.regex_aliases import delimit
from ansible_collections.mailops.dms.plugins.module_utils._tables.relay_credentials import RelayCredentialTable
from ansible_collections.mailops.dms.plugins.module_utils._text import in_quotes
from ansible_collections.mailops.dms.tests.dms import readers
from ansible_collections.mailops.dms.tests.support import collisions, strategies, wishes

if t.TYPE_CHECKING:  # pragma: no cover
    from ansible_collections.mailops.dms.plugins.module_utils._tables.table import Table

DIRECTORIES = sorted({path.parent.name for path in wishes.corpus_files()})


def exported(contents: wishes.Contents) -> Export:
    """Export a directory, and prove that the export changes nothing in it."""
    export = export_directory(contents)
    plan = wishes.plan(dict(export.sections), contents)
    assert plan.files == []
    check_nothing_lost(contents, export)
    return export


def exported_with_secrets(contents: wishes.Contents) -> Export:
    """Export a directory with its secrets, and prove that an empty one becomes the same by it."""
    export = export_directory(contents, secrets=True)
    assert wishes.plan(dict(export.sections), contents).files == []
    check_entries_named(contents, export)
    after = wishes.applied(dict(export.sections), dict.fromkeys(wishes.FILE_NAMES))
    before, made = Tables(contents), Tables(after)
    assert set(made.accounts) == set(export.keys["accounts"])
    for address in export.keys["accounts"]:
        assert login_of(made, address) == login_of(before, address)
    for table in (MasterTable, RelayCredentialTable):
        assert list(made.of(table).entries()) == [before.of(table).find(key) for key in made.of(table)]
        assert set(made.of(table)) == set(export.keys[table.section])
    return export


def login_of(tables: Tables, address: str) -> tuple[str, str, bool]:
    """Return what says who may log in as an account."""
    account = tables.accounts.find(address)
    assert account is not None
    return account.password_hash, unlocked(account.extra_fields) or "", is_locked(account.extra_fields)


def check_nothing_lost(contents: wishes.Contents, export: Export) -> None:
    """Each entry of the files is declared, or named as left out; none has a hash."""
    check_entries_named(contents, export)
    for entries in export.sections.values():
        for entry in entries:
            assert not {"password", "password_hash"} & entry.keys()


def check_entries_named(contents: wishes.Contents, export: Export) -> None:
    """Each entry of the files is declared, or named as left out."""
    left_out = "\n".join(export.left_out)
    for table in Tables(contents).all():
        declared = keys_of(export, table.section)
        for key in table:
            place = re.escape(table.line_of(key))
            named = is_named(key, left_out) or re.search(rf"{place}\b", left_out)
            assert key in declared or named or is_guard(table, key)
        assert declared <= set(table)


def is_named(key: str, left_out: str) -> bool:
    """Whether a sentence names an entry: by its key, or by its rule as it is written."""
    return in_quotes(key) in left_out or delimit(key) in left_out


def is_guard(table: Table[t.Any], key: str) -> bool:
    """Whether a quota is a guard line, which is there for the sake of an account."""
    return table.section == "quotas" and not getattr(table.entry(key), "size", None)


def keys_of(export: Export, section: str) -> set[str]:
    """Return the keys of the entries that an export declares."""
    declared = wishes.wish(dict(export.sections)).wanted(section)
    return {wanted.key for wanted in declared}


def lines_named(export: Export, file_name: str) -> set[int]:
    """Return the numbers of the lines of a file that an export leaves out."""
    pattern = re.compile(rf"{re.escape(file_name)} lines? ([0-9]+(?: and [0-9]+)*)")
    found = "\n".join(export.left_out)
    return {int(n) for text in pattern.findall(found) for n in text.split(" and ")}


@pytest.mark.parametrize("case", wishes.load("export.yml"), ids=lambda case: case["name"])
def test_cases(case: dict[str, t.Any]) -> None:
    check_case(case, exported(wishes.contents_of(case["files"])))


@pytest.mark.parametrize("case", wishes.load("export_secrets.yml"), ids=lambda case: case["name"])
def test_cases_with_secrets(case: dict[str, t.Any]) -> None:
    check_case(case, exported_with_secrets(wishes.contents_of(case["files"])))


def check_case(case: dict[str, t.Any], export: Export) -> None:
    """What a case says is declared, and what is left out."""
    found = {name: entries for name, entries in export.sections.items() if entries}
    assert found == case["declared"]
    expected = case.get("left_out", [])
    assert len(export.left_out) == len(expected)
    for pattern, sentence in zip(expected, export.left_out):
        assert re.search(pattern, sentence), sentence


@pytest.mark.parametrize("directory", DIRECTORIES)
def test_the_corpus(directory: str) -> None:
    contents = wishes.corpus_directory(directory)
    assert exported(contents).sections["accounts"]
    assert exported_with_secrets(contents).sections["accounts"]


@given(strategies.directories())
@settings(max_examples=300)
def test_shaped_directories(contents: wishes.Contents) -> None:
    export = exported(contents)
    again = export_directory(contents)
    assert again == export


@given(strategies.directories())
@settings(max_examples=300)
def test_shaped_directories_with_secrets(contents: wishes.Contents) -> None:
    export = exported_with_secrets(contents)
    assert export_directory(contents, secrets=True) == export


@given(collisions.directories)
@settings(max_examples=200)
def test_hand_edited_directories_with_secrets(contents: wishes.Contents) -> None:
    accounts = contents[wishes.ACCOUNTS] or b""
    # What stands for a hash there is none, but may well be a password.
    contents[wishes.ACCOUNTS] = accounts.replace(b"{CRYPT}", b"{PLAIN}")
    assert set(exported_with_secrets(contents).sections) == set(SECTION_NAMES)


@given(collisions.directories)
@settings(max_examples=200)
def test_hand_edited_directories(contents: wishes.Contents) -> None:
    assert set(exported(contents).sections) == set(SECTION_NAMES)


@given(collisions.any_options, strategies.options)
def test_what_was_rolled_out_is_declared_wholly(first: wishes.Options, second: wishes.Options) -> None:
    """Of what only this collection wrote, nothing is left out."""
    contents: wishes.Contents = dict.fromkeys(wishes.FILE_NAMES)
    for given_options in (first, second):
        attempt = {**given_options, "allow_no_accounts": True, "prune_limit": None}
        try:
            contents = wishes.applied(attempt, contents)
        except RefusedError:
            continue
    left_out = exported(contents).left_out
    assert [sentence for sentence in left_out if not sentence.startswith(wishes.RELAY_CREDENTIALS)] == []
    assert all("has a password, which is not shown" in sentence for sentence in left_out)


@given(strategies.shaped(wishes.REGEX_ALIASES))
def test_every_rule_is_declared_or_named(content: bytes) -> None:
    contents: wishes.Contents = {wishes.REGEX_ALIASES: content}
    export = exported(contents)
    named = lines_named(export, wishes.REGEX_ALIASES)
    declared = keys_of(export, "regex_aliases")
    for rule in readers.rules(readers.repaired(content)):
        pattern = rule.pattern.replace(b"\\/", b"/").decode("latin-1")
        numbers = {index + 1 for index in rule.physical}
        told = is_named(pattern, "\n".join(export.left_out))
        assert pattern in declared or numbers & named or told

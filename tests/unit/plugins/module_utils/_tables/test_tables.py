# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tables read in a file, and what they show of it."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailops.dms.plugins.module_utils._errors import RefusedError
from ansible_collections.mailops.dms.plugins.module_utils._findings.checks import find
from ansible_collections.mailops.dms.plugins.module_utils._kinds.kinds import TABLES
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.server import MailServer
from ansible_collections.mailops.dms.plugins.module_utils._tables import (
    accounts,
    aliases,
    masters,
    quotas,
    regex_aliases,
    restrictions,
    rules,
)
from ansible_collections.mailops.dms.plugins.module_utils._tables.directory import MAIL_TABLES, Tables
from ansible_collections.mailops.dms.plugins.module_utils._tables.entry import decode, encode
from ansible_collections.mailops.dms.plugins.module_utils._tables.table import Table
from ansible_collections.mailops.dms.tests.dms import readers, server
from ansible_collections.mailops.dms.tests.support import strategies, wishes

CLASSES = {table.section: table for table in TABLES}


def plain(entry: object) -> list[t.Any]:
    """Return the fields of an entry as a data file has them."""
    assert dataclasses.is_dataclass(entry)
    assert not isinstance(entry, type)
    return [list(value) if isinstance(value, tuple) else value for value in dataclasses.astuple(entry)]


@pytest.mark.parametrize("case", wishes.load_cases("grammar.yml"), ids=lambda case: case["name"])
def test_grammar(case: dict[str, t.Any]) -> None:
    table = CLASSES[case["section"]](case["content"].encode("latin-1"))
    assert [plain(entry) for entry in table.entries()] == decoded(case["entries"])
    assert list(table) == [entry.key for entry in table.entries()]
    for key in table:
        assert key in table
        assert table.entry(key) is not None
    assert "nobody@example.com" not in table
    assert table.entry("nobody@example.com") is None
    for key in case.get("unreadable", ()):
        with pytest.raises(RefusedError, match=table.file_name):
            table.find(key)


def decoded(value: t.Any) -> t.Any:
    """Return data whose texts are Latin-1 as the tables hold it."""
    if isinstance(value, list):
        return [decoded(each) for each in value]
    return decode(value.encode("latin-1")) if isinstance(value, str) else value


def test_the_tables_of_a_directory() -> None:
    tables = Tables({wishes.ALIASES: b"a@example.com b@example.com\n"})
    assert [type(table) for table in tables.all()] == list(MAIL_TABLES)
    assert len(tables.aliases) == 1
    assert tables.accounts.content is None


@given(st.binary())
def test_text_and_bytes(text: bytes) -> None:
    assert encode(decode(text)) == text


@given(strategies.shaped(wishes.ACCOUNTS))
def test_accounts_are_those_that_dovecot_reads(content: bytes) -> None:
    table = accounts.AccountTable(content)
    found = readers.accounts(readers.repaired(content))
    for key in table:
        account = table.entry(key)
        assert account is not None
        spelled = [login for login in found if login.lower() == encode(key)]
        password_hash, extra_fields = found[spelled[0]]
        assert encode(account.password_hash) == password_hash
        assert (account.extra_fields is None) == (extra_fields is None)


@given(strategies.shaped(wishes.ALIASES))
def test_aliases_are_those_that_postfix_reads(content: bytes) -> None:
    table = aliases.AliasTable(content)
    found = readers.Texthash(readers.repaired(content))
    for alias in table.entries():
        key = encode(alias.alias)
        if alias.recipients and key not in found.duplicates:
            assert [encode(r) for r in alias.recipients] == found.values[key]
    for key in found.values:
        assert decode(key) in table or b'"' in key or key.endswith(b",")


@given(strategies.shaped(wishes.REGEX_ALIASES))
def test_regex_aliases_are_those_that_postfix_reads(content: bytes) -> None:
    table = regex_aliases.RegexAliasTable(content)
    found: dict[str, readers.Rule] = {}
    for rule in readers.rules(readers.repaired(content)):
        found.setdefault(decode(rule.pattern.replace(b"\\/", b"/")), rule)
    assert {entry.pattern for entry in table.entries()} == set(found)
    for entry in table.entries():
        rule = found[entry.pattern]
        assert entry.flags == "".join(sorted(decode(rule.flags)))
        assert [encode(r) for r in entry.recipients] == readers.recipients(rule.value)


@given(strategies.shaped(wishes.QUOTAS))
def test_quotas_are_those_that_dms_greps(content: bytes) -> None:
    table = quotas.QuotaTable(content)
    lines = readers.repaired(content).lower().split(b"\n")
    for entry in table.entries():
        login = encode(entry.address)
        named = [line for line in lines if login + b":" in line]
        if b"@" in login and entry.bytes is not None and len(named) == 1:
            size = readers.quota(readers.repaired(content), login)
            assert size is not None
            assert readers.quota_bytes(size) == entry.bytes


@given(strategies.shaped(wishes.SEND_ACCESS))
def test_restrictions_are_those_that_postfix_applies(content: bytes) -> None:
    table = restrictions.SendAccessTable(content)
    found = readers.Texthash(readers.repaired(content))
    for rejection in table.entries():
        key = encode(rejection.address)
        assert key in found.duplicates or found.values[key][0].upper() == b"REJECT"
    for key, value in found.values.items():
        is_address = key.count(b"@") == 1 and not key.startswith(b"@") and key[-1:] not in b"@," and b'"' not in key
        if is_address and value[0].upper() == b"REJECT":
            assert decode(key) in table or table.is_doubtful(decode(key))


@given(strategies.shaped(wishes.MASTERS))
def test_master_accounts_are_those_that_dovecot_reads(content: bytes) -> None:
    table = masters.MasterTable(content)
    found = server.masters(readers.repaired(content))
    for master in (each for each in table.entries() if not table.is_doubtful(each.name)):
        spelled = [name for name in found if name.encode("latin-1").lower() == encode(master.name)]
        assert found[spelled[0]].encode("latin-1") == encode(master.password_hash)


@given(st.lists(st.sampled_from(["a", "/", "\\/", "\\\\", "[", "|"])).map("".join))
def test_a_delimited_pattern_is_split_again(pattern: str) -> None:
    rule = rules.split_rule(regex_aliases.delimit(pattern) + "im a,b")
    assert rule is not None
    assert (rule.flags, rule.value) == ("im", "a,b")
    assert regex_aliases.delimit(rule.pattern) == regex_aliases.delimit(pattern)
    assert regex_aliases.delimit(rule.pattern) == rule.delimited


@pytest.mark.parametrize("case", wishes.load("shown.yml"), ids=repr)
def test_no_secret_is_shown(case: dict[str, str]) -> None:
    line = case["line"].replace("HASH", strategies.HASH).encode("latin-1")
    file_name = case.get("file", wishes.ACCOUNTS)
    (table,) = (each(line + b"\n") for each in TABLES if each.file_name == file_name)
    assert table.shown(line) == case["shown"]


@given(
    st.sampled_from(["{0}|{1}", " {0} | {1} ", "{1}", "#{0}|{1}|{1}", "{0} {1}|x"]),
    st.sampled_from(["{SHA512-CRYPT}", "{CRYPT}", ""]),
)
def test_the_corpus_hash_is_never_shown(form: str, scheme: str) -> None:
    digest = strategies.HASH.partition("}")[2]
    line = form.format("anna@example.com", scheme + digest).encode()
    shown = accounts.AccountTable(b"").shown(line)
    assert digest not in shown
    assert digest.rpartition("$")[2] not in shown


def test_a_changed_hash_is_marked() -> None:
    old, new = b"a@example.com|{CRYPT}$6$x$y|z=", b"a@example.com|{CRYPT}$6$n$n|z="
    other_old, other_new = b"b@example.com|x|z pass=a", b"b@example.com|x|z pass=b"
    table = accounts.AccountTable(old + b"\n" + other_old + b"\n")
    table.put(accounts.Account("a@example.com", "{CRYPT}$6$n$n", "z="))
    table.put(accounts.Account("b@example.com", "x", "z pass=b"))
    assert table.shown(old) == "a@example.com|{CRYPT}<hidden>|z="
    assert table.shown(new) == "a@example.com|{CRYPT}<hidden, new>|z="
    shown = "b@example.com|<hidden>|<hidden> pass="
    assert table.shown(other_old) == f"{shown}<hidden>"
    assert table.shown(other_new) == f"{shown}<hidden, new>"
    assert "$6$" not in repr(table.entry("a@example.com"))


@pytest.mark.parametrize("key", ["x|b@x.example", "\udce9@x.example", "b@x.example"])
def test_a_duplicate_is_told_with_the_entry_that_findings_show(key: str) -> None:
    contents: wishes.Contents = {wishes.ALIASES: encode(f"{key} a@x.example\n{key} a@x.example\n")}
    (told,) = Tables(contents).aliases.warnings()
    (found,) = [finding for finding in find(MailServer(contents)) if finding.id == "H01"]
    assert told.subject == (found.id, found.file, found.entry.lower())


@pytest.mark.parametrize("case", wishes.load("long-lines.yml"), ids=lambda case: case["line"])
def test_a_line_that_is_too_long_is_kept_but_is_no_entry(case: dict[str, str]) -> None:
    line, key = wishes.repeated(case["line"]).encode(), case["key"]
    table: Table[t.Any] = CLASSES[case["section"]](b"\n" + line + b"\n")
    assert list(table) == []
    with pytest.raises(RefusedError, match=case.get("told", r"line 2 has more than 65536 bytes.*\(hazard H80\)")):
        table.find(key)
    assert table.to_bytes() == b"\n" + line + b"\n"
    assert 1 in table.unread_handles()
    file = MailServer({table.file_name: table.content})
    assert [(f.line, f.entry) for f in find(file, identities={"H80"})] == [(2, "")]


def test_a_line_may_have_as_many_bytes_as_are_stated() -> None:
    line = b"a@x.example " + b"b@x.example," * 5500
    for content, keys in ((line[:65_536], ["a@x.example"]), (line[:65_537], [])):
        table = aliases.AliasTable(content + b"\n")
        assert list(table) == keys
        assert bool(table.find("a@x.example")) if keys else table.is_doubtful("a@x.example")


def test_no_line_is_written_that_is_too_long() -> None:
    table = aliases.AliasTable(b"")
    with pytest.raises(RefusedError, match=r"more than 65536 bytes \(hazard H80\); shorten it"):
        table.put(aliases.Alias("a@x.example", ("b@x.example",) * 6000))
    assert table.to_bytes() == b""


def test_a_comment_or_a_line_beside_it_makes_no_alias_too_long() -> None:
    lines = [b"a@x.example b@x.example", b"# " + b"x" * 70_000, b" c@x.example", b"d@x.example b@x.example"]
    table = aliases.AliasTable(b"\n".join(lines))
    assert [entry.recipients for entry in table.entries()] == [("b@x.example", "c@x.example"), ("b@x.example",)]

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hostile files and options: no crash, no line too many, no field but its own.

Each test here is run by pytest with random input, and by run.py with input that is led
by what it makes the code do.
"""

from __future__ import annotations

import collections
import pathlib
import re
import tempfile
import typing as t

import hypothesis
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailops.dms.plugins.module_utils._errors import RefusedError
from ansible_collections.mailops.dms.plugins.module_utils._findings.checks import find
from ansible_collections.mailops.dms.plugins.module_utils._kinds.kinds import TABLES
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.budget import one_run
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.server import MailServer
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.settings import Settings
from ansible_collections.mailops.dms.plugins.module_utils._plan.export import export_directory
from ansible_collections.mailops.dms.plugins.module_utils._plan.plan import Plan
from ansible_collections.mailops.dms.plugins.module_utils._tables.directory import Tables
from ansible_collections.mailops.dms.plugins.module_utils._tables.table import Table
from ansible_collections.mailops.dms.tests.dms import readers
from ansible_collections.mailops.dms.tests.fuzz import hostile
from ansible_collections.mailops.dms.tests.fuzz.found import kept
from ansible_collections.mailops.dms.tests.fuzz.limits import limited, run
from ansible_collections.mailops.dms.tests.support import strategies, wishes
from ansible_collections.mailops.dms.tests.support.modules import fill, snapshot

SECTIONS = {table.section: table.file_name for table in TABLES}
NOTHING = dict.fromkeys(wishes.FILE_NAMES)

_LOGIN = re.compile(rb"[a-z0-9._-]+@[a-z0-9.-]+")
# Only at its beginning does '#' make a comment of a line.
_KEY = re.compile(rb"([^\s|,:;#@][^\s|,:;@]*)?(@[a-z0-9.-]+)?")

_RELAY_KEY = re.compile(rb"([^\s|,:;#@][^\s|,:;@]*)?@[a-z0-9_.-]+")

# No time limit per example: a busy machine is no failure.
hypothesis.settings.register_profile("fuzz", derandomize=True, deadline=None, max_examples=1000)
hypothesis.settings.load_profile("fuzz")


def _written(plan: Plan) -> dict[str, bytes]:
    return {file.table.file_name: file.content for file in plan.files}


# --- the parser


@given(st.sampled_from(TABLES), strategies.any_bytes)
def test_parser(table: type[Table[t.Any]], content: bytes) -> None:
    read = table(content)
    assert read.to_bytes() == content
    for key in [*read, "a@example.com"]:
        try:
            entry = read.find(key)
        except RefusedError:
            continue
        assert entry is None or entry.key == key
    assert all("\n" not in warning.render() for warning in read.warnings())


# --- every option


@given(
    st.sampled_from(sorted(hostile.ENTRIES)).flatmap(
        lambda section: st.tuples(st.just(section), hostile.entry(section))
    )
)
@kept
def test_options(drawn: tuple[str, wishes.Options]) -> None:
    section, entry = drawn
    plan = wishes.attempt({section: [entry], **wishes.ALONE}, NOTHING)
    if plan is None:
        return
    written = _written(plan)
    if entry["state"] == "absent":
        assert written == {}
        return
    assert written.keys() == {SECTIONS[section]}
    (content,) = written.values()
    assert content.count(b"\n") == 1
    assert content.endswith(b"\n")
    line = content.decode("utf-8" if section == "relay_credentials" else "ascii").removesuffix("\n")
    assert line.isprintable()
    _CHECKS[section](line.encode(), entry)


def _check_account(line: bytes, entry: wishes.Options) -> None:
    login, password_hash, *extra_fields = line.split(b"|", 2)
    assert _LOGIN.fullmatch(login)
    if entry["address"].isascii():
        assert login == entry["address"].lower().encode()
    assert password_hash == entry["password_hash"].encode()
    assert not re.search(rb"[\s:|]", password_hash)
    given_fields = entry["extra_fields"]
    assert extra_fields == ([given_fields.encode()] if given_fields else [])
    found = readers.accounts(line + b"\n")
    assert list(found) == [login]


def _check_recipients(line: bytes, value: list[bytes], given: list[str]) -> None:
    assert len(value) == len(given), (line, given)
    for found, wanted in zip(value, given, strict=True):
        if wanted.isascii():
            assert found.lower() == wanted.lower().encode()


def _check_alias(line: bytes, entry: wishes.Options) -> None:
    found = readers.Texthash(line + b"\n")
    assert len(found.values) == 1
    key, value = next(iter(found.values.items()))
    assert _KEY.fullmatch(key)
    if entry["alias"].isascii():
        assert key == entry["alias"].lower().encode()
    _check_recipients(line, value, entry["recipients"])


def _check_regex_alias(line: bytes, entry: wishes.Options) -> None:
    (rule,) = readers.rules(line + b"\n")
    pattern = entry["pattern"].encode()
    if not pattern.startswith(b"/"):
        assert rule.pattern.replace(b"\\/", b"/") == pattern.replace(b"\\/", b"/")
        assert sorted(rule.flags) == sorted((entry["flags"] or "").encode())
    assert set(rule.flags) <= set(b"imsxAEUX")
    _check_recipients(line, readers.recipients(rule.value), entry["recipients"])


def _check_quota(line: bytes, entry: wishes.Options) -> None:
    login, size = line.split(b":")
    assert _LOGIN.fullmatch(login)
    assert re.fullmatch(rb"0|[1-9][0-9]*[BkMGT]", size)
    if entry["address"].isascii():
        assert login == entry["address"].lower().encode()


def _check_relay(line: bytes, entry: wishes.Options) -> None:
    found = readers.relays(line + b"\n")
    key, dummy, value = line.partition(b" ")
    assert _RELAY_KEY.fullmatch(key)
    if entry["direct"]:
        assert value in (b"", b"DUNNO")
        assert readers.is_excluded(line + b"\n", key[1:]) if key[:1] == b"@" else found.values == {key: b"DUNNO"}
    else:
        assert found.values == {key: value}
        assert re.fullmatch(rb"\[[a-z0-9_.:-]+\]:%d" % entry["port"], value)


def _check_credential(line: bytes, entry: wishes.Options) -> None:
    found = readers.credentials(line + b"\n")
    assert len(found.values) == 1
    key = next(iter(found.values))
    assert _RELAY_KEY.fullmatch(key) or re.fullmatch(rb"\[[a-z0-9_.:-]+\]:%d" % entry["port"], key)
    assert found.values[key].decode() == f"{entry['user']}:{entry['password']}"


_CHECKS = {
    "accounts": _check_account,
    "aliases": _check_alias,
    "regex_aliases": _check_regex_alias,
    "quotas": _check_quota,
    "relays": _check_relay,
    "relay_credentials": _check_credential,
}


# --- whole edits


@given(hostile.options, hostile.directories)
@kept
def test_edits(options: wishes.Options, contents: wishes.Contents) -> None:
    plan = wishes.attempt(options, contents)
    if plan is None:
        return
    assert all("\n" not in warning.render() for warning in plan.warnings)
    for file in plan.files:
        before = contents[file.table.file_name] or b""
        _check_written(file.table.section, before, file.content, plan)
    again = wishes.attempt(options, {**contents, **_written(plan)})
    assert again is None or _written(again) == {}


def _check_written(section: str, before: bytes, after: bytes, plan: Plan) -> None:
    """Check that each line that comes is one that the run reports."""
    assert after.endswith(b"\n")
    assert b"\r\n" not in after
    old = collections.Counter(readers.physical_lines(readers.repaired(before)))
    new = collections.Counter(readers.physical_lines(after))
    come = [line for line in (new - old).elements() if line]
    changes = plan.changes[section]
    reported = [*changes.added, *changes.changed]
    assert len(come) <= len(reported)
    for line in come:
        assert any(_begins_with(line, section, key) for key in reported), line


def _begins_with(line: bytes, section: str, key: str) -> bool:
    """Whether a line begins with a key in any case."""
    text = line.decode("utf-8", "surrogateescape").lower()
    if section == "regex_aliases":
        return text.replace("\\/", "/").startswith(f"/{key.lower()}/".replace("\\/", "/"))
    return text.startswith(key.lower())


# --- findings and routes


@given(strategies.directories())
@hypothesis.settings(max_examples=200)
@kept
def test_walks(contents: wishes.Contents) -> None:
    """An alias of which a finding says that mail to it is deferred has no route."""
    tables = Tables(contents)
    server = MailServer(contents)
    routes = {key: server.route(key) for key in tables.aliases if key[0] != "@"}
    for finding in find(server):
        if finding.id == "H08" and finding.entry in routes:
            assert routes[finding.entry].error, finding


@given(hostile.directories)
@hypothesis.settings(max_examples=200)
@kept
def test_directories(contents: wishes.Contents) -> None:
    with limited(), one_run():
        for table in Tables(contents).all():
            assert table.to_bytes() == (table.content or b"")
        for version in ("15.1.0", "16.0.1"):
            server = MailServer(contents, Settings(dms_version=version))
            for finding in find(server):
                assert b"\n" not in f"{finding.entry}{finding.message}{finding.advice}".encode(), finding
            for address in _ASKED:
                server.route(address)
        export_directory(contents)


_ASKED = ("anna@example.com", "info@example.com", "1", "\xfc@example.com", "a.b+c@q.com")


# --- whole modules


@given(hostile.options, hostile.directories)
@hypothesis.settings(max_examples=60)
@kept
def test_modules(options: wishes.Options, contents: wishes.Contents) -> None:
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        fill(directory, contents)
        arguments = {**options, "config_dir": name, "probe": ["anna@example.com"], "_ansible_diff": True}
        before = snapshot(directory)
        predicted = run("dms_config", {**arguments, "_ansible_check_mode": True})
        assert snapshot(directory) == before
        result = run("dms_config", arguments)
        after = snapshot(directory)
        if result.get("failed") or not result["changed"]:
            assert after == before
        if not result.get("failed"):
            assert predicted == result
            again = run("dms_config", arguments)
            assert again.get("failed") or not again["changed"]
            assert snapshot(directory) == after
        info = run("dms_info", {"config_dir": name, "resolve": [*_ASKED]})
        assert not info.get("failed"), info["msg"]
        assert strategies.HASH.rpartition("$")[2] not in repr([predicted, result, info])

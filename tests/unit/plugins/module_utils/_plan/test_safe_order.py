# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The safe order against the mail server: own hashes, own quotas, no line too many."""

from __future__ import annotations

import re
import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.mailops.dms.plugins.module_utils._errors import RefusedError
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.settings import Settings
from ansible_collections.mailops.dms.plugins.module_utils._tables.directory import Tables
from ansible_collections.mailops.dms.tests.dms import server
from ansible_collections.mailops.dms.tests.support import collisions, wishes

EMPTY: wishes.Contents = dict.fromkeys(wishes.FILE_NAMES)
COLLIDING = re.compile(r"hazard H2[02]\) Change")


def begun(contents: wishes.Contents, version: str) -> server.Server:
    """Return what the mail server makes of a directory."""
    return server.start(contents, server.Settings(Settings(version).version))


def sizes_meant(tables: Tables) -> dict[str, str | None]:
    """Return the quota that each readable account should have; None is the default."""
    found: dict[str, str | None] = {}
    for address in tables.accounts:
        if not (tables.accounts.is_doubtful(address) or tables.quotas.is_doubtful(address)):
            quota = tables.quotas.entry(address)
            found[address] = quota.size or None if quota else None
    return found


def hashes_meant(tables: Tables) -> dict[str, str]:
    """Return the hash of the one account that each alias points to."""
    found = {}
    for alias in tables.aliases.entries():
        recipient = alias.recipients[0] if len(alias.recipients) == 1 else ""
        account = tables.accounts.entry(recipient)
        if (
            account
            and account.password_hash
            and alias.alias not in tables.accounts
            and not tables.accounts.is_doubtful(recipient)
        ):
            found[alias.alias] = account.password_hash
    return found


def wrong(contents: wishes.Contents, version: str) -> set[tuple[str, str]]:
    """Return what and who gets something else of the mail server than is meant."""
    tables, started = Tables(contents), begun(contents, version)
    found = set()
    for address, size in sizes_meant(tables).items():
        user = started.user(address)
        if user and user.size != size:
            found.add(("quota", address))
    for alias, stored in hashes_meant(tables).items():
        user = started.user(alias)
        if user and user.password_hash != stored:
            found.add(("hash", alias))
    return found


def needless_guards(contents: wishes.Contents) -> list[str]:
    """Return the guarded accounts that would have the default without any guard."""
    lines = (contents[wishes.QUOTAS] or b"").splitlines(keepends=True)
    bare = b"".join(line for line in lines if not line.endswith(b":\n"))
    started = begun({**contents, wishes.QUOTAS: bare}, "16.0.1")
    found = []
    for quota in Tables(contents).quotas.entries():
        user = started.user(quota.address)
        if not quota.size and not (user and user.size):
            found.append(quota.address)
    return found


@pytest.mark.parametrize("case", wishes.load("safe-order.yml"), ids=lambda case: case["name"])
def test_cases(case: dict[str, t.Any]) -> None:
    contents = wishes.contents_of(case["before"])
    outcome = collisions.run(case["options"], contents)
    written = {file.table.file_name: file.content for file in outcome.plan.files}
    assert written == wishes.contents_of(case["after"])
    assert not collisions.run(case["options"], outcome.after).plan.files


@given(st.lists(collisions.options, min_size=1, max_size=4), collisions.VERSIONS)
@settings(max_examples=300)
def test_runs_from_nothing(given_options: list[wishes.Options], version: str) -> None:
    """What only this collection wrote, the mail server reads as it was meant."""
    contents = EMPTY
    for options in given_options:
        contents = check_run(options, contents, version)


@given(collisions.chains(), collisions.chains(), collisions.VERSIONS)
@settings(max_examples=300)
def test_chains(first: wishes.Options, second: wishes.Options, version: str) -> None:
    """Logins that are all parts of each other, in any order, in two runs."""
    check_run(second, check_run(first, EMPTY, version), version)


def run_or_refusal(options: wishes.Options, contents: wishes.Contents, version: str) -> collisions.Outcome | str:
    """Return what came of a run, or the sentence that refuses it."""
    try:
        return collisions.run(options, contents, options=Settings(version))
    except RefusedError as error:
        return str(error)


def check_run(options: wishes.Options, contents: wishes.Contents, version: str) -> wishes.Contents:
    """Run once and look at everything; return the contents afterwards."""
    outcome = run_or_refusal(options, contents, version)
    if isinstance(outcome, str):
        assert not COLLIDING.search(outcome)
        return contents
    after = outcome.after
    assert not collisions.run(options, after, options=Settings(version)).plan.files
    assert wrong(after, version) == set()
    assert begun(after, version).shut_down == (not len(Tables(after).accounts))
    assert needless_guards(after) == []
    check_changes(outcome, contents)
    check_unconcerned_lines(options, outcome, contents)
    return after


def check_changes(outcome: collisions.Outcome, contents: wishes.Contents) -> None:
    """The report names exactly the keys that came and went."""
    tables = zip(Tables(contents).all(), Tables(outcome.after).all())
    for before, after in tables:
        changes = outcome.plan.changes[before.section]
        assert set(changes.added) == set(after) - set(before)
        assert set(changes.removed) == set(before) - set(after)


def check_unconcerned_lines(options: wishes.Options, outcome: collisions.Outcome, contents: wishes.Contents) -> None:
    """Law 2: only what is declared, what it brings, and what collides with it moves."""
    about = {e["address"] for s in ("accounts", "quotas") for e in options.get(s, ())}
    about |= {r for e in options.get("aliases", ()) for r in e["recipients"]}
    for section in ("accounts", "quotas"):
        changes = outcome.plan.changes[section]
        about |= {*changes.added, *changes.removed}
    for name in (wishes.ACCOUNTS, wishes.QUOTAS):
        before, after = contents[name], outcome.after[name]
        assert beside(before, about) == beside(after, about)


def beside(content: bytes | None, about: set[str]) -> list[str]:
    """Return the lines that have nothing in common with some addresses."""
    found = []
    for line in (content or b"").decode().split("\n"):
        login = re.split(r"[|:]", line)[0]
        collides = any(server.grep(address, [login]) or server.grep(login, [address]) for address in about)
        if login and not collides:
            found.append(line)
    return found


@given(collisions.directories, collisions.any_options, collisions.VERSIONS)
@settings(max_examples=300)
def test_runs_on_hand_edited_directories(contents: wishes.Contents, options: wishes.Options, version: str) -> None:
    """Nobody gets a wrong hash or a wrong quota by a run, and who is declared none."""
    outcome = run_or_refusal(options, contents, version)
    if isinstance(outcome, str):
        return
    after = outcome.after
    assert not collisions.run(options, after, options=Settings(version)).plan.files
    if begun(after, version).shut_down:
        fatal = begun(contents, version).shut_down
        assert fatal or not len(Tables(after).accounts)
        return
    if begun(contents, version).shut_down:
        return
    declared = {("quota", e["address"]) for e in options.get("quotas", ())}
    known = wrong(contents, version)
    assert wrong(after, version) <= known - declared

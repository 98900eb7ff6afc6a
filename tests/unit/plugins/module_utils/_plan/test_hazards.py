# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a plan must not introduce: refused, accepted by an option, or only warned of."""

from __future__ import annotations

import re
import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.mailops.dms.plugins.module_utils._errors import RefusedError
from ansible_collections.mailops.dms.plugins.module_utils._findings.checks import find
from ansible_collections.mailops.dms.plugins.module_utils._findings.finding import SEVERITIES, Finding
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.server import MailServer
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.settings import Settings
from ansible_collections.mailops.dms.tests.dms import server
from ansible_collections.mailops.dms.tests.support import collisions, strategies, wishes

CASES = wishes.load("protection.yml")
BAD = ("outage", "wrong")
TOOTHLESS = ("H11", "H30")
FILE_AND_LINE = re.compile(r"[a-z-]+\.cf( line [0-9]+)?:")


def server_options(case: dict[str, t.Any]) -> Settings:
    """Return what a case says of the mail server."""
    given_options = dict(case.get("server", {}))
    if "domains" in given_options:
        given_options["domains"] = tuple(given_options["domains"])
    return Settings(**given_options)


def run(case: dict[str, t.Any], allow: tuple[str, ...] = ()) -> collisions.Outcome:
    """Run a case as far as the disk."""
    return collisions.run(
        case["options"], wishes.contents_of(case["before"]), allow=allow, options=server_options(case)
    )


@pytest.mark.parametrize("case", [c for c in CASES if "refused" in c], ids=lambda case: case["name"])
def test_refused_unless_allowed(case: dict[str, t.Any]) -> None:
    with pytest.raises(RefusedError) as caught:
        run(case)
    sentence = str(caught.value)
    refusal = caught.value.refusals[0]
    assert sentence.startswith(refusal.place)
    assert FILE_AND_LINE.fullmatch(refusal.place)
    assert not refusal.key or f": '{refusal.key}': " in sentence
    assert f"hazard {case['refused']})" in sentence
    assert f"allow: [{case['refused']}]" in sentence
    assert "\n" not in sentence
    assert run(case, (case["refused"],)).plan.files


@pytest.mark.parametrize("case", [c for c in CASES if "refused" not in c], ids=lambda case: case["name"])
def test_accepted(case: dict[str, t.Any]) -> None:
    outcome = run(case, tuple(case.get("allow", ())))
    assert outcome.plan.files
    told = [re.findall(r"hazard (H\d+)", warning)[-1:] for warning in outcome.warnings]
    assert [identity for found in told for identity in found] == case.get("warned", [])


def findings(contents: wishes.Contents, version: str) -> list[Finding]:
    """Return the findings that a run must not introduce."""
    return find(MailServer(contents, Settings(version)), BAD)


def worst(found: list[Finding]) -> dict[tuple[str, str, str], int]:
    """Return how bad the worst finding of each hazard and entry is; 0 is an outage."""
    ranks: dict[tuple[str, str, str], int] = {}
    for finding in found:
        key = finding.id, finding.file, finding.entry
        rank = SEVERITIES.index(finding.severity)
        ranks[key] = min(ranks.get(key, rank), rank)
    return ranks


def leaves_accounts_unprotected(options: wishes.Options) -> bool:
    """Whether an alias does not protect accounts, be it one of its own or one that an account carries."""
    protects = options.get("protect_accounts", True)
    carried = [
        account
        for account in options.get("accounts", ())
        if account.get("successor")
        or (account.get("renamed_from") and account.get("keep_old_address", True))
        or (account.get("aliases") and account.get("state", "present") == "present")
    ]
    own = any(not alias.get("protect_accounts", protects) for alias in options.get("aliases", ()))
    return own or (bool(carried) and not protects)


def check_nothing_worse(contents: wishes.Contents, options: wishes.Options, version: str) -> None:
    """Whatever was accepted, no hazard is there that was not there before."""
    try:
        outcome = collisions.run(options, contents, options=Settings(version))
    except RefusedError:
        return
    before = worst(findings(contents, version))
    allowed = set()
    is_new_host = contents[wishes.ACCOUNTS] is None
    if options.get("allow_no_accounts") or (is_new_host and "accounts" not in options):
        allowed.add("H11")
    if leaves_accounts_unprotected(options):
        allowed.add("H30")
    for key, rank in worst(findings(outcome.after, version)).items():
        assert key[0] in allowed or before.get(key, len(SEVERITIES)) <= rank, key
        assert not outcome.plan.files or any(f"hazard {key[0]})" in warning for warning in outcome.warnings) == (
            key[0] not in allowed
        )


@given(collisions.directories, collisions.any_options, collisions.VERSIONS)
@settings(max_examples=300)
def test_nothing_worse_among_colliding_logins(contents: wishes.Contents, options: wishes.Options, version: str) -> None:
    check_nothing_worse(contents, options, version)


@given(strategies.directories(), strategies.options, collisions.VERSIONS)
@settings(max_examples=300)
def test_nothing_worse_among_shaped_files(contents: wishes.Contents, options: wishes.Options, version: str) -> None:
    check_nothing_worse(contents, options, version)


@pytest.mark.parametrize("directory", ["documented", "hand-edited", "upstream-tests"])
@given(options=strategies.options)
@settings(max_examples=50)
def test_nothing_worse_in_the_corpus(directory: str, options: wishes.Options) -> None:
    check_nothing_worse(wishes.corpus_directory(directory), options, "16.0.1")


_REMOVALS = st.fixed_dictionaries(
    {},
    optional={
        section: entries.map(lambda e: [{**each, "state": "absent"} for each in e])
        for section, entries in (
            ("accounts", collisions.accounts),
            ("aliases", collisions.any_aliases),
            ("quotas", collisions.quotas),
        )
    },
)


@given(collisions.directories, _REMOVALS, collisions.VERSIONS)
@settings(max_examples=300)
def test_taking_away_brings_no_outage(contents: wishes.Contents, options: wishes.Options, version: str) -> None:
    """A mail server that starts goes on to start, and no such task is refused for it."""
    settings_of_server = server.Settings(Settings(version).version)
    try:
        outcome = collisions.run(options, contents, options=Settings(version))
    except RefusedError as error:
        sentence = str(error)
    else:
        before = server.start(contents, settings_of_server)
        after = server.start(outcome.after, settings_of_server)
        sentence = "" if before.shut_down or not after.shut_down else "an outage"
    assert "outage" not in sentence


@given(strategies.accounts, strategies.aliases, strategies.quotas)
@settings(max_examples=200)
def test_a_plain_rollout_to_an_empty_directory_is_never_refused_for_a_hazard(
    accounts: list[wishes.Options], aliases: list[wishes.Options], quotas: list[wishes.Options]
) -> None:
    options = {
        "accounts": [{**e, "allow_alias_overlap": True} for e in accounts],
        "aliases": [{**e, "allow_account_overlap": True} for e in aliases],
        "quotas": [{**e, "require_account": False} for e in quotas],
    }
    try:
        outcome = collisions.run(options, dict.fromkeys(wishes.FILE_NAMES))
    except RefusedError as error:
        sentence = str(error)
        # What is declared contradicts itself: a loop, or a recipient that goes.
        assert re.search(r"hazard H08\)|is an account that (this run removes|should be absent)", sentence)
    else:
        assert not any(change.removed for change in outcome.plan.changes.values())

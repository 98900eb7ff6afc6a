# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each hazard: found where it is, not found where it is not, and true of DMS."""

from __future__ import annotations

import contextlib
import re
import typing as t

import pytest

from ansible_collections.mailops.dms.plugins.module_utils._errors import RefusedError
from ansible_collections.mailops.dms.plugins.module_utils._findings.checks import CHECKS, added, find
from ansible_collections.mailops.dms.plugins.module_utils._findings.state import SEVERITIES, Finding, Options, State
from ansible_collections.mailops.dms.plugins.module_utils._tables.directory import Tables
from ansible_collections.mailops.dms.tests.support import wishes
from ansible_collections.mailops.dms.tests.unit.plugins.module_utils._findings import cases
from ansible_collections.mailops.dms.tests.unit.plugins.module_utils._findings.claims import CLAIMS

HASH_OR_PASSWORD = re.compile(r"\$6\$|riCi5|secret")
CORPUS_EXPECTED = wishes.load("findings-corpus.yml")
OTHER_CASES = wishes.load("findings.yml")


def brief(findings: list[Finding]) -> list[list[t.Any]]:
    """Return findings as the data files have them."""
    return [[f.id, f.severity, f.file, f.line, f.entry] for f in findings]


def test_each_hazard_has_both_directories() -> None:
    found = {
        path.parent.name: sorted(kind.name for kind in path.parent.iterdir()) for path in cases.DIRECTORIES.glob("H*/*")
    }
    assert found == {identity: ["neighbour", "trigger"] for identity in CHECKS}
    assert CLAIMS.keys() == CHECKS.keys()


@pytest.mark.parametrize("identity", CHECKS)
def test_trigger(identity: str) -> None:
    case = cases.case(identity, "trigger")
    findings = case.find()
    assert {finding.id for finding in findings} == {identity}
    assert CLAIMS[identity](case)


@pytest.mark.parametrize("identity", CHECKS)
def test_neighbour(identity: str) -> None:
    case = cases.case(identity, "neighbour")
    assert case.find() == []
    assert not CLAIMS[identity](case)


@pytest.mark.parametrize("name", CORPUS_EXPECTED)
def test_corpus(name: str) -> None:
    contents = wishes.corpus_directory(name)
    findings = find(State(Tables(contents)))
    assert brief(findings) == CORPUS_EXPECTED[name]


@pytest.mark.parametrize("case", OTHER_CASES, ids=lambda case: case["name"])
def test_other(case: dict[str, t.Any]) -> None:
    contents = wishes.contents_of(case.get("files"))
    given = dict(case.get("options", {}))
    if "domains" in given:
        given["domains"] = tuple(given["domains"])
    modes = {name: int(mode, 8) for name, mode in case.get("modes", {}).items()}
    findings = find(State(Tables(contents), Options(**given), modes))
    assert brief(findings) == case["found"]


def all_findings() -> list[Finding]:
    """Return the findings of all data."""
    found = [f for i in CHECKS for f in cases.case(i, "trigger").find()]
    for name in CORPUS_EXPECTED:
        found += find(State(Tables(wishes.corpus_directory(name))))
    return found


def test_findings_are_sentences_without_secrets() -> None:
    for finding in all_findings():
        assert HASH_OR_PASSWORD.search(" ".join(map(str, finding))) is None
        for sentence in (finding.message, finding.advice):
            assert sentence[0].isupper()
            assert sentence.endswith(".")
            sentence.encode()


def test_severities() -> None:
    for finding in all_findings():
        worst = SEVERITIES.index(CHECKS[finding.id].severity)
        assert SEVERITIES.index(finding.severity) >= worst


def test_only_some_severities() -> None:
    state = State(Tables(wishes.corpus_directory("hand-edited")))
    findings = find(state)
    severe = find(state, ("outage", "wrong"))
    assert severe == [f for f in findings if f.severity in ("outage", "wrong")]
    assert severe
    assert find(state, ()) == []


def test_edited_tables_are_read_as_they_will_be() -> None:
    tables = Tables(wishes.corpus_directory("hand-edited"))
    for table in tables.all():
        for key in list(table)[:2]:
            with contextlib.suppress(RefusedError):
                table.remove(key)
        assert table.changes().removed
    written = {table.file_name: table.to_bytes() for table in tables.all()}
    assert find(State(tables)) == find(State(Tables(written)))


def test_added() -> None:
    before = cases.case("H33", "trigger").find()
    after = cases.case("H34", "trigger").find()
    moved = [finding._replace(line=9) for finding in before]
    assert added(before, moved) == []
    assert added(before, [*moved, *after]) == after
    assert added(before, [*moved, *before]) == before


def test_version_that_is_none() -> None:
    with pytest.raises(RefusedError, match="'newest' is not a release"):
        find(State(Tables({}), Options("newest")))

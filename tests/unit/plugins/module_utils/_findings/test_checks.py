# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each hazard: found where it is, not found where it is not, and true of DMS."""

from __future__ import annotations

import contextlib
import re

import pytest

from ansible_collections.mailops.dms.plugins.module_utils._errors import RefusedError
from ansible_collections.mailops.dms.plugins.module_utils._findings.checks import CHECKS, added, find
from ansible_collections.mailops.dms.plugins.module_utils._findings.finding import SEVERITIES, Finding
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.server import MailServer
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.settings import Settings
from ansible_collections.mailops.dms.plugins.module_utils._tables.directory import Tables
from ansible_collections.mailops.dms.tests.support import wishes
from ansible_collections.mailops.dms.tests.support.finding_cases import CASES, Case, brief
from ansible_collections.mailops.dms.tests.unit.plugins.module_utils._findings.claims import CLAIMS

HASH_OR_PASSWORD = re.compile(r"\$6\$|riCi5|secret")
LINE = re.compile(r"\bline [0-9]", re.IGNORECASE)
CORPUS_EXPECTED = wishes.load("findings-corpus.yml")


def test_each_hazard_is_shown_and_told_from_what_is_none() -> None:
    shown = {(case.hazard, case.has_hazard) for case in CASES if case.hazard}
    assert shown == {(identity, is_found) for identity in CHECKS for is_found in (True, False)}
    assert CLAIMS.keys() == CHECKS.keys()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_found(case: Case) -> None:
    assert brief(case.find()) == case.found
    if case.hazard:
        assert CLAIMS[case.hazard](case) == case.has_hazard


@pytest.mark.parametrize("name", CORPUS_EXPECTED)
def test_corpus(name: str) -> None:
    assert brief(find(MailServer(wishes.corpus_directory(name)))) == CORPUS_EXPECTED[name]


def all_findings() -> list[Finding]:
    """Return the findings of all data."""
    found = [finding for case in CASES for finding in case.find()]
    for name in CORPUS_EXPECTED:
        found += find(MailServer(wishes.corpus_directory(name)))
    return found


def test_findings_are_sentences_without_secrets() -> None:
    for finding in all_findings():
        assert HASH_OR_PASSWORD.search(" ".join(map(str, finding))) is None
        for sentence in (finding.message, finding.advice):
            assert sentence[0].isupper()
            assert sentence.endswith(".")
            sentence.encode()


def test_mild_findings_name_no_line() -> None:
    """So that a line that moves makes no new one of them."""
    mild = [finding for finding in all_findings() if finding.severity == "warn"]
    assert mild
    assert [finding for finding in mild if LINE.search(finding.message)] == []


def test_severities() -> None:
    for finding in all_findings():
        worst = SEVERITIES.index(CHECKS[finding.id].severity)
        assert SEVERITIES.index(finding.severity) >= worst


def test_only_some_severities() -> None:
    state = MailServer(wishes.corpus_directory("hand-edited"))
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
    assert find(MailServer({table.file_name: table.to_bytes() for table in tables.all()})) == find(MailServer(written))


def test_added() -> None:
    before, after = ([f for case in CASES for f in case.find() if f.id == identity][:1] for identity in ("H33", "H34"))
    moved = [finding._replace(line=9) for finding in before]
    assert added(before, moved) == []
    assert added(before, [*moved, *after]) == after
    assert added(before, [*moved, *before]) == before


def test_version_that_is_none() -> None:
    with pytest.raises(RefusedError, match="'newest' is not a release"):
        find(MailServer({}, Settings("newest")))

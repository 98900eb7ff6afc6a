# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole runs of the core: what is written, reported and warned of, and what is refused."""

from __future__ import annotations

import re
import typing as t

import pytest

from ansible_collections.mailops.dms.plugins.module_utils._errors import RefusedError
from ansible_collections.mailops.dms.tests.support import collisions, wishes
from ansible_collections.mailops.dms.tests.support.modules import REFUSES


@pytest.mark.parametrize(
    "case",
    wishes.load_cases("runs*.yml", "positions.yml"),
    ids=lambda case: case["name"],
)
def test_run(case: dict[str, t.Any]) -> None:
    contents = wishes.contents_of(case["before"])
    plan = wishes.plan(case["options"], contents)
    written = {file.table.file_name: file.content for file in plan.files}
    assert written == wishes.contents_of(case["after"])
    if "order" in case:
        assert list(written) == case["order"]
    reported = {
        section: {kind: keys for kind, keys in changes._asdict().items() if keys}
        for section, changes in plan.changes.items()
        if any(changes)
    }
    assert reported == case.get("changes", {})
    if "warned" in case:
        told = [warning.render() for warning in plan.warnings]
        assert any(re.search(case["warned"], sentence) for sentence in told)
    else:
        assert plan.warnings == []
    again = wishes.plan(case["options"], {**contents, **written})
    assert again.files == []


@pytest.mark.parametrize(
    "case", wishes.load_cases("refused-options.yml", "refused-runs.yml"), ids=lambda case: case["name"]
)
def test_refused(case: dict[str, t.Any]) -> None:
    contents = wishes.contents_of(case.get("before"))
    with pytest.raises(RefusedError) as caught:
        collisions.run(case["options"], contents)
    sentences = str(caught.value).split("\n")
    patterns = case["refused"] if isinstance(case["refused"], list) else [case["refused"]]
    assert len(sentences) == len(patterns), sentences
    for pattern, sentence in zip(patterns, sentences):
        assert re.search(pattern, sentence), sentence
        for secret in case.get("secrets", ()):
            assert secret not in sentence
    if case.get("others"):
        foretold = collisions.run(case["options"], contents, predict=True).warnings
        assert [warning for warning in foretold if REFUSES in warning] == [REFUSES + sentences[0]]
        return
    with pytest.raises(RefusedError) as caught:
        collisions.run(case["options"], contents, predict=True)
    told = [line for line in str(caught.value).split("\n") if not line.endswith(" refusals:")]
    assert set(told) <= set(sentences)


@pytest.mark.parametrize("case", wishes.load("refused-fields.yml"), ids=lambda case: case["name"])
def test_refusals_are_data(case: dict[str, t.Any]) -> None:
    with pytest.raises(RefusedError) as caught:
        wishes.plan(case["options"], wishes.contents_of(case.get("before")))
    fields = [refusal._replace(reason="")._asdict() for refusal in caught.value.refusals]
    assert [{name: value for name, value in each.items() if value} for each in fields] == case["refused"]

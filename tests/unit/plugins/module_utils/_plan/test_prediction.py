# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What check mode says of tasks that earlier tasks of the same play prepare."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import example, given, settings

from ansible_collections.mailops.dms.plugins.module_utils._errors import RefusedError
from ansible_collections.mailops.dms.tests.support import collisions, strategies, wishes
from ansible_collections.mailops.dms.tests.support.modules import REFUSES, fill, run_module, snapshot, warnings_of

if t.TYPE_CHECKING:
    import pathlib


def told(outcome: collisions.Outcome) -> tuple[object, ...]:
    """Return all that a run reports."""
    files = [(file.table.file_name, file.content) for file in outcome.plan.files]
    return files, outcome.plan.changes, outcome.warnings


def check_prediction(options: wishes.Options, contents: wishes.Contents) -> None:
    """What passes is predicted as it is; what is refused is refused or warned of."""
    refused: list[str] = []
    try:
        done = collisions.run(options, contents)
    except RefusedError as error:
        refused = [str(each) for each in error.refusals]
    try:
        predicted = collisions.run(options, contents, predict=True)
    except RefusedError:
        assert refused
        return
    if not refused:
        assert told(predicted) == told(done)
        return
    refusals = [w[len(REFUSES) :] for w in predicted.warnings if REFUSES in w]
    assert any(told.startswith(refusal) for told in refused for refusal in refusals)


def check_chain(first: wishes.Options, second: wishes.Options, contents: wishes.Contents) -> None:
    """Where two tasks pass one after the other, a check run of both passes too."""
    try:
        collisions.run(second, collisions.run(first, contents).after)
    except RefusedError:
        return
    collisions.run(first, contents, predict=True)
    collisions.run(second, contents, predict=True)


# The byte order mark goes when the file is written, and makes two aliases of the same key.
UNMASKED: wishes.Contents = {
    **dict.fromkeys(wishes.FILE_NAMES),
    wishes.ALIASES: strategies.BYTE_ORDER_MARK
    + b"anna@example.com anna@example.com\nanna@example.com anna@example.com\n",
}


@given(strategies.directories(), strategies.options)
@example(UNMASKED, {"aliases": [{"alias": "info@example.com", "recipients": ["ext@example.net"], "state": "present"}]})
@settings(max_examples=300)
def test_prediction_among_shaped_files(contents: wishes.Contents, options: wishes.Options) -> None:
    check_prediction(options, contents)


@given(collisions.directories, collisions.any_options)
@settings(max_examples=300)
def test_prediction_among_colliding_logins(contents: wishes.Contents, options: wishes.Options) -> None:
    check_prediction(options, contents)


@given(strategies.directories(), strategies.options, strategies.options)
@settings(max_examples=300)
def test_chains_among_shaped_files(contents: wishes.Contents, first: wishes.Options, second: wishes.Options) -> None:
    check_chain(first, second, contents)


@given(collisions.directories, collisions.any_options, collisions.any_options)
@settings(max_examples=300)
def test_chains_among_colliding_logins(
    contents: wishes.Contents, first: wishes.Options, second: wishes.Options
) -> None:
    check_chain(first, second, contents)


@pytest.mark.parametrize("case", wishes.load("chains.yml"), ids=lambda c: c["name"])
def test_a_play_passes_its_check_run(case: dict[str, t.Any], tmp_path: pathlib.Path) -> None:
    fill(tmp_path, wishes.contents_of(case["before"]))
    before = snapshot(tmp_path)
    tasks = [item for task in case["tasks"] for item in task.items()]
    predicted = [run_module(module, options, tmp_path, True) for module, options in tasks]
    assert [result["changed"] for result in predicted] == [True] * len(tasks)
    module, options = tasks[-1]
    refused = run_module(module, options, tmp_path, False)
    assert REFUSES + refused["msg"] in warnings_of(predicted[-1])
    assert snapshot(tmp_path) == before
    for module, options in tasks:
        result = run_module(module, options, tmp_path, False)
        assert result["changed"], result
        assert not any(REFUSES in warning for warning in warnings_of(result))

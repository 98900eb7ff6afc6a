# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The law of prediction: check mode reports what the real run does, and nothing more."""

from __future__ import annotations

import functools
import importlib
import pathlib
import shutil
import tempfile
import typing as t

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ansible_collections.mailops.dms.tests.support import strategies, wishes
from ansible_collections.mailops.dms.tests.support.modules import (
    COLLECTIONS,
    REFUSES,
    fill,
    run_module,
    snapshot,
    warnings_of,
)


def check_prediction(name: str, options: wishes.Options, directory: pathlib.Path) -> None:
    """Run a module in check mode and for real, twice, and compare."""
    before = snapshot(directory)
    predicted = run_module(name, options, directory, check_mode=True)
    assert snapshot(directory) == before
    result = run_module(name, options, directory, check_mode=False)
    if result.get("failed"):
        refused = result["msg"].split("\n")
        foretold = [w[len(REFUSES) :] for w in warnings_of(predicted) if REFUSES in w]
        if predicted.get("failed"):
            foretold = predicted["msg"].split("\n")[-1:]
        assert any(r.startswith(told) for r in refused for told in foretold)
    else:
        assert predicted == result
    after = snapshot(directory)
    if result.get("failed") or not result["changed"]:
        assert after == before
    if result.get("failed"):
        return
    texts = {part["after_header"].split(" ")[0]: part for part in result["diff"]}
    for part in texts.values():
        assert part["before"] != part["after"]
    again = run_module(name, options, directory, check_mode=False)
    assert not again["changed"]
    assert again["diff"] == []
    assert snapshot(directory) == after


@given(strategies.options, strategies.directories())
@example(
    {"prune": ["restrictions"], "prune_limit": 0, "restrictions": []},
    {
        **dict.fromkeys(wishes.corpus_directory("documented")),
        wishes.RECEIVE_ACCESS: b"a@x.com REJECT\na@x.com REJECT\n",
    },
)
@settings(max_examples=30)
def test_bulk_module(options: wishes.Options, contents: wishes.Contents) -> None:
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        fill(directory, contents)
        check_prediction("dms_config", options, directory)


@pytest.mark.parametrize(
    ("module", "entries"),
    [
        ("dms_account", strategies.accounts),
        ("dms_alias", strategies.aliases),
        ("dms_regex_alias", strategies.regex_aliases),
        ("dms_quota", strategies.quotas),
    ],
)
@given(st.data())
@settings(max_examples=8)
def test_modules_of_one_entry(
    module: str, entries: st.SearchStrategy[list[wishes.Options]], data: st.DataObject
) -> None:
    options = data.draw(entries.filter(len))[0]
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        fill(directory, data.draw(strategies.directories()))
        check_prediction(module, options, directory)


@pytest.mark.parametrize("case", wishes.load("predicted.yml"), ids=lambda c: c["name"])
def test_cases(case: dict[str, t.Any], tmp_path: pathlib.Path) -> None:
    for path in (wishes.CORPUS / case["directory"]).iterdir():
        shutil.copy(path, tmp_path)
    result = run_module(case["module"], case["options"], tmp_path, check_mode=True)
    assert ("failed" in result) == case.get("failed", False)
    for text, warning in zip(case.get("warned", ()), warnings_of(result)):
        assert text in warning
    assert len(warnings_of(result)) == len(case.get("warned", ()))
    added = [key for lists in result.get("changes", {}).values() for key in lists["added"]]
    assert added == case.get("added", added)
    check_prediction(case["module"], case["options"], tmp_path)


@pytest.mark.parametrize("case", wishes.load("predicted.yml"), ids=lambda c: c["name"])
def test_the_order_of_sets_does_not_matter(case: dict[str, t.Any], tmp_path: pathlib.Path) -> None:
    for path in (wishes.CORPUS / case["directory"]).iterdir():
        shutil.copy(path, tmp_path)
    results = [
        run_module(case["module"], case["options"], tmp_path, True, PYTHONHASHSEED=seed) for seed in ("1", "2", "4")
    ]
    assert results[0] == results[1] == results[2]


@pytest.mark.parametrize("case", wishes.load("without-libraries.yml"), ids=lambda case: case["name"])
def test_check_mode_needs_no_library(case: dict[str, t.Any], tmp_path: pathlib.Path) -> None:
    directory, libraries = tmp_path / "config", tmp_path / "libraries"
    directory.mkdir()
    libraries.mkdir()
    fill(directory, wishes.contents_of(case["before"]))
    before = snapshot(directory)
    for library in ("ansible", *case["present"]):
        package = pathlib.Path(importlib.import_module(library).__file__ or "").parent
        (libraries / library).symlink_to(package)
    # -S leaves site-packages out, so that only the linked libraries can be imported.
    run = functools.partial(run_module, case["module"], case["options"], directory)
    path = {"PYTHONPATH": f"{COLLECTIONS}:{libraries}"}
    predicted = run(True, "-S", **path)
    changes = predicted["changes"]["accounts"]
    assert {kind: keys for kind, keys in changes.items() if keys} == case["changes"]
    warnings = warnings_of(predicted)
    assert len(warnings) == len(case["warned"])
    for text, warning in zip(case["warned"], warnings):
        assert text in warning
        assert REFUSES in warning
    assert run(False, "-S", **path)["failed"]
    assert snapshot(directory) == before


@pytest.mark.parametrize("case", wishes.load("new-hosts.yml"), ids=lambda case: case["name"])
def test_a_directory_that_does_not_exist(case: dict[str, t.Any], tmp_path: pathlib.Path) -> None:
    directory = tmp_path / "config"
    predicted = run_module(case["module"], case["options"], directory, True)
    result = run_module(case["module"], case["options"], directory, False)
    assert not directory.exists()
    if "refused" in case:
        assert case["refused"] in predicted["msg"]
        assert predicted == result
        return
    assert f"{directory} does not exist" in result["msg"]
    assert warnings_of(predicted)[0] == REFUSES + result["msg"]
    directory.mkdir()
    result = run_module(case["module"], case["options"], directory, False)
    assert predicted["changes"] == result["changes"]
    assert predicted["changed"] == result["changed"]
    assert predicted["diff"] == result["diff"]
    assert warnings_of(predicted)[1:] == warnings_of(result)


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize("config_dir", ["", "  "])
@pytest.mark.parametrize(
    ("module", "options"), [("dms_quota", {"address": "a@x.com", "quota": "1G"}), ("dms_config", {}), ("dms_info", {})]
)
def test_an_empty_directory_name_is_refused(
    module: str, options: wishes.Options, config_dir: str, check_mode: bool
) -> None:
    result = run_module(module, options, config_dir, check_mode)
    assert "config_dir is empty" in result["msg"]

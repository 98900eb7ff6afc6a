# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What dms_info and the route report tell: no hash, nothing written, nothing guessed."""

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.mailops.dms.plugins.module_utils._findings import checks
from ansible_collections.mailops.dms.plugins.module_utils._kinds.kinds import SECTION_NAMES
from ansible_collections.mailops.dms.tests.support import wishes
from ansible_collections.mailops.dms.tests.support.modules import fill, run_module, snapshot

DIRECTORIES = sorted({path.parent.name for path in wishes.corpus_files()})
# The parts of a result that are given to other tasks.
USED_AGAIN = (*SECTION_NAMES, "role_vars")
KEPT = {"address": "b@x.com", "password_hash": "{CRYPT}xxWAum7tHdIUw"}
PRUNED = {**{section: [] for section in SECTION_NAMES}, "accounts": [KEPT], "prune": SECTION_NAMES}
EDITS: list[wishes.Options] = [
    PRUNED,
    {**PRUNED, "prune_limit": 0},
    {"accounts": [{"address": "p@x.com", "state": "absent"}]},
    {"aliases": [{"alias": "p@x.com", "recipients": ["b@x.com"], "append": True}]},
    {"regex_aliases": [{"pattern": "^p", "recipients": ["b@x.com"]}]},
    {"quotas": [{"address": "p@x.com", "quota": "1G", "require_account": False}]},
]
NEW_ALIAS = {"alias": "new@example.com", "recipients": ["ext@example.net"]}


@pytest.mark.parametrize("directory", DIRECTORIES)
def test_corpus(directory: str, tmp_path: pathlib.Path) -> None:
    contents = wishes.corpus_directory(directory)
    fill(tmp_path, contents)
    before = snapshot(tmp_path)
    results = [
        run_module("dms_info", {"resolve": ["a@example.com"]}, tmp_path, check_mode) for check_mode in (True, False)
    ]
    assert results[0] == results[1]
    assert snapshot(tmp_path) == before
    result = results[0]
    assert result["changed"] is False
    for section, key, file_name in (
        ("accounts", "address", wishes.ACCOUNTS),
        ("quotas", "address", wishes.QUOTAS),
        ("aliases", "alias", wishes.ALIASES),
    ):
        lines = (contents[file_name] or b"").decode("utf-8", "replace").split("\n")
        for entry in result[section]:
            assert lines[entry["line"] - 1].lower().startswith(entry[key])
    assert {name.removeprefix("dms_") for name in result["role_vars"]} == set(SECTION_NAMES)


@pytest.mark.parametrize("case", wishes.load("hidden-hashes.yml"), ids=lambda case: case["name"])
def test_a_broken_line_tells_no_secret(case: dict[str, dict[str, str]], tmp_path: pathlib.Path) -> None:
    """run_module() fails where the marker of these secrets is in any output."""
    fill(tmp_path, wishes.contents_of(case["files"]))
    resolve = ["a@example.com", "p@x.com"]
    servers: list[wishes.Options] = [
        {"dms_version": "15.1.0"}, {"domains": ["example.com"]}
    ]  # fmt: skip
    for server in servers:
        told = run_module("dms_info", {"resolve": resolve, **server}, tmp_path, False)
        assert "findings" in told
        assert "hidden" not in str([told[section] for section in USED_AGAIN])
    for allow in ([], ["H38", "H40", "H42"]):
        options = {"aliases": [NEW_ALIAS], "allow": allow}
        assert "changed" in run_module("dms_config", options, tmp_path, True)


@pytest.mark.parametrize("case", wishes.load("hidden-hashes.yml"), ids=lambda case: case["name"])
@pytest.mark.parametrize("options", EDITS, ids=["prune", "limit", "accounts", "aliases", "regex_aliases", "quotas"])
def test_an_edit_beside_a_broken_line_tells_no_secret(
    options: wishes.Options, case: dict[str, dict[str, str]], tmp_path: pathlib.Path
) -> None:
    fill(tmp_path, wishes.contents_of(case["files"]))
    allowed = {**options, "allow": sorted(checks.CHECKS)}
    result = run_module("dms_config", allowed, tmp_path, True)
    assert "hidden" not in str(result.get("changes"))


@pytest.mark.parametrize(
    "options",
    [
        {"aliases": [NEW_ALIAS], "probe": ["no address@example.com"]},
        {"aliases": [NEW_ALIAS], "dms_version": "edge"},
        {"aliases": [NEW_ALIAS], "allow": ["H999"]},
    ],
    ids=["probe", "dms_version", "allow"],
)
@pytest.mark.parametrize("check_mode", [True, False])
def test_a_wrong_option_is_refused_before_anything_is_written(
    options: wishes.Options, check_mode: bool, tmp_path: pathlib.Path
) -> None:
    fill(tmp_path, wishes.corpus_directory("documented"))
    before = snapshot(tmp_path)
    result = run_module("dms_config", options, tmp_path, check_mode)
    assert result["failed"]
    assert snapshot(tmp_path) == before


def test_changes_name_real_keys(tmp_path: pathlib.Path) -> None:
    lines = ["misplaced-secret|", "b@x.com:misplaced-secret", "c@x.com|{CRYPT}xxWAum7tHdIUw"]
    fill(tmp_path, {wishes.ACCOUNTS: "".join(f"{line}\n" for line in lines).encode()})
    key = "price$6$12345678@x.com"
    options: wishes.Options = {
        "aliases": [{"alias": key, "recipients": ["b@x.com"]}],
        "accounts": [KEPT],
        "prune": ["accounts"],
    }
    changes = run_module("dms_config", options, tmp_path, True)["changes"]
    assert changes["aliases"]["added"] == [key]
    assert changes["accounts"]["added"] == ["b@x.com"]
    assert changes["accounts"]["removed"] == [
        "postfix-accounts.cf line 1", "postfix-accounts.cf line 2", "c@x.com"
    ]  # fmt: skip


def test_a_change_of_what_is_hidden_is_visible(tmp_path: pathlib.Path) -> None:
    fill(tmp_path, wishes.contents_of({
        wishes.ACCOUNTS: "b@x.com|{CRYPT}xxWAum7tHdIUw|pass=one mail=y\n",
        wishes.ALIASES: "w@x.com b@x.com|misplaced-secret\n",
    }))  # fmt: skip
    options = {
        "accounts": [{**KEPT, "extra_fields": "pass=misplaced-secret mail=y"}],
        "aliases": [{"alias": "w@x.com", "recipients": ["b@x.com"], "append": True}],
    }
    diff = run_module("dms_config", options, tmp_path, True)["diff"]
    accounts, aliases = (
        next(part for part in diff if part["before"].startswith(login)) for login in ("b@x.com|", "w@x.com ")
    )
    assert accounts["before"] == "b@x.com|{CRYPT}<hidden>|pass=<hidden> mail=y\n"
    assert accounts["after"] == "b@x.com|{CRYPT}<hidden>|pass=<hidden, new> mail=y\n"
    assert aliases["before"] == "w@x.com b@x.com|<hidden>\n"
    assert aliases["after"] == "w@x.com b@x.com|<hidden, new>\n"


@pytest.mark.parametrize(("count", "rest"), [(50, ""), (53, "and 3 more routes\n")])
def test_of_many_routes_the_diff_shows_the_first_and_counts_the_others(
    count: int, rest: str, tmp_path: pathlib.Path
) -> None:
    fill(tmp_path, wishes.corpus_directory("documented"))
    aliases = [{"alias": f"new{number}@example.com", "recipients": ["ext@example.net"]} for number in range(count)]
    result = run_module("dms_config", {"aliases": aliases}, tmp_path, True)
    assert len(result["routes"]) == count
    after = next(part for part in result["diff"] if part["after_header"] == "routes")["after"]
    assert after.count("ext@example.net") == 50
    assert after.rpartition("ext@example.net\n")[2] == rest


def test_routes_are_predicted_and_stand_in_the_diff(tmp_path: pathlib.Path) -> None:
    fill(tmp_path, wishes.corpus_directory("documented"))
    options = {"aliases": [NEW_ALIAS], "probe": ["new+tag@example.com"]}
    predicted = run_module("dms_config", options, tmp_path, check_mode=True)
    result = run_module("dms_config", options, tmp_path, check_mode=False)
    assert predicted == result
    told = {route["address"]: route["after"] for route in result["routes"]}
    assert told["new@example.com"]["recipients"] == ["ext@example.net"]
    assert told["new+tag@example.com"]["recipients"] == ["ext+tag@example.net"]
    section = next(part for part in result["diff"] if part.get("after_header") == "routes")
    assert "new@example.com -> ext@example.net\n" in section["after"]
    again = run_module("dms_config", options, tmp_path, check_mode=False)
    assert again["routes"] == []
    assert again["diff"] == []


def test_a_rollout_of_many_routes_stays_readable(tmp_path: pathlib.Path) -> None:
    fill(tmp_path, wishes.corpus_directory("documented"))
    aliases = [{"alias": f"new{n}@example.com", "recipients": ["ext@example.net"]} for n in range(1200)]
    result = run_module("dms_config", {"aliases": aliases}, tmp_path, check_mode=True)
    section = next(part for part in result["diff"] if part.get("after_header") == "routes")
    assert len(section["before"].splitlines()) <= 50
    assert len(section["after"].splitlines()) <= 52
    assert len(result["routes"]) <= 1000
    assert "more" in section["after"]


@pytest.mark.parametrize(("delimiter", "is_dead"), [("-", False), ("+", True)])
def test_findings_know_the_recipient_delimiter(delimiter: str, is_dead: bool, tmp_path: pathlib.Path) -> None:
    fill(tmp_path, {wishes.ACCOUNTS: b"info@example.com|{CRYPT}xxWAum7tHdIUw\n"})
    options = {"alias": "lists@example.com", "recipients": ["info-lists@example.com"], "recipient_delimiter": delimiter}
    told = run_module("dms_alias", options, tmp_path, False)
    assert ("hazard H33" in str(told.get("warnings"))) == is_dead
    options = {"resolve": ["lists@example.com"], "recipient_delimiter": delimiter}
    told = run_module("dms_info", options, tmp_path, False)
    assert any(finding["id"] == "H33" for finding in told["findings"]) == is_dead
    assert (told["routes"][0]["accounts"] == []) == is_dead

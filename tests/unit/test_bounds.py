# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules come to their end with little memory, whatever lines stand in a directory.

A single line takes seconds; what would take minutes or gigabytes is ended by the system.
"""

from __future__ import annotations

import json
import pathlib
import resource
import typing as t

import pytest

from ansible_collections.mailops.dms.plugins.module_utils._findings.checks import CHECKS
from ansible_collections.mailops.dms.tests.support import strategies, wishes
from ansible_collections.mailops.dms.tests.support.modules import output_of

HOSTILE: dict[str, list[str]] = wishes.load("hostile-lines.yml")

MEMORY = 512 * 1024 * 1024
PROCESSOR = 60

BESIDE = {
    wishes.ACCOUNTS: f"anna@x.example|{strategies.HASH}\n",
    wishes.ALIASES: "".join(f"info{n}@x.example anna@x.example\n" for n in range(10_000)),
    wishes.REGEX_ALIASES: "/^old-(.*)@x\\.example$/ $1@x.example\n",
    wishes.QUOTAS: "anna@x.example:5G\n",
}
WISH: wishes.Options = {
    "accounts": [{"address": "new@x.example", "password_hash": strategies.HASH, "quota": "5G"}],
    "aliases": [{"alias": "other@x.example", "recipients": ["anna@x.example"]}],
    "regex_aliases": [{"pattern": r"^new-@x\.example$", "recipients": ["new@x.example"], "position": "first"}],
    "allow": list(CHECKS),
    "probe": ["b1@x.example"],
    "_ansible_check_mode": True,
    "_ansible_diff": True,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_lines(name: str, tmp_path: pathlib.Path) -> None:
    contents = {**BESIDE, name: BESIDE[name] + "".join(f"{wishes.repeated(line)}\n" for line in HOSTILE[name])}
    for file_name, text in contents.items():
        (tmp_path / file_name).write_text(text, encoding="utf-8")
    asked = ["b1@x.example", "info1@x.example", "a" * 60 + "!@x.example", "\xfc@x.example"]
    told = _run("dms_info", {"config_dir": str(tmp_path), "resolve": asked})
    assert len(told["aliases"]) >= 10_000
    assert {finding["file"] for finding in told["findings"] if finding["id"] == "H80"} == {name}
    assert len(told["routes"]) == len(asked)
    changed = _run("dms_config", {"config_dir": str(tmp_path), **WISH})
    assert changed["changes"]["aliases"]["added"] == ["other@x.example"]
    assert changed["changes"]["regex_aliases"]["added"] == [r"^new-@x\.example$"]


def _run(name: str, arguments: wishes.Options) -> dict[str, t.Any]:
    output = output_of(name, arguments, before=_limit)
    result: dict[str, t.Any] = json.loads(output)
    assert not result.get("failed"), output[:2000]
    return result


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR, PROCESSOR))

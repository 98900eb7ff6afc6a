# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that YAML has read as something else than text: refused, and never shown."""

from __future__ import annotations

import json
import pathlib
import re
import typing as t

import pytest

from ansible_collections.mailops.dms.tests.support import wishes
from ansible_collections.mailops.dms.tests.support.modules import fill, output_of, run_module, snapshot

HIDDEN = ("password", "password_hash", "accounts")
CASES = wishes.load("misread.yml")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
@pytest.mark.parametrize("check_mode", [True, False])
def test_values(case: dict[str, t.Any], check_mode: bool, tmp_path: pathlib.Path) -> None:
    fill(tmp_path, wishes.corpus_directory("documented"))
    before = snapshot(tmp_path)
    result = run_module(case["module"], case["options"], tmp_path, check_mode)
    refused = case.get("refused", [])
    assert result.get("failed", False) == bool(refused), result
    lines = result["msg"].split("\n") if refused else []
    assert len(lines) == len(refused), lines
    for pattern, line in zip(refused, lines):
        assert re.search(pattern, line), line
    for secret in case.get("secrets", ()):
        assert secret not in result["msg"]
    if refused:
        assert snapshot(tmp_path) == before


@pytest.mark.parametrize("case", [case for case in CASES if "secrets" in case], ids=lambda case: case["name"])
def test_no_secret_stands_in_the_invocation(case: dict[str, t.Any], tmp_path: pathlib.Path) -> None:
    fill(tmp_path, wishes.corpus_directory("documented"))
    arguments = {**case["options"], "config_dir": str(tmp_path), "_ansible_check_mode": True}
    result = json.loads(output_of(case["module"], arguments))
    shown = result["invocation"]["module_args"]
    told = json.dumps([shown.get(name) for name in HIDDEN])
    for secret in case["secrets"]:
        assert secret not in told

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run what the README of the role shows."""

from __future__ import annotations

import functools
import re
import sys
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.mailops.dms.tests.examples.steps import DOCUMENTED_DIRECTORY, run_plays

README = Path(__file__).parents[2] / "roles" / "dms" / "README.md"
ON_THIS_MACHINE = (
    *("--diff", "-i", "mail.example.com,", "-c", "local"),
    *("-e", f"ansible_python_interpreter={sys.executable}"),
)
NO_CHANGE = re.compile(r" changed=0 .* failed=0 ")


def yaml_blocks() -> list[t.Any]:
    """Return what the YAML blocks of the README hold: plays, or variables."""
    text = README.read_text(encoding="utf-8")
    return [yaml.safe_load(block) for block in re.findall("(?s)```yaml\n(.*?)```", text)]


def plays() -> list[t.Any]:
    """Return the playbooks of the README, and one with all variables that it shows."""
    blocks = yaml_blocks()
    variables = {}
    for block in blocks:
        if isinstance(block, dict):
            variables.update(block)
    # There is no mail server here; the scenario confirm of molecule has them.
    variables.pop("dms_container")
    playbooks = [block for block in blocks if isinstance(block, list)]
    play = playbooks[0][0]
    first = play["roles"][0]
    role = {**first, "vars": {**first["vars"], **variables}}
    return [*playbooks, [{**play, "roles": [role]}]]


@pytest.mark.parametrize("number", range(len(plays())))
def test_the_readme_does_what_it_says(number: int, tmp_path: Path) -> None:
    config_dir = tmp_path / "config"
    text = yaml.safe_dump(plays()[number])
    assert DOCUMENTED_DIRECTORY in text
    playbook = yaml.safe_load(text.replace(DOCUMENTED_DIRECTORY, str(config_dir)))
    run = functools.partial(run_plays, playbook, tmp_path, *ON_THIS_MACHINE)

    predicted = run("--check")
    assert not NO_CHANGE.search(predicted)
    assert not config_dir.exists()

    assert not NO_CHANGE.search(run())
    written = {path.name: path.read_bytes() for path in config_dir.glob("*.cf")}
    assert b"john.doe@example.com|{SHA512-CRYPT}" in written["postfix-accounts.cf"]
    assert b"john.doe@example.com:5120M" in written["dovecot-quotas.cf"]

    assert NO_CHANGE.search(run())
    assert written == {path.name: path.read_bytes() for path in config_dir.glob("*.cf")}

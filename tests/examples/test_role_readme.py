# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run what the README of the role shows."""

from __future__ import annotations

import re
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import yaml

HERE = Path(__file__).parent
CHECKOUT = HERE.parents[1]
README = CHECKOUT / "roles" / "dms" / "README.md"
DOCUMENTED_DIRECTORY = "/srv/mailserver/config"
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
    playbooks = [block for block in blocks if isinstance(block, list)]
    play = playbooks[0][0]
    first = play["roles"][0]
    role = {**first, "vars": {**first["vars"], **variables}}
    return [*playbooks, [{**play, "roles": [role]}]]


def run(playbook: Path, *options: str) -> str:
    """Run a playbook on this machine, and return what it shows."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "ansible", "playbook", "--diff", *options),
            *("-i", "mail.example.com,", "-c", "local"),
            *("-e", f"@{HERE / 'variables.yml'}"),
            *("-e", f"ansible_python_interpreter={sys.executable}", str(playbook)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("number", range(len(plays())))
def test_the_readme_does_what_it_says(number: int, tmp_path: Path) -> None:
    config_dir = tmp_path / "config"
    text = yaml.safe_dump(plays()[number])
    assert DOCUMENTED_DIRECTORY in text
    playbook = tmp_path / "provision.yml"
    playbook.write_text(text.replace(DOCUMENTED_DIRECTORY, str(config_dir)), encoding="utf-8")

    predicted = run(playbook, "--check")
    assert not NO_CHANGE.search(predicted)
    assert not config_dir.exists()

    assert not NO_CHANGE.search(run(playbook))
    written = {path.name: path.read_bytes() for path in config_dir.glob("*.cf")}
    assert b"john.doe@example.com|{SHA512-CRYPT}" in written["postfix-accounts.cf"]
    assert b"john.doe@example.com:5120M" in written["dovecot-quotas.cf"]

    assert NO_CHANGE.search(run(playbook))
    assert written == {path.name: path.read_bytes() for path in config_dir.glob("*.cf")}

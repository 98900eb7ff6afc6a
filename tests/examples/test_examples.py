# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the examples of all modules for real, one after the other in one directory."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import yaml

HERE = Path(__file__).parent
CHECKOUT = HERE.parents[1]
DOCUMENTED_DIRECTORY = "/srv/mailserver/config"
MODULES = sorted(path.stem for path in (CHECKOUT / "plugins" / "modules").glob("*.py"))


def examples_of(module: str) -> str:
    """Return the examples of a module, as ansible-doc shows them."""
    name = f"mailops.dms.{module}"
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "doc", "--json", name],
        capture_output=True,
        text=True,
        check=True,
    )
    examples: str = json.loads(done.stdout)[name]["examples"]
    return examples


def four_steps(example: dict[str, t.Any]) -> list[dict[str, t.Any]]:
    """Return the tasks that check, do, check and do an example."""
    steps = [
        {**example, "check_mode": check_mode, "register": f"step_{number}"}
        for number, check_mode in enumerate([True, False, True, False])
    ]
    if "register" in example:
        steps.append(
            {"ansible.builtin.set_fact": {example["register"]: "{{ step_3 }}"}}
        )
    return steps


def expectation(example: dict[str, t.Any], writes: bool) -> dict[str, t.Any]:
    """Return the task that checks what the four steps of an example did."""
    changed = "is changed" if writes else "is not changed"
    conditions = [
        f"step_0 {changed}",
        f"step_1 {changed}",
        "step_2 is not changed",
        "step_3 is not changed",
    ]
    if writes:
        conditions += ["step_0.changes == step_1.changes"]
    return {
        "name": f"What came of: {example['name']}",
        "ansible.builtin.assert": {"that": conditions},
    }


@pytest.mark.parametrize("module", MODULES)
def test_examples_do_what_they_say(module: str, tmp_path: Path) -> None:
    config_dir = tmp_path / "config"
    shutil.copytree(CHECKOUT / "tests" / "corpus" / "documented", config_dir)
    text = examples_of(module)
    assert DOCUMENTED_DIRECTORY in text
    examples = yaml.safe_load(text.replace(DOCUMENTED_DIRECTORY, str(config_dir)))
    assert examples
    writes = not module.endswith("_info")
    tasks = [
        task
        for example in examples
        for task in [*four_steps(example), expectation(example, writes)]
    ]
    playbook = tmp_path / "examples.yml"
    play = {"hosts": "localhost", "gather_facts": False, "tasks": tasks}
    playbook.write_text(yaml.safe_dump([play]), encoding="utf-8")

    done = subprocess.run(
        [
            *(sys.executable, "-m", "ansible", "playbook"),
            *("-e", f"@{HERE / 'variables.yml'}", str(playbook)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("What came of: ") == len(examples)

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run an example as a check run and for real, and each of them a second time."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import yaml

from ansible_collections.mailops.dms.tests.support import playbooks

HERE = Path(__file__).parent
DOCUMENTED_DIRECTORY = "/srv/mailserver/config"


def steps_of(example: dict[str, t.Any]) -> list[dict[str, t.Any]]:
    """Return the tasks that check, do, check and do an example, and look at that."""
    return [*four_steps(example), expectation(example)]


def writes(example: dict[str, t.Any]) -> bool:
    """Tell whether an example is a task of a module that writes."""
    return any(re.fullmatch(r"mailops\.dms\.dms_(?!info).*", name) for name in example)


def four_steps(example: dict[str, t.Any]) -> list[dict[str, t.Any]]:
    """Return the tasks that check, do, check and do an example."""
    steps = [
        {**example, "check_mode": check_mode, "register": f"step_{number}"}
        for number, check_mode in enumerate([True, False, True, False])
    ]
    if "register" in example:
        steps.append({"ansible.builtin.set_fact": {example["register"]: "{{ step_3 }}"}})
    return steps


def expectation(example: dict[str, t.Any]) -> dict[str, t.Any]:
    """Return the task that checks what the four steps of an example did."""
    changed = "is changed" if writes(example) else "is not changed"
    conditions = [f"step_0 {changed}", f"step_1 {changed}", "step_2 is not changed", "step_3 is not changed"]
    # That one changes no entry: it writes a file on the controller.
    if writes(example) and "mailops.dms.dms_secrets" not in example:
        conditions += ["step_0.changes == step_1.changes"]
    return {"name": f"What came of: {example['name']}", "ansible.builtin.assert": {"that": conditions}}


def run_tasks(tasks: list[dict[str, t.Any]], directory: Path) -> str:
    """Run tasks on this machine, and return what that shows."""
    return run_plays([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}], directory)


def run_plays(plays: list[dict[str, t.Any]], directory: Path, *options: str) -> str:
    """Run a playbook in a directory, and return what it shows."""
    playbook = directory / "playbook.yml"
    playbook.write_text(yaml.safe_dump(plays), encoding="utf-8")
    vault_password = directory / "vault-password"
    vault_password.write_text("secret\n", encoding="utf-8")
    variables = ("-e", f"@{HERE / 'variables.yml'}", "--vault-password-file", str(vault_password))
    done = playbooks.run(directory, *variables, *options, str(playbook))
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout

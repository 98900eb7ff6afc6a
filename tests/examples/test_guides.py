# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run what the guides show, and compare the files with those that they show."""

from __future__ import annotations

import re
import textwrap
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.mailops.dms.tests.examples.steps import DOCUMENTED_DIRECTORY, run_tasks, steps_of

PAGES = (Path(__file__).parents[2] / "docs" / "docsite" / "rst").glob("*.rst")
TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in sorted(PAGES)}
# What this one shows needs a running mail server; the scenario confirm of molecule has them.
WITH_MAIL_SERVER = ("confirm",)
# Those with the files of a project are run by test_projects.py.
GUIDES = [
    name for name, text in TEXTS.items() if re.search(r"code-block:: yaml\n\n", text) and name not in WITH_MAIL_SERVER
]
BLOCK = re.compile(
    r"^\.\. code-block:: (?P<language>\w+)\n(?: +:caption: (?P<file>\S+)\n)?"
    r"\n(?P<text>(?: .*\n|\n(?= ))+)",
    re.MULTILINE,
)


def comparison(config_dir: Path, file_name: str, lines: str) -> dict[str, t.Any]:
    """Return the task that compares a file with the lines that a guide shows."""
    return {
        "name": f"What {file_name} holds",
        "vars": {"path": str(config_dir / file_name), "lines": lines},
        "ansible.builtin.assert": {
            "that": "lookup('ansible.builtin.file', path, rstrip=false) == lines",
            "fail_msg": "{{ lookup('ansible.builtin.file', path) }}",
        },
    }


def tasks_of(text: str, config_dir: Path) -> list[dict[str, t.Any]]:
    """Return the tasks that a guide stands for."""
    tasks = []
    for block in BLOCK.finditer(text):
        lines = textwrap.dedent(block["text"])
        if block["language"] == "yaml":
            examples = yaml.safe_load(lines.replace(DOCUMENTED_DIRECTORY, str(config_dir)))
            tasks += [task for example in examples for task in steps_of(example)]
        elif block["file"]:
            tasks.append(comparison(config_dir, block["file"], lines))
    return tasks


@pytest.mark.parametrize("name", GUIDES)
def test_a_guide_does_what_it_says(name: str, tmp_path: Path) -> None:
    text = TEXTS[name]
    config_dir = tmp_path / "config"
    config_dir.mkdir()
    tasks = tasks_of(text, config_dir)

    output = run_tasks(tasks, tmp_path)

    names = [task["name"] for task in tasks if task.get("name", "").startswith("What ")]
    assert re.findall(r"(?m)^TASK \[(What .*)\]", output) == names
    assert len(names) >= text.count("code-block::")

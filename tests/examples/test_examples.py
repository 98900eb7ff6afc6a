# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the examples of all modules for real, one after the other in one directory."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from ansible_collections.mailops.dms.tests.examples.steps import DOCUMENTED_DIRECTORY, run_tasks, steps_of

CHECKOUT = Path(__file__).parents[2]
# Its examples need a running mail server; the scenario confirm of molecule runs them.
WITH_MAIL_SERVER = "dms_server"
MODULES = sorted({path.stem for path in (CHECKOUT / "plugins" / "modules").glob("*.py")} - {WITH_MAIL_SERVER})


def examples_of(module: str) -> str:
    """Return the examples of a module, as ansible-doc shows them."""
    name = f"mailops.dms.{module}"
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "doc", "--json", name], capture_output=True, text=True, check=True
    )
    examples: str = json.loads(done.stdout)[name]["examples"]
    return examples


@pytest.mark.parametrize("module", MODULES)
def test_examples_do_what_they_say(module: str, tmp_path: Path) -> None:
    config_dir = tmp_path / "config"
    shutil.copytree(CHECKOUT / "tests" / "corpus" / "documented", config_dir)
    text = examples_of(module)
    assert DOCUMENTED_DIRECTORY in text
    examples = yaml.safe_load(text.replace(DOCUMENTED_DIRECTORY, str(config_dir)))
    assert examples
    tasks = [task for example in examples for task in steps_of(example)]

    output = run_tasks(tasks, tmp_path)

    assert output.count("What came of: ") == len(examples)

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs the parts of the test, and where they are named."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

CHECKOUT = Path(__file__).parents[2]
PROGRAM = CHECKOUT / "scripts" / "run_parts.py"
PARTS_OF_PROGRAM = re.compile(r"PARTS = \{.*?\n\}\n", re.DOTALL)


def known_parts() -> list[str]:
    """Return the parts, as the program names them."""
    help_text = subprocess.run([sys.executable, str(PROGRAM), "nothing"], capture_output=True, text=True, check=False)
    return help_text.stderr.rpartition("known: ")[2].split(", ")


def run(directory: Path, parts: dict[str, list[str]], *arguments: str, ci: str = "") -> tuple[int, list[str]]:
    """Run parts with other commands, in a checkout of their own, and return the status and the summary."""
    text = PROGRAM.read_text(encoding="utf-8")
    scripts = directory / "scripts"
    scripts.mkdir()
    assert PARTS_OF_PROGRAM.search(text)
    program = scripts / PROGRAM.name
    program.write_text(PARTS_OF_PROGRAM.sub(lambda match: f"PARTS = {parts!r}\n", text), encoding="utf-8")
    environment = {**os.environ, "CI": ci}
    done = subprocess.run(
        [sys.executable, str(program), *arguments], capture_output=True, text=True, check=False, env=environment
    )
    assert not done.stderr
    summary = re.sub(r" +\d+ s", " s", done.stdout).rpartition("\n\n")[2].splitlines()
    return done.returncode, summary


def test_the_workflow_runs_every_part() -> None:
    workflow = yaml.safe_load((CHECKOUT / ".github" / "workflows" / "tests.yml").read_text(encoding="utf-8"))
    parts = workflow["jobs"]["part"]["strategy"]["matrix"]["part"]
    assert sorted(part.strip() for part in known_parts()) == sorted(parts)


def test_all_parts_run_whichever_fails(tmp_path: Path) -> None:
    parts = {"first": ["false", "touch second"], "last": ["true"]}
    status, summary = run(tmp_path, parts)
    assert (status, summary) == (
        1,
        ["first         FAILED s", "last          passed s", "1 passed, 1 failed, 0 left out"],
    )
    assert (tmp_path / "second").exists()


@pytest.mark.parametrize("command", ["echo 'Left out: no root'; exit 77", "echo 'Left out: no root'"])
def test_what_is_left_out_is_no_failure_on_a_laptop(command: str, tmp_path: Path) -> None:
    status, summary = run(tmp_path, {"first": [command, "touch second"], "last": ["true"]})
    assert (status, summary) == (
        0,
        ["first         left out s  no root", "last          passed s", "1 passed, 0 failed, 1 left out"],
    )
    assert not (tmp_path / "second").exists()


@pytest.mark.parametrize(("arguments", "ci"), [(["--all"], ""), ([], "true")])
def test_nothing_is_left_out_where_all_is_to_run(arguments: list[str], ci: str, tmp_path: Path) -> None:
    status, summary = run(tmp_path, {"first": ["echo 'Left out: no root'; exit 77"]}, *arguments, ci=ci)
    assert (status, summary[-1]) == (1, "No part may be left out here.")


def test_a_failure_is_one_whatever_it_prints(tmp_path: Path) -> None:
    status, summary = run(tmp_path, {"first": ["echo 'Left out: no root'; exit 1"]})
    assert (status, summary[0]) == (1, "first         FAILED s")


def test_parts_that_take_long_are_started_first(tmp_path: Path) -> None:
    parts = {name: [f"echo {name} >>order; sleep 0.3"] for name in ("lint", "docs", "integration", "mailhost")}
    assert run(tmp_path, parts)[0] == 0
    order = (tmp_path / "order").read_text(encoding="utf-8").split()
    assert sorted(order[:2]) == ["integration", "mailhost"]

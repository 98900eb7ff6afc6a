# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real playbooks, with an interpreter for the modules that strace may look at."""

from __future__ import annotations

import json
import pathlib
import shlex
import subprocess
import sys
import typing as t

from ansible_collections.mailops.dms.tests.resilience import core, directories, faults


class Outcome(t.NamedTuple):
    """What became of a playbook."""

    status: int
    output: str


def start(name: str, work: pathlib.Path, variables: dict[str, t.Any]) -> subprocess.Popen[str]:
    """Start a playbook of the data directory on this machine."""
    given = {"ansible_python_interpreter": sys.executable, **variables}
    command = [str(pathlib.Path(sys.executable).with_name("ansible-playbook"))]
    command += ["--verbose", "--inventory", "localhost,", "--connection", "local"]
    command += ["--extra-vars", json.dumps(given), str(directories.DATA / name)]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=work,
        env={**faults.environment(), "ANSIBLE_HOME": str(work / "ansible"), "ANSIBLE_NOCOLOR": "1"},
    )


def finish(process: subprocess.Popen[str]) -> Outcome:
    """Wait for a playbook."""
    output, dummy = process.communicate()
    return Outcome(process.returncode, output)


def apply(scenario: str, directory: pathlib.Path, **variables: t.Any) -> Outcome:
    """Run the playbook that applies the options of a scenario."""
    options = core.load(directories.DATA / f"{scenario}.yml")
    given = {**options, "config_dir": str(directory), **variables}
    return finish(start("playbook.yml", directory.parent, given))


def traced_interpreter(path: pathlib.Path, log: pathlib.Path, *injections: str) -> dict[str, str]:
    """Make an interpreter that runs under strace; return the variable that names it."""
    command = shlex.join([*faults.strace(log, injections), sys.executable])
    path.write_text(f'#!/bin/sh\nexec {command} "$@"\n', encoding="utf-8")
    path.chmod(0o755)
    return {"ansible_python_interpreter": str(path)}

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A version of the collection that is measured: the one of this checkout, or that of a commit."""

from __future__ import annotations

import collections
import contextlib
import json
import os
import re
import statistics
import subprocess
import sys
import time
import typing as t
from pathlib import Path
from xml.etree import ElementTree

if t.TYPE_CHECKING:
    from collections.abc import Iterator

CHECKOUT = Path(__file__).resolve().parents[2]
COLLECTION = Path("ansible_collections", "mailops", "dms")
BENCH = CHECKOUT / "tests" / "bench"


class Version(t.NamedTuple):
    """A version of the collection."""

    collections: Path
    """The path by which Ansible finds it."""

    def play(self, playbook: str, directory: Path, variables: dict[str, t.Any], *options: str) -> float:
        """Run a playbook in a directory of its own and return the time (seconds) that it took."""
        given = directory / "variables.json"
        given.write_text(json.dumps({"bench_directory": str(directory), **variables}))
        start = time.perf_counter()
        finished = subprocess.run(
            [Path(sys.executable).parent / "ansible-playbook", f"--extra-vars=@{given}", *options, BENCH / playbook],
            check=False,
            capture_output=True,
            text=True,
            env={
                **os.environ,
                "ANSIBLE_COLLECTIONS_PATH": str(self.collections),
                "ANSIBLE_LIBRARY": str(BENCH / "library"),
                "ANSIBLE_CALLBACKS_ENABLED": "ansible.builtin.junit",
                "JUNIT_OUTPUT_DIR": str(directory / "junit"),
            },
        )
        seconds = time.perf_counter() - start
        if finished.returncode:
            sys.exit(finished.stdout + finished.stderr)
        return seconds

    def task_times(
        self, playbook: str, directory: Path, variables: dict[str, t.Any], *options: str
    ) -> dict[str, float]:
        """Return the median time (seconds) of each task of a playbook, by its name."""
        self.play(playbook, directory, variables, *options)
        return _read_times(directory / "junit")

    def core(self, what: str, path: Path) -> dict[str, float]:
        """Run one measurement of the core in a process of its own."""
        program = self.collections / COLLECTION / "tests" / "bench" / "core.py"
        output = subprocess.check_output([sys.executable, program, what, path], env=self.environment)
        result: dict[str, float] = json.loads(output)
        return result

    def run_module(self, name: str, arguments: dict[str, t.Any]) -> str:
        """Run a module as Ansible does, and return its result."""
        return subprocess.check_output(
            [sys.executable, self.collections / COLLECTION / "plugins" / "modules" / f"{name}.py"],
            input=json.dumps({"ANSIBLE_MODULE_ARGS": arguments}),
            env=self.environment,
            text=True,
        )

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a program that imports it."""
        return {**os.environ, "PYTHONPATH": str(self.collections)}


HERE = Version(CHECKOUT / ".build" / "collections")


def _read_times(reports: Path) -> dict[str, float]:
    times: dict[str, list[float]] = collections.defaultdict(list)
    for report in reports.iterdir():
        for case in ElementTree.parse(report).iter("testcase"):
            # [host] play: task and its arguments
            name = case.attrib["name"].split(": ", 1)[1]
            times[re.split(r" \w+=", name)[0]].append(float(case.attrib["time"]))
        report.unlink()
    return {name: statistics.median(values) for name, values in times.items()}


@contextlib.contextmanager
def version_of(commit: str, directory: Path) -> Iterator[Version]:
    """Give the version of a commit while it is measured."""
    collections_of_other = directory / "collections"
    tree = collections_of_other / COLLECTION
    tree.parent.mkdir(parents=True)
    subprocess.run(["git", "worktree", "add", "--quiet", "--detach", tree, commit], cwd=CHECKOUT, check=True)
    try:
        yield Version(collections_of_other)
    finally:
        subprocess.run(["git", "worktree", "remove", "--force", tree], cwd=CHECKOUT, check=True)

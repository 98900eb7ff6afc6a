# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure how fast the collection is, as ratios of two times taken in one run.

Usage: .venv/bin/python tests/bench/run.py [--rounds NUMBER]
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import typing as t
import xml.etree.ElementTree as ElementTree
from pathlib import Path

HERE = Path(__file__).parent
COLLECTIONS = HERE.parents[1] / ".build" / "collections"
CORE = HERE / "core.py"

ALIASES = 10_000
LINES = 1_000_000


class Row(t.NamedTuple):
    """One line of the table."""

    case: str
    measured: float
    against: str
    reference: float
    unit: str
    goal: float

    @property
    def ratio(self) -> float:
        """What was measured, in terms of what it is measured against."""
        return self.measured / self.reference


def ansible_rows(directory: Path, rounds: int) -> list[Row]:
    """Measure tasks against tasks of Ansible's own modules, in seconds."""
    times = _task_times(directory, rounds)
    cases = [
        ("one dms_alias task, new alias", "Add one alias", "ping", "Ping", 1.10),
        ("one dms_alias task, no change", "Keep one alias", "ping", "Ping", 1.10),
        (
            f"dms_config with {ALIASES:,} aliases, first run",
            "Add many aliases",
            "copy, templated",
            "Copy many aliases",
            1.25,
        ),
        (
            f"dms_config with {ALIASES:,} aliases, no change",
            "Keep many aliases",
            "copy, templated",
            "Copy many aliases again",
            1.25,
        ),
    ]
    return [
        Row(case, times[task], against, times[reference], "s", goal)
        for case, task, against, reference, goal in cases
    ]


def _task_times(directory: Path, rounds: int) -> dict[str, float]:
    """Return the median time (seconds) of each task of the playbook by its name."""
    variables = directory / "variables.json"
    aliases = [
        {"alias": f"alias{n}@example.com", "recipients": [f"user{n}@example.org"]}
        for n in range(ALIASES)
    ]
    settings = {"bench_directory": str(directory), "bench_rounds": rounds}
    variables.write_text(json.dumps({"bench_aliases": aliases, **settings}))
    finished = subprocess.run(
        [
            Path(sys.executable).parent / "ansible-playbook",
            "--inventory=localhost,",
            f"--extra-vars=@{variables}",
            HERE / "playbook.yml",
        ],
        check=False,
        capture_output=True,
        text=True,
        env={
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "ANSIBLE_CALLBACKS_ENABLED": "ansible.builtin.junit",
            "JUNIT_OUTPUT_DIR": str(directory / "junit"),
        },
    )
    if finished.returncode:
        sys.exit(finished.stdout + finished.stderr)
    times: dict[str, list[float]] = collections.defaultdict(list)
    for report in (directory / "junit").iterdir():
        for case in ElementTree.parse(report).iter("testcase"):
            # [host] play: task and its arguments
            name = case.attrib["name"].split(": ", 1)[1]
            times[re.split(r" \w+=", name)[0]].append(float(case.attrib["time"]))
    return {name: statistics.median(values) for name, values in times.items()}


def core_rows(directory: Path, rounds: int) -> list[Row]:
    """Measure one edit in a large file against reading, splitting and writing it."""
    path = directory / "postfix-virtual.cf"
    with path.open("wb") as file:
        for number in range(LINES):
            file.write(b"alias%d@example.com user%d@example.org\n" % (number, number))
    edits, copies = [], []
    for _round in range(rounds):
        copies.append(_core("copy", path))
        edits.append(_core("edit", path))
    case = f"one edit in {LINES:,} lines, the core alone"
    megabytes = path.stat().st_size / 1e6
    return [
        Row(
            case,
            statistics.median(edit["seconds"] for edit in edits),
            "read, split, write",
            statistics.median(copy["seconds"] for copy in copies),
            "s",
            6,
        ),
        Row(
            f"{case}, memory",
            statistics.median(edit["megabytes"] for edit in edits),
            "the file",
            megabytes,
            "MB",
            8,
        ),
    ]


def _core(what: str, path: Path) -> dict[str, float]:
    """Run one measurement of the core in a process of its own."""
    output = subprocess.check_output(
        [sys.executable, CORE, what, path],
        env={**os.environ, "PYTHONPATH": str(COLLECTIONS)},
    )
    result: dict[str, float] = json.loads(output)
    return result


def print_table(rows: list[Row]) -> None:
    """Print the rows as a Markdown table."""
    print("| case | measured | against | ratio | goal |")
    print("|---|---|---|---|---|")
    for row in rows:
        print(
            f"| {row.case} | {row.measured:.3f} {row.unit}"
            f" | {row.against}: {row.reference:.3f} {row.unit}"
            f" | {row.ratio:.2f} | {row.goal:.2f} |"
        )


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="how often to measure")
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as directory:
        rows = ansible_rows(Path(directory), rounds)
        rows += core_rows(Path(directory), rounds)
    print_table(rows)


if __name__ == "__main__":
    main()

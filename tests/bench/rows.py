# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is measured, each in turn with what it is measured against."""

from __future__ import annotations

import os
import statistics
import time
import typing as t

from .directories import REGEX_ALIASES, accounts_directory, aliases_file, whole_directory
from .table import Row
from .version import HERE

if t.TYPE_CHECKING:
    from pathlib import Path

    from .version import Version

ALIASES = 10_000
LARGE = 100_000
LINES = 1_000_000
PASSWORDS = 2_000
ROUTES = 1_000
HOSTS = 20
ALIASES_OF_HOST = 1_000

KNOWN = f"all findings and {ROUTES:,} routes of 10,000 accounts, 100,000 aliases, {REGEX_ALIASES} regex aliases"
EDIT = f"one edit in {LINES:,} lines, the core alone"
DIFF = f"--check --diff, one changed line of {LARGE:,}"
VERIFY = f"{PASSWORDS:,} plaintext passwords, no change, {os.cpu_count()} cores"

# Task -> case, what it is measured against and the task of that, and the goal
TASKS = {
    "Keep one alias": ("dms_alias, no change", "ping", "Ping", 1.10),
    "Add one alias": ("dms_alias, a new alias", "ping", "Ping", 1.20),
    "Keep many aliases": (
        f"dms_config with {ALIASES:,} aliases, no change",
        "a module that does nothing",
        "Accept many aliases",
        1.15,
    ),
    "Add many aliases": (
        f"dms_config with {ALIASES:,} aliases, first run",
        "a module that does nothing",
        "Accept many aliases",
        1.35,
    ),
    "Change one of many aliases": (f"dms_alias, one changed of {LARGE:,}", "lineinfile", "Change a line", 1.5),
}


def measured(directory: Path, rounds: int) -> list[Row]:
    """Measure everything and return the rows."""
    parts = (_tasks, _fleet, _diffs, _passwords, _core, _knowledge)
    return [row for part in parts for row in part(directory, rounds)]


def compared(other: Version, name: str, directory: Path, rounds: int) -> list[Row]:
    """Measure everything that another version can do too, in turn with it."""
    passwords = accounts_directory(directory / "passwords", PASSWORDS)
    lines = aliases_file(directory / "edit" / "postfix-virtual.cf", LINES)
    whole = whole_directory(directory / "whole", 10_000)
    aliases = aliases_file(directory / "diff" / "postfix-virtual.cf", LARGE).parent
    seconds: dict[str, dict[Version, list[float]]] = {}
    for _round in range(rounds):
        for version in (HERE, other):
            tasks = task_times(version, directory, 1)
            times = {case: tasks[task] for task, (case, *dummy) in TASKS.items()}
            times[DIFF] = _check_one_line(version, aliases, diff=True)[0]
            for case, what, path in ((VERIFY, "verify", passwords), (EDIT, "edit", lines), (KNOWN, "know", whole)):
                times[case] = version.core(what, path)["seconds"]
            for case, taken in times.items():
                seconds.setdefault(case, {HERE: [], other: []})[version].append(taken)
    return [
        Row(case, statistics.median(times[HERE]), name, statistics.median(times[other]), 1)
        for case, times in seconds.items()
    ]


def task_times(version: Version, directory: Path, rounds: int) -> dict[str, float]:
    """Return the time (seconds) of each task of the playbook by its name."""
    for name in ("large", "lines"):
        aliases_file(directory / name / "postfix-virtual.cf", LARGE)
    aliases = [{"alias": f"alias{n}@example.com", "recipients": [f"user{n}@example.org"]} for n in range(ALIASES)]
    variables = {"bench_aliases": aliases, "bench_rounds": rounds}
    return version.task_times("tasks.yml", directory, variables, "--inventory=localhost,")


def _tasks(directory: Path, rounds: int) -> list[Row]:
    times = task_times(HERE, directory, rounds)
    return [
        Row(case, times[task], against, times[reference], goal)
        for task, (case, against, reference, goal) in TASKS.items()
    ]


def _fleet(directory: Path, rounds: int) -> list[Row]:
    """Measure runs of the role on a fleet against those of a task, each as a whole."""
    aliases = [
        {"alias": f"alias{n}@example.com", "recipients": [f"user{n}@example.org"]} for n in range(ALIASES_OF_HOST)
    ]
    seconds: dict[str, list[float]] = {}
    for each in range(min(rounds, 3)):
        fleet = directory / f"fleet{each}"
        fleet.mkdir()
        inventory = fleet / "hosts"
        inventory.write_text("".join(f"host{n}\n" for n in range(HOSTS)))
        for run in ("ping", "copy", "role"):
            for repetition in ("first run", "no change"):
                variables = {"bench_aliases": aliases, "bench_run": run}
                taken = HERE.play("fleet.yml", fleet, variables, f"--inventory={inventory}")
                seconds.setdefault(f"{run}, {repetition}", []).append(taken)
    times = {run: statistics.median(taken) for run, taken in seconds.items()}
    return [
        Row(
            f"the role on {HOSTS} hosts with {ALIASES_OF_HOST:,} aliases each, {repetition}",
            times[f"role, {repetition}"],
            f"{run} on these hosts",
            times[f"{run}, {repetition}"],
            goal,
        )
        for repetition in ("no change", "first run")
        for run, goal in (("ping", 6), ("copy", 4))
    ]


def _diffs(directory: Path, rounds: int) -> list[Row]:
    """Measure what a diff of a large file costs, in time and in the result."""
    directory = aliases_file(directory / "diff" / "postfix-virtual.cf", LARGE).parent
    runs = {diff: [_check_one_line(HERE, directory, diff) for _round in range(rounds)] for diff in (True, False)}
    with_diff, without = (statistics.median(seconds for seconds, dummy in each) for each in runs.values())
    return [
        Row(DIFF, with_diff, "without --diff", without, 1.10),
        Row(f"{DIFF}, the result", runs[True][0][1], "the limit", 20, 1, "KB"),
    ]


def _check_one_line(version: Version, directory: Path, diff: bool) -> tuple[float, float]:
    """Return the time (seconds) that a module takes in check mode, and the size of its result (kilobytes)."""
    alias = {"alias": f"alias{LARGE // 2}@example.com", "recipients": ["archive@example.org"]}
    start = time.perf_counter()
    arguments = {"config_dir": str(directory), "aliases": [alias], "_ansible_check_mode": True, "_ansible_diff": diff}
    result = version.run_module("dms_config", arguments)
    return time.perf_counter() - start, len(result) / 1000


def _passwords(directory: Path, rounds: int) -> list[Row]:
    """Measure the check of passwords against the C library in one thread."""
    directory = accounts_directory(directory / "passwords", PASSWORDS)
    seconds, reference = _in_turn(("verify", "crypt"), directory, rounds)
    return [Row(VERIFY, seconds["seconds"], "libcrypt in one thread", reference["seconds"], 0.52)]


def _core(directory: Path, rounds: int) -> list[Row]:
    """Measure one edit in a large file against reading, splitting and writing it."""
    path = aliases_file(directory / "edit" / "postfix-virtual.cf", LINES)
    edit, copy = _in_turn(("edit", "copy"), path, rounds)
    megabytes = path.stat().st_size / 1e6
    return [
        Row(EDIT, edit["seconds"], "read, split, write", copy["seconds"], 3),
        Row(f"{EDIT}, memory", edit["megabytes"], "the file", megabytes, 5, "MB"),
    ]


def _in_turn(names: tuple[str, ...], path: Path, rounds: int) -> list[dict[str, float]]:
    """Return the medians of each of some measurements of the core, taken in turn."""
    taken: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for _round in range(rounds):
        for name in names:
            taken[name].append(HERE.core(name, path))
    return [
        {figure: statistics.median(each[figure] for each in taken[name]) for figure in taken[name][0]} for name in names
    ]


def _knowledge(directory: Path, rounds: int) -> list[Row]:
    """Measure the findings and the routes of a large directory, and of a larger one."""
    (whole,) = _in_turn(("know",), whole_directory(directory / "whole", 10_000), rounds)
    larger = HERE.core("know", whole_directory(directory / "larger", 100_000))
    return [
        Row(KNOWN, whole["seconds"], "the limit", 10, 1),
        Row(f"{KNOWN}, memory", whole["megabytes"], "the limit", 1500, 1, "MB"),
        Row(
            f"the same with 10 times the accounts and aliases, {ROUTES:,} routes",
            larger["seconds"],
            "itself",
            whole["seconds"],
            11,
        ),
    ]

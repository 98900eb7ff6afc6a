# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure how fast the collection is, as ratios of two times taken in one run.

Usage: .venv/bin/python tests/bench/run.py [--rounds NUMBER] [--against COMMIT]
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
import time
import typing as t
from pathlib import Path
from xml.etree import ElementTree

from passlib.hash import sha512_crypt

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = Path("ansible_collections", "mailops", "dms")

ALIASES = 10_000
LINES = 1_000_000
LINES_OF_DIFF = 100_000
PASSWORDS = 2_000
ROUTES = 1_000
DOMAINS = 100
REGEX_ALIASES = 50


class Version(t.NamedTuple):
    """A version of the collection, and what measures it."""

    collections: Path
    """The path by which Ansible finds it."""

    def file(self, *path: str) -> Path:
        """Return the path of one of its files."""
        return self.collections.joinpath(COLLECTION, *path)

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a program that imports it."""
        return {**os.environ, "PYTHONPATH": str(self.collections)}


HERE = Version(ROOT / ".build" / "collections")


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
    times = _task_times(HERE, directory, rounds)
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
        Row(case, times[task], against, times[reference], "s", goal) for case, task, against, reference, goal in cases
    ]


def _task_times(version: Version, directory: Path, rounds: int) -> dict[str, float]:
    """Return the median time (seconds) of each task of the playbook by its name."""
    variables = directory / "variables.json"
    aliases = [{"alias": f"alias{n}@example.com", "recipients": [f"user{n}@example.org"]} for n in range(ALIASES)]
    settings = {"bench_directory": str(directory), "bench_rounds": rounds}
    variables.write_text(json.dumps({"bench_aliases": aliases, **settings}))
    finished = subprocess.run(
        [
            Path(sys.executable).parent / "ansible-playbook",
            "--inventory=localhost,",
            f"--extra-vars=@{variables}",
            HERE.file("tests", "bench", "playbook.yml"),
        ],
        check=False,
        capture_output=True,
        text=True,
        env={
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": str(version.collections),
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
        report.unlink()
    return {name: statistics.median(values) for name, values in times.items()}


def core_rows(directory: Path, rounds: int) -> list[Row]:
    """Measure one edit in a large file against reading, splitting and writing it."""
    path = _large_file(directory / "postfix-virtual.cf")
    edits, copies = [], []
    for _round in range(rounds):
        copies.append(_core(HERE, "copy", path))
        edits.append(_core(HERE, "edit", path))
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
        Row(f"{case}, memory", statistics.median(edit["megabytes"] for edit in edits), "the file", megabytes, "MB", 8),
    ]


def _large_file(path: Path) -> Path:
    with path.open("wb") as file:
        for number in range(LINES):
            file.write(b"alias%d@example.com user%d@example.org\n" % (number, number))
    return path


def knowledge_rows(directory: Path, rounds: int) -> list[Row]:
    """Measure the findings and the routes of a large directory, and of a larger one."""
    size, larger = (
        _median("know", _directory(directory / f"{accounts}-accounts", accounts), n)
        for accounts, n in ((10_000, rounds), (100_000, 1))
    )
    case = f"all findings and {ROUTES:,} routes of 10,000 accounts, 100,000 aliases, {REGEX_ALIASES} regex aliases"
    seconds, megabytes = size["seconds"], size["megabytes"]
    return [
        Row(case, seconds, "the limit", 10, "s", 1),
        Row(f"{case}, memory", megabytes, "the limit", 1500, "MB", 1),
        Row(
            f"the same with 10 times the accounts and aliases, {ROUTES:,} routes",
            larger["seconds"],
            "itself",
            seconds,
            "s",
            13,
        ),
    ]


def _directory(directory: Path, accounts: int) -> Path:
    """Make a config directory with ten times as many aliases as accounts."""
    directory.mkdir()
    domains = [f"domain{n}.example.com" for n in range(DOMAINS)]
    users = [f"user{n}@{domains[n % DOMAINS]}" for n in range(accounts)]
    aliases = [f"@{domains[0]} {users[0]}\n"]
    aliases += [f"{user} {user}\n" for user in users[::DOMAINS]]
    while len(aliases) < accounts * 10:
        n = len(aliases)
        points_to = f"alias{n - 7}@{domains[(n - 7) % DOMAINS]}" if n % 9 else users[0]
        recipient = users[n % accounts] if n % 3 else points_to
        aliases.append(f"alias{n}@{domains[n % DOMAINS]} {recipient}\n")
    rules = [rf"/^list{n}-(.*)@domain{n}\.example\.com$/ $1@{domains[n]}" + "\n" for n in range(REGEX_ALIASES)]
    stored = _new_hash()
    texts = {
        "postfix-accounts.cf": [f"{user}|{stored}\n" for user in users],
        "postfix-virtual.cf": aliases,
        "postfix-regexp.cf": rules,
        "dovecot-quotas.cf": [f"{user}:5120M\n" for user in users[::2]],
    }
    for name, lines in texts.items():
        (directory / name).write_text("".join(lines))
    return directory


def _new_hash() -> str:
    """Return a hash of the documented password, with a salt of its own."""
    scheme: t.Any = sha512_crypt
    return "{SHA512-CRYPT}" + str(scheme.using(rounds=5000).hash("secret"))


def password_rows(directory: Path, rounds: int) -> list[Row]:
    """Measure the check of passwords against the C library in one thread."""
    directory = _many_accounts(directory / "passwords")
    return [
        Row(
            f"{PASSWORDS:,} plaintext passwords, no change, {os.cpu_count()} cores",
            _median("verify", directory, rounds)["seconds"],
            "libcrypt in one thread",
            _median("crypt", directory, rounds)["seconds"],
            "s",
            0.65,
        )
    ]


def _many_accounts(directory: Path) -> Path:
    directory.mkdir()
    with (directory / "postfix-accounts.cf").open("w") as file:
        for number in range(PASSWORDS):
            file.write(f"user{number}@example.com|{_new_hash()}\n")
    return directory


def diff_rows(directory: Path, rounds: int) -> list[Row]:
    """Measure what a diff of a large file costs, in time and in the result."""
    directory = _many_aliases(directory / "diff")
    seconds: dict[bool, list[float]] = {True: [], False: []}
    for _round in range(rounds):
        for diff, times in seconds.items():
            start = time.perf_counter()
            result = _check_one_line(HERE, directory, diff)
            times.append(time.perf_counter() - start)
            if diff:
                kilobytes = len(result) / 1000
    case = f"--check --diff, one changed line of {LINES_OF_DIFF:,}"
    with_diff, without = (statistics.median(times) for times in seconds.values())
    return [
        Row(case, with_diff, "without --diff", without, "s", 1.10),
        Row(f"{case}, the result", kilobytes, "the limit", 20, "KB", 1),
    ]


def _many_aliases(directory: Path) -> Path:
    directory.mkdir()
    with (directory / "postfix-virtual.cf").open("w") as file:
        for number in range(LINES_OF_DIFF):
            file.write(f"alias{number}@example.com user{number}@example.org\n")
    return directory


def _check_one_line(version: Version, directory: Path, diff: bool) -> str:
    """Run the bulk module in check mode as Ansible does, and return its result."""
    middle = LINES_OF_DIFF // 2
    alias = {"alias": f"alias{middle}@example.com", "recipients": ["archive@example.org"]}
    arguments = {"config_dir": str(directory), "aliases": [alias], "_ansible_check_mode": True, "_ansible_diff": diff}
    return subprocess.check_output(
        [sys.executable, version.file("plugins", "modules", "dms_config.py")],
        input=json.dumps({"ANSIBLE_MODULE_ARGS": arguments}),
        env=version.environment,
        text=True,
    )


def _median(what: str, path: Path, rounds: int) -> dict[str, float]:
    """Return the medians of what some measurements of the core gave."""
    measured = [_core(HERE, what, path) for _round in range(rounds)]
    return {name: statistics.median(each[name] for each in measured) for name in measured[0]}


def _core(version: Version, what: str, path: Path) -> dict[str, float]:
    """Run one measurement of the core in a process of its own."""
    program = version.file("tests", "bench", "core.py")
    output = subprocess.check_output([sys.executable, program, what, path], env=version.environment)
    result: dict[str, float] = json.loads(output)
    return result


# --- another version


def rows_against(commit: str, directory: Path, rounds: int) -> list[Row]:
    """Measure each case in turn with another version of the collection, given by its commit."""
    collections_of_other = directory / "collections"
    tree = collections_of_other / COLLECTION
    tree.parent.mkdir(parents=True)
    subprocess.run(["git", "worktree", "add", "--quiet", "--detach", tree, commit], cwd=ROOT, check=True)
    try:
        return _compared(Version(collections_of_other), commit, directory, rounds)
    finally:
        subprocess.run(["git", "worktree", "remove", "--force", tree], cwd=ROOT, check=True)


def _compared(other: Version, commit: str, directory: Path, rounds: int) -> list[Row]:
    aliases, passwords = _many_aliases(directory / "diff"), _many_accounts(directory / "passwords")
    large, known = _large_file(directory / "postfix-virtual.cf"), _directory(directory / "known", 10_000)
    seconds: dict[str, dict[Version, list[float]]] = collections.defaultdict(lambda: {HERE: [], other: []})
    for _round in range(rounds):
        for version in (HERE, other):
            measured = _task_times(version, directory, 1)
            measured = {case: measured[case] for case in measured if case.startswith(("Add ", "Keep "))}
            start = time.perf_counter()
            _check_one_line(version, aliases, True)
            measured[f"--check --diff, one changed line of {LINES_OF_DIFF:,}"] = time.perf_counter() - start
            for case, what, path in (
                (f"{PASSWORDS:,} plaintext passwords, no change", "verify", passwords),
                (f"one edit in {LINES:,} lines, the core alone", "edit", large),
                (f"all findings and {ROUTES:,} routes of 10,000 accounts, 100,000 aliases", "know", known),
            ):
                measured[case] = _core(version, what, path)["seconds"]
            for case, taken in measured.items():
                seconds[case][version].append(taken)
    return [
        Row(case, statistics.median(times[HERE]), commit, statistics.median(times[other]), "s", 1)
        for case, times in seconds.items()
    ]


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
    parser.add_argument("--against", metavar="COMMIT", help="the version to measure against")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        if options.against:
            rows = rows_against(options.against, directory, options.rounds)
        else:
            rows = [row for part in PARTS for row in part(directory, options.rounds)]
    print_table(rows)


PARTS = (ansible_rows, diff_rows, password_rows, core_rows, knowledge_rows)


if __name__ == "__main__":
    main()

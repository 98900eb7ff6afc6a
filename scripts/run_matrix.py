# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run tests on each ansible-core that is supported, with the oldest and the newest Python that it runs on.

Usage: .venv/bin/python scripts/run_matrix.py [--short] [CORE...]

Only Pythons of this machine are used. Each combination has a virtual environment of its own in .build/matrix, and the unit
tests and the sanity tests run in it; with --short only some of the modules and of the role, with the newest Python, on the
oldest and the newest ansible-core. Prints a table of what ran, what was left out, and why.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from pythons import find_python

CHECKOUT = Path(__file__).resolve().parents[1]
PLACE = CHECKOUT / ".build" / "matrix"
REQUIREMENTS = CHECKOUT / "requirements" / "unit.txt"

CORES = {
    "2.18": ("3.11", "3.12", "3.13"),
    "2.19": ("3.11", "3.12", "3.13"),
    "2.20": ("3.12", "3.13", "3.14"),
    "2.21": ("3.12", "3.13", "3.14"),
}
"""Each ansible-core that is supported, with the Pythons that it runs on"""

MODULE_PYTHONS = ("3.9", "3.14")
"""The oldest and the newest Python that the modules run on"""

SHORT = [
    "tests/unit/plugins/modules/test_exits.py",
    "tests/unit/plugins/modules/test_server_options.py",
    "tests/examples/test_role_readme.py",
]
PASSED, FAILED = "passed", "FAILED"


class Row(NamedTuple):
    """What ran with one ansible-core on one Python, and how it ended."""

    core: str
    python: str
    tests: str
    outcome: str


class Combination:
    """One ansible-core on one Python, in a virtual environment."""

    def __init__(self, core: str, python_version: str, python: Path) -> None:
        """Take what the environment is to be made of."""
        self.core = core
        self.version = python_version
        self.python = python
        self.place = PLACE / f"{core}-{python_version}"

    def prepare(self) -> bool:
        """Make the environment, unless it is up to date, and return whether that succeeded."""
        major, minor = self.core.split(".")
        core = f"ansible-core >={self.core},<{major}.{int(minor) + 1}"
        stamp = self.place / "requirements"
        wanted = f"{core}\n{REQUIREMENTS.read_text(encoding='utf-8')}"
        if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
            return True
        pip = [str(self.place / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        made = self.run([self.python, "-m", "venv", "--clear", self.place]) and self.run(
            [*pip, core, "--requirement", REQUIREMENTS]
        )
        if made:
            stamp.write_text(wanted, encoding="utf-8")
        return made

    def units(self, tests: Iterable[str]) -> bool:
        """Run tests with pytest."""
        return self.run([self.place / "bin" / "python", "-m", "pytest", "-q", "-n", "auto", *tests])

    def sanity(self) -> bool:
        """Run the sanity tests of ansible-test."""
        program = CHECKOUT / "scripts" / "run_ansible_test.py"
        return self.run([self.place / "bin" / "python", program, "sanity", "--venv"])

    def run(self, command: Sequence[str | Path]) -> bool:
        """Run a command in the environment, and return whether it succeeded."""
        print(f"[{self.core} on {self.version}] {' '.join(map(str, command))}", flush=True)
        environment = {
            **os.environ,
            "PATH": f"{self.place / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "ANSIBLE_COLLECTIONS_PATH": str(CHECKOUT / ".build" / "collections"),
            # Combinations that run one after the other must not find each other's caches.
            "MAILOPS_DMS_COPY": f"matrix/{self.place.name}/sanity",
        }
        return subprocess.call(command, cwd=CHECKOUT, env=environment) == 0


def verdict(passed: bool) -> str:
    """Return how tests ended."""
    return PASSED if passed else FAILED


def run_core(core: str, short: bool) -> Iterator[Row]:
    """Yield what ran with an ansible-core, and what did not."""
    found = [(name, find_python(name)) for name in CORES[core]]
    present = [(name, python) for name, python in found if python]
    missing = [name for name, python in found if not python]
    if short and version("ansible-core").startswith(f"{core}."):
        yield Row(core, "-", "modules, role", "left out: .venv has it, so the other parts of the test run on it")
        return
    if not present:
        yield Row(core, "-", "all", f"left out: this machine has no Python {' or '.join(missing)}")
        return
    chosen = [present[-1]] if short else sorted({present[0], present[-1]})
    for name, python in chosen:
        yield from run_combination(Combination(core, name, python), short)
    for end in {CORES[core][0], CORES[core][-1]}.intersection(missing):
        yield Row(core, end, "all", "left out: this machine has no such Python")


def run_combination(combination: Combination, short: bool) -> Iterator[Row]:
    """Yield what ran with an ansible-core on a Python."""
    row = Row(combination.core, combination.version, "", "")
    if not combination.prepare():
        yield row._replace(tests="environment", outcome=FAILED)
    elif short:
        yield row._replace(tests="modules, role", outcome=verdict(combination.units(SHORT)))
    else:
        yield row._replace(tests="unit", outcome=verdict(combination.units(["tests/unit"])))
        yield row._replace(tests="sanity", outcome=verdict(combination.sanity()))


def run_modules() -> Iterator[Row]:
    """Yield what ran of the unit tests on the Pythons that only run modules."""
    for name in MODULE_PYTHONS:
        row = Row("-", name, "unit", "")
        if any(name in pythons and find_python(name) for pythons in CORES.values()):
            continue
        if name == MODULE_PYTHONS[0]:
            passed = subprocess.call([CHECKOUT / "tests" / "python39" / "run"], cwd=CHECKOUT) == 0
            yield row._replace(outcome=verdict(passed))
        else:
            yield row._replace(outcome="left out: this machine has no such Python")


def show(rows: list[Row]) -> None:
    """Print a table."""
    print(f"\n{'ansible-core':<14}{'Python':<8}{'tests':<16}outcome")
    for row in rows:
        print(f"{row.core:<14}{row.python:<8}{row.tests:<16}{row.outcome}")
    outcomes = [row.outcome for row in rows]
    failed = outcomes.count(FAILED)
    print(f"{outcomes.count(PASSED)} passed, {failed} failed, {len(rows) - outcomes.count(PASSED) - failed} left out")


def main() -> None:
    parser = argparse.ArgumentParser(description="Run tests on each ansible-core, with the oldest and newest Python.")
    parser.add_argument("--short", action="store_true", help="only the modules and the role, with the newest Python")
    parser.add_argument("core", nargs="*", help=", ".join(CORES), metavar="core")
    arguments = parser.parse_args()
    cores: list[str] = arguments.core or ([*CORES][:: len(CORES) - 1] if arguments.short else [*CORES])
    if unknown := [core for core in cores if core not in CORES]:
        parser.error(f"not supported: {', '.join(unknown)}; known: {', '.join(CORES)}")
    rows = [row for core in cores for row in run_core(core, arguments.short)]
    if not arguments.short and not arguments.core:
        rows += run_modules()
    show(rows)
    sys.exit(any(row.outcome == FAILED for row in rows) or not any(row.outcome == PASSED for row in rows))


if __name__ == "__main__":
    main()

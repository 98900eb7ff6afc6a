# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the parts of the test, each to its end, two of them at a time.

Usage: .venv/bin/python scripts/run_parts.py [PART...]
What each part prints is kept in .build/test, in a file of its name.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

CHECKOUT = Path(__file__).resolve().parents[1]
OUTPUTS = CHECKOUT / ".build" / "test"

AT_A_TIME = 2
# It mostly waits for its hosts, and is started first.
LONGEST = "mailhost"

# Each part is a list of shell commands; all of them run, whichever fails.
PARTS = {
    "lint": [
        "ruff check",
        "ruff format --check",
        "mypy",
        "cd tests/mailhost/program && mypy --config-file ../../../pyproject.toml *.py",
        "yamllint --strict .",
        "scripts/lint-files",
        "python scripts/generate.py --check",
        "antsibull-changelog lint",
        "reuse lint --lines",
    ],
    "unit": ["pytest -n auto tests/unit tests/fuzz"],
    "docs": [
        "pytest tests/documentation",
        # ansible-doc does not fail for what it cannot find.
        "ansible-doc --type module $(basename --suffix .py plugins/modules/*.py | sed s/^/mailops.dms./)"
        " | grep --count '^> MODULE' | grep --line-regexp $(ls plugins/modules/*.py | wc -l)",
        "ansible-doc --type role mailops.dms.dms | grep '^> ROLE'",
        "antsibull-docs lint-collection-docs --plugin-docs --check-extra-docs-refs --validate-collection-refs all .",
        "scripts/build-site",
    ],
    "ansible-lint": ["ansible-lint"],
    "examples": ["pytest -n auto tests/examples"],
    "secrets": ["pytest -n auto tests/secrets"],
    "playbooks": ["pytest -n auto tests/playbooks"],
    "package": ["tests/package/run"],
    "sanity": ["python scripts/run_ansible_test.py sanity --venv"],
    "integration": ["python scripts/run_ansible_test.py integration --local --continue-on-error"],
    "python39": ["tests/python39/run"],
    "demo": ["tests/demo/run"],
    "molecule": ["molecule test --scenario-name local"],
    "postfix": ["pytest tests/postfix"],
    "fuzz": [
        # It chooses among the Pythons behind that of .venv.
        "PATH=${PATH#*:} scripts/environment fuzz",
        "python tests/fuzz/run.py --seconds 20",
    ],
    "resilience": [
        "command -v strace >/dev/null && command -v setfacl >/dev/null || scripts/install-packages acl strace",
        "pytest -n auto tests/resilience",
    ],
    "page": [
        "command -v chromium >/dev/null && command -v chromedriver >/dev/null"
        " || scripts/install-packages chromium chromium-driver",
        "pytest tests/page",
    ],
    "mailhost": ["tests/mailhost/run"],
}


class Outcome(NamedTuple):
    """What became of a part."""

    passed: bool
    seconds: float
    output: str


def environment() -> dict[str, str]:
    """Return the variables of the parts, without settings for Ansible of the user."""
    own = {name: value for name, value in os.environ.items() if "ANSIBLE_" not in name}
    return {
        **own,
        "ANSIBLE_COLLECTIONS_PATH": str(CHECKOUT / ".build" / "collections"),
        "NO_COLOR": "1",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }


def run_part(name: str) -> Outcome:
    """Run the commands of a part, and keep what they print."""
    start = time.monotonic()
    passed = True
    output = ""
    for command in PARTS[name]:
        result = subprocess.run(
            ["bash", "-o", "pipefail", "-c", command],
            check=False,
            cwd=CHECKOUT,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
        output += f"$ {command}\n{result.stdout.strip()}\n"
        if result.returncode:
            passed = False
            output += f"(exit status {result.returncode})\n"
    OUTPUTS.mkdir(parents=True, exist_ok=True)
    (OUTPUTS / f"{name}.log").write_text(output, encoding="utf-8")
    return Outcome(passed, time.monotonic() - start, output)


def run_parts(names: list[str]) -> Iterator[tuple[str, Outcome]]:
    """Run parts and yield each in its order with what became of it."""
    with ThreadPoolExecutor(AT_A_TIME) as executor:
        started = sorted(names, key=LONGEST.__ne__)
        outcomes = {name: executor.submit(run_part, name) for name in started}
        for name in names:
            print(f"{name} ...", flush=True)
            yield name, outcomes[name].result()


def last_line(output: str) -> str:
    """Return the last line of the output, shortened; often it is a summary."""
    lines = [line.strip("= ") for line in output.splitlines()]
    return [line for line in lines if line][-1][:100]


def describe(name: str, outcome: Outcome) -> str:
    """Return the line of a part in the summary."""
    verdict = "passed" if outcome.passed else "FAILED"
    return f"{name:<14}{verdict}{outcome.seconds:8.0f} s"


def main() -> None:
    parser = argparse.ArgumentParser(description="Run the parts of the test.")
    parser.add_argument("part", nargs="*", help=", ".join(PARTS), metavar="part")
    names = parser.parse_args().part or list(PARTS)
    if unknown := [name for name in names if name not in PARTS]:
        parser.error(f"no such part: {', '.join(unknown)}; known: {', '.join(PARTS)}")

    outcomes = {}
    for name, outcome in run_parts(names):
        outcomes[name] = outcome
        told = f"  {last_line(outcome.output)}" if outcome.passed else outcome.output
        print(told, flush=True)

    print()
    for name, outcome in outcomes.items():
        print(describe(name, outcome))
    failed = sum(not outcome.passed for outcome in outcomes.values())
    print(f"{len(outcomes) - failed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()

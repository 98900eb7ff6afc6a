# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the parts of the test, each to its end, two of them at a time.

Usage: .venv/bin/python scripts/run_parts.py [--all] [PART...]
What each part prints is kept in .build/test, in a file of its name.

A part that this machine cannot run says "Left out: REASON", and ends with the status 77 or with none. With --all, and where
the environment has CI, that is a failure.
"""

from __future__ import annotations

import argparse
import os
import re
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
# Those that take longest are started first, so that no core waits for one of them in the end.
LONGEST = ("mailhost", "integration", "resilience", "sanity", "unit", "examples", "playbooks")
LEFT_OUT = re.compile(r"Left out: (.+)")
STATUS_OF_LEFT_OUT = 77
# How the tools of the parts begin a line that says what failed
TELLING = re.compile(r"(FAILED(?! - RETRYING)|ERROR|fatal: |failed: |E  |.*(: error: |  error  |Error: |\bFAILED\b))")
MOST_TELLING, LONGEST_TELLING = 12, 1500

LINT_OF_DOCS = (
    "antsibull-docs lint-collection-docs --plugin-docs --check-extra-docs-refs --validate-collection-refs all ."
)

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
        "check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml",
        "check-jsonschema --quiet --builtin-schema vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml",
        "check-jsonschema --quiet --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/[!c]*.yml",
        "check-jsonschema --quiet --builtin-schema vendor.dependabot .github/dependabot.yml",
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
        # The random name of its directory may end with an underscore, which is a reference in RST.
        f"{LINT_OF_DOCS} || {LINT_OF_DOCS}",
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
    "versions": ["python scripts/run_matrix.py --short"],
    "demo": ["tests/demo/run"],
    "molecule": ["molecule test --scenario-name local"],
    "postfix": ["pytest tests/postfix"],
    "fuzz": [
        # It chooses among the Pythons behind that of .venv.
        "PATH=${PATH#*:} scripts/environment fuzz",
        "python tests/fuzz/run.py --seconds 20",
    ],
    "resilience": [
        'test "$(id -u)" = 0 || { echo "Left out: it mounts file systems and acts as several users, for which it is to be root."'
        "; exit 77; }",
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
    """What became of a part, and why it was left out if it was."""

    passed: bool
    left_out: str | None
    seconds: float
    output: str

    @property
    def verdict(self) -> str:
        """How the part ended, in one or two words."""
        if not self.passed:
            return "FAILED"
        return "left out" if self.left_out else "passed"


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
    passed, left_out = True, None
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
        if left_out := reason_of(result):
            break
        if result.returncode:
            passed = False
            output += f"(exit status {result.returncode})\n"
    OUTPUTS.mkdir(parents=True, exist_ok=True)
    (OUTPUTS / f"{name}.log").write_text(output, encoding="utf-8")
    return Outcome(passed, left_out, time.monotonic() - start, output)


def reason_of(result: subprocess.CompletedProcess[str]) -> str | None:
    """Return why a command was left out, None where it was not."""
    found = LEFT_OUT.search(result.stdout)
    if result.returncode == STATUS_OF_LEFT_OUT:
        return found[1] if found else "it does not say why"
    return found[1] if found and not result.returncode else None


def run_parts(names: list[str]) -> Iterator[tuple[str, Outcome]]:
    """Run parts and yield each in its order with what became of it."""
    with ThreadPoolExecutor(AT_A_TIME) as executor:
        longest = [name for name in LONGEST if name in names]
        started = [*longest, *(name for name in names if name not in longest)]
        outcomes = {name: executor.submit(run_part, name) for name in started}
        for name in names:
            print(f"{name} ...", flush=True)
            yield name, outcomes[name].result()


def last_line(output: str) -> str:
    """Return the last line of the output, shortened; often it is a summary."""
    lines = [line.strip("= ") for line in output.splitlines()]
    return [line for line in lines if line][-1][:100]


def telling_lines(output: str) -> list[str]:
    """Return the last lines of the output that say what failed, or else its last ones, shortened."""
    lines = [line[:LONGEST_TELLING] for line in output.splitlines()]
    return (list(filter(TELLING.match, lines)) or lines)[-MOST_TELLING:]


def describe(name: str, outcome: Outcome) -> str:
    """Return the line of a part in the summary."""
    why = f"  {outcome.left_out}" if outcome.left_out else ""
    return f"{name:<14}{outcome.verdict:<9}{outcome.seconds:6.0f} s{why}"


def summarize(outcomes: dict[str, Outcome], everything: bool) -> bool:
    """Print the table of what became of the parts, and return whether that is good enough."""
    print()
    for name, outcome in outcomes.items():
        if not outcome.passed:
            print("\n".join([f"Of {OUTPUTS.relative_to(CHECKOUT) / name}.log:", *telling_lines(outcome.output), ""]))
    for name, outcome in outcomes.items():
        print(describe(name, outcome))
    verdicts = [outcome.verdict for outcome in outcomes.values()]
    passed, failed, left_out = (verdicts.count(verdict) for verdict in ("passed", "FAILED", "left out"))
    print(f"{passed} passed, {failed} failed, {left_out} left out")
    if left_out and everything:
        print("No part may be left out here.")
    return not failed and not (left_out and everything)


def main() -> None:
    parser = argparse.ArgumentParser(description="Run the parts of the test.")
    parser.add_argument(
        "--all", action="store_true", default=bool(os.environ.get("CI")), help="fail if a part is left out"
    )
    parser.add_argument("part", nargs="*", help=", ".join(PARTS), metavar="part")
    arguments = parser.parse_args()
    names = arguments.part or list(PARTS)
    if unknown := [name for name in names if name not in PARTS]:
        parser.error(f"no such part: {', '.join(unknown)}; known: {', '.join(PARTS)}")

    outcomes = {}
    for name, outcome in run_parts(names):
        outcomes[name] = outcome
        told = f"  {last_line(outcome.output)}" if outcome.passed else outcome.output
        print(told, flush=True)

    sys.exit(not summarize(outcomes, arguments.all))


if __name__ == "__main__":
    main()

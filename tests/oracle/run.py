# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare the tests' imitation of docker-mailserver with docker-mailserver's own scripts.

Usage: .venv/bin/python tests/oracle/run.py [--cases N] [--seed N]
DMS_SOURCE_15 and DMS_SOURCE_16 name checkouts of docker-mailserver of these releases. Their
scripts run in containers without a network, on directories that are generated, and on those
of tests/unit/data/derived.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import pathlib
import subprocess
import sys
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT / ".build" / "collections"))

COLLECTION = "ansible_collections.mailops.dms.tests"
SUITES = {15: "bookworm", 16: "trixie"}

derivations = importlib.import_module(f"{COLLECTION}.unit.derivations")
cases = importlib.import_module(f"{COLLECTION}.oracle.cases")


def checkout_of(generation: int) -> pathlib.Path:
    """Return the directory of docker-mailserver's scripts."""
    name = f"DMS_SOURCE_{generation}"
    value = os.environ.get(name)
    if not value:
        sys.exit(f"{name} is not set. DMS_SOURCE_15 and DMS_SOURCE_16 have to name checkouts of docker-mailserver.")
    target = pathlib.Path(value).resolve() / "target"
    if not (target / "scripts" / "helpers" / "accounts.sh").exists():
        sys.exit(f"{name}: {value} is no checkout of docker-mailserver.")
    return target


def ask(generation: int, target: pathlib.Path, asked: list[t.Any]) -> list[t.Any]:
    """Let the scripts of a generation derive what they make of each case."""
    suite = [str(CHECKOUT / "tests" / "mailhost" / "build"), SUITES[generation], "scripts"]
    image = subprocess.run(suite, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    program = CHECKOUT / "tests" / "mailhost" / "program"
    command = ["podman", "run", "--rm", "--interactive", f"--volume={program}:/opt/mailhost:ro"]
    command += [f"--volume={target}:/opt/docker-mailserver:ro", image, "python3", "-B", "/opt/mailhost/oracle.py"]
    texts = [
        [{name: content.decode("latin-1") for name, content in files.items()} for files in directories]
        for directories in asked
    ]
    result = subprocess.run(
        command,
        check=True,
        input="".join(f"{json.dumps(case)}\n" for case in texts),
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "CONTAINERS_CONF": str(CHECKOUT / "tests" / "mailhost" / "containers.conf")},
    )
    return [json.loads(line) for line in result.stdout.splitlines()]


def differences(generation: int, target: pathlib.Path, named: dict[str, t.Any]) -> list[str]:
    """Return each difference between the scripts of a generation and their imitations."""
    found = []
    for (name, directories), answers in zip(named.items(), ask(generation, target, list(named.values())), strict=True):
        real = [derivations.of_scripts(answer) for answer in answers]
        for which, imitated in derivations.imitations(directories, generation).items():
            for step, (expected, actual) in enumerate(zip(real, imitated, strict=False)):
                if different := derivations.differences(expected, actual):
                    found.append(f"{name}, {generation}, {which}: {directories[: step + 1]}\n{different}")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare the imitation of docker-mailserver with its own scripts.")
    parser.add_argument("--cases", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    targets = {generation: checkout_of(generation) for generation in SUITES}
    generated = cases.generate(arguments.seed, arguments.cases)
    named = {**derivations.directories_of_data(), **{f"case {index}": case for index, case in enumerate(generated)}}
    began = time.monotonic()
    with ThreadPoolExecutor(len(SUITES)) as executor:
        compared = executor.map(differences, targets, targets.values(), [named] * len(targets))
    found = [difference for some in compared for difference in some]
    print("\n".join(found))
    steps = sum(map(len, named.values()))
    print(
        f"{len(named)} cases with {steps} directories, with the scripts of each of {len(targets)} releases:"
        f" {len(found)} differences ({time.monotonic() - began:.0f} s)"
    )
    sys.exit(bool(found))


if __name__ == "__main__":
    main()

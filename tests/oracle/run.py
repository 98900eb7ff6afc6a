# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare the tests' imitation of docker-mailserver with docker-mailserver's own scripts.

Usage: .venv/bin/python tests/oracle/run.py [--cases N] [--seed N]
DMS_SOURCE_15 and DMS_SOURCE_16 name checkouts of docker-mailserver of these releases. Their
scripts run in containers without a network, on directories that are generated, and on those
of tests/unit/data/derived. With --write, what they derive of the latter is kept there.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT / ".build" / "collections"))

COLLECTION = "ansible_collections.mailops.dms.tests"
PROGRAMS = ("debootstrap", "podman", "runc")
SUITES = {15: "bookworm", 16: "trixie"}

derivations = importlib.import_module(f"{COLLECTION}.support.derivations")
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


def ask(generation: int, target: pathlib.Path, named: dict[str, t.Any]) -> dict[str, t.Any]:
    """Return what the scripts of a generation derive in each case, step by step, as far as they get."""
    build = [str(CHECKOUT / "tests" / "mailhost" / "build"), SUITES[generation], "scripts"]
    image = subprocess.run(build, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    program = CHECKOUT / "tests" / "mailhost" / "program"
    command = ["podman", "run", "--rm", "--interactive", f"--volume={program}:/opt/mailhost:ro"]
    command += [f"--volume={target}:/opt/docker-mailserver:ro", image, "python3", "-B", "/opt/mailhost/oracle.py"]
    texts = [
        [{name: content.decode("latin-1") for name, content in files.items()} for files in case.directories]
        for case in named.values()
    ]
    inputs = [
        {"directories": some, "environment": case.environment} for some, case in zip(texts, named.values(), strict=True)
    ]
    result = subprocess.run(
        command,
        check=True,
        input="".join(f"{json.dumps(some)}\n" for some in inputs),
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "CONTAINERS_CONF": str(CHECKOUT / "tests" / "mailhost" / "containers.conf")},
    )
    answers = map(json.loads, result.stdout.splitlines())
    return {name: derivations.of_scripts(some) for name, some in zip(named, answers, strict=True)}


def differences(generation: int, named: dict[str, t.Any], derived: dict[str, t.Any]) -> list[str]:
    """Return each difference between the scripts of a generation and their imitations."""
    found = []
    for name, case in named.items():
        for which, imitated in derivations.imitations(case, generation).items():
            for step, (expected, actual) in enumerate(zip(derived[name], imitated, strict=False)):
                if different := derivations.differences(expected, actual):
                    before = f"{case.directories[: step + 1]} {case.environment or ''}"
                    found.append(f"{name}, {generation}, {which}: {before}\n{different}")
    return found


def write_expected(named: dict[str, t.Any], derived: dict[int, t.Any]) -> None:
    """Keep what the scripts have made of the cases that are kept."""
    for name in derivations.cases_of_data():
        steps = {
            generation: zip(found[name], named[name].directories, strict=False) for generation, found in derived.items()
        }
        summaries = {generation: [derivations.summary(*step) for step in some] for generation, some in steps.items()}
        derivations.write_expected(name, summaries)


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare the imitation of docker-mailserver with its own scripts.")
    parser.add_argument("--cases", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--write", action="store_true", help="keep what the scripts make of the directories of the tests"
    )
    arguments = parser.parse_args()
    targets = {generation: checkout_of(generation) for generation in SUITES}
    if missing := [
        program for program in PROGRAMS if not shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin")
    ]:
        subprocess.run([CHECKOUT / "scripts" / "install-packages", *missing], check=True)
    generated = cases.generate(arguments.seed, arguments.cases)
    named = {**derivations.cases_of_data(), **{f"case {index}": case for index, case in enumerate(generated)}}
    began = time.monotonic()
    with ThreadPoolExecutor(len(SUITES)) as executor:
        answers = executor.map(ask, targets, targets.values(), [named] * len(targets))
    derived = dict(zip(targets, answers, strict=True))
    if arguments.write:
        write_expected(named, derived)
    found = [text for generation in targets for text in differences(generation, named, derived[generation])]
    print("\n".join(found))
    steps = sum(len(case.directories) for case in named.values())
    print(
        f"{len(named)} cases with {steps} directories, with the scripts of each of {len(targets)} releases:"
        f" {len(found)} differences ({time.monotonic() - began:.0f} s)"
    )
    sys.exit(bool(found))


if __name__ == "__main__":
    main()

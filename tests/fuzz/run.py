# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fuzz the collection: atheris leads the input of the tests by the code that it reaches.

Usage: .venv/bin/python tests/fuzz/run.py [--seconds N] [--inputs N]
It needs what requirements/fuzz.txt lists. Each property runs in a process of its own. What fails
is kept in .build/fuzz; moved to tests/unit/data/fuzzed, it is tried by the unit tests from then on.
"""

from __future__ import annotations

import argparse
import importlib
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import typing as t

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
COLLECTIONS = CHECKOUT / ".build" / "collections"
COLLECTION = "ansible_collections.mailops.dms"

FOUND = CHECKOUT / ".build" / "fuzz"

TARGETS = ("parser", "options", "edits", "walks", "directories", "modules")

_DONE = re.compile(r"Done ([0-9]+) runs|stat::number_of_executed_units: ([0-9]+)")


def fuzz(target: str, arguments: list[str]) -> None:
    """Run one target for ever, or as long as an argument of libFuzzer says."""
    atheris = importlib.import_module("atheris")
    importlib.import_module("hypothesis")
    with atheris.instrument_imports(include=[f"{COLLECTION}.plugins"]):
        tests = importlib.import_module(f"{COLLECTION}.tests.fuzz.test_hostile_content")
    test: t.Callable[[bytes], object]
    test = getattr(tests, f"test_{target}").hypothesis.fuzz_one_input

    def try_one(data: bytes) -> None:
        test(data)

    atheris.Setup([sys.argv[0], *arguments], try_one)
    atheris.Fuzz()


def start(target: str, seconds: int, inputs: int, directory: pathlib.Path) -> subprocess.Popen[str]:
    """Start a target in a process of its own."""
    corpus = directory / target
    corpus.mkdir()
    arguments = [
        f"-max_total_time={seconds}",
        f"-runs={inputs}",
        "-max_len=2048",
        "-len_control=0",
        "-rss_limit_mb=0",
        "-print_final_stats=1",
        f"-artifact_prefix={directory}/{target}-",
        str(corpus),
    ]
    return subprocess.Popen(
        [sys.executable, __file__, "--target", target, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        env={**os.environ, "PYTHONPATH": str(COLLECTIONS), "FUZZ_FOUND": str(FOUND)},
    )


def finish(target: str, process: subprocess.Popen[str]) -> int | None:
    """Wait for a target; return how many inputs it tried, None where one failed."""
    output, dummy = process.communicate()
    counts = [int(a or b) for a, b in _DONE.findall(output)]
    if process.returncode or not counts:
        told = [line for line in output.splitlines() if not line.startswith("#")]
        print("\n".join([f"{target}: FAILED", *told[-80:]]))
        return None
    print(f"{target}: {counts[-1]} inputs")
    return counts[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description="Fuzz the collection.")
    parser.add_argument("--seconds", type=int, default=20, help="how long, 0 for as long as it takes")
    parser.add_argument("--inputs", type=int, help="how many inputs at most")
    parser.add_argument("--target", choices=TARGETS, help=argparse.SUPPRESS)
    options, arguments = parser.parse_known_args()
    if options.target:
        fuzz(options.target, arguments)
        return
    if arguments:
        parser.error(f"unknown: {' '.join(arguments)}")
    FOUND.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    inputs = -1 if options.inputs is None else options.inputs // len(TARGETS)
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        processes = {target: start(target, options.seconds, inputs, directory) for target in TARGETS}
        counts = [finish(target, process) for target, process in processes.items()]
    tried = sum(filter(None, counts))
    failed = counts.count(None)
    print(f"{tried} inputs tried by the fuzzer in {time.monotonic() - started:.0f} s, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()

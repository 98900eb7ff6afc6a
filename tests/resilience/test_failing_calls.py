# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A system call that fails ends in a clear refusal, and all files are as before."""

from __future__ import annotations

import concurrent.futures
import functools
import itertools
import pathlib
import re
import typing as t

import pytest

from ansible_collections.mailops.dms.tests.resilience import core, directories, faults

if t.TYPE_CHECKING:
    from ansible_collections.mailops.dms.tests.resilience.conftest import Counter

WRITING = ("write", "fsync", "rename", "renameat", "renameat2")
ERRORS = ("ENOSPC", "EIO", "EACCES", "EROFS", "EBUSY")

# Where these fail, it may be too late to put anything back, or nothing may be lost.
OTHERS = ("openat", "fchmod", "fchown", "linkat", "unlinkat", "utimensat")
OTHER_ERRORS = ("EACCES", "EIO")

# What replaces files where the system knows no exchange of two.
OLD_SYSTEM = ["renameat2:error=EINVAL"]
REPLACING = ("linkat", "renameat")

ADVICE = re.compile(r"free some space|mount the |run the task as|correct that|is itself a mount point")


class Fault(t.NamedTuple):
    """One system call that is to fail."""

    number: int
    call: faults.Call
    error: str


def make_directory(path: pathlib.Path, scenario: str) -> pathlib.Path:
    """Make the directory that a scenario begins with."""
    directories.seed(path)
    if scenario == "removing":
        core.run(path, core.load(directories.DATA / "adding.yml"))
    return path


def planned_faults(
    tmp_path: pathlib.Path,
    scenario: str,
    names: t.Sequence[str],
    errors: t.Sequence[str],
    injections: t.Sequence[str] = (),
) -> list[Fault]:
    """Carry a run out once and return what is to fail in others like it."""
    directory = make_directory(tmp_path / "whole", scenario)
    outcome = traced(directory, scenario, injections)
    assert outcome.status == 0, outcome.output
    calls = [call for call in outcome.calls if call.name in names]
    return [Fault(number, call, error) for number, (call, error) in enumerate(itertools.product(calls, errors))]


def traced(directory: pathlib.Path, scenario: str, injections: t.Sequence[str] = ()) -> faults.Outcome:
    """Run a scenario under strace."""
    options_file = directories.DATA / f"{scenario}.yml"
    return faults.traced(faults.core(directory, options_file), directory, injections)


def unclear(directory: pathlib.Path, outcome: faults.Outcome) -> t.Iterator[str]:
    """Yield what is wrong with a refusal."""
    if not outcome.hit:
        yield "no call has failed"
    if outcome.status != core.REFUSED:
        yield f"ended with status {outcome.status}: {outcome.output[-300:]}"
    message = outcome.output.replace(str(directory), "DIRECTORY")
    if not message.startswith("DIRECTORY") or not ADVICE.search(message):
        yield f"names no path or no advice: {message}"
    if "\n" in message or ". " in message:
        yield f"is not one sentence: {message}"


def problems_after_failure(
    tmp_path: pathlib.Path, scenario: str, injections: t.Sequence[str], fault: Fault
) -> list[str]:
    """Let one call fail and return what is wrong then."""
    directory = make_directory(tmp_path / f"failed-{fault.number}", scenario)
    before = directories.snapshot(directory)
    there = directories.names(directory)
    outcome = traced(directory, scenario, [*injections, faults.fail(fault.call, fault.error)])
    problems = [*unclear(directory, outcome)]
    if directories.snapshot(directory) != before:
        problems.append("the files are not as before")
    if directories.names(directory) != there:
        problems.append(f"leaves {directories.names(directory) - there}")
    return [f"{fault.error} at {fault.call}: {problem}" for problem in problems]


@pytest.mark.parametrize("scenario", ["adding", "removing"])
def test_a_call_that_writes_fails(tmp_path: pathlib.Path, scenario: str, count: Counter) -> None:
    planned = planned_faults(tmp_path, scenario, WRITING, ERRORS)
    assert len(planned) > 50
    let_fail = functools.partial(problems_after_failure, tmp_path, scenario, ())
    with concurrent.futures.ThreadPoolExecutor() as pool:
        found = list(pool.map(let_fail, planned))
    count("runs in which a call that writes failed", len(found))
    assert [problem for problems in found for problem in problems] == []


def test_a_call_that_replaces_fails_on_an_old_system(tmp_path: pathlib.Path, count: Counter) -> None:
    planned = planned_faults(tmp_path, "adding", REPLACING, OTHER_ERRORS, OLD_SYSTEM)
    assert len(planned) > 20
    let_fail = functools.partial(problems_after_failure, tmp_path, "adding", OLD_SYSTEM)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        found = list(pool.map(let_fail, planned))
    count("runs in which a call that replaces failed on an old system", len(found))
    assert [problem for problems in found for problem in problems] == []


def problems_after_other_failure(tmp_path: pathlib.Path, fault: Fault) -> list[str]:
    """Let a call fail that need not stop the run, and return what is wrong then."""
    directory = make_directory(tmp_path / f"failed-{fault.number}", "adding")
    before = directories.snapshot(directory)
    outcome = traced(directory, "adding", [faults.fail(fault.call, fault.error)])
    problems: list[str] = []
    if not outcome.hit or outcome.status != 0:
        problems += unclear(directory, outcome)
    after = directories.snapshot(directory)
    changed = [name for name in after if after[name] != before[name]]
    if len(changed) not in (0, len(before)):
        problems.append(f"changes only {changed}")
    core.run(directory, core.load(directories.DATA / "adding.yml"))
    if directories.names(directory) != set(before):
        problems.append(f"the next run leaves {directories.names(directory)}")
    return [f"{fault.error} at {fault.call}: {problem}" for problem in problems]


def test_another_call_fails(tmp_path: pathlib.Path, count: Counter) -> None:
    planned = planned_faults(tmp_path, "adding", OTHERS, OTHER_ERRORS)
    let_fail = functools.partial(problems_after_other_failure, tmp_path)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        found = list(pool.map(let_fail, planned))
    count("runs in which another call failed", len(found))
    assert [problem for problems in found for problem in problems] == []

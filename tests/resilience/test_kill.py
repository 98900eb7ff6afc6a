# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that is killed at any system call leaves each file whole and blocks nobody."""

from __future__ import annotations

import concurrent.futures
import functools
import pathlib
import typing as t

import pytest

from ansible_collections.mailops.dms.tests.resilience import core, directories, faults
from ansible_collections.mailops.dms.tests.support import wishes

if t.TYPE_CHECKING:
    from ansible_collections.mailops.dms.tests.resilience.conftest import Counter

# What adds, writes whom others point to first; what removes, last (hazard H64).
ADDING_ORDER = (
    *(wishes.ACCOUNTS, wishes.QUOTAS, wishes.ALIASES, wishes.REGEX_ALIASES),
    *(wishes.RELAY_CREDENTIALS, wishes.RELAYS),
    *(wishes.SEND_ACCESS, wishes.RECEIVE_ACCESS, wishes.MASTERS),
)
ORDERS = {"adding": ADDING_ORDER, "creating": ADDING_ORDER, "removing": ADDING_ORDER[::-1]}

# The system or the file system may know no exchange of two files.
OLD_SYSTEM = "renameat2:error=EINVAL"


class Scenario(t.NamedTuple):
    """A run that is to be killed."""

    name: str
    before: dict[str, directories.File]
    after: dict[str, directories.File]
    calls: list[faults.Call]
    old_system: bool

    @property
    def options_file(self) -> pathlib.Path:
        """The options of the run."""
        name = "adding" if self.name == "creating" else self.name
        return directories.DATA / f"{name}.yml"


def make_directory(path: pathlib.Path, name: str) -> pathlib.Path:
    """Make the directory that a scenario begins with."""
    if name == "creating":
        path.mkdir()
        return path
    directories.seed(path)
    if name == "removing":
        core.run(path, core.load(directories.DATA / "adding.yml"))
    return path


def prepare(tmp_path: pathlib.Path, name: str, old_system: bool) -> Scenario:
    """Carry the run of a scenario out once and note its calls."""
    directory = make_directory(tmp_path / "whole", name)
    scenario = Scenario(name, directories.snapshot(directory), {}, [], old_system)
    outcome = faults.traced(
        faults.core(directory, scenario.options_file), directory, [OLD_SYSTEM] if old_system else []
    )
    assert outcome.status == 0, outcome.output
    after = directories.snapshot(directory)
    assert all(after[file] != scenario.before.get(file) for file in wishes.FILE_NAMES)
    # With its own fault, this call cannot also be where the run is killed; what it
    # would leave is what a run leaves that is killed at the call after it.
    calls = [call for call in outcome.calls if not (old_system and call.name == "renameat2")]
    return scenario._replace(after=after, calls=calls)


def problems_after_kill(tmp_path: pathlib.Path, scenario: Scenario, number: int) -> list[str]:
    """Kill a run at one call and return what is wrong then."""
    call = scenario.calls[number]
    directory = make_directory(tmp_path / f"killed-{number}", scenario.name)
    injections = [OLD_SYSTEM] if scenario.old_system else []
    outcome = faults.traced(faults.core(directory, scenario.options_file), directory, [*injections, faults.kill(call)])
    problems = []
    if not outcome.killed or outcome.calls[-1:] != [call]:
        problems.append(f"was not killed at its call, but made {outcome.calls[-1:]}")
    problems += torn_files(directory, scenario)
    problems += problems_of_next_run(directory, scenario)
    return [f"{call}: {problem}" for problem in problems]


def torn_files(directory: pathlib.Path, scenario: Scenario) -> t.Iterator[str]:
    """Yield which files are neither old nor new, or new before their turn."""
    found = directories.snapshot(directory)
    is_new = []
    for name in ORDERS[scenario.name]:
        file = found.get(name)
        if file not in (scenario.before.get(name), scenario.after[name]):
            yield f"{name} is neither old nor new: {file}"
        is_new.append(file == scenario.after[name])
    if is_new != sorted(is_new, reverse=True):
        yield f"the new files are not the first ones in their order: {is_new}"


def problems_of_next_run(directory: pathlib.Path, scenario: Scenario) -> list[str]:
    """Run again, then once more, and return what is wrong."""
    problems = []
    options = core.load(scenario.options_file)
    core.run(directory, options)
    if directories.snapshot(directory) != scenario.after:
        problems.append("the next run does not converge")
    if directories.names(directory) != set(wishes.FILE_NAMES):
        problems.append(f"the next run leaves {directories.names(directory)}")
    before = directories.times(directory)
    if core.run(directory, options) or directories.times(directory) != before:
        problems.append("the run after the next one changes something")
    return problems


@pytest.mark.parametrize(
    ("name", "old_system"),
    [
        pytest.param("adding", False, id="adding"),
        pytest.param("removing", False, id="removing"),
        pytest.param("creating", False, id="creating"),
        pytest.param("adding", True, id="adding on an old system"),
        pytest.param("removing", True, id="removing on an old system"),
    ],
)
def test_each_file_is_old_or_new_and_the_next_run_converges(
    tmp_path: pathlib.Path, name: str, old_system: bool, count: Counter
) -> None:
    scenario = prepare(tmp_path, name, old_system)
    assert len(scenario.calls) > 40
    kill = functools.partial(problems_after_kill, tmp_path, scenario)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        found = list(pool.map(kill, range(len(scenario.calls))))
    count("runs killed, each at another system call", len(found))
    assert [problem for problems in found for problem in problems] == []

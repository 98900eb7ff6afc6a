# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for the core holds for real playbooks: killed, failing, at once."""

from __future__ import annotations

import concurrent.futures
import functools
import pathlib
import re
import stat
import typing as t

import pytest

from ansible_collections.mailops.dms.tests.resilience import crowd, directories, faults, playbooks
from ansible_collections.mailops.dms.tests.support import wishes

if t.TYPE_CHECKING:
    from ansible_collections.mailops.dms.tests.resilience.conftest import Counter

WRITERS = 4


class Whole(t.NamedTuple):
    """A run that nothing disturbed."""

    after: dict[str, directories.File]
    renames: list[faults.Call]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """Run a playbook to its end and note where it replaces files."""
    work = tmp_path_factory.mktemp("whole")
    directory = directories.seed(work / "config")
    log = work / "log"
    traced = playbooks.traced_interpreter(work / "python", log)
    outcome = playbooks.apply("adding", directory, **traced)
    assert outcome.status == 0, outcome.output
    calls = faults.touching(log.read_text(encoding="utf-8").splitlines(), directory)
    renames = [call for call in calls if call.name == "renameat2"]
    return Whole(directories.snapshot(directory), renames)


def problems_after_kill(tmp_path: pathlib.Path, whole: Whole, number: int) -> list[str]:
    """Kill a playbook's module when it would replace a file; return what is wrong."""
    work = tmp_path / str(number)
    directory = directories.seed(work / "config")
    before = directories.snapshot(directory)
    traced = playbooks.traced_interpreter(work / "python", work / "log", faults.kill(whole.renames[number]))
    killed = playbooks.apply("adding", directory, **traced)
    # The first call takes the lock of the change detector.
    done = wishes.FILE_NAMES[: max(number - 1, 0)]
    expected = {**before, **{name: whole.after[name] for name in done}}
    problems = [] if killed.status == 2 else [killed.output]
    if directories.snapshot(directory) != expected:
        problems.append(f"not exactly {done} were replaced")
    after = playbooks.apply("adding", directory)
    if after.status != 0 or directories.snapshot(directory) != whole.after:
        problems.append(f"the next run does not converge: {after.output}")
    if directories.names(directory) != set(wishes.FILE_NAMES):
        problems.append(f"the next run leaves {directories.names(directory)}")
    return problems


def test_a_killed_module_leaves_whole_files_and_the_next_run_converges(
    tmp_path: pathlib.Path, whole: Whole, count: Counter
) -> None:
    assert len(whole.renames) == 1 + len(wishes.FILE_NAMES)
    kill = functools.partial(problems_after_kill, tmp_path, whole)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        found = list(pool.map(kill, range(len(whole.renames))))
    assert [problem for problems in found for problem in problems] == []
    count("playbooks killed", len(found))


@pytest.mark.parametrize("error", ["ENOSPC", "EROFS", "EBUSY"])
def test_a_failing_call_ends_in_one_sentence(tmp_path: pathlib.Path, whole: Whole, error: str, count: Counter) -> None:
    directory = directories.seed(tmp_path / "config")
    before = directories.snapshot(directory)
    traced = playbooks.traced_interpreter(tmp_path / "python", tmp_path / "log", faults.fail(whole.renames[-1], error))
    outcome = playbooks.apply("adding", directory, **traced)
    assert outcome.status == 2
    assert "Traceback" not in outcome.output
    assert "MODULE FAILURE" not in outcome.output
    assert re.search(rf"{directory}/{wishes.FILE_NAMES[-1]} (cannot be written|is itself)", outcome.output)
    assert directories.snapshot(directory) == before
    assert directories.names(directory) == set(wishes.FILE_NAMES)
    count("playbooks in which a call failed")


def test_backups_have_content_and_mode_of_what_is_replaced(tmp_path: pathlib.Path) -> None:
    directory = directories.seed(tmp_path / "config")
    before = directories.snapshot(directory)
    outcome = playbooks.apply("adding", directory, backup=True)
    assert outcome.status == 0, outcome.output
    backups = directories.names(directory) - set(wishes.FILE_NAMES)
    assert len(backups) == len(wishes.FILE_NAMES)
    for name in wishes.FILE_NAMES:
        (backup,) = directory.glob(f"{name}.*~")
        assert re.fullmatch(rf"{name}\.[0-9a-f]{{16}}\.[0-9-]+@[0-9:]+~", backup.name)
        assert str(backup) in outcome.output
        assert backup.read_bytes() == before[name].content
        assert stat.S_IMODE(backup.stat().st_mode) == before[name].mode
    outcome = playbooks.apply("adding", directory, backup=True)
    assert outcome.status == 0, outcome.output
    assert "changed=0" in outcome.output
    assert directories.names(directory) == {*wishes.FILE_NAMES, *backups}


def test_playbooks_at_once_lose_no_edit(tmp_path: pathlib.Path, count: Counter) -> None:
    runs = 4
    directory = crowd.seed(tmp_path / "config")
    given = {"config_dir": str(directory), "runs": runs, "password_hash": crowd.PASSWORD_HASH}
    started = [playbooks.start("writer.yml", tmp_path, {**given, "number": number}) for number in range(WRITERS)]
    for outcome in map(playbooks.finish, started):
        assert outcome.status == 0, outcome.output
    expected = {f"w{n}-{i}" for n in range(WRITERS) for i in range(runs)}
    for name in wishes.FILE_NAMES:
        assert crowd.of_writers((directory / name).read_bytes()) == expected
    assert directories.names(directory) == set(wishes.FILE_NAMES)
    count("edits by playbooks at once", len(expected))

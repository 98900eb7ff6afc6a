# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many runs at once, beside the CLI and the change detector, lose nothing.

Which edit may be lost, and to whom: the imitated CLI gives one command after the other,
so it has no race with itself, and each of its edits that is not there at the end was
lost to a run of ours. Which odd set of files may be read: the detector holds the lock,
so no run of ours replaces a file then; but a `sed` that had read a file before a run
replaced it may put back what it read. The run notices and repairs that before it
returns. So an edit that stands in some of the files only is explained by a command of the
CLI that was under way together with the very run that makes this edit, while this run
had not returned. Without the CLI, nothing explains it.
"""

from __future__ import annotations

import pathlib
import typing as t

from ansible_collections.mailops.dms.tests.resilience import (
    command_line,
    core,
    crowd,
    directories,
    writer,
)
from ansible_collections.mailops.dms.tests.unit import wishes

if t.TYPE_CHECKING:
    from ansible_collections.mailops.dms.tests.resilience.conftest import Counter

WRITERS = 8


def write_all(directory: pathlib.Path, runs: int) -> list[crowd.Deed]:
    """Let all writers make their runs at once and return these."""
    writers = [
        crowd.Member("writer.py", directory, number, runs) for number in range(WRITERS)
    ]
    return [deed for member in writers for deed in member.deeds()]


def lost(directory: pathlib.Path, written: list[crowd.Deed]) -> list[str]:
    """Return which edits of the runs are missing in which file."""
    found = {
        name: crowd.of_writers((directory / name).read_bytes())
        for name in wishes.FILE_NAMES
    }
    return [
        f"{deed['name']} in {name}"
        for deed in written
        for name in wishes.FILE_NAMES
        if deed["name"] not in found[name]
    ]


def unexplained(
    readings: list[crowd.Deed], written: list[crowd.Deed], edits: list[crowd.Deed]
) -> list[str]:
    """Return what the change detector read and no state of the runs explains."""
    runs = {deed["name"]: deed for deed in written}
    problems = []
    for reading in readings:
        if not reading["whole"]:
            problems.append(f"a file without an end at {reading['start']}")
        if reading["overwritten"]:
            continue
        for name in {name for names in reading["odd"].values() for name in names}:
            run = runs[name]
            until_reading = {"start": run["start"], "end": reading["end"]}
            by_cli = any(crowd.overlap(edit, until_reading) for edit in edits)
            if not (crowd.overlap(run, reading) and by_cli):
                problems.append(f"{name} of {run} in {reading}")
    return problems


def check_end(directory: pathlib.Path, written: list[crowd.Deed], runs: int) -> None:
    """Check what holds when all are done."""
    assert len(written) == WRITERS * runs
    assert all(deed["changed"] for deed in written)
    assert lost(directory, written) == []
    assert directories.names(directory) == set(wishes.FILE_NAMES)
    before = directories.times(directory)
    assert not core.run(directory, writer.options("w0-0"))
    assert directories.times(directory) == before


def test_the_change_detector_sees_all_of_a_run_or_nothing(
    tmp_path: pathlib.Path, count: Counter
) -> None:
    runs = 15
    directory = crowd.seed(tmp_path / "config")
    detector = crowd.Member("change_detector.py", directory)
    written = write_all(directory, runs)
    readings = detector.deeds()
    check_end(directory, written, runs)
    assert unexplained(readings, written, []) == []
    assert len({reading["number"] for reading in readings}) > 10
    count("edits by processes at once, beside the change detector", len(written))
    count("readings of the change detector", len(readings))


def test_no_edit_is_lost_beside_the_cli(tmp_path: pathlib.Path, count: Counter) -> None:
    runs = 50
    directory = crowd.seed(tmp_path / "config")
    detector = crowd.Member("change_detector.py", directory)
    cli = crowd.Member("command_line.py", directory)
    written = write_all(directory, runs)
    edits, readings = cli.deeds(), detector.deeds()
    check_end(directory, written, runs)
    contents = {
        name: (directory / name).read_text(encoding="ascii")
        for name in wishes.FILE_NAMES
    }
    assert len(edits) > 20
    assert [edit for edit in edits if command_line.is_lost(edit, contents)] == []
    assert unexplained(readings, written, edits) == []
    odd = [reading for reading in readings if reading["odd"]]
    count("edits by processes at once, beside the CLI too", len(written))
    count("edits of the CLI meanwhile", len(edits))
    count("readings of the change detector", len(readings))
    count(
        "readings in which the CLI had undone a part of a run under way",
        len([reading for reading in odd if not reading["overwritten"]]),
    )
    count(
        "readings without lock, as DMS had written over ours",
        len([reading for reading in readings if reading["overwritten"]]),
    )

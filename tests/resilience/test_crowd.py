# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many runs at once, beside the CLI and the change detector, lose nothing.

Which edit may be lost, and to whom: the imitated CLI gives one command after the other,
so it has no race with itself, and each of its edits that is not there at the end was
lost to a run of ours.

Which odd set of files may be read: the detector holds the lock, so no run of ours
replaces a file then; but a `sed` that had read a file before a run replaced it may put
back what it read, or its edit on top of a change makes that stay that is put back
otherwise. The run notices and repairs that before it returns. So an edit of a run that
stands in some of the files only is explained by commands of the CLI on just the files
that lack it (or on just those that hold it) that were under way after the run began to
write, while it had not returned. Without the CLI, only the lock of DMS explains it: who
writes over it (change_detector.py says how) also removes it while the run goes on.
"""

from __future__ import annotations

import pathlib
import typing as t

from ansible_collections.mailops.dms.tests.resilience import command_line, core, crowd, directories, writer
from ansible_collections.mailops.dms.tests.support import wishes

if t.TYPE_CHECKING:
    from ansible_collections.mailops.dms.tests.resilience.conftest import Counter

WRITERS = 8


def write_all(directory: pathlib.Path, runs: int) -> list[crowd.Deed]:
    """Let all writers make their runs at once and return these."""
    writers = [crowd.Member("writer.py", directory, number, runs) for number in range(WRITERS)]
    return [deed for member in writers for deed in member.deeds()]


def lost(directory: pathlib.Path, written: list[crowd.Deed]) -> list[str]:
    """Return which edits of the runs are missing in which file."""
    found = {name: crowd.of_writers((directory / name).read_bytes()) for name in wishes.FILE_NAMES}
    return [
        f"{deed['name']} in {name}" for deed in written for name in wishes.FILE_NAMES if deed["name"] not in found[name]
    ]


def is_explained(run: crowd.Deed, reading: crowd.Deed, edits: list[crowd.Deed], lock_was_lost: bool) -> bool:
    """Whether the CLI explains that some files only held an edit of a run."""
    if not crowd.overlap(run, reading):
        return False
    if lock_was_lost:
        return True
    holding = {name for name, odd in reading["odd"].items() if run["name"] in odd}
    until_read = {"start": run["start"], "end": reading["end"]}
    edited = {edit["file"] for edit in edits if crowd.overlap(edit, until_read)}
    return set(wishes.FILE_NAMES) - holding <= edited or holding <= edited


def unexplained(readings: list[crowd.Deed], written: list[crowd.Deed], edits: list[crowd.Deed]) -> list[str]:
    """Return what the change detector read and no state of the runs explains."""
    runs = {deed["name"]: deed for deed in written}
    overwriting = [reading for reading in readings if reading["overwritten"]]
    problems = []
    for reading in readings:
        if not reading["whole"]:
            problems.append(f"a file without an end: {reading}")
        if reading["overwritten"]:
            continue
        names = {name for odd in reading["odd"].values() for name in odd}
        problems += [
            f"{runs[name]} in {reading}"
            for name in names
            if not is_explained(
                runs[name], reading, edits, any(crowd.overlap(runs[name], other) for other in overwriting)
            )
        ]
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


def test_the_change_detector_sees_all_of_a_run_or_nothing(tmp_path: pathlib.Path, count: Counter) -> None:
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
    contents = {name: (directory / name).read_text(encoding="ascii") for name in wishes.FILE_NAMES}
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

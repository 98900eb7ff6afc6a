# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether processes of Postfix have read files, by what a container prints of their times."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
import yaml

from ansible_collections.mailops.dms.plugins.module_utils._errors import RefusedError
from ansible_collections.mailops.dms.plugins.module_utils._running.loaded import Times, not_loaded, read_times

DATA = pathlib.Path(__file__).parents[3] / "data" / "running"
RECORDED = yaml.safe_load((DATA / "times.yml").read_text(encoding="utf-8"))
FILES = ("/etc/postfix/virtual", "/etc/postfix/regexp", "/etc/postfix/vmailbox")
FILE = FILES[0]


def times(changed: float, **begins: float) -> Times:
    """Return times of a file and of processes, in seconds since the boot, of a host that has booted at 1000."""
    lines = ["500.00", "1500.000000000", "500.00", "100", f"file {1000 + changed:.9f}"]
    lines += [f"process {name.replace('_', '-')} {begin * 100:.0f}" for name, begin in begins.items()]
    return read_times("\n".join([*lines, ""]).encode(), [FILE])


@pytest.mark.parametrize("case", RECORDED, ids=lambda case: str(case["generation"]))
def test_a_mail_server_that_has_just_reloaded_has_all_files(case: dict[str, t.Any]) -> None:
    found = read_times(case["output"].encode(), FILES)

    assert found.has_postfix
    assert set(found.changed) == set(FILES)
    assert not_loaded(found, [], FILES) == []
    assert not_loaded(found, FILES, []) == []


@pytest.mark.parametrize(
    ("begins", "is_loaded"),
    [
        ({"qmgr": 10, "smtpd": 10}, False),
        ({"qmgr": 10}, True),
        ({"qmgr": 10, "smtpd": 30}, True),
        ({"qmgr": 10, "smtpd": 10, "cleanup": 30}, False),
        # It was reloaded, and serves a client to the end.
        ({"qmgr": 30, "smtpd": 10}, True),
    ],
)
def test_an_access_file_is_read_where_postfix_or_its_servers_began_later(
    begins: dict[str, float], is_loaded: bool
) -> None:
    assert not_loaded(times(20, **begins), [FILE], []) == ([] if is_loaded else [FILE])


def test_other_processes_read_maps_too() -> None:
    for name in ("smtpd", "cleanup", "trivial_rewrite"):
        found = times(20, qmgr=10, **{name: 10})
        assert not_loaded(found, [], [FILE]) == [FILE]
        assert not_loaded(found, [FILE], []) == ([FILE] if name == "smtpd" else [])


def test_what_cannot_be_told_apart_proves_neither() -> None:
    found = times(20, qmgr=20, smtpd=20)

    assert not_loaded(found, [FILE], []) == [FILE]
    assert not_loaded(found, [], [FILE]) == []


def test_a_file_that_does_not_exist_is_not_waited_for() -> None:
    lines = b"500.00\n1500.0\n500.00\n100\nfile \nprocess qmgr 1000\nprocess smtpd 1000\n"
    assert not_loaded(read_times(lines, [FILE]), [FILE], [FILE]) == []


def test_postfix_that_does_not_run_is_noticed() -> None:
    assert not times(20, smtpd=10).has_postfix


def test_what_is_not_understood_is_refused() -> None:
    with pytest.raises(RefusedError, match="is not understood"):
        read_times(b"500.00\n", [FILE])

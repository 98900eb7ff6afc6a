# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module that asks the running mail server refuses before it asks anybody."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest

from ansible_collections.mailops.dms.tests.support.modules import output_of

NO_RUNTIME = "this host has neither docker nor podman in the PATH of the task"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, NO_RUNTIME),
        ({"runtime": "podman"}, "this host has no podman in the PATH of the task"),
        ({"container": "--privileged"}, "container '--privileged' is neither a name nor an id"),
        ({"container": True}, "container is the boolean true"),
        ({"config_dir": " "}, "config_dir is empty"),
        ({"timeout": "nan"}, "timeout is not a number of seconds"),
        ({"timeout": -1}, "timeout is not a number of seconds"),
        ({"resolve": ["a@example.com", ""]}, "resolve[1] '' is not an address"),
        ({"resolve": ["a@example.com\n0 b@example.com"]}, "is not an address"),
        ({"resolve": [True]}, "resolve[0] is the boolean true"),
        ({"logins": ["*@example.com"]}, "logins[0] '*@example.com'"),
        ({"logins": [{"address": "secret"}]}, "logins[0] is a mapping"),
        ({"dms_version": "newest"}, "dms_version 'newest' is not a release"),
    ],
)
@pytest.mark.parametrize("check_mode", [False, True])
def test_it_is_refused(options: dict[str, t.Any], told: str, check_mode: bool, tmp_path: pathlib.Path) -> None:
    arguments = {"config_dir": str(tmp_path), "container": "mailserver", **options, "_ansible_check_mode": check_mode}

    result = json.loads(output_of("dms_server", arguments, PATH=str(tmp_path)))

    assert result["failed"]
    assert told in result["msg"]
    assert list(tmp_path.iterdir()) == []

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module that asks the running mail server refuses, and what it tells of one that answers."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest

from ansible_collections.mailops.dms.tests.support import strategies, wishes
from ansible_collections.mailops.dms.tests.support.containers import put_docker
from ansible_collections.mailops.dms.tests.support.modules import fill, output_of

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


NO_RESTRICTIONS: wishes.Contents = {wishes.SEND_ACCESS: b"\n", wishes.RECEIVE_ACCESS: b"\n"}
ANNA = f"anna@example.com|{strategies.HASH}\n".encode()


def asked(
    directory: pathlib.Path, made_of: wishes.Contents, holds: wishes.Contents, options: wishes.Options, **settings: str
) -> dict[str, t.Any]:
    """Return what the module tells of a mail server that was made of some files, where the directory holds others."""
    for name, contents in (("made_of", made_of), ("config", holds)):
        (directory / name).mkdir()
        fill(directory / name, contents)
    path = put_docker(directory / "bin", directory / "made_of", directory / "config", **settings)
    arguments = {"config_dir": str(directory / "config"), "container": "mailserver", "timeout": 0, **options}
    result: dict[str, t.Any] = json.loads(output_of("dms_server", arguments, PATH=path))
    return result


def test_a_mail_server_of_the_files_is_confirmed(tmp_path: pathlib.Path) -> None:
    files: wishes.Contents = {
        wishes.ACCOUNTS: ANNA,
        wishes.ALIASES: b"sales@example.com anna@example.com\n",
        wishes.SEND_ACCESS: b"\n",
        wishes.RECEIVE_ACCESS: b"anna@example.com REJECT\n",
    }
    addresses = ["anna@example.com", "sales@example.com"]
    result = asked(tmp_path, files, files, {"resolve": addresses, "logins": addresses})
    assert result["taken_up"]
    assert [each["confirmed"] for each in result["routes"] + result["logins"]] == [True] * 4
    assert result["reasons"] == result["not_taken_up"] == []


@pytest.mark.parametrize("name", [wishes.ACCOUNTS, wishes.ALIASES])
def test_a_file_that_is_gone_is_not_taken_up(name: str, tmp_path: pathlib.Path) -> None:
    made_of: wishes.Contents = {wishes.ACCOUNTS: ANNA, wishes.ALIASES: b"sales@example.com old@example.net\n"}
    result = asked(tmp_path, made_of, {**made_of, name: None}, {})
    assert result["failed"]
    assert not result["taken_up"]
    assert f"{name} is gone, but the container mailserver goes on with what it held (hazard H51)" in result["msg"]


@pytest.mark.parametrize(
    ("holds", "settings", "told"),
    [
        ({}, {}, "postfix-send-access.cf and postfix-receive-access.cf is gone, but Postfix in the container"),
        (
            {wishes.RECEIVE_ACCESS: b"\n", wishes.SEND_ACCESS: b"anna@example.com REJECT\n"},
            {"mua_sender_restrictions": "permit"},
            "postfix-send-access.cf did not exist when the container mailserver was created",
        ),
    ],
)
@pytest.mark.parametrize("options", [{}, {"_ansible_check_mode": True}, {"wait": False}])
def test_restrictions_that_nobody_looks_up_are_told(
    holds: wishes.Contents, settings: dict[str, str], told: str, options: wishes.Options, tmp_path: pathlib.Path
) -> None:
    files = {wishes.ACCOUNTS: ANNA, **holds}
    result = asked(tmp_path, files, files, options, **settings)
    assert not result["taken_up"]
    assert any(told in reason for reason in result["reasons"])
    assert bool(options) == ("msg" not in result)


def test_routes_that_are_not_known_are_not_confirmed(tmp_path: pathlib.Path) -> None:
    files = {wishes.ACCOUNTS: ANNA, wishes.ALIASES: b"long@example.com " + b"x" * 70_000 + b"\n", **NO_RESTRICTIONS}
    result = asked(tmp_path, files, files, {"resolve": ["anna@example.com"]})
    assert result["taken_up"]
    assert [each["confirmed"] for each in result["routes"]] == [None]
    assert "it is not known where mail to anna@example.com should go" in json.dumps(result["warnings"])


def test_what_differs_shows_no_hash(tmp_path: pathlib.Path) -> None:
    made_of = {
        wishes.ACCOUNTS: ANNA,
        wishes.QUOTAS: f"anna@example.com:{strategies.HASH}\n".encode(),
        **NO_RESTRICTIONS,
    }
    options = {"resolve": ["sales@example.com"], "logins": ["anna@example.com"]}
    changed = {**made_of, wishes.ALIASES: b"sales@example.com anna@example.com\n"}
    result = asked(tmp_path, made_of, changed, {"_ansible_check_mode": True, **options})
    assert "$6$" not in json.dumps(result)

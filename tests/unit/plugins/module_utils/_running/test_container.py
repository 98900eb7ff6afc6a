# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a container is found by what runtimes tell of it."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
import yaml

from ansible_collections.mailops.dms.plugins.module_utils._errors import RefusedError
from ansible_collections.mailops.dms.plugins.module_utils._running.container import (
    Container,
    FailedCommandError,
    Finished,
    NotRunningError,
    check_running,
    find_container,
)
from ansible_collections.mailops.dms.plugins.module_utils._running.mounts import Inspection

DATA = pathlib.Path(__file__).parents[3] / "data" / "running"
CASES = yaml.safe_load((DATA / "refusals.yml").read_text(encoding="utf-8"))


def recorded(output: bytes, status: int = 0, errors: bytes = b"") -> t.Callable[[t.Sequence[str], bytes], Finished]:
    """Return what answers each command in the same way, as it was recorded."""
    return lambda command, data: Finished(status, output, errors)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_it_is_told_why_there_is_no_container(case: dict[str, t.Any]) -> None:
    programs = case["programs"]

    def run(command: t.Sequence[str], data: bytes) -> Finished:
        answer = programs[command[0]]
        return Finished(answer["status"], b"", answer["errors"].encode())

    with pytest.raises(RefusedError, match=case["told"]) as error:
        find_container(run, programs.get, case.get("runtime"), "nosuch")
    assert error.value.details == ({"state": case["state"]} if "state" in case else {})


@pytest.mark.parametrize("name", ["", "--help", "a b", "mail;server", "-v"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(RefusedError, match="is neither a name nor an id"):
        find_container(recorded(b""), str, None, name)


def test_the_runtime_that_knows_the_container_is_found() -> None:
    output = (DATA / "inspect-podman.json").read_bytes()

    def run(command: t.Sequence[str], data: bytes) -> Finished:
        return Finished(1, b"", b"No such container") if command[0] == "docker" else Finished(0, output, b"")

    container, inspection = find_container(run, str, None, "mailserver")

    assert container.program == "podman"
    assert inspection.status == "running"


@pytest.mark.parametrize(
    ("status", "state", "told"),
    [
        ("exited", "stopped", "does not run"),
        ("created", "stopped", "does not run"),
        ("paused", "stopped", "is paused"),
        ("restarting", "starting", "is started again all the time"),
    ],
)
def test_a_container_that_does_not_run_is_refused(status: str, state: str, told: str) -> None:
    with pytest.raises(NotRunningError, match=told) as error:
        check_running(Inspection(status, ()), "mailserver")
    assert error.value.state == state


@pytest.mark.parametrize(
    ("errors", "kind", "told"),
    [
        (b"Error: can only create exec sessions on running containers", NotRunningError, "has stopped meanwhile"),
        (b"Error response from daemon: container 4711 is not running", NotRunningError, "has stopped meanwhile"),
        (b"Error response from daemon: No such container: mailserver", NotRunningError, "has stopped meanwhile"),
        (b"sh: 1: boom", FailedCommandError, "failed with the status 1: sh: 1: boom"),
        (b"", FailedCommandError, "it says nothing"),
        (b"permission denied while trying to connect to the Docker daemon", RefusedError, "may not use it"),
    ],
)
def test_a_command_that_fails_is_told(errors: bytes, kind: type[RefusedError], told: str) -> None:
    container = Container(recorded(b"", 1, errors), "docker", "mailserver")
    with pytest.raises(kind, match=told):
        container.execute("true")

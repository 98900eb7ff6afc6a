# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the audit and the verification take from the mail server, and not from an earlier play."""

from __future__ import annotations

import pytest

from ansible_collections.mailops.dms.tests.playbooks.runs import DATA, Fleet
from ansible_collections.mailops.dms.tests.support.containers import put_docker

HOST = "documented"
CONTAINER = ("-e", "dms_container=mailserver")
NOT_LOOKED_AT = "it failed before it was looked at"


def start(fleet: Fleet, monkeypatch: pytest.MonkeyPatch, **settings: str) -> None:
    """Have a mail server run on the host."""
    config = fleet.config(HOST)
    for name in ("postfix-send-access.cf", "postfix-receive-access.cf"):
        (config / name).write_text("\n", encoding="utf-8")
    monkeypatch.setenv("PATH", put_docker(fleet.directory / "bin", config, config, **settings))


@pytest.mark.parametrize(("delimiter", "found"), [("+", True), ("-", False)])
def test_the_audit_asks_the_container(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch, delimiter: str, found: bool
) -> None:
    path = fleet.config(HOST) / "postfix-virtual.cf"
    path.write_text("sales@example.com hello-sales@example.com\n", encoding="utf-8")
    path.with_name("postfix-regexp.cf").write_text("\n", encoding="utf-8")
    start(fleet, monkeypatch, recipient_delimiter=delimiter)
    done = fleet.run("audit", HOST, *CONTAINER)
    assert done.status == 0, done.output
    assert "[WARNING] The mail server was not asked" not in done.output
    lines = done.messages("Show the findings")[HOST]
    assert ("warn   H33 postfix-virtual.cf:1 sales@example.com" in lines) == found


def test_an_audit_goes_on_where_nothing_can_be_asked(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    start(fleet, monkeypatch)
    (fleet.directory / "bin" / "docker").write_text("#!/bin/sh\necho out of order >&2\nexit 1\n", encoding="utf-8")
    done = fleet.run("audit", f"{HOST},unreachable", *CONTAINER, "-e", "dms_container_runtime=docker")
    shown = " ".join(done.output.split())
    assert "[WARNING] The mail server was not asked what it is like: " in shown
    assert "out of order" in shown
    assert (done.count(HOST, "failed"), done.count("unreachable", "failed")) == (0, 1), done.output
    [summary] = done.messages("Sum up").values()
    assert sorted(line[:18] for line in summary) == [f"{HOST}: 0 outa", "unreachable: not r"]


@pytest.mark.parametrize(("playbook", "told"), [("audit", "not read"), ("verify", "not confirmed")])
def test_nothing_is_shown_of_an_earlier_play(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch, playbook: str, told: str
) -> None:
    start(fleet, monkeypatch)
    done = fleet.run_with(
        *(str(DATA / "earlier-play.yml"), "-i", "inventory.yml", *CONTAINER),
        *("-l", f"{HOST},missing", "-e", f"looks={playbook}"),
    )
    assert "This host has failed." in done.output
    [summary] = done.messages("Sum up").values()
    assert f"{HOST}: {told}: {NOT_LOOKED_AT}" in summary


def test_a_verification_is_in_the_documented_result(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    start(fleet, monkeypatch)
    done = fleet.run("verify", HOST, *CONTAINER)
    assert done.status == 0, done.output
    [summary] = done.messages("Sum up").values()
    assert summary[0].startswith(f"{HOST}: taken up, confirmed (addresses: ")

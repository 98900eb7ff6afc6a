# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where, as whom and with which mode the audit and the export write on the controller."""

from __future__ import annotations

import pytest

from ansible_collections.mailops.dms.tests.playbooks.runs import Fleet
from ansible_collections.mailops.dms.tests.support import playbooks

HOST = "documented"
SUDO = """#!/bin/sh
echo "$@" >> {log}
while [ "$1" != /bin/sh ]; do shift; done
exec "$@"
"""


@pytest.mark.parametrize("playbook", ["export", "audit"])
def test_what_is_written_on_the_controller_is_written_without_sudo(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch, playbook: str
) -> None:
    # Whoever runs the tests may be root already.
    monkeypatch.setenv("ANSIBLE_BECOME_ALLOW_SAME_USER", "true")
    sudo, log = fleet.directory / "sudo", fleet.directory / "sudo.log"
    sudo.write_text(SUDO.format(log=log), encoding="utf-8")
    sudo.chmod(0o755)
    (fleet.directory / "group_vars").mkdir()
    path = fleet.directory / "group_vars" / "all.yml"
    path.write_text(f"ansible_become: true\nansible_become_exe: {sudo}\n", encoding="utf-8")
    done = fleet.run(playbook, HOST, "-e", "dms_report=audit.html", "-e", "dms_report_json=audit.json")
    assert done.status == 0, done.output
    modules = [line for line in log.read_text(encoding="utf-8").splitlines() if "AnsiballZ" in line]
    assert ["AnsiballZ_dms_info" in line for line in modules] == [True]


def test_a_relative_path_starts_where_the_command_runs(fleet: Fleet) -> None:
    for playbook, options in (("audit", ("dms_report=audit.html",)), ("export", ("dms_export_dir=elsewhere",))):
        arguments = ("-i", "inventory.yml", "-l", HOST, "-e", *options)
        done = playbooks.run(fleet.directory, f"mailops.dms.{playbook}", *arguments, PWD="/nonexistent")
        assert done.returncode == 0, done.stdout + done.stderr
    assert (fleet.directory / "audit.html").is_file()
    assert (fleet.directory / "elsewhere" / HOST / "dms.yml").is_file()


@pytest.mark.parametrize("name", ["dms_report", "dms_report_json"])
@pytest.mark.parametrize("value", ["config", "reports/"])
def test_a_report_is_no_directory(fleet: Fleet, name: str, value: str) -> None:
    done = fleet.run("audit", HOST, "-e", f"{name}={value}")
    assert done.status == 2
    assert f"{name} is {fleet.directory / value}" in " ".join(done.output.split())
    assert "Look for findings" not in done.output
    assert not list(fleet.directory.glob("**/audit_*"))


def test_an_empty_report_is_none(fleet: Fleet) -> None:
    before = set(fleet.directory.iterdir())
    done = fleet.run("audit", HOST, "-e", '{"dms_report": "", "dms_report_json": ""}')
    assert done.status == 0, done.output
    assert set(fleet.directory.iterdir()) == before


def test_an_export_over_secrets_shows_none_of_them_and_keeps_the_mode(fleet: Fleet) -> None:
    path = fleet.directory / "host_vars" / HOST / "dms.yml"
    path.parent.mkdir(parents=True)
    path.write_text("dms_documentation_url: https://example.com/secret\n", encoding="utf-8")
    path.chmod(0o600)
    done = fleet.run("export", HOST, "-e", "dms_export_overwrite=true", "--diff")
    assert done.status == 0, done.output
    assert "example.com/secret" not in done.output
    assert path.stat().st_mode & 0o777 == 0o600
    assert "address: hello@example.com" in path.read_text(encoding="utf-8")

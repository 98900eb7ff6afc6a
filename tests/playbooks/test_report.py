# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files in which the audit reports; how the page looks and works is tested in a browser."""

from __future__ import annotations

import json
import re
from pathlib import Path

import yaml

from ansible_collections.mailops.dms.tests.playbooks.runs import Fleet

ROLE = Path(__file__).parents[2] / "roles" / "dms"
PAGE = ("-e", "dms_report=audit.html")
JSON = ("-e", "dms_report_json=audit.json")


def test_one_page_and_one_file_are_for_all_hosts(fleet: Fleet) -> None:
    done = fleet.run("audit", "hand-edited,documented,missing,unreachable", *PAGE, *JSON)
    assert done.status == 2
    assert sum(done.count(host, "changed") for host in ("hand-edited", "documented", "missing", "unreachable")) == 2
    for name in ("audit.html", "audit.json"):
        assert (fleet.directory / name).stat().st_mode & 0o777 == 0o600
        assert "$6$" not in (fleet.directory / name).read_text(encoding="utf-8")

    report = json.loads((fleet.directory / "audit.json").read_text(encoding="utf-8"))
    hosts = {host["name"]: host for host in report["hosts"]}
    assert [hosts[name]["read"] for name in ("hand-edited", "documented", "missing", "unreachable")] == [
        *[True] * 2,
        *[False] * 2,
    ]
    assert [hosts[name]["fails"] for name in ("hand-edited", "documented", "missing")] == [True, False, True]
    assert "does not exist" in hosts["missing"]["reason"]
    assert hosts["documented"]["config_dir"] == str(fleet.config("documented"))
    assert [account["address"] for account in hosts["documented"]["accounts"]] == ["hello@example.com"]
    assert len(hosts["documented"]["routing_table"]) == 5
    assert not {"role_vars", "left_out", "invocation"} & hosts["documented"].keys()

    page = (fleet.directory / "audit.html").read_text(encoding="utf-8")
    links = re.findall(r'href="(https?://[^"]*)"', page)
    assert "https://mailops.github.io/mailops.dms/docsite/findings.html#h70" in links
    assert all(link.startswith("https://mailops.github.io/mailops.dms/docsite/") for link in links)


def test_what_is_accepted_and_where_the_documentation_is(fleet: Fleet) -> None:
    options = ("-e", '{"dms_allow": ["H65"], "dms_documentation_url": "https://docs.example.com/dms/"}')
    assert fleet.run("audit", "documented", *PAGE, *options).status == 0
    page = (fleet.directory / "audit.html").read_text(encoding="utf-8")
    assert "https://docs.example.com/dms/docsite/findings.html#h65" in page
    assert page.count('<tr data-host="documented" data-allowed>') == 1


def test_a_file_keeps_its_mode(fleet: Fleet) -> None:
    path = fleet.directory / "audit.html"
    path.write_text("before", encoding="utf-8")
    path.chmod(0o644)
    assert fleet.run("audit", "documented", *PAGE).status == 0
    assert path.stat().st_mode & 0o777 == 0o644
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_a_host_that_failed_earlier_is_named(fleet: Fleet) -> None:
    (fleet.directory / "host_vars").mkdir()
    (fleet.directory / "host_vars" / "odd.yml").write_text("dms_config_dir: ''\n", encoding="utf-8")
    assert fleet.run("audit", "documented,odd", *PAGE, *JSON).status == 2
    report = json.loads((fleet.directory / "audit.json").read_text(encoding="utf-8"))
    [odd] = [host for host in report["hosts"] if host["name"] == "odd"]
    assert (odd["read"], odd["reason"], odd["config_dir"]) == (False, "it failed before it was looked at", None)
    assert "not read</span> it failed before it was looked at" in (fleet.directory / "audit.html").read_text(
        encoding="utf-8"
    )


def test_check_mode_writes_nothing(fleet: Fleet) -> None:
    assert fleet.run("audit", "documented", *PAGE, *JSON, "--check").status == 0
    assert not list(fleet.directory.glob("audit.*"))


def test_all_that_the_page_shows_is_escaped() -> None:
    template = (ROLE / "templates" / "audit_page.html.j2").read_text(encoding="utf-8")
    shown = re.findall(r"\{\{(.*?)\}\}", template, re.DOTALL)
    assert len(shown) > 50
    unescaped = {text.strip() for text in shown if not text.endswith("| e ")}
    data = {text for text in unescaped if text.endswith(r"| to_json | replace('<', '\\u003c')")}
    assert len(data) == 1
    assert unescaped - data == {"style", "script"}


def test_role_and_script_know_the_same_invisible_characters() -> None:
    variables = yaml.safe_load((ROLE / "vars" / "main.yml").read_text(encoding="utf-8"))
    script = (ROLE / "files" / "audit_page" / "audit_page.js").read_text(encoding="utf-8")
    assert f"const INVISIBLE = /{variables['_dms_invisible']}/g;" in script

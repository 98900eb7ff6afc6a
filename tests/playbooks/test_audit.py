# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Audit hosts."""

from __future__ import annotations

import pytest

from ansible_collections.mailops.dms.tests.playbooks.runs import Fleet, data

REPORTS = data("reports.yml")


@pytest.mark.parametrize("host", REPORTS)
def test_a_report_has_the_worst_first(fleet: Fleet, host: str) -> None:
    done = fleet.run("audit", host)
    lines = done.messages("Show the findings")[host]
    assert lines.pop().endswith(" https://mailops.github.io/mailops.dms/docsite/findings.html")
    sentences = [line for line in lines if line.startswith("    ")]
    assert [line for line in lines if line not in sentences] == REPORTS[host]["findings"]
    assert all(line.endswith(".") for line in sentences)
    assert done.messages("Sum up")[host] == [REPORTS[host]["summary"]]


@pytest.mark.parametrize("count", [10, 300])
def test_findings_of_one_kind_stand_together(fleet: Fleet, count: int) -> None:
    aliases = [f"alias{n}@example.com nobody{n}@example.com\n" for n in range(count)]
    path = fleet.config("documented") / "postfix-virtual.cf"
    path.write_text("".join(aliases), encoding="utf-8")
    (fleet.config("documented") / "postfix-regexp.cf").write_text("\n", encoding="utf-8")

    done = fleet.run("audit", "documented")
    lines = done.messages("Show the findings")["documented"]
    first = lines.index(f"warn   H33, {count} times")
    assert lines[first + 1] == "  postfix-virtual.cf:1 alias0@example.com"
    assert "recipient nobody0@example.com" in lines[first + 2]
    assert lines[first + 19] == "  postfix-virtual.cf:10 alias9@example.com"
    rest = [line for line in lines if line.startswith("  and ")]
    hidden = "  and 290 more, which mailops.dms.dms_info returns"
    assert rest == ([hidden] if count > 10 else [])
    assert lines[first + 21 + len(rest)].startswith("    Add the account")
    assert len(lines) < 40


@pytest.mark.parametrize(
    ("host", "options", "fails"),
    [
        ("documented", [], False),
        ("documented", ["-e", "dms_fail_on=warn"], True),
        ("documented", ["-e", '{"dms_allow": ["H29", "H33", "H65"]}'], False),
        ("documented", ["-e", '{"dms_fail_on": "warn", "dms_allow": ["H29", "H33", "H65"]}'], False),
        ("documented", ["-e", '{"dms_fail_on": "info", "dms_allow": ["H29", "H33", "H65"]}'], True),
        ("documented", ["-e", '{"dms_domains": ["example.net"]}'], True),
        ("hand-edited", [], True),
        ("hand-edited", ["-e", "dms_fail_on=outage"], True),
        ("hand-edited", ["-e", '{"dms_fail_on": "outage", "dms_allow": ["H70"]}'], False),
        ("hand-edited", ["-e", "dms_fail_on=never", "--check"], False),
    ],
)
def test_the_severity_decides_whether_a_host_fails(fleet: Fleet, host: str, options: list[str], fails: bool) -> None:
    before = fleet.state(host)
    done = fleet.run("audit", host, *options)
    assert done.status == (2 if fails else 0), done.output
    assert done.count(host, "failed") == fails
    assert done.output.index("TASK [mailops.dms.dms : Sum up]")
    assert fleet.state(host) == before


@pytest.mark.parametrize(("delimiter", "found"), [("+", True), ("-", False)])
def test_what_separates_an_extension_is_known(fleet: Fleet, delimiter: str, found: bool) -> None:
    path = fleet.config("documented") / "postfix-virtual.cf"
    path.write_text("sales@example.com hello-sales@example.com\n", encoding="utf-8")
    path.with_name("postfix-regexp.cf").write_text("\n", encoding="utf-8")
    done = fleet.run("audit", "documented", "-e", f"dms_recipient_delimiter={delimiter}")
    lines = done.messages("Show the findings")["documented"]
    assert ("warn   H33 postfix-virtual.cf:1 sales@example.com" in lines) == found

    accepted = '{"dms_fail_on": "warn", "dms_allow": ["H29", "H65"]}'
    done = fleet.run("provision", "documented", "-e", accepted, "-e", f"dms_recipient_delimiter={delimiter}")
    assert done.status == (2 if found else 0), done.output


def test_an_accepted_finding_is_shown_as_such(fleet: Fleet) -> None:
    done = fleet.run("audit", "documented", "-e", '{"dms_allow": ["H65"]}')
    lines = done.messages("Show the findings")["documented"]
    assert lines[0] == "warn   H65 postfix-accounts.cf (allowed)"
    assert not any("(allowed)" in line for line in lines[1:])


def test_a_host_that_is_not_read_is_named_and_fails_last(fleet: Fleet) -> None:
    done = fleet.run("audit", "missing,unreachable,documented")
    assert done.status == 2
    [summary] = done.messages("Sum up").values()
    told = dict(line.split(": ", 1) for line in summary)
    assert told["documented"] in REPORTS["documented"]["summary"]
    assert "config/missing does not exist" in told["missing"]
    assert told["unreachable"].startswith("not read: ")
    for host, fails in {"documented": 0, "missing": 1, "unreachable": 1}.items():
        assert done.count(host, "failed") == fails
    assert done.output.index("Sum up") < done.output.index("fatal: [missing]")

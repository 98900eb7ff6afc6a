# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Provision hosts whose directories have findings."""

from __future__ import annotations

import sys

import pytest

from ansible_collections.mailops.dms.tests.playbooks.runs import DATA, Fleet

ACCOUNT = ("-e", f"@{DATA / 'account.yml'}")
MISREAD = ("-e", f"@{DATA / 'misread.yml'}")
LOOP = ("-e", f"@{DATA / 'loop.yml'}")
CATCH_ALL = ("-e", f"@{DATA / 'catch-all.yml'}")
# An interpreter that is killed the first time it should look for something
FIRST_LOOK_FAILS = """#!/bin/sh
case "$*" in
*_stat.py*) [ -e {mark} ] || {{ touch {mark}; exit 137; }} ;;
esac
exec {python} "$@"
"""


@pytest.mark.parametrize("mode", [[], ["--check"]])
def test_findings_stop_a_run_before_it_writes(fleet: Fleet, mode: list[str]) -> None:
    before = fleet.state("hand-edited")
    done = fleet.run("provision", "hand-edited", *ACCOUNT, "-e", "dms_fail_on=wrong", *mode)
    assert done.status == 2
    assert "has findings of the severity wrong or worse" in done.output
    assert "\nwrong  H23 dovecot-quotas.cf:2 carl@example.net\n    DMS" in done.output
    assert "H44" not in done.output
    assert done.count("hand-edited", "changed") == 0
    assert fleet.state("hand-edited") == before


@pytest.mark.parametrize("severity", ["outage", "never"])
def test_milder_findings_stop_nothing(fleet: Fleet, severity: str) -> None:
    options = f'{{"dms_fail_on": "{severity}", "dms_allow": ["H70"]}}'
    done = fleet.run("provision", "hand-edited", *ACCOUNT, "-e", options)
    assert done.status == 0, done.output
    assert done.count("hand-edited", "changed") == 1
    accounts = (fleet.config("hand-edited") / "postfix-accounts.cf").read_text()
    assert "dora@example.com|" in accounts


def test_accepted_findings_stop_nothing(fleet: Fleet) -> None:
    allow = '{"dms_fail_on": "warn", "dms_allow": ["H29", "H33", "H65"]}'
    done = fleet.run("provision", "documented", *ACCOUNT, "-e", allow)
    assert done.status == 0, done.output
    assert done.count("documented", "changed") == 1


def test_a_directory_that_does_not_exist_has_no_findings(fleet: Fleet) -> None:
    done = fleet.run("provision", "missing", *ACCOUNT, "-e", "dms_fail_on=info")
    assert done.status == 0, done.output
    assert (fleet.config("missing") / "postfix-accounts.cf").is_file()


def test_a_look_for_the_directory_that_fails_lets_no_finding_pass(fleet: Fleet) -> None:
    before = fleet.state("hand-edited")
    interpreter = fleet.directory / "interpreter"
    interpreter.write_text(FIRST_LOOK_FAILS.format(python=sys.executable, mark=fleet.directory / "looked"))
    interpreter.chmod(0o755)
    options = ("-e", "dms_fail_on=wrong", "-e", f"ansible_python_interpreter={interpreter}")
    done = fleet.run("provision", "hand-edited", *ACCOUNT, *options)
    assert (fleet.directory / "looked").exists()
    assert done.status == 2
    assert "has findings of the severity wrong or worse" in done.output
    assert fleet.state("hand-edited") == before


def test_a_link_that_leads_nowhere_is_no_new_directory_where_findings_count(fleet: Fleet) -> None:
    fleet.config("missing").symlink_to("elsewhere")
    done = fleet.run("provision", "missing", *ACCOUNT, "-e", "dms_fail_on=outage")
    assert done.status == 2
    assert "does not exist" in done.output
    assert not fleet.config("missing").exists()


def test_a_finding_that_a_run_would_bring_in_must_be_accepted(fleet: Fleet) -> None:
    done = fleet.run("provision", "documented", *LOOP)
    assert done.status == 2
    assert "accept it with allow: [H08]" in done.output

    done = fleet.run("provision", "documented", *LOOP, "-e", '{"dms_allow": ["H08"]}')
    assert done.status == 0, done.output
    assert done.count("documented", "changed") == 1


@pytest.mark.parametrize(("entries", "asks"), [(ACCOUNT, True), (CATCH_ALL, False)])
def test_only_passwords_need_a_library(fleet: Fleet, entries: tuple[str, str], asks: bool) -> None:
    done = fleet.run("provision", "documented", "--check", *entries, "-e", "dms_install_requirements=true")
    assert done.status == 0, done.output
    assert ("Ask it for passlib" in done.output) == asks


@pytest.mark.parametrize(("delimiter", "unknown"), [("+", False), ("-", True)])
def test_probed_addresses_stand_among_the_routes(fleet: Fleet, delimiter: str, unknown: bool) -> None:
    done = fleet.run(
        *("provision", "documented", "--check", "--diff", *CATCH_ALL),
        *("-e", '{"dms_probe": ["alias2+x@example.com"]}'),
        *("-e", f"dms_recipient_delimiter={delimiter}"),
    )
    assert done.status == 0, done.output
    routes = done.output.split("+++ after: routes")[1]
    assert ("-alias2+x@example.com -> " in routes) == unknown


@pytest.mark.parametrize("mode", [[], ["--check", "--diff", "-vvv"]])
def test_what_yaml_does_not_read_as_text_is_refused_and_not_shown(fleet: Fleet, mode: list[str]) -> None:
    before = fleet.state("documented")
    done = fleet.run("provision", "documented", *MISREAD, *mode)
    assert done.status == 2
    for beginning in (
        "account 'dora@example.com': password ",
        "account 'emil@example.com': password ",
        "account 'fritz@example.com': password ",
        "account 'gerd@example.com': password ",
        "alias 'all@example.com': recipients[0] ",
    ):
        assert beginning in done.output
    for secret in ("badsecret", "42798"):
        assert secret not in done.output
    assert fleet.state("documented") == before

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Routes against what is known of Postfix, and what a route tells beside its recipients."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import typing as t

import pytest
import yaml

from ansible_collections.mailops.dms.plugins.module_utils._errors import RefusedError
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.router import Route
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.server import MailServer
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.settings import Settings
from ansible_collections.mailops.dms.plugins.module_utils._tables.aliases import Alias
from ansible_collections.mailops.dms.plugins.module_utils._tables.directory import Tables
from ansible_collections.mailops.dms.plugins.module_utils._tables.regex_aliases import RegexAlias
from ansible_collections.mailops.dms.tests.support import route_cases, wishes

COLLECTIONS = pathlib.Path(__file__).parents[5] / ".build" / "collections"

Case = dict[str, t.Any]
TOLD: list[Case] = yaml.safe_load((route_cases.DIRECTORY / "told.yml").read_text())
VECTORS = [*route_cases.load_cases("vectors.yml", "regressions.yml"), *route_cases.limit_cases()]


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: case.name)
def test_vector(case: route_cases.RouteCase) -> None:
    router = route_cases.router(case.aliases, case.regex_aliases)
    found = {address: route_cases.outcome(router.route(address)) for address in case.routes}
    expected = {address: sorted(route) if isinstance(route, list) else route for address, route in case.routes.items()}
    assert found == expected


def server_of(case: Case) -> MailServer:
    contents = {name: text.encode() for name, text in case.get("files", {}).items()}
    return MailServer(contents, Settings(**case.get("options", {})))


def written(tables: Tables) -> wishes.Contents:
    """Return the files as they would be written."""
    return {table.file_name: table.to_bytes() for table in tables.all()}


def told(route: Route) -> dict[str, t.Any]:
    """Return a route with lists for tuples."""
    plain: dict[str, t.Any] = {
        name: list(value) if isinstance(value, tuple) else value for name, value in vars(route).items()
    }
    plain["path"] = [f"{step.file}:{step.line} {step.key} -> {','.join(step.recipients)}" for step in route.path]
    return plain


@pytest.mark.parametrize("case", TOLD, ids=lambda case: case["name"])
def test_told(case: Case) -> None:
    router = server_of(case)
    for address, expected in case["routes"].items():
        found = told(router.route(address))
        assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize("address", ["", " ", "a@example.com b@example.com", "<>"])
def test_not_one_address_is_refused(address: str) -> None:
    with pytest.raises(RefusedError, match="is not a single address"):
        route_cases.router(b"").route(address)


def test_before_and_after_edits() -> None:
    tables = Tables({wishes.ALIASES: b"# head\na@example.com b@example.org\n"})
    before = MailServer(written(tables))
    tables.aliases.put(Alias("a@example.com", ("c@example.org",)))
    tables.aliases.put(Alias("d@example.com", ("a@example.com",)))
    tables.regex_aliases.put(RegexAlias("^e(.)@", "", ("$1@example.com",)))
    after = before.changed(written(tables))
    assert before.route("d@example.com").recipients == ("d@example.com",)
    assert before.route("a@example.com").recipients == ("b@example.org",)
    assert told(after.route("ed@example.net"))["path"] == [
        "postfix-regexp.cf:1 /^e(.)@/ -> d@example.com",
        "postfix-virtual.cf:3 d@example.com -> a@example.com",
        "postfix-virtual.cf:2 a@example.com -> c@example.org",
    ]


WITHOUT_PCRE2 = rb"""/^(a++)@example\.com$/ x@example.org
/^(b)@example\.com$/ $1@example.org
/^(?|(b)|(c))@example\.com$/ y@example.org
if /\K@/
/^c/ z@example.org
endif
/^d{70000}|d@/ d@example.org
/^e@/ e@example.org
"""

PROGRAM = """
import json, sys
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.server import MailServer

router = MailServer({"postfix-regexp.cf": sys.stdin.buffer.read()})
routes = [router.route(f"{name}@example.com") for name in "bcde"]
json.dump([[route.recipients, route.unsure] for route in routes], sys.stdout)
"""


def test_without_pcre2_a_pattern_that_python_reads_otherwise_is_told(tmp_path: pathlib.Path) -> None:
    """The library of this process is one that cannot be loaded."""
    (tmp_path / "libpcre2-8.so.0").touch()
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=WITHOUT_PCRE2,
        env={**os.environ, "PYTHONPATH": str(COLLECTIONS), "LD_LIBRARY_PATH": str(tmp_path)},
        capture_output=True,
        check=True,
    )
    sure, unsure, too_large, behind = json.loads(done.stdout)
    assert sure[0] == ["b@example.org"]
    assert unsure[0] == ["c@example.com"]
    assert [sentence.split()[2] for sentence in unsure[1]] == ["1", "3", "4"]
    assert "install libpcre2-8" in unsure[1][0]
    # PCRE2 refuses such a number, so Postfix skips the rule.
    assert too_large[0] == ["d@example.com"]
    assert behind[0] == ["e@example.org"]
    assert not any("line 7 " in sentence for sentence in too_large[1] + behind[1])


LONG = "a" * 50


@pytest.mark.parametrize(
    ("rules", "address", "error"),
    [
        pytest.param(f"/^(a+)+$/ x@example.org\n/{LONG}!/\n", f"{LONG}!@example.com", "temporary", id="error"),
        pytest.param("/^(a+)+$/ x@example.org\n", f"u@{LONG}.example", None, id="bare-domain"),
        pytest.param(
            f"/^(a+)+$/ x@example.org\n/^(a+!)@example/ {'$1' * 30_000}@example.org\n",
            f"{LONG}!@example.com",
            "limit",
            id="limit",
        ),
    ],
)
def test_what_is_not_known_is_told_whatever_comes_of_it(rules: str, address: str, error: str | None) -> None:
    route = MailServer({wishes.REGEX_ALIASES: rules.encode()}).route(address)
    assert route.error == error
    (sentence,) = route.unsure
    assert sentence.startswith("postfix-regexp.cf line 1 has the pattern '/^(a+)+$/', which takes too many steps")


def test_no_more_is_told_than_is_read() -> None:
    rules = "".join(f"/^(a+)+({n})?$/ x@example.org\n" for n in range(30))
    route = MailServer({wishes.REGEX_ALIASES: rules.encode()}).route(f"{LONG}!@example.com")
    assert len(route.unsure) == 21
    assert route.unsure[-1] == "more lines may match"


def test_a_group_may_have_bytes_that_are_not_ascii() -> None:
    router = MailServer({wishes.REGEX_ALIASES: b"/^(.*)@x.example$/ $1@example.org\n"})
    assert router.route("\xfc@x.example").recipients == ("\xfc@example.org",)


def test_a_result_for_a_bare_domain_may_be_too_long() -> None:
    rules = f"/^([^@]*)x.example$/ {'$1' * 30_000}@example.org\n"
    address = f"u@{LONG}.x.example"
    route = MailServer({wishes.REGEX_ALIASES: rules.encode()}).route(address)
    assert (route.error, route.unknown) == (None, (address,))


def test_no_route_of_what_is_longer_than_any_address() -> None:
    with pytest.raises(RefusedError, match=r"^'aaaaaaaaaaaaaaaaaaaa\.\.\.' has more than 2000 characters"):
        MailServer({}).route("a" * 2000 + "@x.example")

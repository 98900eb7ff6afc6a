# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The routes that a plan changes, against all keys resolved before and after."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.mailops.dms.plugins.module_utils._mailserver.router import Route
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.server import MailServer
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.settings import Settings
from ansible_collections.mailops.dms.plugins.module_utils._plan.plan import Plan
from ansible_collections.mailops.dms.plugins.module_utils._plan.route_changes import (
    RouteChanges,
    described_route,
    route_changes,
)
from ansible_collections.mailops.dms.plugins.module_utils._plan.servers import servers_of
from ansible_collections.mailops.dms.plugins.module_utils._tables.directory import Tables
from ansible_collections.mailops.dms.tests.support import collisions, wishes

HOSTNAME = "mail.example.com"
# A local part that no pattern is meant for.
ANYBODY = "zz"
PROBE = ("a@x.com", "nobody@x.com", "a+tag@xxcom", "ext@example.net")

# So many accounts of other people that not all routes are compared.
OTHERS = b"".join(b"other%d@example.org|{CRYPT}xxWAum7tHdIUw\n" % n for n in range(1001))

_keys = st.one_of(
    collisions.addresses,
    st.sampled_from(["@x.com", "@xxcom", "@example.net", "a+t@x.com", "ba"]),
    st.just(f"ba@{HOSTNAME}"),
)
_recipients = st.lists(
    st.one_of(collisions.addresses, st.sampled_from(["@x.com", "@xxcom", "ba", "a+t@x.com", "ext@example.net"])),
    min_size=1,
    max_size=2,
    unique=True,
)
_patterns = st.sampled_from(["^a", r"^(.)a@x\.com$", "^cba@", "b a@"])
_state = st.sampled_from(["present", "present", "absent"])

directories: st.SearchStrategy[wishes.Contents] = st.fixed_dictionaries(
    {
        wishes.ACCOUNTS: st.lists(collisions.addresses, unique=True, max_size=4).map(
            lambda drawn: "".join(f"{a}|{{CRYPT}}x\n" for a in drawn).encode()
        ),
        wishes.ALIASES: st.dictionaries(_keys, _recipients, max_size=6).map(
            lambda drawn: "".join(f"{key} {','.join(recipients)}\n" for key, recipients in drawn.items()).encode()
        ),
        wishes.REGEX_ALIASES: st.lists(
            st.sampled_from(
                [
                    "/^a/ ba@x.com\n",
                    "/^(.)a@x\\.com$/ $1@x.com.au\n",
                    "/@xxcom$/i a+t@x.com\n",
                    "if /^b/\n/a@x/ ext@example.net\nendif\n",
                ]
            ),
            max_size=2,
            unique=True,
        ).map(lambda drawn: "".join(drawn).encode()),
    }
)
options = st.fixed_dictionaries(
    {"allow_no_accounts": st.just(True), "allow_alias_overlap": st.just(True)},
    optional={
        "accounts": collisions.accounts,
        "aliases": st.lists(
            st.fixed_dictionaries(
                {
                    "alias": _keys,
                    "recipients": _recipients,
                    "state": _state,
                    "append": st.booleans(),
                    "protect_accounts": st.booleans(),
                    "allow_account_overlap": st.just(True),
                }
            ),
            unique_by=lambda entry: entry["alias"],
            max_size=3,
        ),
        "regex_aliases": st.lists(
            st.fixed_dictionaries(
                {
                    "pattern": _patterns,
                    "recipients": collisions.addresses.map(lambda address: [address]),
                    "flags": st.sampled_from(["", "i", "x"]),
                    "state": _state,
                },
                optional={"position": st.sampled_from(["first", "last"])},
            ),
            unique_by=lambda entry: entry["pattern"],
            max_size=1,
        ),
    },
)


def changes_of(contents: wishes.Contents, plan: Plan, probe: t.Iterable[str] = ()) -> RouteChanges:
    """Return the route changes of a plan."""
    return route_changes(servers_of(contents, plan.after, Settings(hostname=HOSTNAME)), plan.changes, probe)


def outcome(route: Route) -> tuple[object, ...]:
    """Return what counts of a route."""
    return route.recipients, route.unknown, route.local, route.error


def differing(contents: wishes.Contents, after: wishes.Contents) -> dict[str, bool]:
    """Return for every key before or after, and the probe, whether its route differs."""
    tables = Tables(contents), Tables(after)
    keys = [key for each in tables for key in (*each.accounts, *each.aliases)]
    asked = [f"{ANYBODY}{key}" if key.startswith("@") else key for key in keys if not key.endswith("@example.org")]
    before, afterwards = (MailServer(each, Settings(hostname=HOSTNAME)) for each in (contents, after))
    found = {}
    for address in (*PROBE, *asked):
        route = before.route(address)
        differs = outcome(route) != outcome(afterwards.route(address))
        found[route.address.replace(f"{ANYBODY}@", "any other address @")] = differs
    return found


@pytest.mark.parametrize("case", wishes.load("route-changes.yml"), ids=lambda case: case["name"])
@pytest.mark.parametrize("others", [b"", OTHERS], ids=["few", "many"])
def test_cases(case: dict[str, t.Any], others: bytes) -> None:
    contents = wishes.contents_of(case["before"])
    contents[wishes.ACCOUNTS] = (contents.get(wishes.ACCOUNTS) or b"") + others
    plan = wishes.plan(case["options"], contents)
    found = changes_of(contents, plan, case.get("probe", ()))
    told = {described_route(change.before): described_route(change.after) for change in found.differing}
    assert told == {each["before"]: each["after"] for each in case["routes"]}
    assert found.not_compared == 0


@given(directories, options)
@settings(max_examples=60)
def test_every_route_that_differs_is_told(contents: wishes.Contents, given_options: wishes.Options) -> None:
    check_routes(contents, given_options, b"")


@given(directories, options)
@settings(max_examples=15)
def test_every_route_that_differs_is_told_among_many(contents: wishes.Contents, given_options: wishes.Options) -> None:
    check_routes(contents, given_options, OTHERS)


def check_routes(contents: wishes.Contents, given_options: wishes.Options, others: bytes) -> None:
    """Compare what is told with all keys, but not with those of the other accounts."""
    contents[wishes.ACCOUNTS] = (contents[wishes.ACCOUNTS] or b"") + others
    plan = wishes.attempt(given_options, contents)
    if plan is None:
        return
    found = changes_of(contents, plan, PROBE)
    told = {change.before.address for change in found.differing}
    expected = differing(contents, dict(plan.after))
    assert {address for address, differs in expected.items() if differs} <= told
    assert not {address for address in told if expected.get(address) is False}
    for change in found.differing:
        assert outcome(change.before) != outcome(change.after)
        assert change.before.address == change.after.address


@given(collisions.directories, collisions.any_options)
def test_no_line_of_a_directory_is_too_odd(contents: wishes.Contents, given_options: wishes.Options) -> None:
    plan = wishes.attempt({**given_options, "allow_no_accounts": True}, contents)
    if plan is None:
        return
    for change in changes_of(contents, plan).differing:
        assert outcome(change.before) != outcome(change.after)


def test_what_is_not_compared_is_counted() -> None:
    aliases = [{"alias": f"new{n}@example.com", "recipients": ["ext@example.net"]} for n in range(1500)]
    contents: wishes.Contents = dict.fromkeys(wishes.FILE_NAMES)
    plan = wishes.plan({"aliases": aliases}, contents)
    found = changes_of(contents, plan, ["probed@example.net"])
    assert len(found.differing) == 999
    assert found.not_compared == 501
    everything = changes_of(contents, plan, ["new1499@example.com"])
    assert everything.differing[0].before.address == "new1499@example.com"


def test_no_change_changes_no_route() -> None:
    contents = wishes.corpus_directory("hand-edited")
    plan = wishes.plan({}, contents)
    assert changes_of(contents, plan, PROBE) == RouteChanges([], 0)

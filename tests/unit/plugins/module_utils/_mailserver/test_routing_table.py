# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The routing table against the routes: whoever follows it row by row gets where the mail gets."""

from __future__ import annotations

import typing as t

import pytest
import yaml

from ansible_collections.mailops.dms.plugins.module_utils._errors import RefusedError
from ansible_collections.mailops.dms.plugins.module_utils._mailserver import routing_table
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.routing_table import Hop
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.server import MailServer
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.settings import Settings
from ansible_collections.mailops.dms.tests.support import route_cases, wishes

VECTORS = [*route_cases.load_cases("vectors.yml", "regressions.yml"), *route_cases.limit_cases()[2:]]
DIRECTORIES = sorted({path.parent.name for path in wishes.corpus_files()})
TOLD: list[dict[str, t.Any]] = yaml.safe_load((wishes.DATA / "routing-tables.yml").read_text("utf-8"))


def table_of(contents: wishes.Contents, **settings: t.Any) -> tuple[MailServer, dict[str, Hop]]:
    server = MailServer(contents, Settings(**settings))
    return server, {hop.address: hop for hop in routing_table.routing_table(server)}


def final_recipients(table: dict[str, Hop], address: str) -> set[str]:
    """Follow the rows from an address, and return the folded addresses that nothing stands for."""
    found, waiting, seen = set(), [address], set()
    while waiting:
        hop = table[waiting.pop()]
        folded = hop.address.lower()
        others = [each for each in hop.recipients if each.lower() != folded]
        if hop.found is None or len(others) < len(hop.recipients):
            found.add(folded)
        waiting += [each for each in others if each not in seen]
        seen.update(others)
    return found


def check(server: MailServer, table: dict[str, Hop]) -> None:
    for address, hop in table.items():
        try:
            route = server.route(address)
        except RefusedError:
            continue  # what Postfix makes of an odd line need not be an address that mail can have
        if hop.refused:
            assert (route.error, route.reason) == ("restricted", hop.refused)
            continue
        assert (hop.status == "deferred") == bool(route.error)
        assert (hop.status == "undelivered") == bool(route.unknown or route.local)
        assert (hop.reason is None) == (hop.status == "delivered")
        if not route.error:
            assert final_recipients(table, address) == {each.lower() for each in route.recipients}


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: case.name)
def test_rows_lead_where_mail_goes(case: route_cases.RouteCase) -> None:
    check(*table_of({wishes.ALIASES: case.aliases, "postfix-regexp.cf": case.regex_aliases}))


@pytest.mark.parametrize("directory", DIRECTORIES)
def test_corpus(directory: str) -> None:
    server, table = table_of(wishes.corpus_directory(directory))
    assert table
    check(server, table)


@pytest.mark.parametrize("case", TOLD, ids=lambda case: case["name"])
def test_told(case: dict[str, t.Any]) -> None:
    server, table = table_of(wishes.contents_of(case["files"]), **case.get("options", {}))
    check(server, table)
    found = {
        address: {
            "line": hop.found and f"{hop.found.file}:{hop.found.line} {hop.found.key}",
            "recipients": list(hop.recipients),
            "place": hop.place,
            "status": hop.status,
            "reason": hop.reason,
            "refused": hop.refused,
        }
        for address, hop in table.items()
    }
    assert list(found) == list(case["table"])
    assert {address: {name: found[address][name] for name in row} for address, row in case["table"].items()} == case[
        "table"
    ]


def test_a_row_too_many_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routing_table, "_MOST_LOOKUPS", 1)
    hops = table_of({wishes.ALIASES: b"a@example.com b@example.com\nb@example.com c@example.org\n"})[1]
    assert hops["a@example.com"].status == "delivered"
    assert hops["b@example.com"].status == hops["c@example.org"].status == "unknown"
    assert hops["b@example.com"].recipients == ("c@example.org",)
    assert "ask for this one alone" in (hops["c@example.org"].reason or "")


def test_a_table_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routing_table, "_MOST_ADDRESSES", 5)
    assert len(table_of({wishes.ALIASES: b"a@x.com b@y.com,c@y.com,d@y.com,e@y.com,f@y.com\n"})[1]) == 5

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A mail server that was made of the files is confirmed, and one that was made of others is not."""

from __future__ import annotations

import re
import typing as t

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.mailops.dms.plugins.module_utils._addresses import fold_account
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.server import MailServer
from ansible_collections.mailops.dms.plugins.module_utils._running.comparison import Comparison, compare
from ansible_collections.mailops.dms.plugins.module_utils._running.server import ask_server
from ansible_collections.mailops.dms.tests.dms import server
from ansible_collections.mailops.dms.tests.dms.running import RunningServer
from ansible_collections.mailops.dms.tests.support import modules, strategies, wishes

ROLE_VARIABLES = yaml.safe_load((modules.CHECKOUT / "roles" / "dms" / "vars" / "main.yml").read_text("utf-8"))

KEYS = (
    *strategies.ALIASES,
    *strategies.ADDRESSES[:4],
    "@example.com",
    "Sales@example.com",
    "f\xfcr@example.com",
    "x,y@example.com",
)
TARGETS = (
    *strategies.ALIASES,
    *strategies.ADDRESSES[:4],
    *strategies.EXTERNAL,
    *strategies.EXTENDED,
    "-v@example.com",
    "f\xfcr@example.com",
)
PROBES = (
    *strategies.ALIASES,
    *strategies.ADDRESSES,
    "any@example.com",
    "anna+x@example.com",
    "sales@example.com",
    "f\xfcr@example.com",
)
VERSIONS = ((15, 1, 0), (16, 0, 1))

_aliases = st.dictionaries(
    st.sampled_from(KEYS), st.lists(st.sampled_from(TARGETS), min_size=1, max_size=4, unique=True), max_size=6
)
_accounts = st.lists(st.sampled_from(strategies.ADDRESSES[:6]), min_size=1, max_size=4, unique=True)
_restricted = st.lists(st.sampled_from(PROBES[:6]), max_size=2, unique=True)
_quotas = st.dictionaries(st.sampled_from(strategies.ADDRESSES[:6]), st.sampled_from(["5G", "120M"]), max_size=3)


def lines(*each: str) -> bytes:
    return "".join(f"{line}\n" for line in each).encode()


@st.composite
def directories(draw: st.DrawFn) -> dict[str, bytes]:
    """Draw files without a hazard that stops the mail server."""
    return {
        wishes.ACCOUNTS: lines(*(f"{address}|{strategies.HASH}" for address in draw(_accounts))),
        wishes.ALIASES: lines(*(f"{key} {','.join(targets)}" for key, targets in draw(_aliases).items())),
        wishes.QUOTAS: lines(*(f"{address}:{size}" for address, size in draw(_quotas).items())),
        wishes.RECEIVE_ACCESS: lines(*(f"{address} REJECT" for address in draw(_restricted))),
    }


def compared(files: t.Mapping[str, bytes], running: RunningServer, addresses: t.Iterable[str] = PROBES) -> Comparison:
    """Return what files promise beside what a mail server does that sees them."""
    addresses = list(addresses)
    replies = ask_server(running.container, running.description, files, addresses, addresses)
    return compare(MailServer(files, running.description.settings), replies)


@given(directories(), st.sampled_from(VERSIONS), st.booleans())
@settings(max_examples=200)
def test_what_the_files_make_is_confirmed(files: dict[str, bytes], version: tuple[int, ...], has_quotas: bool) -> None:
    running = RunningServer(files, files, server.Settings(version, has_quotas))
    found = compared(files, running)
    assert [each for each in found.routes if each.differs] == []
    assert [each for each in found.logins if each.differs] == []


@given(directories(), directories())
@settings(max_examples=200)
def test_what_other_files_make_is_not(files: dict[str, bytes], others: dict[str, bytes]) -> None:
    # Postfix reads the restrictions where they are.
    others = {**others, wishes.RECEIVE_ACCESS: files[wishes.RECEIVE_ACCESS]}
    running = RunningServer(others, files)
    routes = {each.promised.address: each for each in compared(files, running).routes}
    promised, done = MailServer(files, running.description.settings), MailServer(others, running.description.settings)
    for address, route in routes.items():
        same = ends(promised, address) == ends(done, address)
        assert route.differs == (not same)


def ends(server: MailServer, address: str) -> tuple[t.Any, ...]:
    route = server.route(address)
    places = (route.recipients, route.accounts, route.unknown, route.local)
    return (*({each.lower() for each in place} for place in places), route.error in ("loop", "limit") or route.error)


@pytest.mark.parametrize("domain", ["example.com", "example.net"])
def test_an_alias_of_a_thousand_recipients_takes_few_rounds(domain: str) -> None:
    recipients = [f"u{number}@{domain}" for number in range(1000)]
    files = {
        wishes.ACCOUNTS: lines(*(f"{each}|{strategies.HASH}" for each in ["a@example.com", *recipients[:500]])),
        wishes.ALIASES: lines(f"all@example.com {','.join(recipients)}"),
    }
    running = RunningServer(files, files)
    assert not compared(files, running, ["all@example.com"]).differs
    assert running.rounds < 6


@given(st.text(st.sampled_from('ab9@@.._-+,:;|<>()"\\ \xe4/!%')))
def test_what_the_role_asks_for_is_never_refused(text: str) -> None:
    files = {wishes.ACCOUNTS: lines(f"a@example.com|{strategies.HASH}")}
    plain = [name for name in ("address", "login") if re.match(ROLE_VARIABLES[f"_dms_plain_{name}"], text)]
    if plain:
        MailServer(files).route(text)
    if "login" in plain:
        fold_account(text)

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The law of reading: what we write, DMS, Postfix and Dovecot read as we meant it."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.mailops.dms.plugins.module_utils._errors import RefusedError
from ansible_collections.mailops.dms.tests.dms import readers
from ansible_collections.mailops.dms.tests.support import strategies, wishes

# Sections of one wish that do not touch each other: no overlaps, no catch-all.
ONLY_ALIASES = strategies.aliases.map(
    lambda entries: [entry for entry in entries if entry["alias"] in strategies.ALIASES]
)

LOCK = b"allow_nets=192.0.2.1/32"
SIZES = {"5G": 5 << 30, "5120M": 5 << 30, "100 MiB": 100 << 20, "7k": 7 << 10}


@given(strategies.accounts.filter(len), strategies.shaped(wishes.ACCOUNTS))
def test_accounts(entries: list[wishes.Options], content: bytes) -> None:
    after = wishes.applied_alone({"accounts": entries}, wishes.ACCOUNTS, content)
    if after is None:
        return
    assert after == content or strategies.BYTE_ORDER_MARK not in after
    found = readers.accounts(after)
    for entry in entries:
        login = entry["address"].encode()
        if entry["state"] == "absent":
            assert login not in found
            continue
        password_hash, extra_fields = found[login]
        if entry.get("update_password", "always") == "always":
            assert password_hash == entry["password_hash"].encode()
        words = (extra_fields or b"").split()
        if "locked" in entry:
            assert (LOCK in words) == entry["locked"]
        if "extra_fields" in entry:
            assert [word for word in words if word != LOCK] == entry["extra_fields"].encode().split()
            assert LOCK in words or (extra_fields or b"") == entry["extra_fields"].encode()


@given(strategies.aliases.filter(len), strategies.shaped(wishes.ALIASES))
def test_aliases(entries: list[wishes.Options], content: bytes) -> None:
    before = readers.Texthash(readers.repaired(content))
    after = wishes.applied_alone({"aliases": entries}, wishes.ALIASES, content)
    if after is None:
        return
    found = readers.Texthash(after)
    assert found.duplicates <= before.duplicates
    for entry in entries:
        key = entry["alias"].encode()
        asked = {recipient.lower().encode() for recipient in entry["recipients"]}
        read = {recipient.lower() for recipient in found.values.get(key, ())}
        were = {recipient.lower() for recipient in before.values.get(key, ())}
        if entry["state"] == "absent":
            assert read == were - asked
        elif entry.get("append"):
            assert read == were | asked
        else:
            assert read == asked


@given(strategies.regex_aliases.filter(len), strategies.shaped(wishes.REGEX_ALIASES))
def test_regex_aliases(entries: list[wishes.Options], content: bytes) -> None:
    without_position = [{**entry, "position": None} for entry in entries]
    after = wishes.applied_alone({"regex_aliases": without_position}, wishes.REGEX_ALIASES, content)
    if after is None:
        return
    found: dict[bytes, readers.Rule] = {}
    for rule in readers.rules(after):
        found.setdefault(rule.pattern.replace(b"\\/", b"/"), rule)
    for entry in entries:
        pattern = entry["pattern"].encode()
        assert (pattern in found) == (entry["state"] == "present")
        if entry["state"] == "present":
            rule = found[pattern]
            assert sorted(rule.flags) == sorted(entry.get("flags", "").encode())
            assert {r.lower() for r in readers.recipients(rule.value)} == {
                recipient.lower().encode() for recipient in entry["recipients"]
            }


@given(strategies.quotas.filter(len), strategies.shaped(wishes.QUOTAS))
def test_quotas(entries: list[wishes.Options], content: bytes) -> None:
    after = wishes.applied_alone({"quotas": entries}, wishes.QUOTAS, content)
    if after is None:
        return
    for entry in entries:
        login = entry["address"].encode()
        size = readers.quota(after, login)
        if entry["state"] == "present":
            assert size is not None
            assert readers.quota_bytes(size) == SIZES.get(entry["quota"], 0)
        elif size is not None:
            # A comment still sets it: then the run has said so.
            plan = wishes.plan({"quotas": [entry]}, {wishes.QUOTAS: after})
            assert any(warning.id == "H23" for warning in plan.warnings)


# --- several sections against a model


class Model(t.NamedTuple):
    """What a directory holds, as sets and numbers."""

    accounts: dict[str, str]
    aliases: dict[str, frozenset[str]]
    quotas: dict[str, int]


@st.composite
def models(draw: st.DrawFn) -> Model:
    """Draw what a tidy directory holds: an address is account or alias, not both."""
    logins = draw(st.lists(st.sampled_from(strategies.ADDRESSES), unique=True))
    names = draw(st.lists(st.sampled_from(strategies.ALIASES), unique=True))
    targets = st.frozensets(st.sampled_from((*logins, *strategies.EXTERNAL)), min_size=1, max_size=3)
    quotas = st.sampled_from([0, 5 << 30, 7 << 10])
    return Model(
        dict.fromkeys(logins, strategies.HASH),
        {name: draw(targets) for name in names},
        {login: draw(quotas) for login in logins if draw(st.booleans())},
    )


def write(model: Model, noise: bytes) -> wishes.Contents:
    """Return a directory that holds a model, with lines that mean nothing."""
    accounts = [f"{login}|{text}" for login, text in model.accounts.items()]
    aliases = [f"{key} {', '.join(sorted(to))}" for key, to in model.aliases.items()]
    quotas = [f"{login}:{size}" for login, size in model.quotas.items()]
    return {
        name: b"".join(line.encode() + b"\n" + noise for line in lines)
        for name, lines in ((wishes.ACCOUNTS, accounts), (wishes.ALIASES, aliases), (wishes.QUOTAS, quotas))
    }


def read(contents: wishes.Contents) -> Model:
    """Return what the mail server reads in a directory."""
    accounts = readers.accounts(contents[wishes.ACCOUNTS] or b"")
    texthash = readers.Texthash(contents[wishes.ALIASES] or b"")
    assert not texthash.duplicates
    quotas = {}
    for address in strategies.ADDRESSES:
        size = readers.quota(contents[wishes.QUOTAS] or b"", address.encode())
        if size is not None:
            quotas[address] = readers.quota_bytes(size)
    return Model(
        {login.decode(): text.decode() for login, (text, dummy) in accounts.items()},
        {key.decode(): frozenset(to.decode() for to in recipients) for key, recipients in texthash.values.items()},
        quotas,
    )


def expected(given_options: wishes.Options, before: Model) -> Model | None:
    """Return what a directory should hold after a run; None where it is refused."""
    accounts, gone = accounts_after(given_options, before)
    quotas = quotas_after(given_options, before, gone)
    wanted = [e for e in given_options["aliases"] if e["state"] == "present"]
    contradicts = any(gone.intersection(entry["recipients"]) for entry in wanted)
    new_quotas = [e for e in given_options["quotas"] if e["state"] == "present"]
    for_nobody = any(entry["address"] not in accounts for entry in new_quotas)
    if contradicts or for_nobody or (before.accounts and not accounts):
        return None
    aliases = {
        key: recipients - gone for key, recipients in aliases_after(given_options, before).items() if recipients - gone
    }
    return Model(accounts, aliases, quotas)


def accounts_after(given_options: wishes.Options, before: Model) -> tuple[dict[str, str], set[str]]:
    """Return the accounts after a run, and the addresses that it makes none any more."""
    entries = given_options["accounts"]
    absent = {entry["address"] for entry in entries if entry["state"] == "absent"}
    gone = absent & before.accounts.keys()
    if "accounts" in given_options["prune"]:
        gone |= before.accounts.keys() - {entry["address"] for entry in entries}
    accounts = {**before.accounts, **{entry["address"]: entry["password_hash"] for entry in entries}}
    return {login: accounts[login] for login in accounts.keys() - absent - gone}, gone


def quotas_after(given_options: wishes.Options, before: Model, gone: set[str]) -> dict[str, int]:
    """Return the quotas after a run."""
    quotas = {login: before.quotas[login] for login in before.quotas.keys() - gone}
    for entry in given_options["quotas"]:
        quotas.pop(entry["address"], None)
        if entry["state"] == "present":
            quotas[entry["address"]] = SIZES.get(entry["quota"], 0)
    return quotas


def aliases_after(given_options: wishes.Options, before: Model) -> dict[str, frozenset[str]]:
    """Return the aliases after a run, accounts that go still among their recipients."""
    aliases = dict(before.aliases)
    for entry in given_options["aliases"]:
        recipients = frozenset(entry["recipients"])
        were = aliases.pop(entry["alias"], frozenset())
        if entry["state"] == "absent":
            recipients = were - recipients
        elif entry.get("append"):
            recipients |= were
        if recipients:
            aliases[entry["alias"]] = recipients
    return aliases


@given(
    models(),
    st.fixed_dictionaries(
        {
            "accounts": strategies.accounts.map(lambda entries: [{**e, "update_password": "always"} for e in entries]),
            "aliases": ONLY_ALIASES,
            "quotas": strategies.quotas,
            "prune": st.sampled_from([[], [], ["accounts"]]),
        }
    ),
    st.sampled_from([b"", b"\n", b"# comment\n", b"   # comment\n\t\n"]),
)
@settings(max_examples=400)
def test_a_run_does_what_the_model_says(before: Model, given_options: wishes.Options, noise: bytes) -> None:
    model = expected(given_options, before)
    contents = write(before, noise)
    if model is None:
        with pytest.raises(RefusedError):
            wishes.plan(given_options, contents)
        return
    after = wishes.applied(given_options, contents)
    assert read(after) == model


# --- catch-alls


@given(models(), st.lists(st.sampled_from(strategies.ADDRESSES), min_size=1, max_size=3, unique=True), st.booleans())
def test_no_account_loses_its_mail_to_a_catch_all(before: Model, added: list[str], accounts_first: bool) -> None:
    contents = write(before, b"")
    catch_all = {"aliases": [{"alias": "@example.com", "recipients": ["ext1@example.net"]}]}
    new = [{"address": a, "password_hash": strategies.HASH} for a in added]
    steps: list[wishes.Options] = [{"accounts": new}, catch_all]
    for step in steps if accounts_first else reversed(steps):
        contents = wishes.applied(step, contents)
    found = readers.Texthash(contents[wishes.ALIASES] or b"")
    for login in [*before.accounts, *added]:
        own = login.encode()
        if login.endswith("@example.com"):
            assert found.values[own] == [own]
            assert found.physical[own] < found.physical[b"@example.com"]
        else:
            assert own not in found.values
    gone = {"aliases": [{"alias": "@example.com", "state": "absent"}]}
    after = read(wishes.applied(gone, contents))
    assert after.aliases == before.aliases

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What findings say of an address is what its route says."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.mailops.dms.plugins.module_utils._findings.checks import find
from ansible_collections.mailops.dms.plugins.module_utils._findings.finding import Finding
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.server import MailServer
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.settings import Settings
from ansible_collections.mailops.dms.tests.support import wishes

HOSTNAME = "mail.x.org"
CASES = wishes.load("agreement.yml")

local_parts = st.sampled_from(["a", "b", "a+t", "a-t", "b-list+t", "+a", "postmaster", "owner-a"])
domains = st.sampled_from(["x.org", "x.org", "y.org"])
addresses = st.builds("{}@{}".format, local_parts, domains)
keys = st.one_of(addresses, addresses, st.sampled_from(["@x.org", "@y.org", "x.org", "a", '"a b"@x.org']))
recipients = st.one_of(
    addresses,
    addresses,
    st.sampled_from(
        [
            "a", "b%x.org", "y.org!a", "ext@z.org", "@y.org", "Name <b@x.org>", '"a b"@x.org', "(c) a@y.org",
            f"a@{HOSTNAME}", "A@x.org", "nobody@x.org", "g: a@x.org;", "a@x.org.",
        ]
    ),
)  # fmt: skip
separators = st.sampled_from([",", ",", ", ", " ", ";", ",\n  "])
rules = st.sampled_from(
    [
        r"/^a@x\.org$/ b@y.org",
        r"/^(.)@x\.org$/ $1@y.org",
        r"/^(.*)@y\.org$/ a$1@x.org,nobody@x.org",
        r"if /@x\.org$/",
        "endif",
        r"!/@x\.org$/ ext@z.org",
        r"/^b/ b@x.org, a",
        r"/^a[+-]t@/i a@y.org",
        "/^[a-z.]+$/ b%x.org",
        "/^B@/ @x.org",
        r"/^b@y\.org$/",
    ]
)
delimiters = st.sampled_from(["+", "+", "-", "", "+-", "-+"])


@st.composite
def alias_files(draw: st.DrawFn) -> str:
    """Draw aliases with keys that are not the same."""
    drawn = draw(st.lists(keys, unique_by=str.lower, max_size=6))
    lines = []
    for key in drawn:
        separator = draw(separators)
        lines.append(f"{key} {separator.join(draw(st.lists(recipients, min_size=1, max_size=3)))}\n")
    return "".join(lines)


class Told:
    """The findings and routes of one directory."""

    def __init__(self, files: dict[str, str], given_settings: dict[str, t.Any]) -> None:
        """Ask for both."""
        contents = {name: text.encode() for name, text in files.items()}
        server_settings = Settings(hostname=HOSTNAME, quotas_enabled=False, **given_settings)
        self.findings = find(MailServer(contents, server_settings))
        # The routes are those of a server of which nobody has asked anything yet.
        self.server = MailServer(contents, server_settings)

    def of(self, *identities: str) -> list[Finding]:
        """Return the findings of some ids."""
        return [finding for finding in self.findings if finding.id in identities]

    def addresses(self) -> list[str]:
        """Return the accounts and keys, and the recipients on the way from them."""
        found = list(self.server.accounts.by_address)
        for key in self.server.aliases.numbers:
            found.append(f"somebody{key}" if key[0] == "@" else key)
        found.append("somebody@z.org")
        for address in list(found):
            found += [recipient for step in self.server.route(address).path for recipient in step.recipients]
        return [address for address in dict.fromkeys(found) if address]


def check_errors(told: Told) -> None:
    """An address has no route where, and only where, H08, H09 or H01 says so of a line on its way."""
    lines = {(finding.file, finding.line) for finding in told.of("H01", "H08", "H09")}
    for address in told.addresses():
        route = told.server.route(address)
        if route.error in ("loop", "limit"):
            assert lines & {(step.file, step.line) for step in route.path}, (address, route)
    if not lines:
        assert not any(told.server.route(address).error for address in told.addresses())


def check_dead_ends(told: Told) -> None:
    """H33 and H34 name recipients that bounce, or that stay on the host; and each of them."""
    server = told.server
    final_of: dict[tuple[str, int | None], list[tuple[str, ...]]] = {}
    for finding in told.of("H33", "H34"):
        recipient = finding.message.split(" is neither")[0].split(" has no domain")[0].removeprefix("The recipient ")
        route = server.route(recipient)
        assert route.error or (route.unknown if finding.id == "H33" else route.local), finding
        final_of.setdefault((finding.file, finding.line), []).append(route.unknown + route.local)
    if told.of("H01", "H08", "H09", "H70"):
        return
    for address in told.addresses():
        for step in server.route(address).path:
            for recipient in step.recipients:
                route = server.route(recipient)
                if route.unknown == (recipient,) and not route.path and not is_made(told, step.line, step.file):
                    assert (recipient,) in final_of.get((step.file, step.line), ()), (address, step)


def is_made(told: Told, line: int, file: str) -> bool:
    """Whether a recipient is not as it stands in its line: an extension, a group or a local part is added."""
    text = told.server.aliases.lines if file == wishes.ALIASES else told.server.regex_aliases.lines
    return "$" in text[line - 1] or " @" in text[line - 1] or file == wishes.ALIASES


def check_accounts(told: Told) -> None:
    """H30 and H32 name the accounts that do not get what is sent to them, where an alias has it."""
    silent = {finding.entry for finding in told.of("H30", "H32")}
    with_extension = {finding.entry for finding in told.of("H39")}
    for address in told.server.accounts.by_address:
        route = told.server.route(address)
        first = route.path[0] if route.path else None
        kept = first is None or any(recipient.lower() == address for recipient in first.recipients)
        if (
            not route.error
            and first is not None
            and first.file == wishes.ALIASES
            and not kept
            and address not in with_extension
        ):
            assert address in silent, route
        if address in silent:
            assert not kept, route
            assert address not in route.accounts or route.error or len(route.path) > 1


def check_tags(told: Told) -> None:
    """H31 names a rule that takes an alias with an extension."""
    for finding in told.of("H31"):
        address = finding.message.split(" mail to ")[1].split(" goes to ")[0]
        step = told.server.route(address).path[0]
        assert (step.file, step.line) == (finding.file, finding.line)
        goes_to = finding.message.split(" goes to ")[1].split(" instead of where")[0]
        assert goes_to == ", ".join(sorted({recipient.lower() for recipient in step.recipients}))


def check_domains(told: Told) -> None:
    """H70 names the domains of which no account gets mail, and each of them."""
    named = {finding.entry for finding in told.of("H70")}
    for address in told.server.accounts.by_address:
        route = told.server.route(address)
        if route.error:
            continue
        of_named = {recipient for recipient in route.recipients if recipient.rpartition("@")[2].lower() in named}
        assert of_named <= set(route.unknown)
        with_extension = {finding.entry for finding in told.of("H39")}
        bouncing = {r.lower() for r in route.unknown} & told.server.accounts.by_address.keys() - with_extension
        assert {address.rpartition("@")[2] for address in bouncing} <= named


def check(files: dict[str, str], given_settings: dict[str, t.Any]) -> Told:
    """Compare what findings and routes say."""
    told = Told(files, given_settings)
    check_errors(told)
    check_accounts(told)
    check_dead_ends(told)
    check_tags(told)
    check_domains(told)
    return told


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_case(case: dict[str, t.Any]) -> None:
    told = check(case["files"], case.get("settings", {}))
    assert [[f.id, f.line] for f in told.findings if f.id in case["asked"]] == case["found"]
    for address, accounts in case["accounts"].items():
        assert list(told.server.route(address).accounts) == accounts


@given(st.lists(addresses, min_size=1, max_size=4, unique=True), alias_files(), st.lists(rules, max_size=4), delimiters)
@settings(max_examples=300)
def test_any(accounts: list[str], aliases: str, drawn: list[str], delimiter: str) -> None:
    files = {
        wishes.ACCOUNTS: "".join(f"{login}|{{CRYPT}}xxWAum7tHdIUw\n" for login in accounts),
        wishes.ALIASES: aliases,
        wishes.REGEX_ALIASES: "".join(f"{line}\n" for line in drawn),
    }
    check(files, {"recipient_delimiter": delimiter})

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The findings against the mail server for files that nobody thought of."""

from __future__ import annotations

import typing as t

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailops.dms.plugins.module_utils._findings.checks import find
from ansible_collections.mailops.dms.plugins.module_utils._findings.finding import Finding
from ansible_collections.mailops.dms.plugins.module_utils._mailserver import grep
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.server import MailServer
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.settings import Settings
from ansible_collections.mailops.dms.tests.dms import server
from ansible_collections.mailops.dms.tests.support import strategies, wishes

# Short names that are parts of each other, with dots and what dots match.
LOCAL_PARTS = st.from_regex(r"[ab]([.-]?[ab]){0,2}", fullmatch=True)
DOMAINS = st.sampled_from(["x.c", "x.c.d", "y-c", "xac", "x.cd"])
ADDRESSES = st.builds("{}@{}".format, LOCAL_PARTS, DOMAINS)
WORDS = st.sampled_from(["#", "ab", "managed"])
VERSIONS = st.sampled_from(["12.1.0", "15.1.0", "16.0.1"])

account_lines = st.builds("{}{}|{{CRYPT}}{}".format, st.sampled_from(["", "", "", "#"]), ADDRESSES, st.uuids())
comments = st.builds("# {} {}".format, WORDS, ADDRESSES)
account_files = st.lists(st.one_of(account_lines, account_lines, comments), max_size=6)
recipient_lists = st.builds(
    lambda words, separator: separator.join(words),
    st.lists(st.one_of(ADDRESSES, ADDRESSES, WORDS), max_size=3),
    st.sampled_from([",", " ", ", "]),
)
alias_keys = st.one_of(ADDRESSES, ADDRESSES, DOMAINS.map("@{}".format), WORDS)
alias_files = st.lists(st.builds("{} {}".format, alias_keys, recipient_lists), max_size=5)
quota_files = st.lists(
    st.builds(
        "{}{}:{}".format, st.sampled_from(["", "", "#", "A"]), ADDRESSES, st.sampled_from(["", "1M", "2G", "5M:x"])
    ),
    max_size=5,
)


def contents(**files: list[str]) -> wishes.Contents:
    """Return files by the name of their section."""
    names = {"accounts": wishes.ACCOUNTS, "aliases": wishes.ALIASES, "quotas": wishes.QUOTAS}
    return {names[section]: "".join(f"{line}\n" for line in lines).encode() for section, lines in files.items()}


TEXTS = st.text("ab.*@# ,", min_size=1, max_size=4)


@given(st.lists(st.one_of(ADDRESSES, WORDS, TEXTS), max_size=5), account_files)
def test_grep(patterns: list[str], lines: list[str]) -> None:
    found = grep.first_lines(patterns, lines)
    for pattern in patterns:
        index = found.get(pattern)
        line = None if index is None else lines[index]
        assert line == server.grep(pattern, lines)


@given(account_files, alias_files, VERSIONS)
def test_logins_of_aliases(accounts: list[str], aliases: list[str], version: str) -> None:
    """DMS shuts down exactly where we say so; else the passwords are those we name."""
    files = contents(accounts=accounts, aliases=aliases)
    options = Settings(version)
    state = MailServer(files, options)
    begun = server.start(files, server.Settings(options.version))
    fatal = [login for login in state.alias_logins.others if not login.line.has_hash]
    outages = {f.id for f in find(state, ["outage"])} & {"H03", "H04", "H05", "H06"}
    assert bool(outages) == bool(fatal)
    if not begun.users:
        return
    assert begun.shut_down == bool(fatal)
    if begun.shut_down:
        return
    others = {login.alias.number: login for login in state.alias_logins.others}
    numbers = sorted([*state.alias_logins.own, *others])
    # A user of whom there is an equal one is not written again.
    made = begun.users[len(server.start({**files, wishes.ALIASES: None}, begun.settings).users) :]
    assert {user.login for user in made} <= {aliases[number - 1].split()[0] for number in numbers}
    hashes = {line.partition("|")[0]: line.partition("|")[2] for line in reversed(accounts)}
    for number in numbers:
        if number in others:
            expected = {accounts[others[number].line.number - 1].split("|")[1]}
        else:
            recipients = aliases[number - 1].partition(" ")[2].replace(",", " ").split()
            expected = {hashes[recipient] for recipient in recipients if recipient in hashes}
        login = aliases[number - 1].split()[0]
        assert any(user.login == login and user.password_hash in expected for user in begun.users)


@given(account_files, quota_files)
def test_quotas(accounts: list[str], quotas: list[str]) -> None:
    files = contents(accounts=accounts, quotas=quotas)
    state = MailServer(files)
    begun = server.start(files)
    found = {quota.address: quota.size or None for quota in state.found_quotas}
    for user in begun.users:
        assert user.size == found.get(user.login)


def of_aliases(findings: list[Finding], identity: str) -> list[Finding]:
    """Return the findings of one id."""
    return [finding for finding in findings if finding.id == identity]


RULES = st.lists(
    st.sampled_from(
        [
            "/^a.*@x\\.c$/ b@x.c",
            "/^(.)@x\\.c$/ $1@y-c",
            "/^(.*)@y-c$/ a$1@x.c",
            "if /@x\\.c$/",
            "endif",
            "!/@x\\.c$/ ext@x.cd",
            "/^b/ b@x.c, a@y-c",
        ]
    ),
    max_size=3,
)


@given(st.lists(st.builds("{} {}".format, alias_keys, recipient_lists), max_size=5))
def test_loops(aliases: list[str]) -> None:
    """A table gives an error for one of its keys exactly where we say so."""
    plain = [line for line in aliases if "#" not in line]
    files: dict[str, t.Any] = contents(aliases=plain)
    mail_server = MailServer(files)
    findings = find(mail_server, ["outage"])
    keys = [line.split()[0] for line in plain if len(line.split()) > 1]
    asked = [f"somebody{key}" if key[0] == "@" else key for key in keys if "@" in key]
    asked.append("somebody@example.com")
    errors = {mail_server.route(address).error for address in asked} - {None}
    assert bool(errors & {"temporary"}) == bool(of_aliases(findings, "H01"))
    if not of_aliases(findings, "H01"):
        assert bool(errors) == bool(of_aliases(findings, "H08"))


@given(
    st.lists(ADDRESSES, min_size=1, max_size=4, unique=True),
    st.lists(st.builds("{} {}".format, alias_keys, ADDRESSES), max_size=4),
    RULES,
)
def test_swallowed_accounts(accounts: list[str], aliases: list[str], rules: list[str]) -> None:
    """An account that H30 names receives nothing of what is sent to it."""
    plain = list({line.split()[0]: line for line in aliases}.values())
    files = contents(accounts=[f"{login}|{strategies.HASH}" for login in accounts], aliases=plain)
    files[wishes.REGEX_ALIASES] = "".join(f"{line}\n" for line in rules).encode()
    mail_server = MailServer(files)
    for finding in of_aliases(find(mail_server), "H30"):
        route = mail_server.route(finding.entry)
        assert route.path[0].key.startswith("@")
        assert route.error or finding.entry not in route.path[0].recipients

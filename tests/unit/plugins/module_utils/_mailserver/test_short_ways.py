# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is plain is read in a short way, and as the long way reads it."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.mailops.dms.plugins.module_utils._findings.checks import find
from ansible_collections.mailops.dms.plugins.module_utils._mailserver import aliases
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.aliases import AliasesFile
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.files import logical_lines
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.regex_aliases import RegexAliasesFile
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.server import MailServer
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.syntax import Syntax, is_plain
from ansible_collections.mailops.dms.tests.support import strategies, wishes

plain_addresses = st.builds("{}@{}".format, st.text("aZ9_.+=-", min_size=1, max_size=4), st.text("aZ9.-", max_size=4))
plain_lists = st.lists(plain_addresses, min_size=1, max_size=3).map(",".join)
odd_texts = st.text('a@.,;:<>()"\\ %![]|+#\t\r=_-', max_size=12)
lines = st.one_of(
    st.builds("{} {}".format, plain_addresses.map(str.lower), plain_lists),
    st.builds("{} {}".format, st.sampled_from(["a@x", "@x", "B@x", "a b", '"a b"@x', "#a@x", " a@x", "\ta@x"]), plain_lists),
    odd_texts,
    st.sampled_from(["", " ", "# a", "  # a", "\v", "a@x\vb@x", "a@x \0b@x"]),
)  # fmt: skip
files = st.builds(
    lambda drawn, end, mark: (mark + end.join([*drawn, ""])).encode(),
    st.lists(lines, max_size=8),
    st.sampled_from(["\n", "\n", "\r\n"]),
    st.sampled_from(["", "", "\ufeff"]),
)


@given(st.one_of(plain_lists, odd_texts))
def test_lists_of_addresses(text: str) -> None:
    syntax = Syntax("mail.example.com", "+")
    assert syntax.addresses(text) == syntax.addresses_by_tokens(text)
    if is_plain(text):
        assert syntax.addresses_without_origin(text) == syntax.addresses(text)


@given(files)
@example(b"a@x b@x\n  c@x\n# d\ne@x f@x\n")
def test_aliases(content: bytes) -> None:
    file = AliasesFile("postfix-virtual.cf", content)
    text = content.decode("ascii", "surrogateescape")
    read = (text.replace("\r", "") if "\r\n" in text else text).split("\n")
    expected = {}
    for index, line in logical_lines(enumerate(read)):
        split = aliases._split_entry(line)
        if split:
            expected[index] = split
    assert {index: tuple(entry) for index, entry in enumerate(file.entries) if entry} == expected


@given(
    st.lists(
        st.sampled_from(["/^a/ a@y", "!/@x$/ b@y", "if /b/", "endif", "/(.)@x/ $1@y", "if !/^c/", "/^$/", "/[ab]+@x$/i c@y"]),
        max_size=6,
    ),
    st.lists(st.text("abcABx@", max_size=5).map("{}@x".format), unique=True, max_size=6),
)  # fmt: skip
def test_rules_for_many_addresses(rules: list[str], addresses: list[str]) -> None:
    content = "".join(f"{rule}\n" for rule in rules).encode()
    file = RegexAliasesFile("postfix-regexp.cf", content)
    matches = file.first_matches(addresses)
    for address in addresses:
        match = file.first_match(address, {})
        assert matches.rules.get(address) == (match[0] if match else None)
        assert (address in matches.none) == (match is None and bool(file.rules))


@given(files, plain_addresses)
def test_what_was_matched_before_changes_no_route(content: bytes, address: str) -> None:
    contents: wishes.Contents = {
        wishes.ALIASES: content,
        wishes.REGEX_ALIASES: b"/^a/ b@x\nif /[0-9]/\n/(.)@/ $1@y\nendif\n",
    }
    asked, new = MailServer(contents), MailServer(contents)
    assert asked.matched is not None
    if is_plain(address):
        assert asked.route(address) == new.route(address)


local_parts = st.sampled_from(["a", "b", "c", "A", "a+t", "-a", "postmaster"])
known_domains = st.sampled_from(["x", "x", "X", "y", "localhost", "mail.example.com", "1.2", "bad-", "a..b"])
known_addresses = st.builds("{}@{}".format, local_parts, known_domains)
known_keys = st.one_of(known_addresses.map(str.lower), known_domains.map("@{}".format).map(str.lower))


@given(
    st.dictionaries(known_keys, st.lists(known_addresses, min_size=1, max_size=3).map(",".join), max_size=6),
    st.sampled_from([b"", b"/^b/ a@y\n", b"/@y$/ c@x\n"]),
    st.sampled_from(["x" * 600 + "@x," + "y" * 600 + "@y", ",".join(f"n{n}@y" for n in range(1002)), "a@y"]),
)
@example({"a@x": "b@x", "b@x": "a@x"}, b"", "a@y")
@example({"@x": "a@bad-"}, b"/^a/ b@x\n", "a@y")
@example({"a@x": "a+t@x"}, b"", "a@y")
def test_findings_of_plain_lines(entries: dict[str, str], rules: bytes, long: str) -> None:
    texts = {**entries, "long@x": long}
    with_blanks = "".join(f"{key} {value}\n" for key, value in texts.items()).encode()
    contents: wishes.Contents = {
        wishes.ACCOUNTS: f"a@x|{strategies.HASH}\nc@x|{strategies.HASH}\n".encode(),
        wishes.REGEX_ALIASES: rules,
    }
    # A tab means the same, but no line with one is read in the short way.
    short, long_way = (
        find(MailServer({**contents, wishes.ALIASES: text})) for text in (with_blanks, with_blanks.replace(b" ", b"\t"))
    )
    assert short == long_way

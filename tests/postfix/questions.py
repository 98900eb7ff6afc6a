# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small virtual and regexp files, and addresses to look up in them."""

from __future__ import annotations

import typing as t

from hypothesis import strategies as st

from ansible_collections.mailops.dms.tests.postfix.instance import HOSTNAME


class Question(t.NamedTuple):
    """Two files and the addresses whose routes are asked for."""

    aliases: bytes
    regex_aliases: bytes | None
    addresses: list[str]


LOCAL_PARTS = ("a", "a+t", "b", "c", "d", "A", "b+t+u", "+a", "a+", "postmaster")
DOMAINS = ("example.com", "example.org", "Example.COM", HOSTNAME, "localhost")

# Mostly few different ones, so that addresses are keys of the files.
local_parts = st.sampled_from(LOCAL_PARTS[:2]) | st.sampled_from(LOCAL_PARTS)
domains = st.sampled_from(DOMAINS[:1]) | st.sampled_from(DOMAINS)
addresses = st.builds("{}@{}".format, local_parts, domains)
odd_addresses = st.sampled_from(
    (
        "a",
        "a+t",
        '"a b"@example.com',
        '"a@b"@example.com',
        "a..b@example.com",
        "a@example.com.",
        "b!a",
        "a%b",
        "a/b@example.com",
        "a@[127.0.0.1]",
        "a@",
    )
)


def _unique(texts: list[str], name: t.Callable[[str], str]) -> list[str]:
    """Return the texts that do not have the name of an earlier one."""
    first: dict[str, str] = {}
    for text in texts:
        first.setdefault(name(text), text)
    return list(first.values())


# Postfix tells recipients apart by what they were before, whatever the case.
queries = st.lists(addresses | addresses | odd_addresses, min_size=1, max_size=8).map(
    lambda drawn: _unique(drawn, str.lower)
)

# --- postfix-virtual.cf

keys = st.one_of(
    addresses,
    addresses,
    st.builds("@{}".format, domains),
    local_parts,
    domains,
    st.sampled_from(('"a b"@example.com', "a@example.com,", "a@example.com:", '"a')),
    st.sampled_from(("\\a@example.com", "#a@example.com", 'a"b"@example.com', '""')),
)
recipients = st.one_of(
    addresses,
    addresses,
    addresses,
    st.builds("@{}".format, domains),
    local_parts,
    odd_addresses,
    st.sampled_from(("<a@example.com>", "A B <b@example.org>", "(c) c@example.com"))
    | st.sampled_from(('"a', "a\\", "[x", "a(b", ":", "g: a@example.com;", "@", "<>"))
    | st.sampled_from(("#", "/etc/x", "|p", "a.b.", ".a@example.com", "<@x:b@x>", ";"))
    | st.sampled_from(('""', "\\", "a\\ b@example.com", '"\\""@x', "a@b@x", "é@x")),
)
separators = st.sampled_from((",", ",", ", ", " ", ";", ",\n  ", "\n\t", " # c ", ",,"))


any_recipients = st.text('ab@.,;:<>()"\\ %![]|+#\t\r\0\x01\x7fé', max_size=12)


@st.composite
def recipient_lists(draw: st.DrawFn) -> str:
    """Draw recipients with something between them."""
    text: str = draw(recipients)
    for recipient in draw(st.lists(recipients, max_size=3)):
        text += draw(separators) + recipient
    return text + draw(st.sampled_from(("", "", "", ",", " ", " # c")))


alias_lines = st.one_of(
    st.builds("{} {}".format, addresses, any_recipients),
    st.text('ab@.:"\\ \t', max_size=12).map("{} a@example.org".format),
    *4 * [st.builds("{} {}".format, keys, recipient_lists())],
    st.builds("{}{}{}".format, keys, st.sampled_from("\t\v\f"), recipient_lists()),
    st.sampled_from(("", "# c", " # c", "   ", "\t")),
    st.builds(" {} {}".format, keys, recipients),
    keys,
)


def _key(line: str) -> str:
    """Return what tells a line from others, so that keys are mostly unique."""
    words = line.split()
    return words[0].lower() if words else line


# --- postfix-regexp.cf

patterns = st.one_of(
    st.sampled_from((r"^a@example\.com$", r"^(.+)@example\.com$", r"@example\.org$")),
    st.sampled_from((r"^(a|b)(\+.*)?@(.*)$", "a", r"^A@", r"^[^+@]+\+(t)", r"^$")),
    st.sampled_from((r"^(?!a@|b@)\S+@example\.com$", r"(?<n>a)(b)?", r"\.com$")),
    st.sampled_from((r"^(.*@)?example\.com$", "^[a-z.]+$", "^E", "^mail|host$")),
    st.sampled_from((r"a\/b", "^ a ", "a(", "[", "(?i)A", r"^(a)|(b)@", r"\bc\b")),
)
delimited = st.one_of(
    *3 * [st.builds("/{}/".format, patterns)],
    st.builds("|{}|".format, patterns),
    st.builds("!/{}/".format, patterns),
    st.builds("! !/{}/".format, patterns),
    st.builds("/{}".format, patterns),
)
flags = st.sampled_from(("", "", "", "", "i", "ii", "x", "s", "m", "A", "E", "U", "X"))
replacements = st.one_of(
    recipient_lists(),
    st.sampled_from(("$1@example.org", "${1}@example.com", "$1+t@example.com", "$2")),
    st.sampled_from(("x$2@example.org,$(1)", "a$$b@x", "$1b@x", "$0@x", "${1", "$")),
    st.sampled_from(("", "@example.org", "$1", "<$1@x>", "$2", "${a}@x", "@$3", "${12", "a@x,$(1a")),
)
any_rules = st.text("/!|ab@.()[]*+?\\$^{}1ixq \t", max_size=14)
any_replacements = st.text("$(){}1234aA_@., \\", max_size=8)
rule_lines = st.one_of(
    st.builds("/{} a@example.org".format, any_rules),
    st.builds("/(a)(b)?(@)/ {}".format, any_replacements),
    any_rules,
    *4 * [st.builds("{}{} {}".format, delimited, flags, replacements)],
    st.builds("if {}{}".format, delimited, flags),
    st.builds("IF{} c".format, delimited),
    st.sampled_from(("endif", "ENDIF", "endif c", "endifx", "if", "", "# c", "a@x b@x")),
    st.builds("  {} {}".format, delimited, recipients),
    st.builds("/q/{} {}".format, st.sampled_from(("q", "i,x")), recipients),
)


@st.composite
def contents(draw: st.DrawFn, lines: list[str]) -> bytes:
    """Draw how the lines of a file end."""
    end = draw(st.sampled_from(("\n", "\n", "\n", "\r\n")))
    text = end.join(lines) + draw(st.sampled_from((end, end, "")))
    mark = draw(st.sampled_from(("", "", "", "", "", "\ufeff")))
    return (mark + text).encode("utf-8")


@st.composite
def questions(draw: st.DrawFn) -> Question:
    """Draw two files and addresses to look up."""
    lines = draw(st.lists(alias_lines, max_size=7))
    if draw(st.sampled_from((True,) * 9 + (False,))):
        lines = _unique(lines, _key)
    rules = draw(st.none() | st.lists(rule_lines, max_size=6))
    return Question(draw(contents(lines)), None if rules is None else draw(contents(rules)), draw(queries))


# --- what becomes of an address

# Domains that are none for Postfix, or of which none is what it looks like.
odd_domains = st.sampled_from(
    [
        *("x.example", "y.example", "x.example:", "x.example:25", "w.example:a", "!x.example", "!", "/nonexistent"),
        *("!/x", "!z.example:1", "X.example", "x..example", "-x.example", "123", "1.2.3.4", "x_y.example", ""),
        *("x.example,y.example", "[1.2.3.4]", "[127.000.000.001]", "[127.0.0.1]", "[::1]", "[1.2.3]"),
        *(HOSTNAME, "localhost", "a" * 64 + ".example"),
    ]
)
plain_domains = st.sampled_from(("x.example", "y.example", "x.example", "a.example"))
odd_local_parts = st.sampled_from(
    (
        "a",
        "b",
        "a+t",
        "-a",
        "a%x.example",
        "x.example!a",
        "a!b",
        "a%",
        "%a",
        "!a",
        "a@x.example",
        "a b",
        "(a)",
        "a.",
        "",
    )
)
logins = st.one_of(
    st.builds("{}@{}".format, st.sampled_from("ab"), plain_domains),
    st.builds("{}@{}".format, st.sampled_from(("a", "A", "o'b", "-a", "a+t")), odd_domains),
)
account_lines = st.builds(
    "{}{}{}|{}".format, st.sampled_from(("", "", "", " ")), logins, st.sampled_from(("", "", "", " ")),
    st.sampled_from(("{PLAIN}p", "{PLAIN}p", "{PLAIN}p:w", "")),
)  # fmt: skip
account_files = st.lists(account_lines, max_size=4).map(lambda lines: "".join(f"{line}\n" for line in lines).encode())
odd_recipients = st.one_of(
    st.builds("{}@{}".format, odd_local_parts, plain_domains),
    st.builds("{}@{}".format, odd_local_parts, odd_domains),
    st.builds('"{}"@{}'.format, odd_local_parts, odd_domains),
    odd_local_parts,
    st.builds("{}@{}@".format, st.sampled_from("ab"), plain_domains),
)
odd_keys = st.one_of(
    st.builds("{}@{}".format, st.sampled_from(("c", "y.example", "-c")), odd_domains),
    st.sampled_from(("X.Example", "x.example", "y.example@y.example", "c@x.example\vx", "c@y.example\tx")),
)


@st.composite
def odd_places(draw: st.DrawFn) -> Question:
    """Draw aliases whose domains are odd, and one that leads to an odd recipient."""
    drawn = draw(st.lists(odd_keys, max_size=2, unique_by=str.lower))
    lines = [f"{key} ext@example.net" for key in drawn]
    lines.append(f"asked@q.example {draw(odd_recipients)}")
    if draw(st.booleans()):
        lines.append(f" {draw(logins)} a@x.example" if draw(st.booleans()) else f"  b@{draw(odd_domains)}")
    return Question("".join(f"{line}\n" for line in lines).encode(), None, ["asked@q.example"])

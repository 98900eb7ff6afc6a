# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options and directories as somebody writes them who wants to break something.

What they consist of comes again many times, is nested and grows, up to lines that are too long to be read.
"""

from __future__ import annotations

import typing as t

from hypothesis import strategies as st

from ansible_collections.mailops.dms.tests.support import relays, strategies, wishes

# What ends, shifts or comments out a field in some file, and what looks like it.
_PIECES = (
    "\n", "\r", "\r\n", "\0", "\t", " ", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\xa0", "\ufeff", "\udcff",
    "|", ":", ",", ";", "#", "@", "/", "\\", '"', "'", "(", ")", "<", ">", "[", "]", "!", "$", "%", "`", "+", "-", ".",
    "=", "*", "?", "^", "{", "}", "$1", "${1}", "$$", "if /", "endif", "xn--", "\xdf", "\u0130", "\u212a", "\uff0e",
    "a", "Z", "0", "9", "a@example.com", "@example.com", "example.com", "{SHA512-CRYPT}$6$x$y", "{CRYPT}", "5G",
    "unlimited", "first", "last", "before:", "after:", "/^a/i", "9", "\xfc", "$(", "(?", "[[:", "aaaa<", "crypt", "${12",
)  # fmt: skip

# What opens something, and what closes it.
_PAIRS = (
    "()",
    "[]",
    "{}",
    "<>",
    '""',
    ("$(", ")"),
    ("${", "}"),
    ("(?:", ")*"),
    ("(", "+)+"),
    ("a:", ";"),
    ("if /", "/"),
)

_some: st.SearchStrategy[str] = st.one_of(
    st.lists(st.sampled_from(_PIECES), max_size=8).map("".join), st.text(max_size=20)
)
# Mostly short, seldom as long as a line may be, and longer.
_times = st.sampled_from([3] * 8 + [50] * 8 + [600] * 3 + [5000, 66_000])


def _deep(pair: tuple[str, str], inner: str, times: int) -> str:
    depth = times // len(pair[0])
    return pair[0] * depth + inner + pair[1] * depth


_grown = st.builds(
    lambda begin, piece, times, end: begin + piece * (times // len(piece) + 1) + end,
    _some,
    st.lists(st.sampled_from(_PIECES), min_size=1, max_size=3).map("".join),
    _times,
    _some,
)
_nested = st.builds(_deep, st.sampled_from(_PAIRS).map(tuple), _some, _times)

text: st.SearchStrategy[str] = st.one_of(_some, _some, _some, _grown, _nested)


def _mostly(good: t.Sequence[str]) -> st.SearchStrategy[str]:
    """Draw a good value, a hostile one, or a good one with something hostile in it."""
    spoilt = st.builds(
        lambda value, place, piece: value[:place] + piece + value[place:],
        st.sampled_from(good),
        st.integers(0, 12),
        st.sampled_from(_PIECES),
    )
    return st.one_of(st.sampled_from(good), spoilt, text)


_address = _mostly(strategies.ADDRESSES)
_recipients = st.lists(
    _mostly(strategies.ADDRESSES + strategies.EXTERNAL + strategies.EXTENDED + strategies.GROWING), max_size=3
)
_hash = _mostly([strategies.HASH, "{CRYPT}nhWSu/RfoB.GE", "{PLAIN}secret"])
_fields = st.none() | _mostly(["", "userdb_mail=maildir:/var/mail/x", "a=b c=d"])
_size = st.none() | _mostly(["5G", "5120M", "0", "unlimited", "5 GiB"])
_flags = st.none() | _mostly(["", "i", "sm"])
_position = st.none() | _mostly(["first", "last", "before:^bounce", "after:a|b"])
_state = st.sampled_from(["present", "present", "present", "absent"])

ENTRIES: dict[str, dict[str, st.SearchStrategy[t.Any]]] = {
    "accounts": {"address": _address, "password_hash": _hash, "extra_fields": _fields, "state": _state},
    "aliases": {
        "alias": _mostly([*strategies.ALIASES, "@example.com", "postmaster"]),
        "recipients": _recipients,
        "append": st.booleans(),
        "state": _state,
    },
    "regex_aliases": {
        "pattern": _mostly([*strategies.PATTERNS, "/^a@/i", "^(.+)@example"]),
        "flags": _flags,
        "recipients": _recipients,
        "position": _position,
        "state": _state,
    },
    "quotas": {"address": _address, "quota": _size, "state": _state},
    "relays": {
        "sender": _mostly([*relays.SENDERS, "@example.org"]),
        "host": st.none() | _mostly(relays.HOSTS),
        "port": st.sampled_from([*relays.PORTS, 465, 0, -1, 65536]),
        "direct": st.booleans(),
        "state": _state,
    },
    "relay_credentials": {
        "sender": st.none() | _mostly(relays.SENDERS),
        "host": st.none() | _mostly(relays.HOSTS),
        "port": st.sampled_from([*relays.PORTS, 0, 65536]),
        "user": _mostly(relays.USERS),
        "password": st.none() | _mostly(relays.PASSWORDS),
        "state": _state,
    },
}


def entry(section: str) -> st.SearchStrategy[wishes.Options]:
    """Draw one entry of a section."""
    return st.fixed_dictionaries(ENTRIES[section])


options: st.SearchStrategy[wishes.Options] = st.fixed_dictionaries(
    {
        "allow_alias_overlap": st.booleans(),
        "allow_account_overlap": st.booleans(),
        "allow_no_accounts": st.booleans(),
        "require_account": st.booleans(),
    },
    optional={
        **{section: st.lists(entry(section), max_size=3) for section in ENTRIES},
        "prune": st.lists(st.sampled_from(sorted(ENTRIES)), unique=True, max_size=2),
        "prune_keep": st.lists(text, max_size=2),
    },
)

# Where something hostile may stand in a line.
_LINES = {
    wishes.ACCOUNTS: ("{}", "{}@example.com|h", "anna@example.com|{}", "a@{}|{SHA512-CRYPT}$6$x", "b@example.com|h|{}"),
    wishes.ALIASES: ("{}", "{}@example.com a@example.com", "info@example.com {}", "all@example.com a@{}", '"{}" a'),
    wishes.REGEX_ALIASES: ("{}", "/{}/ a@example.com", "/(.*)@example/ {}@q.com", "if /{}/", "/a/{} b", "!/{}/ $1"),
    wishes.QUOTAS: ("{}", "{}:5G", "anna@example.com:{}", "bernd@{}:5G"),
    wishes.SEND_ACCESS: ("{}", "{} REJECT", "anna@example.com {}", "anna@{} REJECT"),
    wishes.RECEIVE_ACCESS: ("{}", "{} REJECT", "anna@example.com {}", "anna@{} REJECT"),
    wishes.MASTERS: ("{}", "{}|{SHA512-CRYPT}$6$x", "admin|{}"),
    wishes.RELAYS: (
        "{}",
        "@{} [smtp.example.net]:587",
        "@example.com {}",
        "@example.com [{}]:25",
        "@example.org [a]:{}",
    ),
    wishes.RELAY_CREDENTIALS: (
        "{}",
        "@{} a:b",
        "@example.com {}",
        "@example.com {}:b",
        "[a]:{} a:b",
        "@example.org a:{}",
    ),
}


def _line(name: str) -> st.SearchStrategy[bytes]:
    return st.builds(
        lambda before, place, inner: (before + place.replace("{}", inner) + "\n").encode("utf-8", "surrogateescape"),
        st.sampled_from(["", "", "", " ", "# "]),
        st.sampled_from(_LINES[name]),
        text.map(lambda drawn: drawn.encode("utf-8", "replace").decode()),
    )


def _file(name: str) -> st.SearchStrategy[bytes]:
    return st.lists(st.one_of(strategies.shaped(name), _line(name)), max_size=3).map(b"".join)


directories: st.SearchStrategy[wishes.Contents] = st.fixed_dictionaries(
    {name: st.one_of(st.none(), strategies.any_bytes, _file(name)) for name in wishes.FILE_NAMES}
)

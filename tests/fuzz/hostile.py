# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options and directories as somebody writes them who wants to break something."""

from __future__ import annotations

import typing as t

from hypothesis import strategies as st

from ansible_collections.mailops.dms.tests.support import strategies, wishes

# What ends, shifts or comments out a field in some file, and what looks like it.
_PIECES = (
    "\n", "\r", "\r\n", "\0", "\t", " ", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\xa0", "\ufeff", "\udcff",
    "|", ":", ",", ";", "#", "@", "/", "\\", '"', "'", "(", ")", "<", ">", "[", "]", "!", "$", "%", "`", "+", "-", ".",
    "=", "*", "?", "^", "{", "}", "$1", "${1}", "$$", "if /", "endif", "xn--", "\xdf", "\u0130", "\u212a", "\uff0e",
    "a", "Z", "0", "9", "a@example.com", "@example.com", "example.com", "{SHA512-CRYPT}$6$x$y", "{CRYPT}", "5G",
    "unlimited", "first", "last", "before:", "after:", "/^a/i",
)  # fmt: skip

text: st.SearchStrategy[str] = st.one_of(
    st.lists(st.sampled_from(_PIECES), max_size=8).map("".join), st.text(max_size=20)
)


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

directories: st.SearchStrategy[wishes.Contents] = st.fixed_dictionaries(
    {name: st.one_of(st.none(), strategies.any_bytes, strategies.shaped(name)) for name in wishes.FILE_NAMES}
)

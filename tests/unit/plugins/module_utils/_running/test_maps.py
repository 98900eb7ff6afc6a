# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The maps and lists that settings of Postfix name."""

from __future__ import annotations

import pytest

from ansible_collections.mailops.dms.plugins.module_utils._running.maps import (
    Entries,
    entries_of,
    file_of,
    has_patterns,
    split,
)


@pytest.mark.parametrize(
    ("value", "entries"),
    [
        ("", []),
        ("a b", ["a", "b"]),
        ("a,b,\tc", ["a", "b", "c"]),
        ("unionmap:{pcre:/a, hash:/b} texthash:/c", ["unionmap:{pcre:/a, hash:/b}", "texthash:/c"]),
        ("{a b", []),
    ],
)
def test_entries(value: str, entries: list[str]) -> None:
    assert split(value) == entries


def test_kinds_of_entries() -> None:
    found = entries_of("example.com, /etc/postfix/vhost hash:/etc/x [127.0.0.1] [ipv6:::1]")
    assert found == Entries(("hash:/etc/x",), ("/etc/postfix/vhost",), ("example.com", "[127.0.0.1]", "[ipv6:::1]"))


@pytest.mark.parametrize(
    ("name", "patterns", "path"),
    [
        ("texthash:/etc/postfix/virtual", False, "/etc/postfix/virtual"),
        ("pcre:/etc/postfix/regexp", True, "/etc/postfix/regexp"),
        ("proxy:regexp:/x", True, "/x"),
        ("ldap:/etc/postfix/ldap.cf", False, None),
        ("hash:/etc/aliases", False, None),
        ("texthash:virtual", False, None),
    ],
)
def test_maps(name: str, patterns: bool, path: str | None) -> None:
    assert (has_patterns(name), file_of(name)) == (patterns, path)

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether files were taken up, by the list that sha512sum(1) makes."""

from __future__ import annotations

import pathlib
import subprocess

import pytest

from ansible_collections.mailops.dms.plugins.module_utils._running.checksums import (
    DIRECTORY,
    WATCHED,
    not_taken_up,
    read_list,
)

FIRST, SECOND = WATCHED[:2]


def sums_of(directory: pathlib.Path, *options: str) -> bytes:
    """Return the list of a directory, as DMS makes it of its own."""
    names = sorted(path.name for path in directory.iterdir())
    command = ["sha512sum", *options, "--", *names]
    printed = subprocess.run(command, cwd=directory, check=True, capture_output=True).stdout
    return b"".join(line.replace(b"  ", b"  %s/" % DIRECTORY.encode(), 1) for line in printed.splitlines(True))


@pytest.mark.parametrize("content", [b"", b"\n", b"a@example.com|{PLAIN}x\n", b"\xff\0\r\n"])
def test_a_file_that_has_its_sum_was_taken_up(content: bytes, tmp_path: pathlib.Path) -> None:
    (tmp_path / FIRST).write_bytes(content)
    sums = read_list(sums_of(tmp_path))

    assert not_taken_up({FIRST: content}, sums) == []
    assert not_taken_up({FIRST: content + b"#"}, sums) == [FIRST]
    assert not_taken_up({}, sums) == [FIRST]
    assert not_taken_up({FIRST: content, SECOND: b"x"}, sums) == [SECOND]


def test_other_files_of_the_list_are_left_alone(tmp_path: pathlib.Path) -> None:
    (tmp_path / FIRST).write_bytes(b"x")
    output = sums_of(tmp_path) + b"".join(
        b"%s  %s\n" % (b"0" * 128, path) for path in (b"/etc/letsencrypt/acme.json", b"/tmp/docker-mailserver/rspamd/x")
    )

    assert not_taken_up({FIRST: b"x"}, read_list(output)) == []


@pytest.mark.parametrize("output", [b"", b"\n", b"\xff\xfe", b"abc  /tmp/docker-mailserver/postfix-accounts.cf\n"])
def test_a_list_that_is_no_list_proves_nothing(output: bytes) -> None:
    assert not_taken_up({FIRST: b"x"}, read_list(output)) == [FIRST]

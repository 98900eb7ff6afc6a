# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Diffs: what they tell leads from the read file to the written one, without a hash."""

from __future__ import annotations

import re
import typing as t

from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.mailops.dms.plugins.module_utils._module.diff import file_diff
from ansible_collections.mailops.dms.tests.dms import readers
from ansible_collections.mailops.dms.tests.support import strategies, wishes

if t.TYPE_CHECKING:  # pragma: no cover
    from ansible_collections.mailops.dms.plugins.module_utils._plan.plan import FileChange

HUNK = re.compile(r"@@ -(\d+),(\d+) \+(\d+),(\d+) @@")
LARGE = b"# a comment that makes the file large\n" * 1000


def split(text: str) -> list[str]:
    """Return the lines of a text; str.splitlines() knows too many line ends."""
    return text.split("\n")[:-1]


def shown(change: FileChange, content: bytes) -> list[str]:
    """Return the lines of a file as diffs may show them."""
    if content in (b"", b"\n"):
        return []
    lines = readers.physical_lines(readers.repaired(content))
    return [change.table.shown(line) for line in lines]


def patched(lines: list[str], prepared: str) -> list[str]:
    """Apply a unified diff as patch(1) does, line by line."""
    result: list[str] = []
    position = 0
    counts = [0, 0]
    for line in split(prepared)[2:]:
        header = HUNK.match(line)
        if header:
            assert counts == [0, 0]
            start, counts = int(header[1]) - 1, [int(header[2]), int(header[4])]
            assert start >= position
            result += lines[position:start]
            position = start
            assert len(result) == int(header[3]) - 1
            continue
        counts = [counts[0] - (line[0] != "+"), counts[1] - (line[0] != "-")]
        if line[0] != "+":
            assert lines[position] == line[1:]
            position += 1
        if line[0] != "-":
            result.append(line[1:])
    assert counts == [0, 0]
    return result + lines[position:]


def changes(given_options: wishes.Options, contents: wishes.Contents) -> list[FileChange]:
    """Return what a run writes; nothing where it is refused."""
    plan = wishes.attempt(given_options, contents)
    return plan.files if plan else []


@given(strategies.options, strategies.directories())
@settings(max_examples=200)
def test_small_files_are_shown_whole(given_options: wishes.Options, contents: wishes.Contents) -> None:
    for change in changes(given_options, contents):
        diff = file_diff(change, "/config/file")
        before = change.table.content or b""
        assert split(diff["before"]) == shown(change, before)
        assert split(diff["after"]) == shown(change, change.content)
        assert diff["before_header"] == "/config/file"
        marked = before.startswith(strategies.BYTE_ORDER_MARK)
        assert ("byte order mark" in diff["after_header"]) == marked
        assert ("newlines" in diff["after_header"]) == (b"\r\n" in before)
        if (diff["before"], diff["before_header"]) == (diff["after"], diff["after_header"]):
            assert readers.repaired(before) == change.content


@given(strategies.options, strategies.directories(), st.booleans(), st.booleans())
@settings(max_examples=100)
def test_large_files_are_shown_around_the_edits(
    given_options: wishes.Options, contents: wishes.Contents, above: bool, below: bool
) -> None:
    large: wishes.Contents = {
        name: LARGE * above + readers.repaired(content or b"") + LARGE * below for name, content in contents.items()
    }
    for change in changes(given_options, large):
        diff = file_diff(change, "/config/file")
        before = change.table.content or b""
        if above or below:
            assert len(diff["prepared"]) < 6000
            assert patched(shown(change, before), diff["prepared"]) == shown(change, change.content)
            assert strategies.HASH[20:] not in diff["prepared"]


def test_far_edits_are_hunks_of_their_own() -> None:
    lines = [f"{number}@example.com x@example.com\n" for number in range(5000)]
    entries: list[wishes.Options] = [
        {"alias": f"{number}@example.com", "recipients": ["y@example.com"]} for number in (0, 5, 3000, 4999)
    ]
    contents: wishes.Contents = {wishes.ALIASES: "".join(lines).encode()}
    (change,) = changes({"aliases": entries}, contents)
    prepared = file_diff(change, "/config/file")["prepared"]
    headers = [line for line in prepared.splitlines() if HUNK.match(line)]
    assert headers == ["@@ -1,9 +1,9 @@", "@@ -2998,7 +2998,7 @@", "@@ -4997,4 +4997,4 @@"]


def test_a_line_that_is_too_long_is_not_shown() -> None:
    before = b"a@example.com b@example.com\nlong@example.com " + b"b@example.com," * 6000 + b"\n"
    options = {"aliases": [{"alias": "c@example.com", "recipients": ["a@example.com"]}], **wishes.ALONE}
    (change,) = wishes.plan(options, {wishes.ALIASES: before}).files
    assert split(file_diff(change, "file")["prepared"])[3:] == [
        " a@example.com b@example.com",
        " <hidden>",
        "+c@example.com a@example.com",
    ]

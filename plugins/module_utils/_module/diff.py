# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run shows of the lines that it changes, without any hash."""

from __future__ import annotations

import typing as t

from .._secrets import HIDDEN, NEWLY_HIDDEN
from .._text import LONGEST_LINE

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from .._plan.plan import FileChange
    from .._tables.lines import Edit, Lines

    Shown = Callable[[bytes], str]

# Ansible compares two texts line by line and shows them in colour. Above this size
# (bytes) the result would grow with the file, so only the lines around edits are sent.
_LARGEST_WHOLE_FILE = 32 * 1024

_CONTEXT_LINES = 3


def file_diff(change: FileChange, path: str) -> dict[str, str]:
    """Return the difference of one file as Ansible's callbacks take it."""
    lines = change.table.lines

    def shown(line: bytes) -> str:
        return change.table.shown(line) if len(line) <= LONGEST_LINE else HIDDEN

    edits = lines.edits()
    after = path + _repairs(change)
    if max(len(change.table.content or b""), len(change.content)) > _LARGEST_WHOLE_FILE:
        hunks = "".join(_hunks(lines, shown, edits))
        return {"prepared": f"--- before: {path}\n+++ after: {after}\n{hunks}"}
    whole = list(_hunk_lines(lines, shown, 0, len(lines), edits))
    return {
        "before_header": path,
        "after_header": after,
        "before": _text(line[1:] for line in whole if line[0] != "+"),
        "after": _text(line[1:] for line in whole if line[0] != "-"),
    }


def _repairs(change: FileChange) -> str:
    """Return what else writing does to a file and no line shows."""
    repairs = []
    if change.table.lines.starts_with_byte_order_mark:
        repairs.append("the byte order mark is removed")
    if b"\r\n" in (change.table.content or b""):
        repairs.append("line ends become newlines")
    return f" ({', '.join(repairs)})" if repairs else ""


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _hunks(lines: Lines, shown: Shown, edits: Sequence[Edit]) -> Iterator[str]:
    """Yield the hunks of a unified diff, made of the edits that are known."""
    shift = 0
    for group in _groups(edits):
        first = max(group[0].number - 1 - _CONTEXT_LINES, 0)
        end = group[-1].number - 1 + len(group[-1].removed) + _CONTEXT_LINES
        body = list(_hunk_lines(lines, shown, first, min(end, len(lines)), group))
        removed = sum(line[0] != "+" for line in body)
        added = sum(line[0] != "-" for line in body)
        yield f"@@ -{first + 1},{removed} +{first + 1 + shift},{added} @@\n"
        yield _text(body)
        shift += added - removed


def _groups(edits: Sequence[Edit]) -> Iterator[list[Edit]]:
    """Yield the edits that share lines of context."""
    group: list[Edit] = []
    for edit in edits:
        if group:
            end = group[-1].number + len(group[-1].removed)
            if edit.number - end > 2 * _CONTEXT_LINES:
                yield group
                group = []
        group.append(edit)
    if group:
        yield group


def _hunk_lines(lines: Lines, shown: Shown, position: int, end: int, edits: Sequence[Edit]) -> Iterator[str]:
    """Yield the lines from a position (from 0) to an end, marked as in a diff."""
    for edit in edits:
        start = edit.number - 1
        yield from (f" {shown(lines.read_line(h))}" for h in range(position, start))
        removed = {shown(line): line for line in edit.removed}
        yield from (f"-{shown(line)}" for line in edit.removed)
        yield from (f"+{_added(shown(line), line, removed)}" for line in edit.added)
        position = start + len(edit.removed)
    yield from (f" {shown(lines.read_line(h))}" for h in range(position, end))


def _added(text: str, line: bytes, removed: Mapping[str, bytes]) -> str:
    """Return how a new line is shown where all that makes it new is hidden."""
    if removed.get(text, line) == line:
        return text
    return text.replace(HIDDEN, NEWLY_HIDDEN)

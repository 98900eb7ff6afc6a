# Copyright: (c) 2026, mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What a run shows of the lines that it changes, without any hash."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable, Iterator, Sequence

    from ansible_collections.mailops.dms.plugins.module_utils._lines import Edit
    from ansible_collections.mailops.dms.plugins.module_utils._provision import (
        FileChange,
    )
    from ansible_collections.mailops.dms.plugins.module_utils._tables.table import Table

# Ansible compares two texts line by line and shows them in colour. Above this size
# (bytes) the result would grow with the file, so only the lines around edits are sent.
_LARGEST_WHOLE_FILE = 32 * 1024

_CONTEXT_LINES = 3


def file_diff(change: FileChange, path: str) -> dict[str, str]:
    """Return the difference of one file as Ansible's callbacks take it."""
    table = change.table
    read = table.content or b""
    after = path
    if b"\r\n" in read:
        after += " (line ends become newlines)"
    lines = read.removesuffix(b"\n").split(b"\n") if read.strip() else []
    if max(len(read), len(change.content)) > _LARGEST_WHOLE_FILE:
        hunks = "".join(_hunks(table, lines, table.lines.edits()))
        return {"prepared": f"--- before: {path}\n+++ after: {after}\n{hunks}"}
    return {
        "before_header": path,
        "after_header": after,
        "before": _text(map(table.shown, lines)),
        "after": _text(map(table.shown, _edited(lines, table.lines.edits()))),
    }


def _text(lines: t.Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _edited(lines: Sequence[bytes], edits: Sequence[Edit]) -> Iterator[bytes]:
    position = 0
    for edit in edits:
        start = edit.number - 1
        yield from lines[position:start]
        yield from edit.added
        position = start + len(edit.removed)
    yield from lines[position:]


def _hunks(
    table: Table[t.Any], lines: Sequence[bytes], edits: Sequence[Edit]
) -> Iterator[str]:
    """Yield the hunks of a unified diff, made of the edits that are known."""
    shift = 0
    for group in _groups(edits):
        first = max(group[0].number - 1 - _CONTEXT_LINES, 0)
        end = group[-1].number - 1 + len(group[-1].removed) + _CONTEXT_LINES
        body = list(_hunk_lines(table.shown, lines[:end], first, group))
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


def _hunk_lines(
    shown: Callable[[bytes], str],
    lines: Sequence[bytes],
    position: int,
    group: Sequence[Edit],
) -> Iterator[str]:
    for edit in group:
        start = edit.number - 1
        yield from (f" {shown(line)}" for line in lines[position:start])
        yield from (f"-{shown(line)}" for line in edit.removed)
        yield from (f"+{shown(line)}" for line in edit.added)
        position = start + len(edit.removed)
    yield from (f" {shown(line)}" for line in lines[position:])

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines: edits against a plain list, the repairs, and the edits that diffs are made of."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.mailops.dms.plugins.module_utils._mailserver.files import logical_lines
from ansible_collections.mailops.dms.plugins.module_utils._tables.lines import Lines, long_lines
from ansible_collections.mailops.dms.plugins.module_utils._text import LONGEST_LINE
from ansible_collections.mailops.dms.tests.dms import readers
from ansible_collections.mailops.dms.tests.support import strategies, wishes

OPERATIONS = ("replace", "delete", "insert_before", "insert_after", "append")

steps = st.lists(
    st.tuples(
        st.sampled_from(OPERATIONS), st.integers(0, 50), st.sampled_from([b"new", b"other", b"", b" x", b"\xff"])
    ),
    max_size=12,
)


class Model:
    """The same edits on a list of texts; None is a line that is gone."""

    def __init__(self, content: bytes) -> None:
        """Begin with the lines that a written file would have."""
        texts = readers.physical_lines(readers.repaired(content))
        if content in (b"", b"\n"):
            texts = []
        self.texts: dict[int, bytes | None] = dict(enumerate(texts))
        self.order = list(self.texts)

    def insert(self, index: int, handle: int, text: bytes) -> None:
        """Insert a line at an index."""
        self.order.insert(index, handle)
        self.texts[handle] = text

    def present(self) -> list[bytes]:
        """Return the lines that are there, in their order."""
        texts = [self.texts[handle] for handle in self.order]
        return [text for text in texts if text is not None]


def edit(lines: Lines, model: Model, operation: str, at: int, text: bytes) -> None:
    """Make one edit on both."""
    if operation == "append" or not model.order:
        model.insert(len(model.order), lines.append(text), text)
        return
    index = at % len(model.order)
    handle = model.order[index]
    if operation == "replace":
        lines.replace(handle, text)
        model.texts[handle] = text
    elif operation == "delete":
        lines.delete(handle)
        model.texts[handle] = None
    elif operation == "insert_before":
        model.insert(index, lines.insert_before(handle, text), text)
    else:
        model.insert(index + 1, lines.insert_after(handle, text), text)


def apply_edits(lines: Lines, content: bytes) -> list[bytes]:
    """Return the lines that were read with the edits that `Lines.edits` tells."""
    texts = readers.physical_lines(readers.repaired(content))
    if content in (b"", b"\n"):
        texts = []
    for number, removed, added in reversed(lines.edits()):
        start = number - 1
        assert texts[start : start + len(removed)] == removed
        texts[start : start + len(removed)] = added
    return texts


@given(strategies.any_bytes, steps)
@settings(max_examples=400)
def test_edits_do_what_they_do_to_a_list(content: bytes, made: list[tuple[str, int, bytes]]) -> None:
    lines, model = Lines(content), Model(content)
    for operation, at, text in made:
        edit(lines, model, operation, at, text)
    rendered = lines.to_bytes()
    expected = b"".join(text + b"\n" for text in model.present())
    if rendered != content:
        assert rendered == (expected or b"\n")
    else:
        assert readers.repaired(rendered) == (expected or b"\n")
    assert list(lines.handles()) == model.order
    assert apply_edits(lines, content) == model.present()


@given(strategies.any_bytes, steps)
def test_edits_are_apart_and_in_order(content: bytes, made: list[tuple[str, int, bytes]]) -> None:
    lines, model = Lines(content), Model(content)
    for operation, at, text in made:
        edit(lines, model, operation, at, text)
    end = 0
    for found in lines.edits():
        assert found.removed or found.added
        assert found.number > end
        end = found.number + len(found.removed)


@pytest.mark.parametrize("case", wishes.load("lines.yml"), ids=lambda case: case["name"])
def test_repairs(case: dict[str, str]) -> None:
    content = case["content"].encode("latin-1")
    lines = Lines(content)
    handle = lines.append(b"new")
    assert lines.number(handle) is None
    assert lines.edited
    assert lines.to_bytes() == case["appended"].encode("latin-1")
    lines.delete(handle)
    taken_back = case.get("taken_back", case["content"])
    assert lines.to_bytes() == taken_back.encode("latin-1")


def test_long_chains_of_insertions() -> None:
    lines = Lines(b"first\nlast\n")
    handle = 0
    for number in range(5000):
        handle = lines.insert_after(handle, str(number).encode())
    middle = b"".join(f"{number}\n".encode() for number in range(5000))
    assert lines.to_bytes() == b"first\n" + middle + b"last\n"


@given(st.lists(st.sampled_from([b"\n", b"\n", b" ", b"#", b"x" * 30_000, b"x" * 70_000]), max_size=12).map(b"".join))
def test_long_lines_are_those_of_the_mail_server(content: bytes) -> None:
    lines = content.decode().split("\n")
    assert long_lines(content, continued=False) == [[n] for n, line in enumerate(lines) if len(line) > LONGEST_LINE]
    logical = [n for n, text in logical_lines(enumerate(lines)) if len(text) > LONGEST_LINE]
    # What begins the file with a blank continues nothing, and Postfix does not read it.
    first = next((n for n, line in enumerate(lines) if line.strip() and line.strip()[0] != "#"), 0)
    found = [handles[0] for handles in long_lines(content, continued=True)]
    assert [n for n in found if n != first or not lines[first].startswith(" ")] == logical

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lay out YAML and tables as the files of the collection have them."""

from __future__ import annotations

import json
import re
import textwrap
import typing as t
from collections.abc import Iterable, Iterator, Mapping, Sequence

import yaml

_WIDTH = 120
_MARKUP = re.compile(r"\b(?P<kind>[A-Z])\((?P<text>[^),]*)[^)]*\)")


def yaml_lines(values: Mapping[str, t.Any], indent: int) -> list[str]:
    """Return a mapping as lines of YAML, to which the indentation is still to be added.

    Texts are folded to the width that the indentation leaves. A list without sentences is one line, if it fits, and so is
    a sample.
    """
    return [line for key, value in values.items() for line in _item(f"{key}:", value, indent)]


def _item(start: str, value: t.Any, indent: int) -> Iterator[str]:
    """Yield the lines of a value behind a key or the dash of a list."""
    if isinstance(value, Mapping) and start != "sample:":
        yield start
        yield from (f"  {line}" for line in yaml_lines(value, indent + 2))
        return
    in_one_line = f"{start} {_flow(value)}"
    if _is_block(value) or indent + len(in_one_line) > _WIDTH:
        yield from _block(start, value, indent)
    else:
        yield in_one_line


def _is_block(value: t.Any) -> bool:
    return isinstance(value, list) and any(" " in str(item) for item in value)


def _block(start: str, value: t.Any, indent: int) -> Iterator[str]:
    if isinstance(value, list):
        yield start
        for item in value:
            yield from (f"  {line}" for line in _item("-", item, indent + 2))
        return
    yield from textwrap.wrap(
        f"{start} {_flow(value)}",
        _WIDTH - indent,
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _flow(value: t.Any) -> str:
    """Return a value in one line of YAML, a text without quotes where it needs none."""
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    if not isinstance(value, str):
        return json.dumps(value)
    try:
        plain = not re.search(r"[\[\]{},]\s*$|^\W*$", value) and yaml.safe_load(f"- {value}") == [value]
    except yaml.YAMLError:
        plain = False
    return value if plain else json.dumps(value, ensure_ascii=False)


def markdown_table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return a table of Markdown."""
    escaped = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    return [_row(headers), "|" + "---|" * len(headers), *map(_row, escaped)]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def as_markdown(text: str) -> str:
    """Return a text with the markup of Ansible as Markdown."""
    return _MARKUP.sub(lambda match: match["text"] if match["kind"] == "R" else f"`{match['text']}`", text)


def list_table(headers: Sequence[str], rows: Iterable[Sequence[str]], widths: Sequence[int]) -> list[str]:
    """Return a table of reStructuredText."""
    lines = [".. list-table::", "   :header-rows: 1", f"   :widths: {' '.join(map(str, widths))}", ""]
    for row in (headers, *rows):
        lines += [f"   * - {row[0]}", *(f"     - {cell}" for cell in row[1:])]
    return lines


def paragraph(text: str) -> list[str]:
    """Return a paragraph of reStructuredText."""
    return textwrap.wrap(" ".join(text.split()), _WIDTH, break_long_words=False, break_on_hyphens=False)

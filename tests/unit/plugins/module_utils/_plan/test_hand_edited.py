# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Editing one entry of the hand-edited directory changes the lines that it must."""

from __future__ import annotations

import difflib
import typing as t

import pytest

from ansible_collections.mailops.dms.plugins.module_utils._errors import RefusedError
from ansible_collections.mailops.dms.tests.dms import readers
from ansible_collections.mailops.dms.tests.support import strategies, wishes


def changed_lines(before: bytes, after: bytes) -> list[str]:
    """Return the lines of a unified diff that begin with a sign, hashes shortened."""
    compared = difflib.unified_diff(
        before.decode("latin-1").split("\n"), after.decode("latin-1").split("\n"), lineterm=""
    )
    return [
        line.replace(strategies.HASH, "HASH") for line in compared if line[0] in "+-" and line[:3] not in ("+++", "---")
    ]


@pytest.mark.parametrize("case", wishes.load("hand-edited.yml"), ids=lambda c: c["name"])
def test_one_edit(case: dict[str, t.Any]) -> None:
    contents = wishes.corpus_directory("hand-edited")
    if "refused" in case:
        with pytest.raises(RefusedError, match=case["refused"]):
            wishes.plan(case["options"], contents)
        return
    changed = {}
    for file in wishes.plan(case["options"], contents).files:
        before = contents[file.table.file_name] or b""
        assert file.content.endswith(b"\n")
        assert b"\r" not in file.content
        changed[file.table.file_name] = changed_lines(readers.repaired(before), file.content)
    assert changed == case["changed"]

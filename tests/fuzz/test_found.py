# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a fuzzer failed with once does not fail any more."""

from __future__ import annotations

import json
import pathlib

import pytest

from ansible_collections.mailops.dms.tests.fuzz import test_hostile_content
from ansible_collections.mailops.dms.tests.fuzz.found import DIRECTORY, drawn_of


@pytest.mark.parametrize("path", sorted(DIRECTORY.glob("*.json")), ids=lambda path: path.stem)
def test_found(path: pathlib.Path) -> None:
    case = json.loads(path.read_text(encoding="ascii"))
    getattr(test_hostile_content, case["test"]).hypothesis.inner_test(*drawn_of(case))

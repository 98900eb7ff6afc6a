# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task says of the mail server reaches the hazards that a module of one entry tells."""

from __future__ import annotations

import pathlib
import re
import typing as t

import pytest

from ansible_collections.mailops.dms.tests.support import strategies, wishes
from ansible_collections.mailops.dms.tests.support.modules import fill, run_module, warnings_of

HAZARD = re.compile(r"hazard (H[0-9]+)\)")


@pytest.mark.parametrize("case", wishes.load("server-options.yml"), ids=lambda case: case["name"])
def test_told(case: dict[str, t.Any], tmp_path: pathlib.Path) -> None:
    fill(tmp_path, {wishes.ACCOUNTS: f"info@example.com|{strategies.HASH}\n".encode()})
    for options, hazards in ((case["entry"], case["without"]), (case["entry"] | case["option"], case["with"])):
        result = run_module(case["module"], options, tmp_path, check_mode=True)
        assert HAZARD.findall(" ".join([*warnings_of(result), result.get("msg", "")])) == hazards

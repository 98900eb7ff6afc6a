# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Give each test a fleet of its own."""

from __future__ import annotations

import typing as t

import pytest

if t.TYPE_CHECKING:
    from pathlib import Path

    from ansible_collections.mailops.dms.tests.playbooks.runs import Fleet


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    """Return the fleet."""
    # The collection can be imported only after this file.
    from ansible_collections.mailops.dms.tests.playbooks.runs import Fleet

    return Fleet(tmp_path)

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Let pytest import the collection by its full name from a checkout of any name."""

from __future__ import annotations

import os
from pathlib import Path

CHECKOUT = Path(__file__).parents[1]
COLLECTIONS = CHECKOUT / ".build" / "collections"

link = COLLECTIONS / "ansible_collections" / "mailops" / "dms"
if not link.is_symlink():
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to("../../../..", target_is_directory=True)

# pytest-ansible and the Ansible commands that a test starts read it.
os.environ["ANSIBLE_COLLECTIONS_PATH"] = str(COLLECTIONS)

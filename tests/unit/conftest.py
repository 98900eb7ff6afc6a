# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of hypothesis for all unit tests."""

from __future__ import annotations

import hypothesis

# No time limit per example: a busy machine is no failure.
# The same cases in each run: a change is judged by what it does, not by the draw.
hypothesis.settings.register_profile("unit", deadline=None, max_examples=100, derandomize=True)
hypothesis.settings.load_profile("unit")

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a finding is, and what a check finds."""

from __future__ import annotations

import typing as t

SEVERITIES = ("outage", "wrong", "warn", "info")
"""From the worst to the mildest."""


class Finding(t.NamedTuple):
    """One hazard that was found. It never holds a password or a hash."""

    id: str
    severity: str
    file: str
    line: int | None
    """Line in the file as it would be written, None for the file as a whole."""

    entry: str
    message: str
    """What happens, as one sentence."""

    advice: str
    """What to do, as one sentence."""


class Hit(t.NamedTuple):
    """What a check found; its id and its usual severity are known by the table."""

    file: str
    line: int | None
    entry: str
    message: str
    advice: str
    severity: str | None = None
    """Where it is milder than the severity of the check."""

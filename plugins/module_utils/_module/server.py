# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the options of a module say of the mail server."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Mapping

    from .._mailserver.settings import Settings


def server_settings(params: Mapping[str, t.Any]) -> Settings:
    """Return what the mail server is like."""
    from .._mailserver.settings import NEWEST_VERSION, Settings

    domains = params["domains"]
    return Settings(
        dms_version=params["dms_version"] or NEWEST_VERSION,
        quotas_enabled=params["quotas_enabled"],
        hostname=params["hostname"],
        domains=None if domains is None else tuple(domains),
        recipient_delimiter=params["recipient_delimiter"],
    )

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the options of a module say of the mail server."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Mapping

    from .._findings.state import Options


def finding_options(params: Mapping[str, t.Any]) -> Options:
    """Return the options that the findings depend on."""
    from .._findings.state import NEWEST_VERSION, Options

    domains = params["domains"]
    return Options(
        dms_version=params["dms_version"] or NEWEST_VERSION,
        quotas_enabled=params["quotas_enabled"],
        hostname=params["hostname"],
        domains=None if domains is None else tuple(domains),
    )


def hostname(params: Mapping[str, t.Any]) -> str:
    """Return the host name that routes depend on."""
    from .._mailserver.router import DEFAULT_HOSTNAME

    return params["hostname"] or DEFAULT_HOSTNAME

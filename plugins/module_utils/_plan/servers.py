# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The mail server before and after a plan, for all that compares the two."""

from __future__ import annotations

import typing as t

from .._mailserver.server import MailServer

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Mapping

    from .._mailserver.settings import Settings

    Contents = Mapping[str, "bytes | None"]


class Servers(t.NamedTuple):
    """The mail server as it is, and as a plan makes it; what is the same is read once."""

    before: MailServer
    after: MailServer


def servers_of(before: Contents, after: Contents, settings: Settings) -> Servers:
    """Return both states, given what the files hold."""
    server = MailServer(before, settings)
    return Servers(server, server.changed(after))

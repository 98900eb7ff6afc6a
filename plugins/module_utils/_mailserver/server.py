# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The mail server that the files of a config directory make: each of them read once."""

from __future__ import annotations

import functools
import typing as t

from .router import Router
from .state import State

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Mapping

    from .router import Route
    from .walks import Failure


class MailServer(State):
    """What DMS, Postfix and Dovecot make of the files; each part when it is first asked for."""

    def changed(self, contents: Mapping[str, bytes | None]) -> MailServer:
        """Return the mail server with other contents of the files."""
        return MailServer(contents, self.settings, self.modes, self)

    @functools.cached_property
    def router(self) -> Router:
        """The routes of addresses."""
        return Router(self)

    def route(self, address: str) -> Route:
        """Return where mail to an address goes, as `Router.route` does."""
        return self.router.route(address)

    @functools.cached_property
    def failures(self) -> list[Failure]:
        """The expansions that Postfix gives up, so that it defers the mail."""
        from .loops import failures

        return failures(self)

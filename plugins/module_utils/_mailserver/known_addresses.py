# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The addresses that stand in the files, as text that `Router.route` takes."""

from __future__ import annotations

import typing as t

from .syntax import MARK, to_text

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator

    from .server import MailServer


def addresses_of_accounts(server: MailServer) -> Iterator[str]:
    """Return the addresses of the accounts, folded."""
    return map(to_text, server.accounts.by_address)


def keys_of_aliases(server: MailServer) -> Iterator[str]:
    """Return the keys of the aliases; those that no address matches are left out (H36, H52)."""
    return (to_text(key) for key in server.aliases.numbers if key[-1] not in ",:" and not key.startswith(MARK))

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How routes and findings name addresses and lines: as they are written, without any secret."""

from __future__ import annotations

import functools

from .._destinations import shown_lookup_key
from .._secrets import shown_domain, shown_login, without_columns, without_hashes
from .syntax import MARK, quoted, to_bytes, to_text

_MOST_SHOWN = 5
_LONGEST_SHOWN = 100


def shown_cycle(addresses: list[str]) -> str:
    """Return the addresses of a loop as far as they can be read."""
    told = list(map(_shortened, addresses[: _MOST_SHOWN - 1]))
    if len(addresses) > _MOST_SHOWN:
        told.append(f"{len(addresses) - _MOST_SHOWN} more")
    told += map(_shortened, addresses[_MOST_SHOWN - 1 :][-1:])
    return " -> ".join(told)


def _shortened(address: str) -> str:
    text = named(address)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


@functools.lru_cache(maxsize=20_000)
def shown(address: str) -> str:
    """Return an address as it is written: in its external form."""
    return to_text(quoted(address))


def named(address: str) -> str:
    """Return an address as a sentence may name it."""
    return without_columns(shown(address))


def shown_text(text: str) -> str:
    """Return text of the aliases or quotas as it may be printed."""
    return without_columns(_printable(text))


def shown_pattern(text: str) -> str:
    """Return a pattern, or a name that may be one, as it may be printed."""
    return without_hashes(_printable(text)) if text[:1] in "/!" else shown_text(text)


def shown_account(text: str, password_hash: str = "") -> str:
    """Return a login of the accounts, or what is taken for one, as it may be printed."""
    return shown_login(_printable(text.strip()), _printable(password_hash))


def shown_domain_of_account(domain: str) -> str:
    """Return the domain of a login of the accounts as it may be printed."""
    return shown_domain(_printable(domain))


def shown_relay_key(text: str) -> str:
    """Return the key of a relay or of a credential, or what is taken for one, as it may be printed."""
    return without_hashes(shown_lookup_key(_printable(text)))


def _printable(text: str) -> str:
    return to_bytes(text.removeprefix(MARK)).decode("utf-8", "replace")

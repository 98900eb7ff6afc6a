# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How routes name addresses: as they are written, and in sentences."""

from __future__ import annotations

from .._secrets import without_columns
from .syntax import quoted, to_text

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


def shown(address: str) -> str:
    """Return an address as it is written: in its external form."""
    return to_text(quoted(address))


def named(address: str) -> str:
    """Return an address as a sentence may name it."""
    return without_columns(shown(address))

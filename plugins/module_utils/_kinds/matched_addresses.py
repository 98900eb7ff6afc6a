# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The addresses that regex aliases match, or may match."""

from __future__ import annotations

import typing as t

from .._errors import RefusedError

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Collection, Iterable

    from .._tables.regex_aliases import RegexAlias, RegexAliasTable


def exposed_addresses(table: RegexAliasTable, addresses: Collection[str]) -> set[str]:
    """Return the addresses whose mail a rule of a file may take, if they have no alias of their own."""
    return set(addresses) if table.has_other_rules else matched_addresses(table.entries(), addresses)


def matched_addresses(regex_aliases: Iterable[RegexAlias], addresses: Collection[str]) -> set[str]:
    """Return the addresses that a regex alias matches, or of which that is not known.

    Where it is not known, what protects an address is kept.
    """
    if not addresses:
        return set()
    # Few runs have to do with it.
    from .._mailserver.patterns import Addresses, UncertainError, compile_pattern

    asked = Addresses(addresses)
    matched: set[str] = set()
    for regex_alias in regex_aliases:
        try:
            among = compile_pattern(regex_alias.pattern, regex_alias.flags).among(asked)
        except UncertainError:
            return set(addresses)
        except RefusedError:
            continue  # Postfix skips the rule
        matched.update(among.matching, among.not_known)
    return matched

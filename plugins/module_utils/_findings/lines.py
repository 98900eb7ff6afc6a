# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is told of the lines of aliases and regex aliases, by the checks that follow mail over both."""

from __future__ import annotations

import typing as t

from .._mailserver.naming import shown_pattern, shown_text
from .finding import Hit
from .recipients import written

if t.TYPE_CHECKING:  # pragma: no cover
    from .._mailserver.regex_aliases import Rule
    from .._mailserver.server import MailServer


def hit_alias(server: MailServer, number: int, key: str, message: str, advice: str, severity: str | None = None) -> Hit:
    """Return what is said of the line of an alias, given its number and its key."""
    return Hit(server.aliases.name, number, shown_text(key.lower()), message, advice, severity)


def hit_rule(server: MailServer, rule: Rule, message: str, advice: str, severity: str | None = None) -> Hit:
    """Return what is said of the line of a regex alias."""
    name = server.regex_aliases.name
    return Hit(name, rule.number, shown_pattern(written(rule.condition)), message, advice, severity)


def folded_addresses(addresses: tuple[str, ...]) -> set[str]:
    """Return addresses, whatever their case."""
    return {address.lower() for address in addresses}

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the findings of aliases and of regex aliases say of their recipients."""

from __future__ import annotations

import re
import typing as t

from .._mailserver.naming import shown_text

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator

    from .._mailserver.regex_aliases import Condition, Rule
    from .._mailserver.server import MailServer

_COMMENT = re.compile(r"(?:^|[,;\s])#")

# A character of addresses in the place of what a group of a pattern holds.
GROUP = "$"

BARE_ADVICE = "Write user@domain, unless /etc/aliases of the container lists it."


def without_comment(value: str) -> str:
    """Return recipients without what was meant as a comment behind them (H35 says it)."""
    comment = _COMMENT.search(value) if "#" in value else None
    return value[: comment.start()] if comment else value


def recipients_of(server: MailServer, value: str) -> tuple[str, ...]:
    """Return the recipients in their internal form, without those of a comment."""
    meant = without_comment(value)
    return server.syntax.addresses(meant) if meant else ()


def written(condition: Condition) -> str:
    """Return a condition as the file has it, without flags."""
    return ("!" if condition.negated else "") + condition.delimited


def value_of(rule: Rule) -> str:
    """Return the recipients of a rule with `GROUP` in the place of each group."""
    return "".join(piece if index % 2 == 0 else GROUP for index, piece in enumerate(rule.pieces))


def without_domain(server: MailServer, value: str) -> Iterator[str]:
    """Yield the recipients that get the host name from Postfix, and so stay on the host."""
    both = zip(server.syntax.addresses_without_origin(value), server.syntax.addresses(value))
    for written, recipient in dict.fromkeys(both):
        if written.endswith("@") and written != "@":
            route = server.router.route_of(recipient)
            if route.local or route.error:
                yield written[:-1]


def bare_message(recipient: str) -> str:
    """Return what H34 says of a recipient."""
    return (
        f"The recipient {shown_text(recipient)} has no domain, so Postfix adds"
        " the host name of the mail server and the mail is usually lost."
    )

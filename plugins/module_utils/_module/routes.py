# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Report the routes that a plan changes."""

from __future__ import annotations

import typing as t

from .._plan.route_changes import described_route, route_changes
from .report import printable, printable_recipient

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable, Mapping

    from .._mailserver.router import Route
    from .._plan.plan import Plan

# How many routes a diff shows; the result has more.
_MOST_SHOWN = 50


def changed_routes(plan: Plan, params: Mapping[str, t.Any]) -> tuple[list[dict[str, t.Any]], list[dict[str, str]]]:
    """Return the routes that differ, and a section of the diff for them."""
    if plan.servers is None:
        return [], []
    changes = route_changes(plan.servers, plan.changes, params.get("probe") or ())
    result = [
        {
            "address": printable_recipient(change.before.address),
            "before": _outcome(change.before),
            "after": _outcome(change.after),
        }
        for change in changes.differing
    ]
    if not result:
        return [], []
    more = len(result) - _MOST_SHOWN
    rest = f"and {more} more routes\n" if more > 0 else ""
    if changes.not_compared:
        rest += f"and {changes.not_compared} more addresses that were not compared\n"
    section = {
        "before_header": "routes",
        "after_header": "routes",
        "before": _text(change.before for change in changes.differing),
        "after": _text(change.after for change in changes.differing) + rest,
    }
    return result, [section]


def _outcome(route: Route) -> dict[str, t.Any]:
    return {
        "recipients": [printable_recipient(recipient) for recipient in route.recipients],
        "accounts": [printable_recipient(address) for address in route.accounts],
        "unknown": [printable_recipient(address) for address in route.unknown],
        "error": route.error,
    }


def _text(routes: Iterable[Route]) -> str:
    lines = [described_route(route) for route in routes][:_MOST_SHOWN]
    return "".join(f"{printable(line)}\n" for line in lines)

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Refuse a plan that would bring in a hazard, and warn of those that are there."""

from __future__ import annotations

import typing as t

from ansible_collections.mailops.dms.plugins.module_utils._errors import RefusedError
from ansible_collections.mailops.dms.plugins.module_utils._findings.checks import (
    CHECKS,
    added,
    find,
)
from ansible_collections.mailops.dms.plugins.module_utils._findings.state import (
    Finding,
    Options,
    State,
)
from ansible_collections.mailops.dms.plugins.module_utils._tables.directory import (
    Tables,
)
from ansible_collections.mailops.dms.plugins.module_utils._text import in_quotes

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Collection, Mapping

    from ansible_collections.mailops.dms.plugins.module_utils._provision import Plan
    from ansible_collections.mailops.dms.plugins.module_utils._wish import Desired

    Contents = Mapping[str, "bytes | None"]

_REFUSED = ("outage", "wrong")


def check_plan(
    contents: Contents, plan: Plan, options: Options, allowed: Collection[str]
) -> list[str]:
    """Return a warning for each outage or wrong finding that the files had before.

    `contents` is what the files hold, `allowed` are ids of findings that a user accepts.
    Raises RefusedError for one that the plan would add.
    """
    after = _findings(after_plan(contents, plan), options, allowed)
    if not after:
        return []
    before = _findings(contents, options, allowed)
    new = added(before, after)
    if new:
        raise RefusedError(
            f"{_described(new[0])} Change what is declared, or accept it with allow:"
            f" [{new[0].id}]{_more(new)}"
        )
    return [_described(finding) for finding in after]


def after_plan(contents: Contents, plan: Plan) -> dict[str, bytes | None]:
    """Return what the files will hold."""
    written = {change.table.file_name: change.content for change in plan.files}
    return {**contents, **written}


def allowed_by_guards(desired: Desired) -> set[str]:
    """Return the ids of the findings that the guards of a wish accept already."""
    allowed = set()
    if desired.allow_no_accounts:
        allowed.add("H11")
    if not all(alias.protect_accounts for alias in desired.aliases):
        allowed.add("H30")
    return allowed


def check_ids(allowed: Collection[str]) -> None:
    """Raise RefusedError for an id that no finding has."""
    unknown = sorted(set(allowed) - CHECKS.keys())
    if unknown:
        raise RefusedError(
            f"allow names {in_quotes(unknown[0])}, which is no finding; name ids such as H20"
        )


def _findings(
    contents: Contents, options: Options, allowed: Collection[str]
) -> list[Finding]:
    found = find(State(Tables(contents), options), _REFUSED)
    return [finding for finding in found if finding.id not in allowed]


def _described(finding: Finding) -> str:
    place = (
        finding.file if finding.line is None else f"{finding.file} line {finding.line}"
    )
    entry = f" {in_quotes(finding.entry)}:" if finding.entry else ""
    return (
        f"{place}:{entry} {finding.message} {finding.advice}"
        f" ({finding.severity}, hazard {finding.id})"
    )


def _more(findings: list[Finding]) -> str:
    more = len(findings) - 1
    return f"; {more} more like it" if more else ""

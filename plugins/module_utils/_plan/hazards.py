# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Refuse a plan that would introduce a bad hazard, and warn of the others."""

from __future__ import annotations

import typing as t

from .._errors import Refusal, RefusedError
from .._findings.checks import CHECKS, ENTRIES, ENTRY, added, find, introduced
from .._findings.finding import Finding
from .._tables.accounts import AccountTable
from .._text import in_quotes
from .._warnings import REFUSAL, RunWarning, without_told

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable, Collection, Iterable

    from .._mailserver.server import MailServer
    from .plan import Contents, Plan
    from .servers import Servers
    from .wish import Wish

_REFUSED = ("outage", "wrong")
_TOLD = (*_REFUSED, "warn")


def check_plan(
    servers: Servers,
    plan: Plan,
    allowed: Collection[str],
    wish_alone: Callable[[], Contents] | None = None,
) -> list[RunWarning]:
    """Return a warning for each bad finding that was there, and each that the plan adds.

    `servers` are those before and after it, `allowed` are ids of findings that a user accepts.
    Raises RefusedError for an outage or a wrong finding that the plan would add. Check
    mode gives `wish_alone`, which returns what the wish makes of an empty directory:
    what only other entries of the files introduce is a warning then.
    """
    after = _findings(servers.after, allowed)
    if not after:
        return []
    identities = {finding.id for finding in after}
    before = [_of_renamed(finding, plan) for finding in _findings(servers.before, allowed, identities)]
    bad = [finding for finding in after if finding.severity in _REFUSED]
    refused = added(before, bad)
    if refused and not (wish_alone and _rest_on_others(refused, wish_alone, servers.before)):
        raise RefusedError(_refusal(refused[0], len(refused) - 1))
    warnings = [_warning(finding, str(_refusal(finding)), REFUSAL) for finding in refused]
    present = [finding for finding in bad if finding not in refused]
    milder = [finding for finding in after if finding.severity not in _REFUSED]
    for finding in present:
        warning = _warning(finding, _described(finding), finding.severity)
        warnings.append(warning._replace(was_there=True))
    for finding in introduced(before, milder):
        warnings.append(_warning(finding, _described(finding), finding.severity))
    return without_told(warnings, plan.warnings)


def _of_renamed(finding: Finding, plan: Plan) -> Finding:
    """Return a finding that was there under the new address of an account that is renamed: it goes along."""
    return finding._replace(entry=plan.renamed.get(finding.entry.lower(), finding.entry))


def _rest_on_others(refused: Iterable[Finding], wish_alone: Callable[[], Contents], server: MailServer) -> bool:
    """Whether other entries of the files are needed for each of some findings."""
    identities = {finding.id for finding in refused}
    if any(CHECKS[identity].rests_on == ENTRY for identity in identities):
        return False
    together = {each for each in identities if CHECKS[each].rests_on == ENTRIES}
    return not (together and _findings(server.changed(wish_alone()), (), together))


def allowed_by_wish(desired: Wish, contents: Contents) -> set[str]:
    """Return the ids of the findings that a wish accepts already, or has no part in."""
    allowed = set()
    is_new_host = contents.get(AccountTable.file_name) is None
    if desired.allow_no_accounts or (is_new_host and "accounts" not in desired.sections):
        allowed.add("H11")
    if not all(alias.protect_accounts for alias in desired.aliases):
        allowed.add("H30")
    if any(alias.allow_account_overlap for alias in desired.aliases) or any(
        account.allow_alias_overlap for account in desired.accounts
    ):
        allowed.add("H32")
    return allowed


def check_ids(allowed: Collection[str]) -> None:
    """Raise RefusedError for an id that no finding has."""
    unknown = sorted(set(allowed) - CHECKS.keys())
    if unknown:
        raise RefusedError(
            f"allow lists {in_quotes(unknown[0])}, which is not the id of a finding; list ids such as H20"
        )


def _findings(
    server: MailServer, allowed: Collection[str], identities: Collection[str] = CHECKS.keys()
) -> list[Finding]:
    return find(server, _TOLD, set(identities).difference(allowed))


def _warning(finding: Finding, sentence: str, severity: str) -> RunWarning:
    return RunWarning(sentence, severity, finding.id, finding.file, finding.entry)


def _described(finding: Finding) -> str:
    return f"{_place(finding)} {_statement(finding)}"


def _place(finding: Finding) -> str:
    return f"{finding.file}:" if finding.line is None else f"{finding.file} line {finding.line}:"


def _statement(finding: Finding) -> str:
    entry = f"{in_quotes(finding.entry)}: " if finding.entry else ""
    return f"{entry}{finding.message} {finding.advice}"


def _refusal(finding: Finding, more: int = 0) -> Refusal:
    statement = _warning(finding, _statement(finding), finding.severity).render()
    reason = f"{statement} Change what is declared, or accept it with allow: [{finding.id}]"
    if more:
        reason += f"; {more} more like it"
    return Refusal(reason, key=finding.entry, place=_place(finding))

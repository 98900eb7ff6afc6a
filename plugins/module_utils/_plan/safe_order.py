# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The order of lines that keeps DMS from taking one account for another.

DMS looks accounts and quotas up with `grep ADDRESS FILE` and takes the first line, so a
line of `mytest@example.com` above the one of `test@example.com` is taken for that of
the latter (hazards H20, H22). Only lines that a run is about are moved.
"""

from __future__ import annotations

import typing as t

from .._mailserver.grep import first_lines
from .._tables.quotas import Quota

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable

    from .._tables.directory import Tables
    from .._tables.table import Table

# Behind the login on the line of a quota, and in what DMS looks for.
_COLON = ":"


def order_accounts(tables: Tables) -> None:
    """Put the accounts that a run adds or points to above the lines that look like them.

    DMS gives an alias the hash of the first line that holds its recipient (H20).
    """
    accounts, aliases = tables.accounts, tables.aliases
    concerned = dict.fromkeys(accounts.changes().added)
    for key in (*aliases.changes().added, *aliases.changes().changed):
        alias = aliases.entry(key)
        concerned.update(dict.fromkeys(alias.recipients if alias else ()))
    present = [address for address in concerned if address in accounts]
    if not present:
        return
    found = _found_first(accounts, present, behind="", fold=False)
    for address, handle in sorted(found.items(), key=_shortest_first):
        entry = accounts.entry(address)
        own = accounts.handle_of(address)
        if entry and own != handle and not accounts.is_doubtful(address):
            accounts.put_above(entry, handle)


def order_quotas(tables: Tables) -> None:
    """Give each account its own quota, or its default one by a guard line (H22)."""
    quotas = tables.quotas
    changes = quotas.changes()
    touched = {*changes.added, *changes.changed, *changes.removed}
    touched.update(tables.accounts.changes().added, tables.accounts.rewritten)
    if not touched:
        return
    _remove_idle_guards(quotas, changes.removed)
    keys = {quotas.handle_of(key): key for key in quotas}
    found = _found_first(quotas, tables.accounts, behind=_COLON, fold=True)
    for address, handle in sorted(found.items(), key=_shortest_first):
        other = keys.get(handle)  # None for a comment, which DMS takes for a quota
        concerned = other != address and not touched.isdisjoint({other, address})
        if concerned and not quotas.is_doubtful(address):
            quotas.put_above(quotas.entry(address) or Quota(address, ""), handle)


def _remove_idle_guards(quotas: Table[Quota], removed: list[str]) -> None:
    """Remove the guard lines that stood there for a quota that goes."""
    guards = {quota.key for quota in quotas.entries() if not quota.size}
    concerned = first_lines(guards, [key + _COLON for key in removed], behind=_COLON)
    others = [key + _COLON for key in quotas if key not in guards]
    needed = first_lines(concerned, others, behind=_COLON)
    for address in concerned:
        if address not in needed and not quotas.is_doubtful(address):
            quotas.remove(address)


def _shortest_first(found: tuple[str, int]) -> tuple[int, int]:
    """Return what to sort by: of two that are as long, more dots match more."""
    address = found[0]
    return len(address), -address.count(".")


def _found_first(table: Table[t.Any], addresses: Iterable[str], *, behind: str, fold: bool) -> dict[str, int]:
    """Return the handle of the line that DMS takes for each of the addresses."""
    handles = [h for h in table.lines.handles() if not table.lines.is_deleted(h)]
    lines = [table.lines.text(handle).decode("ascii", "surrogateescape") for handle in handles]
    if fold:
        lines = [line.lower() for line in lines]
    found = first_lines(addresses, lines, behind=behind)
    return {address: handles[index] for address, index in found.items()}

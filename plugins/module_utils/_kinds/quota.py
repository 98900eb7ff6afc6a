# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Quotas: how much an account may keep."""

from __future__ import annotations

import dataclasses
import typing as t

from .._addresses import fold_account, parse_quota, render_size
from .._errors import RefusedError, refusal
from .._tables.quotas import Quota, QuotaTable
from .._text import in_quotes
from .._warnings import RunWarning
from .kind import Kind, Wanted, shown_address

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable, Mapping

    from .._tables.directory import Tables
    from .draft import Draft
    from .kind import Options

# One mail with a photograph is larger.
_SMALLEST_USABLE_QUOTA = 1 << 20


@dataclasses.dataclass(frozen=True)
class WantedQuota(Wanted):
    """A quota that should or should not be there."""

    size: int
    """Bytes; 0 is unlimited."""

    require_account: bool


class QuotaKind(Kind[WantedQuota, Quota]):
    """The quotas in C(dovecot-quotas.cf)."""

    tables = (QuotaTable,)
    key = "address"
    options: t.ClassVar = {"address": {"type": "str", "required": True}, "quota": {"type": "str"}}
    guards: t.ClassVar = {"require_account": True}
    shown_options: t.ClassVar = {"address": shown_address}
    numeric_options = frozenset({"quota"})
    plain_parts = ("size",)

    def _wanted(self, options: Options, origin: str, present: bool) -> WantedQuota:
        address = fold_account(options["address"])
        if options["quota"] is None and present:
            raise RefusedError("quota is missing; give a size, or set state to absent")
        return WantedQuota(
            origin=origin,
            present=present,
            key=address,
            size=0 if options["quota"] is None else parse_quota(options["quota"]),
            require_account=options["require_account"],
        )

    def put(self, draft: Draft, wanted: WantedQuota) -> None:
        table = draft.tables.quotas
        present = table.find(wanted.key)
        if not wanted.present:
            if not table.is_guard(wanted.key):
                table.remove(wanted.key)
            elif present is not None and not table.holds(present):
                table.put(present)
            return
        if 0 < wanted.size < _SMALLEST_USABLE_QUOTA:
            draft.warnings.append(RunWarning(str(_small_quota(wanted))))
        if present is None or present.bytes != wanted.size:
            present = Quota(wanted.key, render_size(wanted.size))
        if not table.holds(present):
            table.put(present)

    def renamed(self, draft: Draft, addresses: Mapping[str, str]) -> None:
        table = draft.tables.quotas
        for old, new in addresses.items():
            quota = table.find(old)
            if quota is None:
                continue
            is_guard = table.is_guard(old)
            table.remove(old)
            if not is_guard:
                table.put(dataclasses.replace(quota, address=new))

    def kept_by_rules(self, tables: Tables, unwanted: set[str]) -> set[str]:
        """Return the keys of quotas that only guard an account from that of another (hazard H22)."""
        return {key for key in unwanted if _is_guard(tables, key)}

    def is_declared(self, tables: Tables, key: str) -> bool:
        return not _is_guard(tables, key)

    def declaring(self, tables: Tables) -> Callable[[Quota], dict[str, t.Any]]:
        def declared(quota: Quota) -> dict[str, t.Any]:
            if quota.bytes is None:
                raise RefusedError(f"{in_quotes(quota.size)} is not a quota that every release of Dovecot reads")
            # A number without a unit, which is bytes, is no quota that a task declares.
            size = render_size(quota.bytes) if quota.size.isdecimal() else quota.size
            options: dict[str, t.Any] = {"address": quota.address, "quota": size}
            if quota.address not in tables.accounts:
                options["require_account"] = False
            return options

        return declared

    def described(self, entry: Quota) -> dict[str, t.Any]:
        return {"address": entry.address, "quota": entry.size, "bytes": entry.bytes}


def _is_guard(tables: Tables, key: str) -> bool:
    """Whether a quota only guards an account from that of another (hazard H22)."""
    quota = tables.quotas.entry(key)
    return quota is not None and not quota.size and key in tables.accounts


def _small_quota(wanted: WantedQuota) -> RefusedError:
    reason = (
        f"{render_size(wanted.size)} is less than 1M, so hardly any mail fits into it; write a larger size, unless"
        " that is intended"
    )
    return refusal("quota", wanted.key, wanted.origin, reason)


QUOTA = QuotaKind()

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Restrictions: addresses that may not send or not receive."""

from __future__ import annotations

import dataclasses
import typing as t

from .._addresses import fold_alias
from .._errors import RefusedError
from .._tables.restrictions import DIRECTIONS, Rejection, Restriction, Restrictions
from .kind import RESTRICT_OPTION, Kind, Wanted

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable, Mapping

    from .._tables.directory import Tables
    from .draft import Draft
    from .kind import Options


@dataclasses.dataclass(frozen=True)
class WantedRestriction(Wanted):
    """A restriction that should or should not be there."""

    restrict: frozenset[str]
    """Where it should be: all that the address may not do. Else: what it may do again."""


class RestrictionKind(Kind[WantedRestriction, Restriction]):
    """The restrictions in C(postfix-send-access.cf) and C(postfix-receive-access.cf)."""

    tables = tuple(DIRECTIONS.values())
    key = "address"
    stays_with_old_address = True
    options: t.ClassVar = {
        "address": {"type": "str", "required": True},
        "restrict": RESTRICT_OPTION,
    }

    def section_in(self, tables: Tables) -> Restrictions:
        return Restrictions(tables)

    def _wanted(self, options: Options, origin: str, present: bool) -> WantedRestriction:
        address = _full_address(options["address"])
        restrict = options["restrict"]
        if present and restrict is None:
            raise RefusedError(
                "restrict is missing; list send, receive or both, or set state to absent to remove the restriction"
            )
        return WantedRestriction(
            origin=origin,
            present=present,
            key=address,
            restrict=frozenset(DIRECTIONS if restrict is None else restrict),
        )

    def put(self, draft: Draft, wanted: WantedRestriction) -> None:
        for name, each in DIRECTIONS.items():
            table = draft.tables.of(each)
            present = table.find(wanted.key)
            if wanted.present and name in wanted.restrict:
                rejection = present or Rejection(wanted.key)
                if not table.holds(rejection):
                    table.put(rejection)
            elif wanted.present or name in wanted.restrict:
                table.remove(wanted.key)

    def renamed(self, draft: Draft, addresses: Mapping[str, str]) -> None:
        for each in DIRECTIONS.values():
            table = draft.tables.of(each)
            draft.follow(table, addresses, lambda rejection, new: dataclasses.replace(rejection, address=new))

    def declaring(self, tables: Tables) -> Callable[[Restriction], dict[str, t.Any]]:
        return self.described

    def described(self, entry: Restriction) -> dict[str, t.Any]:
        return {"address": entry.address, "restrict": list(entry.restrict)}


def _full_address(text: str) -> str:
    """Return a folded address that Postfix finds in the two files. Raises RefusedError for all others."""
    address = fold_alias(text)
    if address.startswith("@"):
        raise RefusedError(
            "Postfix never looks up @domain in these files, so nothing would be restricted (hazard H90); list the"
            " addresses one by one"
        )
    if "@" not in address:
        raise RefusedError("it has no domain, so Postfix would never find it; write user@domain")
    if address.startswith("*@"):
        raise RefusedError(
            "Postfix does not treat '*' as a wildcard, so nothing would be restricted (hazard H76); list the addresses"
            " one by one"
        )
    return address


RESTRICTION = RestrictionKind()

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recipients, which aliases and regex aliases have."""

from __future__ import annotations

import typing as t

from .._addresses import check_recipient_without_star, fold_case
from .._errors import RefusedError
from .._text import in_quotes

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable, Iterable, Mapping, Sequence


def wanted_recipients(given: Sequence[str] | None, present: bool, fold: Callable[[str], str]) -> tuple[str, ...]:
    """Return recipients that should or should not be there, folded. Raises RefusedError for the first that cannot be."""
    if not given and present:
        raise RefusedError("recipients are missing; list at least one, or set state to absent")
    positions: dict[str, int] = {}
    folded = []
    for index, recipient in enumerate(given or ()):
        try:
            folded.append(fold(recipient))
            if present:
                check_recipient_without_star(folded[-1])
        except RefusedError as error:
            raise RefusedError(f"recipients[{index}] {in_quotes(recipient)}: {error}") from None
        first = positions.setdefault(folded[-1].lower(), index)
        if first != index:
            raise RefusedError(
                f"recipients[{first}] and recipients[{index}] are the same ({in_quotes(folded[-1])}); remove one of"
                " them"
            )
    return tuple(folded)


def without(recipients: Iterable[str], gone: Iterable[str]) -> tuple[str, ...]:
    """Return the recipients that are not among others, whatever their case."""
    folded = _folded(gone)
    return tuple(r for r in recipients if fold_case(r) not in folded)


def replaced(recipients: tuple[str, ...], addresses: Mapping[str, str]) -> tuple[str, ...]:
    """Return recipients with others in the place of some, each once, given the new address of each old one."""
    new = [addresses.get(fold_case(recipient), recipient) for recipient in recipients]
    if new == list(recipients):
        return recipients
    unique: dict[str, str] = {}
    for recipient in new:
        unique.setdefault(fold_case(recipient), recipient)
    return tuple(unique.values())


def in_order_of(before: tuple[str, ...], recipients: tuple[str, ...]) -> tuple[str, ...]:
    """Return the recipients in the order in which the file has them, if it has all."""
    return before if _folded(before) == _folded(recipients) else recipients


def _folded(recipients: Iterable[str]) -> set[str]:
    return {fold_case(recipient) for recipient in recipients}

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recipients, which aliases and regex aliases have."""

from __future__ import annotations

import typing as t

from .._addresses import check_recipient_without_star, fold_case
from .._errors import RefusedError
from .._text import in_quotes
from .kind import is_present

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable, Iterable, Sequence

    from .kind import Options


def wanted_recipients(options: Options, fold: Callable[[str], str]) -> tuple[str, ...]:
    """Return the recipients of options, each folded. Raises RefusedError for the first that cannot be."""
    given: Sequence[str] = options["recipients"] or ()
    if not given and is_present(options):
        raise RefusedError("recipients are missing; name one or more, or state absent")
    positions: dict[str, int] = {}
    folded = []
    for index, recipient in enumerate(given):
        try:
            folded.append(fold(recipient))
            if is_present(options):
                check_recipient_without_star(folded[-1])
        except RefusedError as error:
            raise RefusedError(f"recipients[{index}] {in_quotes(recipient)}: {error}") from None
        first = positions.setdefault(folded[-1].lower(), index)
        if first != index:
            raise RefusedError(
                f"recipients[{first}] and recipients[{index}] are the same"
                f" ({in_quotes(folded[-1])}); take one of them away"
            )
    return tuple(folded)


def without(recipients: Iterable[str], gone: Iterable[str]) -> tuple[str, ...]:
    """Return the recipients that are not among others, whatever their case."""
    folded = _folded(gone)
    return tuple(r for r in recipients if fold_case(r) not in folded)


def in_order_of(before: tuple[str, ...], recipients: tuple[str, ...]) -> tuple[str, ...]:
    """Return the recipients in the order in which the file has them, if it has all."""
    return before if _folded(before) == _folded(recipients) else recipients


def _folded(recipients: Iterable[str]) -> set[str]:
    return {fold_case(recipient) for recipient in recipients}

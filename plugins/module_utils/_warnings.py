# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run tells beside its result: as data, made into sentences in one place."""

from __future__ import annotations

import collections
import typing as t

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Collection, Iterable, Sequence

REFUSAL = "refusal"
"""How bad it is what check mode cannot refuse, because it cannot know it."""

_ORDER = (REFUSAL, "outage", "wrong", "warn")


class RunWarning(t.NamedTuple):
    """Something that a user should know, although the run goes on."""

    sentence: str
    severity: str = "warn"
    id: str = ""
    """The number of the hazard, empty for what has none."""

    file: str = ""
    entry: str = ""
    was_there: bool = False
    """Whether it was so before the run, which has not introduced it."""

    @property
    def subject(self) -> tuple[str, str, str]:
        """What it is about: two warnings with the same subject say the same."""
        return self.id, self.file, self.entry.lower()

    def render(self) -> str:
        """Return all that it says, as one sentence."""
        if self.severity == REFUSAL:
            return f"a real run would refuse this, unless an earlier task of this play changes it: {self.sentence}"
        if self.id:
            return f"{self.sentence} ({self.severity}, hazard {self.id})"
        return self.sentence


def in_order(warnings: Iterable[RunWarning], allowed: Collection[str] = ()) -> list[RunWarning]:
    """Return warnings, the worst first, without those of hazards that are accepted."""
    told = [w for w in warnings if w.severity == REFUSAL or w.id not in allowed]
    return sorted(told, key=lambda warning: _ORDER.index(warning.severity))


def most_important(warnings: Sequence[RunWarning], number: int) -> tuple[list[RunWarning], list[RunWarning]]:
    """Return some warnings and those that are cut, both in the order of `in_order`.

    What a run has introduced itself is cut last, but for an outage.
    """
    by_importance = sorted(
        range(len(warnings)),
        key=lambda index: (warnings[index].severity not in (REFUSAL, "outage"), warnings[index].was_there),
    )
    told = sorted(by_importance[:number])
    cut = sorted(by_importance[number:])
    return [warnings[index] for index in told], [warnings[index] for index in cut]


def without_told(warnings: Iterable[RunWarning], told: Iterable[RunWarning]) -> list[RunWarning]:
    """Return the warnings of hazards of which nothing is told yet, or not that they are refused."""
    told = [warning for warning in told if warning.id]
    subjects = {warning.subject for warning in told}
    refused = {warning.subject for warning in told if warning.severity == REFUSAL}
    return [w for w in warnings if w.subject not in (refused if w.severity == REFUSAL else subjects)]


def summary(warnings: Sequence[RunWarning]) -> str:
    """Return what warnings are about that are too many to be told."""
    counted = collections.Counter(warning.id for warning in warnings)
    without_id = counted.pop("", 0)
    parts = [f"{identity} ({number})" for identity, number in sorted(counted.items())]
    if without_id:
        parts.append(f"others ({without_id})")
    return f"and {len(warnings)} more: {', '.join(parts)}"

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plan a run: what the files shall hold, checked against the hazards."""

from __future__ import annotations

import time
import typing as t

from .._addresses import fold_alias
from .._errors import MissingDirectoryError, RefusedError
from .._plan.plan import Plan, make_plan
from .._tables.directory import FILE_NAMES
from .._text import in_quotes
from .._warnings import REFUSAL, RunWarning
from .server import finding_options

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Mapping

    from .._plan.wish import Wish
    from .._store.directory import Contents, Store
    from .._store.replacing import NewContent

# How often to look at files that another run seems to be writing.
_MOST_LOOKS = 10
_BETWEEN_LOOKS = 0.05  # seconds


def _check_options(params: Mapping[str, t.Any]) -> None:
    """Refuse what only some runs would look at."""
    if params["allow"] or params["dms_version"]:
        from .._plan.hazards import check_ids

        check_ids(params["allow"] or ())
        finding_options(params).check()
    for index, address in enumerate(params.get("probe") or ()):
        try:
            fold_alias(address)
        except RefusedError as error:
            raise RefusedError(f"probe[{index}] {in_quotes(address)}: {error}") from None


class Planner:
    """Plans for one wish, anew only where the files have changed meanwhile."""

    def __init__(self, desired: Wish, params: Mapping[str, t.Any], store: Store, predict: bool = False) -> None:
        """Plan for what the files hold now, without any lock.

        Raises RefusedError where the wish is refused. A refusal stands only if it was
        not another run, half done, that was looked at. With `predict`, for check mode,
        what an earlier task of the play may change is a warning of the plan instead.
        """
        self._desired = desired
        self._params = params
        self._predict = predict
        _check_options(params)
        attempts = _MOST_LOOKS
        while True:
            try:
                self.contents = store.read()
            except MissingDirectoryError as error:
                if not predict:
                    raise
                self._plan_for_new_directory(error)
                return
            try:
                self.plan = self._checked_plan()
                return
            except RefusedError:
                attempts -= 1
                settled = store.read() == self.contents and not store.has_leftovers()
                if settled or not attempts:
                    raise
                time.sleep(_BETWEEN_LOOKS)

    def _plan_for_new_directory(self, error: RefusedError) -> None:
        self.contents = dict.fromkeys(FILE_NAMES)
        self.plan = self._checked_plan()
        self.plan.warnings.insert(0, RunWarning(str(error), REFUSAL))

    def _checked_plan(self) -> Plan:
        plan = make_plan(self._desired, self.contents, self._predict)
        if plan.files:
            # The hazards are many: nobody shall wait for them who changes nothing.
            from .._plan.hazards import allowed_by_wish, check_plan

            allowed = {*(self._params["allow"] or ()), *allowed_by_wish(self._desired, self.contents)}
            options = finding_options(self._params)
            wish_alone = self._wish_alone if self._predict else None
            plan.warnings.extend(check_plan(self.contents, plan, options, allowed, wish_alone))
        return plan

    def _wish_alone(self) -> Contents:
        """Return what an empty directory would hold."""
        empty: Contents = dict.fromkeys(FILE_NAMES)
        plan = make_plan(self._desired, empty, predict=True)
        return {**empty, **{change.table.file_name: change.content for change in plan.files}}

    def __call__(self, contents: Contents) -> list[NewContent]:
        """Return what the files shall hold, given what they hold."""
        if contents != self.contents:
            self.contents = contents
            self.plan = self._checked_plan()
        if self.plan.files:
            self._changing = self.contents, self.plan
        from .._store.replacing import NewContent

        return [NewContent(file.table.file_name, file.content, file.table.new_file_mode) for file in self.plan.files]

    def restore_carried_out(self) -> None:
        """Take the last plan with a change again: the one by which files were replaced."""
        self.contents, self.plan = self._changing

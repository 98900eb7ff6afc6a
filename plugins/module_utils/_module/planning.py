# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plan a run: what the files should hold, checked against the hazards."""

from __future__ import annotations

import time
import typing as t

from .._addresses import fold_alias
from .._errors import MissingDirectoryError, RefusedError
from .._plan.plan import Plan, make_plan
from .._text import in_quotes
from .._warnings import REFUSAL, RunWarning
from .options import server_settings

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable, Mapping

    from .._plan.wish import Wish
    from .._store.directory import Contents, Store

# How often to look at files that another run seems to be writing.
_MOST_LOOKS = 10
_BETWEEN_LOOKS = 0.05  # seconds


def check_options(params: Mapping[str, t.Any]) -> None:
    """Refuse what only some runs would look at."""
    timeout = params["lock_timeout"]
    # Nothing is less than a NaN, nor is it less than anything.
    if timeout is not None and not timeout >= 0:
        raise RefusedError("lock_timeout is not a number of seconds; give 0 or more, or leave it out")
    if params["allow"] or params["dms_version"]:
        from .._plan.hazards import check_ids

        check_ids(params["allow"] or ())
        server_settings(params).check()
    for index, address in enumerate(params.get("probe") or ()):
        try:
            fold_alias(address)
        except RefusedError as error:
            raise RefusedError(f"probe[{index}] {in_quotes(address)}: {error}") from None


def first_plan(store: Store, plan_for: Callable[[Contents], Plan], predict: bool) -> Plan:
    """Return the plan for what the files hold now, without any lock.

    Raises RefusedError where that is refused. A refusal stands only if it was not
    another run, half done, that was looked at. With `predict`, for check mode, the
    directory may be missing: the plan warns of that then.
    """
    looks = 0
    while True:
        try:
            contents = store.read()
        except MissingDirectoryError as error:
            if not predict:
                raise
            plan = plan_for(dict.fromkeys(store.file_names))
            return plan._replace(warnings=[RunWarning(str(error), REFUSAL), *plan.warnings])
        try:
            return plan_for(contents)
        except RefusedError:
            looks += 1
            settled = store.read() == contents and not store.has_leftovers()
            if settled or looks == _MOST_LOOKS:
                raise
            time.sleep(_BETWEEN_LOOKS)


def checked_plan(wish: Wish, params: Mapping[str, t.Any], predict: bool, contents: Contents) -> Plan:
    """Return the plan of `make_plan`, with the warnings of hazards that concern it.

    Raises RefusedError as `make_plan` does, and where the plan would introduce a hazard.
    """
    plan = make_plan(wish, contents, predict)
    if not plan.files:
        return plan
    # The hazards are many: nobody should wait for them who changes nothing.
    from .._plan.hazards import allowed_by_wish, check_plan
    from .._plan.servers import servers_of

    def wish_alone() -> Contents:
        return make_plan(wish, dict.fromkeys(contents), predict).after

    allowed = {*(params["allow"] or ()), *allowed_by_wish(wish, contents)}
    servers = servers_of(contents, plan.after, server_settings(params))
    warnings = check_plan(servers, plan, allowed, wish_alone if predict else None)
    return plan._replace(warnings=[*plan.warnings, *warnings], servers=servers)

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Report what the running mail server does, and refuse to confirm what differs from the files."""

from __future__ import annotations

import typing as t

from .._errors import RefusedError
from .._plan.route_changes import described_route
from .._running.comparison import ANY_QUOTA
from .._running.waiting import seen_differently
from .._text import in_quotes
from .report import printable_recipient

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable

    from .._mailserver.router import Route
    from .._running.asking import Login
    from .._running.comparison import Comparison, Setting
    from .._running.container import Container
    from .._running.waiting import Uptake

    Result = dict[str, t.Any]

# So many differences are in a sentence; the result has all of them.
_MOST_SHOWN = 20


class NotConfirmedError(RefusedError):
    """The running mail server does not do what the files promise, or not yet."""

    def __init__(self, sentence: str, result: Result) -> None:
        """Take what to say, and all that was found out."""
        super().__init__(sentence)
        self.details = result


def setting_sentence(setting: Setting, name: str) -> str:
    """Return the warning of a setting that a mail server has otherwise than it is given."""
    given, found = (in_quotes(each) if isinstance(each, str) else str(each).lower() for each in setting[1:])
    return (
        f"{setting.name} is {given} for this task, but {found} in the container {name}; correct it, or leave it out to take"
        " it from the container"
    )


def comparison_result(comparison: Comparison) -> Result:
    """Return what was compared, as a module returns it."""
    routes = [
        {
            "address": printable_recipient(route.promised.address),
            "confirmed": not route.differs if route.is_known else None,
            "files": _route(route.promised),
            "server": _route(route.done),
        }
        for route in comparison.routes
    ]
    logins = [
        {
            "address": printable_recipient(login.address),
            "confirmed": not login.differs,
            "files": _login(login.promised),
            "server": _login(login.done),
        }
        for login in comparison.logins
    ]
    return {"routes": routes, "logins": logins}


def _route(route: Route) -> Result:
    parts = {name: getattr(route, name) for name in ("recipients", "accounts", "unknown", "local", "external")}
    return {**{name: list(map(printable_recipient, each)) for name, each in parts.items()}, "error": route.error}


def _login(login: Login) -> Result:
    return {"exists": login.exists, "quota": None if login.quota == ANY_QUOTA else login.quota}


def unknown_routes(comparison: Comparison) -> list[str]:
    """Return a sentence for each reason for which it is not known what the files promise of some addresses."""
    unsure: dict[str, list[str]] = {}
    for route in comparison.routes:
        for reason in route.promised.unsure:
            unsure.setdefault(reason, []).append(route.promised.address)
    return [
        f"it is not known where mail to {_first_of(addresses)} should go, so it is not confirmed: {reason}"
        for reason, addresses in unsure.items()
    ]


def _first_of(addresses: list[str]) -> str:
    more = len(addresses) - 1
    return printable_recipient(addresses[0]) + (f" and {more} more" if more else "")


def incomplete(uptake: Uptake, container: Container, time: str) -> list[str]:
    """Return a sentence for each reason for which the mail server does not work with the files as they are."""
    return [*_of_detector(uptake, container, time), *_of_postfix(uptake, container)]


def _of_detector(uptake: Uptake, container: Container, time: str) -> Iterable[str]:
    name, files = container.name, uptake.not_taken_up
    for file in uptake.in_effect:
        yield (
            f"{file} is gone, but the container {name} goes on with what it held (hazard H51); create it, if only with an"
            " empty line"
        )
    if not files:
        return
    if seen_differently(container, uptake.contents, files):
        yield (
            f"the container {name} sees other contents of {_listed(files)} than the host, as after the directory was"
            " replaced by another one; restart the container"
        )
        return
    yield (
        f"the container {name} has not taken up {_listed(files)} {time}; if it does not, look at its change detector with"
        f" '{container.program} exec {name} supervisorctl status changedetector' and at its log"
    )


def _of_postfix(uptake: Uptake, container: Container) -> Iterable[str]:
    name = container.name
    access = uptake.access
    if not access.runs:
        yield (
            f"the queue manager of Postfix does not run in the container {name}, so no mail is delivered; look at its log"
            " (Postfix starts it again a minute after it has failed)"
        )
    if access.not_loaded:
        yield (
            f"Postfix in the container {name} has processes that began before {_listed(access.not_loaded)} changed; allow"
            f" reload, or run '{container.program} exec {name} postfix reload'"
        )
    if access.missing:
        yield (
            f"{_listed(access.missing)} is gone, but Postfix in the container {name} needs it and rejects mail for the time"
            " being (hazard H10); create it, if only with an empty line"
        )
    if access.unused:
        yield (
            f"{_listed(access.unused)} did not exist when the container {name} was created, so Postfix does not read it;"
            " create the container anew"
        )


def refuse_differences(comparison: Comparison, container: Container, config_dir: str, result: Result) -> None:
    """Raise NotConfirmedError where the mail server does something else than the files promise."""
    lines = list(_difference_lines(comparison))
    if not lines:
        return
    number = len(lines) // 2
    shown = lines[: 2 * _MOST_SHOWN]
    more = [f"and {number - _MOST_SHOWN} more"] if number > _MOST_SHOWN else []
    heading = (
        f"the container {container.name} does something else than {config_dir} promises ({number} of"
        f" {len(comparison.routes) + len(comparison.logins)}); look at its log, and at what else configures it:"
    )
    sides = [f"--- {config_dir}", f"+++ container {container.name}"]
    raise NotConfirmedError("\n".join([heading, *sides, *shown, *more]), result)


def _difference_lines(comparison: Comparison) -> Iterable[str]:
    """Yield two lines for each difference: the promise, and what is done."""
    for route in comparison.routes:
        if route.differs:
            yield f"-{described_route(route.promised)}"
            yield f"+{described_route(route.done)}"
    for login in comparison.logins:
        if login.differs:
            yield f"-login {login.address}: {_described_login(login.promised)}"
            yield f"+login {login.address}: {_described_login(login.done)}"


def _described_login(login: Login) -> str:
    if not login.exists:
        return "none"
    return f"quota {login.quota}" if login.quota else "no quota of its own"


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))

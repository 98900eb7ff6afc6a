# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the files promise beside what the running mail server does, and where the two differ."""

from __future__ import annotations

import typing as t

from .._mailserver.accounts import LOGIN
from .._mailserver.syntax import from_text
from .asking import Login

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Mapping

    from .._mailserver.router import Route
    from .._mailserver.server import MailServer
    from .description import Description
    from .server import Replies


ANY_QUOTA = "*"
"""The quota of a login that is not compared: where it stands in extra fields, of an alias, or where quotas are off."""


class ComparedRoute(t.NamedTuple):
    """Where mail to an address should go, and where it goes."""

    promised: Route
    done: Route

    @property
    def is_known(self) -> bool:
        """Whether it is certain what the files promise."""
        return not self.promised.unsure

    @property
    def differs(self) -> bool:
        """Whether the mail server does something else, as far as it is known what the files promise."""
        return self.is_known and _outcome(self.promised) != _outcome(self.done)


class ComparedLogin(t.NamedTuple):
    """What the files make of a login, and what Dovecot says of it."""

    address: str
    promised: Login
    done: Login

    @property
    def differs(self) -> bool:
        """Whether Dovecot says something else."""
        known = self.promised if self.promised.quota != ANY_QUOTA else self.promised._replace(quota=self.done.quota)
        return known != self.done


class Comparison(t.NamedTuple):
    """All that was compared."""

    routes: list[ComparedRoute]
    logins: list[ComparedLogin]

    @property
    def differs(self) -> bool:
        """Whether there is any difference."""
        return any(each.differs for each in self.routes) or any(each.differs for each in self.logins)


class Setting(t.NamedTuple):
    """A setting that the mail server has otherwise than it is given."""

    name: str
    given: t.Any
    found: t.Any


def compare(files: MailServer, replies: Replies) -> Comparison:
    """Return what the files promise beside what was replied."""
    logins = _promised_logins(files)
    return Comparison(
        [ComparedRoute(files.route(address), route) for address, route in replies.routes.items()],
        [
            ComparedLogin(address, logins.get(from_text(address), Login(False)), found)
            for address, found in replies.logins.items()
        ],
    )


def differing_settings(given: Mapping[str, t.Any], description: Description) -> list[Setting]:
    """Return the settings that the mail server has otherwise than they are given; None is not given."""
    found = description.facts()
    return [
        Setting(name, value, found[name])
        for name, value in given.items()
        if value is not None and found[name] is not None and _folded(value) != _folded(found[name])
    ]


def _folded(value: t.Any) -> t.Any:
    return value.lower().removeprefix("v") if isinstance(value, str) else value


def _promised_logins(files: MailServer) -> dict[str, Login]:
    """Return the logins that DMS makes of the files, with their quotas."""
    sizes = {found.address: (found.size or "").strip() or None for found in files.found_quotas}
    has_quotas = files.settings.quotas_enabled
    logins = {
        address: Login(True, sizes.get(address) if has_quotas and "quota" not in line.extra_fields else ANY_QUOTA)
        for address, line in files.accounts.by_address.items()
        if files.accounts.receives(address)
    }
    numbers = files.alias_logins.numbers
    for number, key, dummy in files.aliases.physical if numbers else ():
        # DMS writes the key as it is, whether Dovecot can look it up or not (hazards H37 and H38).
        if number in numbers and LOGIN.fullmatch(key):
            logins.setdefault(key, Login(True, ANY_QUOTA))
    return logins


def _outcome(route: Route) -> tuple[t.Any, ...]:
    """Return what becomes of mail, in whatever case the addresses are written."""
    ends = (route.recipients, route.accounts, route.unknown, route.local)
    # Whether what Postfix gives up grows or goes around, the mail is deferred.
    error = "loop" if route.error == "limit" else route.error
    return (*({address.lower() for address in each} for each in ends), error)

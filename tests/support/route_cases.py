# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of routes from the data files: two files, and what becomes of addresses."""

from __future__ import annotations

import typing as t

import yaml

from ansible_collections.mailops.dms.plugins.module_utils._mailserver.router import Route
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.server import MailServer
from ansible_collections.mailops.dms.tests.support import wishes

DIRECTORY = wishes.DATA / "routes"


class RouteCase(t.NamedTuple):
    """The two files that Postfix looks addresses up in, and what comes of it."""

    name: str
    aliases: bytes
    regex_aliases: bytes | None
    routes: dict[str, list[str] | str]
    """The final recipients of each address, or the name of an error."""


def load_cases(*file_names: str) -> list[RouteCase]:
    """Return the cases of data files."""
    cases = []
    for file_name in file_names:
        for given in yaml.safe_load((DIRECTORY / file_name).read_text("utf-8")):
            rules = given.get("regex_aliases")
            cases.append(
                RouteCase(
                    name=given["name"],
                    aliases=_bytes(given.get("aliases", "")),
                    regex_aliases=None if rules is None else _bytes(rules),
                    routes=given["routes"],
                )
            )
    return cases


def limit_cases() -> list[RouteCase]:
    """Return cases on both sides of each limit of Postfix."""
    return [
        *(_chain(length, limit) for length, limit in ((999, False), (1000, True))),
        *(_list(length, limit) for length, limit in ((1000, False), (1001, True))),
        *(_long(length, limit) for length, limit in ((1000, False), (1001, True))),
    ]


def _chain(length: int, limit: bool) -> RouteCase:
    lines = [f"a{n}@example.com a{n + 1}@example.com\n" for n in range(length)]
    route = "limit" if limit else [f"a{length}@example.com"]
    return _case(f"a chain of {length} aliases", "".join(lines), route)


def _list(length: int, limit: bool) -> RouteCase:
    recipients = [f"r{n}@example.com" for n in range(length)]
    route = "limit" if limit else sorted(recipients)
    aliases = f"a0@example.com {','.join(recipients)}\n"
    return _case(f"an alias of {length} recipients", aliases, route)


def _long(length: int, limit: bool) -> RouteCase:
    recipient = "@example.com".rjust(length, "r")
    route = "limit" if limit else [recipient]
    aliases = f"a0@example.com {recipient}\n"
    return _case(f"a recipient of {length} bytes", aliases, route)


def _case(name: str, aliases: str, route: list[str] | str) -> RouteCase:
    return RouteCase(name, aliases.encode(), None, {"a0@example.com": route})


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def router(aliases: bytes, regex_aliases: bytes | None = None) -> MailServer:
    """Return the router of a directory without accounts."""
    contents = {wishes.ALIASES: aliases, wishes.REGEX_ALIASES: regex_aliases}
    return MailServer(contents)


def outcome(route: Route) -> list[str] | str:
    """Return a route as the data files have it."""
    return route.error or list(route.recipients)

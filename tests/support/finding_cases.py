# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cases of data/findings.yml: directories, and what is found in them."""

from __future__ import annotations

import functools
import typing as t

from ansible_collections.mailops.dms.plugins.module_utils._findings.checks import find
from ansible_collections.mailops.dms.plugins.module_utils._findings.finding import Finding
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.router import Route
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.server import MailServer
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.settings import Settings
from ansible_collections.mailops.dms.tests.dms import server
from ansible_collections.mailops.dms.tests.support import strategies, wishes

_ACCOUNTS = "anna@example.com|{SHA512-CRYPT}$HASH\n"
_HASH = strategies.HASH.partition("}")[2]


class Case:
    """One config directory with the options and the file modes that it is about."""

    def __init__(self, given: dict[str, t.Any]) -> None:
        """Read an item of the data file."""
        self.found: list[list[t.Any]] = given["found"]
        self.hazard: str | None = given.get("hazard")
        self.has_hazard = any(row[0] == self.hazard for row in self.found)
        self.name: str = given.get("name", f"{self.hazard} {'found' if self.has_hazard else 'not found'}")
        options = dict(given.get("options", {}))
        if "domains" in options:
            options["domains"] = tuple(options["domains"])
        self.options = Settings(**options)
        self.modes = {name: int(mode, 8) for name, mode in given.get("modes", {}).items()}
        files: dict[str, str | None] = {wishes.ACCOUNTS: _ACCOUNTS, **given.get("files", {})}
        self.contents = wishes.contents_of(
            {name: text.replace("$HASH", _HASH) for name, text in files.items() if text is not None}
        )

    def find(self) -> list[Finding]:
        """Return the findings of the directory."""
        return find(MailServer(self.contents, self.options, self.modes))

    @functools.cached_property
    def server(self) -> server.Server:
        """What DMS makes of the directory."""
        settings = server.Settings(self.options.version, self.options.quotas_enabled)
        return server.start(self.contents, settings)

    def route(self, address: str) -> Route:
        """Return where mail to an address goes."""
        return MailServer(self.contents).route(address)

    def lines(self, name: str) -> list[str]:
        """Return the lines of a file."""
        return (self.contents[name] or b"").decode("latin-1").splitlines()

    def logins(self) -> list[str]:
        """Return the logins as a person reads them."""
        lines = self.lines(wishes.ACCOUNTS)
        return [line.partition("|")[0].strip().lower() for line in lines if line.strip()[:1] not in ("", "#")]


CASES = [Case(given) for given in wishes.load("findings.yml")]


def brief(findings: list[Finding]) -> list[list[t.Any]]:
    """Return findings as the data file has them."""
    return [[f.id, f.severity, f.file, f.line, f.entry] for f in findings]

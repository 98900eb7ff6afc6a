# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The directories of data/findings: what a hazard looks like, and what it does not."""

from __future__ import annotations

import functools
import pathlib
import typing as t

import yaml

from ansible_collections.mailops.dms.plugins.module_utils._findings.checks import find
from ansible_collections.mailops.dms.plugins.module_utils._findings.state import Finding, Options, State
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.router import Route, Router
from ansible_collections.mailops.dms.plugins.module_utils._tables.directory import Tables
from ansible_collections.mailops.dms.tests.dms import server
from ansible_collections.mailops.dms.tests.support import wishes

DIRECTORIES = wishes.DATA / "findings"


class Case:
    """One config directory with the options and the file modes that it is about."""

    def __init__(self, path: pathlib.Path) -> None:
        """Read a directory."""
        given: dict[str, t.Any] = {}
        if (path / "options.yml").exists():
            given = yaml.safe_load((path / "options.yml").read_text(encoding="utf-8"))
        modes = given.pop("modes", {})
        domains = given.pop("domains", None)
        self.modes = {name: int(mode, 8) for name, mode in modes.items()}
        self.options = Options(**given, domains=None if domains is None else tuple(domains))
        self.contents: wishes.Contents = {
            name: (path / name).read_bytes() if (path / name).exists() else None for name in wishes.FILE_NAMES
        }

    def find(self) -> list[Finding]:
        """Return the findings of the directory."""
        return find(State(Tables(self.contents), self.options, self.modes))

    @functools.cached_property
    def server(self) -> server.Server:
        """What DMS makes of the directory."""
        settings = server.Settings(self.options.version, self.options.quotas_enabled)
        return server.start(self.contents, settings)

    def route(self, address: str) -> Route:
        """Return where mail to an address goes."""
        return Router(Tables(self.contents)).route(address)

    def lines(self, name: str) -> list[str]:
        """Return the lines of a file."""
        return (self.contents[name] or b"").decode("latin-1").splitlines()

    def logins(self) -> list[str]:
        """Return the logins as a person reads them."""
        lines = self.lines(wishes.ACCOUNTS)
        return [line.partition("|")[0].strip().lower() for line in lines if line.strip()[:1] not in ("", "#")]


def case(identity: str, kind: str) -> Case:
    """Return the directory with a hazard (C(trigger)) or without it (C(neighbour))."""
    return Case(DIRECTORIES / identity / kind)

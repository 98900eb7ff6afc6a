# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Report what a config directory holds, what is wrong with it and where mail goes."""

from __future__ import annotations

import os
import stat
import typing as t

from .._findings.checks import find
from .._kinds.kinds import FILE_NAMES, KINDS
from .._mailserver.server import MailServer
from .._plan.export import export_directory
from .._store.directory import Store
from .._tables.aliases import AliasTable
from .._tables.directory import Tables
from .options import Module, config_dir, create_info_module, server_settings
from .report import as_json, printable_recipient

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable, Iterator

    from .._kinds.kind import AnyKind
    from .._mailserver.router import Route, Step
    from .._mailserver.routing_table import Hop


def run_info_module() -> None:
    """Run the module that reads a config directory."""
    module = create_info_module()
    module.finish(lambda: as_json({"changed": False, **_report(module)}))


def _report(module: Module) -> dict[str, t.Any]:
    module.misread.refuse_options()
    params = module.params
    store = Store(config_dir(params), FILE_NAMES)
    contents = store.read()
    tables = Tables(contents)
    server = MailServer(contents, server_settings(params), _modes(store))
    export = export_directory(contents)
    report = {
        **{kind.section: list(_entries(kind, tables)) for kind in KINDS},
        "findings": [finding._asdict() for finding in find(server)],
        "routes": [_route(server.route(each)) for each in params["resolve"] or ()],
        "role_vars": {f"dms_{name}": each for name, each in export.sections.items()},
        "left_out": export.left_out,
    }
    if params["routing_table"]:
        from .._mailserver.routing_table import routing_table

        report["routing_table"] = list(map(_hop, routing_table(server)))
    return report


def _modes(store: Store) -> dict[str, int]:
    """Return the modes of the files that are there."""
    modes = {name: store.visit(name, _mode) for name in FILE_NAMES}
    return {name: mode for name, mode in modes.items() if mode is not None}


def _mode(descriptor: int) -> int:
    return stat.S_IMODE(os.fstat(descriptor).st_mode)


def _entries(kind: AnyKind, tables: Tables) -> Iterator[dict[str, t.Any]]:
    table = kind.section_in(tables)
    for key, entry in zip(table, table.entries()):
        if not kind.hides(table, key):
            yield {**kind.described(entry), **table.where(key)}


def _route(route: Route) -> dict[str, t.Any]:
    return {
        "address": route.address,
        "recipients": _recipients(route.recipients),
        "accounts": _recipients(route.accounts),
        "unknown": _recipients(route.unknown),
        "local": _recipients(route.local),
        "external": _recipients(route.external),
        "error": route.error,
        "reason": route.reason,
        "unsure": list(route.unsure),
        "path": [
            {"file": step.file, "line": step.line, "key": _step_key(step), "recipients": _recipients(step.recipients)}
            for step in route.path
        ],
    }


def _hop(hop: Hop) -> dict[str, t.Any]:
    file, line, key = hop.found or (None, None, None)
    return {
        "address": printable_recipient(hop.address),
        "file": file,
        "line": line,
        "key": printable_recipient(key) if key and file == AliasTable.file_name else key,
        "recipients": _recipients(hop.recipients),
        "place": hop.place,
        "status": hop.status,
        "reason": hop.reason,
        "unsure": list(hop.unsure),
        "refused": hop.refused,
    }


def _recipients(recipients: Iterable[str]) -> list[str]:
    return [printable_recipient(recipient) for recipient in recipients]


def _step_key(step: Step) -> str:
    is_alias = step.file == AliasTable.file_name
    return printable_recipient(step.key) if is_alias else step.key

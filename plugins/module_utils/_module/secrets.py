# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hand the secrets of a config directory to the action plugin that writes them, and to nobody else."""

from __future__ import annotations

import typing as t

from .._kinds.kinds import FILE_NAMES, KINDS
from .._plan.export import export_directory
from .._store.directory import Store
from .options import Module, config_dir
from .report import printable

if t.TYPE_CHECKING:  # pragma: no cover
    from .._kinds.kind import Spec


def run_secrets_module() -> None:
    """Run the module that reads the secrets of a config directory; its action plugin takes them out of the result."""
    spec: Spec = {
        "config_dir": {"type": "path", "required": True},
        "dest": {"type": "path", "required": True},
        "encrypt": {"type": "bool", "default": True},
        "vault_id": {"type": "str"},
        "overwrite": {"type": "bool", "default": False},
    }
    module = Module(spec, writes=False)
    module.finish(lambda: _report(module))


def _report(module: Module) -> dict[str, t.Any]:
    module.misread.refuse_options()
    contents = Store(config_dir(module.params), FILE_NAMES).read()
    export = export_directory(contents, secrets=True)
    secrets: dict[str, dict[str, str]] = {}
    declared: dict[str, list[str | None]] = {}
    for kind in KINDS:
        section = kind.section
        taken = [options.pop(kind.secret, None) for options in export.sections[section]]
        declared[section] = [key if secret else None for key, secret in zip(export.keys[section], taken)]
        secrets[section] = {key: secret for key, secret in zip(export.keys[section], taken) if secret}
    return {
        "changed": False,
        "role_vars": {f"dms_{name}": each for name, each in export.sections.items()},
        "left_out": list(map(printable, export.left_out)),
        "declared": declared,
        "secrets": secrets,
    }

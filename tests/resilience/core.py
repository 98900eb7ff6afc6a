# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run of the core on a config directory, in a process of its own where started.

It calls what the modules call, without Ansible.
Usage: core.py DIRECTORY OPTIONS_FILE LOCK_TIMEOUT
"""

from __future__ import annotations

import pathlib
import sys
import typing as t

import yaml

from ansible_collections.mailops.dms.plugins.module_utils._errors import RefusedError
from ansible_collections.mailops.dms.plugins.module_utils._kinds.kinds import FILE_NAMES
from ansible_collections.mailops.dms.plugins.module_utils._plan.plan import Plan, make_plan
from ansible_collections.mailops.dms.plugins.module_utils._store.directory import Store
from ansible_collections.mailops.dms.plugins.module_utils._store.replacing import Hooks
from ansible_collections.mailops.dms.plugins.module_utils._store.updating import update
from ansible_collections.mailops.dms.tests.support import wishes

if t.TYPE_CHECKING:
    Contents = t.Mapping[str, bytes | None]

REFUSED = 3
"""The exit status of a run that was refused."""


def run(
    directory: pathlib.Path, options: dict[str, t.Any], timeout: float | None = 2, hooks: Hooks | None = None
) -> bool:
    """Apply options of dms_config; tell whether anything was to be written."""
    desired = wishes.wish(options)
    store = Store(str(directory), FILE_NAMES)

    def plan_for(contents: Contents) -> Plan:
        return make_plan(desired, contents)

    plan = plan_for(store.read())
    if plan.files or store.has_leftovers():
        update(store, plan, plan_for, hooks or Hooks(), timeout)
    return bool(plan.files)


def load(path: pathlib.Path) -> dict[str, t.Any]:
    """Return the options in a data file."""
    options: dict[str, t.Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return options


def main() -> None:
    directory, options_file, timeout = sys.argv[1:]
    try:
        run(pathlib.Path(directory), load(pathlib.Path(options_file)), float(timeout))
    except RefusedError as error:
        sys.stderr.write(str(error))
        sys.exit(REFUSED)


if __name__ == "__main__":
    main()

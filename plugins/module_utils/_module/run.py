# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Run a wish against a config directory and report to Ansible: all modules do it here."""

from __future__ import annotations

import os
import typing as t

from ansible_collections.mailops.dms.plugins.module_utils._errors import RefusedError
from ansible_collections.mailops.dms.plugins.module_utils._module.diff import file_diff
from ansible_collections.mailops.dms.plugins.module_utils._module.options import (
    create_bulk_module,
    create_entry_module,
)
from ansible_collections.mailops.dms.plugins.module_utils._provision import make_plan
from ansible_collections.mailops.dms.plugins.module_utils._store.directory import (
    Hooks,
    Store,
)
from ansible_collections.mailops.dms.plugins.module_utils._store.files import NewContent
from ansible_collections.mailops.dms.plugins.module_utils._store.locks import (
    wait_for_a_moment,
)
from ansible_collections.mailops.dms.plugins.module_utils._tables.directory import (
    FILE_NAMES,
    TABLES,
)
from ansible_collections.mailops.dms.plugins.module_utils._wish import (
    SECTION_NAMES,
    Desired,
    desired_entries,
    desired_entry,
)

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Collection, Mapping, Sequence

    from ansible.module_utils.basic import AnsibleModule

    from ansible_collections.mailops.dms.plugins.module_utils._provision import Plan
    from ansible_collections.mailops.dms.plugins.module_utils._store.directory import (
        Contents,
    )

_SECRETS = ("password", "password_hash")
_MOST_WARNINGS = 20

# How often to look at files that another run seems to be writing.
_MOST_LOOKS = 10


def run_entry_module(section: str) -> None:
    """Run the module that manages one entry of a section."""
    module = create_entry_module(section)
    _run(module, lambda: desired_entry(section, module.params))


def run_bulk_module() -> None:
    """Run the module that manages many entries."""
    module = create_bulk_module()
    _run(module, lambda: desired_entries(module.params))


def _run(module: AnsibleModule, wish: t.Callable[[], Desired]) -> None:
    # Nothing that is reported holds a secret, and hiding them again would hide every
    # address that a password happens to be part of, which gives the password away.
    module.no_log_values.clear()
    invocation = {"module_args": _without_secrets(module.params)}
    try:
        result = _apply(module, wish())
    except RefusedError as error:
        module.fail_json(msg=str(error), invocation=invocation)
    module.exit_json(**result, invocation=invocation)


def _apply(module: AnsibleModule, desired: Desired) -> dict[str, t.Any]:
    store = Store(module.params["config_dir"], FILE_NAMES)
    contents, plan = _first_plan(store, desired)
    result: dict[str, t.Any] = {}
    if not module.check_mode and (plan.files or store.has_leftovers()):
        plan = _write(module, store, result, _Planner(desired, contents, plan))
    diff = [file_diff(file, store.path(file.table.file_name)) for file in plan.files]
    sections = desired.sections.union(file.table.section for file in plan.files)
    diff_of_attributes = _set_attributes(module, store, sections)
    result["changed"] = bool(plan.files or diff_of_attributes)
    result["changes"] = {
        section: {
            kind: [_printable(key) for key in keys]
            for kind, keys in changes._asdict().items()
        }
        for section, changes in plan.changes.items()
    }
    if module._diff:
        result["diff"] = diff + diff_of_attributes
    _warn(module, plan.warnings)
    return result


def _first_plan(store: Store, desired: Desired) -> tuple[Contents, Plan]:
    """Return what the files hold and the plan for it, made without any lock.

    A refusal stands only if it was not another run, half done, that was looked at.
    """
    attempts = _MOST_LOOKS
    while True:
        contents = store.read()
        try:
            return contents, make_plan(desired, contents)
        except RefusedError:
            attempts -= 1
            settled = store.read() == contents and not store.has_leftovers()
            if settled or not attempts:
                raise
            wait_for_a_moment()


def _set_attributes(
    module: AnsibleModule, store: Store, sections: Collection[str]
) -> list[dict[str, t.Any]]:
    """Give the files of sections the wanted owner, mode and so on; return the diff."""
    differences = []
    for table in TABLES:
        path = store.path(table.file_name)
        if table.section not in sections or not os.path.exists(path):
            continue
        arguments = module.load_file_common_arguments(module.params, path=path)
        difference: dict[str, t.Any] = {}
        if module.set_fs_attributes_if_different(arguments, False, diff=difference):
            header = f"{path} (file attributes)"
            differences.append(
                {**difference, "before_header": header, "after_header": header}
            )
    return differences


class _Planner:
    """Plans for the store, anew only where the files have changed meanwhile."""

    def __init__(self, desired: Desired, contents: Contents, plan: Plan) -> None:
        """Begin with the plan for what the files held at first."""
        self._desired = desired
        self._contents = contents
        self._plan = plan
        self._returned: list[Plan] = []

    def __call__(self, contents: Contents) -> list[NewContent]:
        """Return what the files shall hold, given what they hold."""
        if contents != self._contents:
            self._contents = contents
            self._plan = make_plan(self._desired, contents)
        self._returned.append(self._plan)
        return [
            NewContent(file.table.file_name, file.content, file.table.new_file_mode)
            for file in self._plan.files
        ]

    @property
    def carried_out(self) -> Plan:
        """The last plan that changed something, else one that changes nothing."""
        changing = [plan for plan in self._returned if plan.files]
        return changing[-1] if changing else self._returned[-1]


def _write(
    module: AnsibleModule, store: Store, result: dict[str, t.Any], planner: _Planner
) -> Plan:
    """Write what is planned and return the plan that was carried out."""
    backup_files: dict[str, str] = {}

    def set_attributes(temporary: str, path: str) -> None:
        if not os.path.exists(path):
            arguments = module.load_file_common_arguments(module.params, path=path)
            arguments["path"] = temporary
            module.set_fs_attributes_if_different(arguments, False)
        elif module.selinux_enabled():
            context = module.selinux_context(path)
            module.set_context_if_different(temporary, context, False)

    def back_up(path: str) -> None:
        # What is copied may hold hashes: no moment in which others may read it.
        previous = os.umask(0o077)
        try:
            if path in backup_files:
                # Somebody else wrote since: that is what must be kept.
                os.unlink(backup_files.pop(path))
            backup_files[path] = module.backup_local(path)
        finally:
            os.umask(previous)

    hooks = Hooks(
        set_attributes,
        back_up if module.params["backup"] else None,
        module.params["unsafe_writes"],
    )
    store.update(planner, hooks, module.params["lock_timeout"])
    if backup_files:
        result["backup_files"] = list(backup_files.values())
    return planner.carried_out


def _warn(module: AnsibleModule, warnings: Sequence[str]) -> None:
    for sentence in warnings[:_MOST_WARNINGS]:
        module.warn(sentence)
    if len(warnings) > _MOST_WARNINGS:
        module.warn(f"{len(warnings) - _MOST_WARNINGS} more warnings like these")


def _without_secrets(params: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return the options as they may be shown; long lists are only counted."""
    shown = dict(params)
    for name in _SECRETS:
        if shown.get(name) is not None:
            shown[name] = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
    for name in SECTION_NAMES:
        if shown.get(name):
            shown[name] = f"{len(shown[name])} entries"
    return shown


def _printable(key: str) -> str:
    """Return a key as JSON can carry it; bytes that are no UTF-8 are replaced."""
    return key.encode("utf-8", "surrogateescape").decode("utf-8", "replace")

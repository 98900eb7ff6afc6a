# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a wish against a config directory and report to Ansible: all modules do it here."""

from __future__ import annotations

import functools
import typing as t

from .._errors import Refusals
from .._plan.wish import Wish, wish_of_entry
from .._store.directory import Store
from .options import Module, config_dir, create_bulk_module, create_entry_module
from .planning import check_options, checked_plan, first_plan
from .report import shown_changes, shown_renames, warn

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable, Mapping

    from ansible.module_utils.basic import AnsibleModule

    from .._kinds.kind import AnyKind
    from .._plan.plan import Plan
    from .._tables.directory import AnyTable
    from .attributes import WantedAttributes


# The options of Ansible's file modules
_ATTRIBUTES = ("owner", "group", "mode", "attributes", "seuser", "serole", "setype", "selevel")


def run_entry_module(kind: AnyKind) -> None:
    """Run the module that manages one entry of a kind."""
    module = create_entry_module(kind)
    misread = module.misread.options
    module.finish(lambda: _apply(module, wish_of_entry(kind, module.params, misread)))


def run_bulk_module() -> None:
    """Run the module that manages many entries."""
    module = create_bulk_module()
    module.finish(lambda: _apply(module, _many_entries(module)))


def _many_entries(module: Module) -> Wish:
    """Return the wish of the bulk module; raise RefusedError for all that is refused."""
    from .._plan.bulk import wish_of_sections

    refusals = Refusals()
    wish = Wish()
    with refusals.noted():
        module.misread.refuse_options()
    with refusals.noted():
        wish = wish_of_sections(module.params, module.misread.entries)
    refusals.raise_noted()
    return wish


def _apply(module: AnsibleModule, wish: Wish) -> dict[str, t.Any]:
    params = module.params
    wanted = _wanted_attributes(module)
    store = Store(config_dir(params), wish.file_names)
    check_options(params)
    plan_for = functools.partial(checked_plan, wish, params, module.check_mode)
    plan = first_plan(store, plan_for, module.check_mode)
    sections = wish.sections.union(file.table.section for file in plan.files)
    differences = _differences(wanted, store, [table for table in wish.tables if table.section in sections])
    backup_files: list[str] = []
    if not module.check_mode and (plan.files or store.has_leftovers()):
        # Most runs change nothing.
        from .._store.replacing import Hooks
        from .._store.updating import update

        hooks = Hooks(
            set_attributes=wanted.set if wanted else None,
            back_up=backup_files.append if params["backup"] else None,
            unsafe_writes=params["unsafe_writes"],
        )
        plan = update(store, plan, plan_for, hooks, params["lock_timeout"])
    if not module.check_mode and wanted:
        for name in dict.fromkeys([*differences, *(file.file_name for file in plan.files)]):
            store.visit(name, wanted.set_all)
    result = {
        "changed": bool(plan.files or differences),
        "reload_needed": plan.reload_needed,
        "restart_needed": plan.restart_needed,
        **_changes(module, wish, plan, store, differences),
    }
    if backup_files:
        result["backup_files"] = backup_files
    warn(module, plan.warnings)
    return result


def _wanted_attributes(module: AnsibleModule) -> WantedAttributes | None:
    """Return the owner, mode and so on that are asked for, None where none are."""
    if all(module.params[name] is None for name in _ATTRIBUTES):
        return None
    from .attributes import WantedAttributes

    return WantedAttributes(module)


def _differences(
    wanted: WantedAttributes | None, store: Store, tables: Iterable[type[AnyTable]]
) -> dict[str, dict[str, t.Any]]:
    """Return what is to change of the owner, mode and so on of some files."""
    if wanted is None:
        return {}
    found = {table.file_name: store.visit(table.file_name, wanted.difference) for table in tables}
    return {name: difference for name, difference in found.items() if difference}


def _changes(
    module: AnsibleModule, wish: Wish, plan: Plan, store: Store, differences: Mapping[str, dict[str, t.Any]]
) -> dict[str, t.Any]:
    """Return what to report of changes, with a diff where one is asked for."""
    result: dict[str, t.Any] = {"changes": shown_changes(plan)}
    diff: list[dict[str, t.Any]] = []
    if plan.files and module._diff:
        from .diff import file_diff

        diff += (file_diff(file, store.path(file.file_name)) for file in plan.files)
    if plan.renamed:
        result["renamed"] = shown_renames(plan)
    if wish.compares_routes:
        result["routes"] = []
        if plan.files:
            # Routes need much that a run without any change does not.
            from .routes import changed_routes

            result["routes"], diff_of_routes = changed_routes(plan, module.params)
            diff += diff_of_routes
    for name, difference in differences.items():
        header = f"{store.path(name)} (file attributes)"
        diff.append({**difference, "before_header": header, "after_header": header})
    return {**result, "diff": diff} if module._diff else result

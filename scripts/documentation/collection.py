# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is generated of the modules."""

from __future__ import annotations

from .layout import markdown_table, yaml_lines
from .source import Source


def sections(source: Source) -> list[str]:
    """Return the choices of an option that names sections."""
    return yaml_lines({"choices": list(source.entry_specs)}, 8)


def entries(source: Source) -> list[str]:
    """Return the options of dms_config that hold the entries."""
    options = {}
    for section in source.entry_specs:
        options[section] = {
            "description": source.section_description(section),
            "type": "list",
            "elements": "dict",
            "suboptions": {
                name: {key: value for key, value in option.items() if key != "no_log"}
                for name, option in source.entry_options[section].items()
            },
        }
    return yaml_lines(options, 2)


def changes(source: Source) -> list[str]:
    """Return what a module that writes returns about changed entries."""
    texts = source.texts["returned"]
    contains = {
        section: {
            "description": f"The {texts['lists']} of {source.sections[section]['keys']}.",
            "returned": _returned(source, section),
            "type": "dict",
            "sample": {"added": [], "changed": [], "removed": []},
        }
        for section in source.entry_specs
    }
    result = {"description": texts["changes"], "returned": "success", "type": "dict", "contains": contains}
    return yaml_lines({"changes": result}, 0)


def _returned(source: Source, section: str) -> str:
    """Return which of the modules that write report the changes of a section."""
    modules = source.modules_of(section)
    if len(modules) == len(source.entry_specs):
        return "success"
    return f"by {', '.join(f'M({name})' for name in modules)} and M(mailops.dms.dms_config)"


def server(source: Source) -> list[str]:
    """Return what a module that writes returns about the mail server that is running."""
    texts = source.texts["returned"]
    return yaml_lines({name: texts[name] for name in ("reload_needed", "restart_needed")}, 0)


def backups(source: Source) -> list[str]:
    """Return what a module that writes returns about backups."""
    return yaml_lines({"backup_files": source.texts["returned"]["backup_files"]}, 0)


def renamed(source: Source) -> list[str]:
    """Return what a module that renames accounts returns about them."""
    return yaml_lines({"renamed": source.texts["returned"]["renamed"]}, 0)


def action_groups(source: Source) -> list[str]:
    """Return the action groups with their modules, as the modules say."""
    members: dict[str, list[str]] = {}
    for module in source.modules:
        for group in source.documentation(module)["attributes"].get("action_group", {"membership": ()})["membership"]:
            members.setdefault(group.rpartition(".")[2], []).append(module)
    return [line for group in sorted(members) for line in [f"{group}:", *(f"  - {name}" for name in members[group])]]


def content(source: Source) -> list[str]:
    """Return the table of what the collection has."""
    of_entries = [texts["module"] for texts in source.sections.values()]
    modules = dict.fromkeys([*of_entries, *source.modules])
    rows = [(f"`mailops.dms.{module}`", source.documentation(module)["short_description"]) for module in modules]
    entry_points = source.yaml_of("roles/dms/meta/argument_specs.yml")["argument_specs"]
    rows.append(("role `mailops.dms.dms`", entry_points["main"]["short_description"]))
    rows += [(f"playbook `mailops.dms.{name}`", purpose) for name, purpose in source.texts["playbooks"].items()]
    return markdown_table(("content", "purpose"), rows)


def playbooks(source: Source) -> list[str]:
    """Return the table of the playbooks."""
    rows = [(f"`mailops.dms.{name}`", purpose) for name, purpose in source.texts["playbooks"].items()]
    return markdown_table(("playbook", "purpose"), rows)

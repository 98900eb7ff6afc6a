# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is generated of the role.

Ansible shows all argument specs of a role where one variable is wrong, so they have only the first paragraph of what the
modules document.
"""

from __future__ import annotations

import re

from .layout import as_markdown, markdown_table, yaml_lines
from .source import GenerationError, Option, Options, Source, with_references

_ROLE = "roles/dms"
_PREFIX = "dms_"
_LEVELS = ("dms_", "dms_group_", "dms_host_")
_VARIABLE = re.compile(r"\{\{ (?P<name>dms_\w+)( \| default\([\w.]+\))? \}\}")

# A variable that is described in another place of the same YAML file
_SHARED = re.compile(r"(?m)^ +(dms_\w+): \*\1$")


def defaults(source: Source) -> list[str]:
    """Return the defaults of the lists."""
    blocks = [[f"{level}{section}: []" for level in _LEVELS] for section in source.entry_specs]
    return [line for block in blocks for line in ["", *block]][1:]


def lists(source: Source) -> list[str]:
    """Return the variables that hold the names of the lists of each section, and all entries of these lists."""
    lines = ["_dms_lists:"]
    for section in source.entry_specs:
        names = ", ".join(f"'{level}{section}'" for level in _LEVELS)
        lines += [
            f"  {section}: >-",
            f"    {{{{ [{names}]",
            f"    + lookup('ansible.builtin.varnames', '^dms_{section}__.+', wantlist=true) | sort }}}}",
        ]
    lines += ["", "# All of them in one list; what is no list stays an entry, which is refused."]
    lines += [
        f"_dms_{section}: \"{{{{ lookup('ansible.builtin.vars', *_dms_lists.{section}, wantlist=true)"
        ' | flatten(levels=1, skip_nulls=false) }}"'
        for section in source.entry_specs
    ]
    return lines


def task(source: Source) -> list[str]:
    """Return the options of the task that applies all lists."""
    return [
        f"{section}: \"{{{{ _dms_{section} if _dms_{section} or '{section}' in dms_prune else omit }}}}\""
        for section in source.entry_specs
    ]


def entries(source: Source) -> list[str]:
    """Return the specs of the lists."""
    lines = []
    for section, options in source.entry_options.items():
        noun = source.sections[section]["noun"]
        levels = source.texts["role"]["levels"]
        spec: Options = {
            name: {**option, "description": _described(source, option["description"][:1])[0]}
            for name, option in options.items()
        }
        for level, whose in zip(_LEVELS, levels, strict=True):
            description = [f"The {noun} of {whose}."]
            if level == _PREFIX:
                description += _described(source, source.section_description(section)[1:])
            option = {"description": _plain(description), "type": "list", "elements": "dict", "default": []}
            lines += yaml_lines({f"{level}{section}": option}, 6)
            if level == _PREFIX:
                lines.append(f"  options: &{section}")
                lines += [f"    {line}" for line in yaml_lines(spec, 10)]
            else:
                lines.append(f"  options: *{section}")
    return lines


def finding_titles(source: Source) -> list[str]:
    """Return the variable with the title of each finding, which the audit page shows."""
    return yaml_lines({"_dms_finding_titles": {check.identity: check.title for check in source.checks}}, 0)


def secret_options(source: Source) -> list[str]:
    """Return the variable with the option of each section that declares a secret."""
    return yaml_lines({"_dms_secret_options": source.secret_options}, 0)


def options(source: Source) -> list[str]:
    """Return the specs of the variables that are options of dms_config by another name.

    Those that another entry point has too get an anchor.
    """
    documented = source.documentation("dms_config")["options"]
    texts = source.texts["role"]
    values = source.yaml_of(f"{_ROLE}/defaults/main.yml")
    shared = set(_SHARED.findall(source.text(f"{_ROLE}/meta/argument_specs.yml")))
    lines = []
    for name, variable in _variables_of_options(source).items():
        if name not in documented or name in texts["by hand"]:
            continue
        option = {key: value for key, value in documented[name].items() if key != "default"}
        description = texts["replaced"].get(name) or _described(source, option["description"][:1])
        option["description"] = _plain([*description, *texts["added"].get(name, [])])
        if variable in values:
            option["default"] = values[variable]
        first, *others = yaml_lines({variable: option}, 6)
        lines += [f"{first} &{variable}" if variable in shared else first, *others]
    return lines


def names(source: Source) -> list[str]:
    """Return the variable that holds the names of all documented variables."""
    return yaml_lines({"_dms_known_variables": list(_specified(source))}, 0)


def variables(source: Source) -> list[str]:
    """Return the table of all variables."""
    rows = []
    lists = {f"{level}{section}" for section in source.entry_specs for level in _LEVELS}
    for name, option in _specified(source).items():
        section = name.removeprefix(_PREFIX)
        if section in source.entry_specs:
            rows.append(_row_of_lists(source, section))
        elif name not in lists:
            described = option["description"]
            meaning = described if isinstance(described, str) else described[0]
            rows.append((f"`{name}`", _default(option), as_markdown(meaning)))
    return markdown_table(("variable", "default", "meaning"), rows)


def _specified(source: Source) -> Options:
    """Return the documented variables of the role, its audit and its export."""
    specs: Options = {}
    for entry_point in source.yaml_of(f"{_ROLE}/meta/argument_specs.yml")["argument_specs"].values():
        for name, option in entry_point["options"].items():
            specs.setdefault(name, option)
    return specs


def _row_of_lists(source: Source, section: str) -> tuple[str, str, str]:
    names = ", ".join(f"`{name}`" for name in [*(f"{level}{section}" for level in _LEVELS), f"dms_{section}__NAME"])
    entry = ", ".join(f"`{name}`" for name in source.entry_specs[section])
    return names, "`[]`", f"{source.sections[section]['noun'].capitalize()}, each with {entry}."


def _default(option: Option) -> str:
    if option.get("required"):
        return "required"
    if "default" not in option:
        return "not set"
    value = option["default"]
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _variables_of_options(source: Source) -> dict[str, str]:
    """Return option of dms_config -> variable, from the task of the role that calls it."""
    tasks = source.yaml_of(f"{_ROLE}/tasks/main.yml")
    arguments = next(task["mailops.dms.dms_config"] for task in tasks if "mailops.dms.dms_config" in task)
    matches = {option: _VARIABLE.fullmatch(value) for option, value in arguments.items()}
    return {option: match["name"] for option, match in matches.items() if match}


def _described(source: Source, description: list[str]) -> list[str]:
    """Return a description of dms_config in terms of the role. Raises GenerationError for what the role does not have."""
    names = {section: f"{_PREFIX}{section}" for section in source.entry_specs} | _variables_of_options(source)

    def variable(name: str) -> str:
        if name not in names:
            raise GenerationError(f"the role has no variable for O({name}), which a description refers to")
        return names[name]

    return [with_references(text, variable) for text in description]


def _plain(description: list[str]) -> str | list[str]:
    """Return a description as the argument specs have it: one paragraph is no list."""
    return description[0] if len(description) == 1 else description

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sources of what is generated: documentation and argument specs of the modules, checks, variables of the role."""

from __future__ import annotations

import ast
import functools
import re
import sys
import typing as t
from pathlib import Path

import yaml

Option = dict[str, t.Any]
Options = dict[str, Option]

_FRAGMENTS = "mailops.dms."
_REFERENCE = re.compile(r"O\((?P<name>[a-z_]+)(?P<rest>[^)]*)\)")


class GenerationError(Exception):
    """A text that cannot be generated."""


class Check(t.NamedTuple):
    """A hazard as the page about findings lists it."""

    identity: str
    severity: str
    title: str


class Source:
    """Where what is generated comes from, in one checkout."""

    def __init__(self, checkout: Path) -> None:
        """Read nothing yet."""
        self._checkout = checkout
        self._generated: dict[Path, str] = {}
        # The code is that of this checkout too.
        sys.path.insert(0, str(checkout / ".build" / "collections"))

    def text(self, path: str | Path) -> str:
        """Return the text of a file of the checkout, as it is or as it was generated meanwhile."""
        absolute = self._checkout / path
        return self._generated.get(absolute) or absolute.read_text(encoding="utf-8")

    def replace(self, path: Path, text: str) -> None:
        """Note the generated text of a file, for what is generated from it in turn."""
        self._generated[path] = text

    def yaml_of(self, path: str) -> t.Any:
        """Return what a YAML file of the checkout holds."""
        return yaml.safe_load(self.text(path))

    @functools.cached_property
    def texts(self) -> dict[str, t.Any]:
        """What is only said where it is generated."""
        texts: dict[str, t.Any] = self.yaml_of("scripts/documentation/texts.yml")
        return texts

    @functools.cached_property
    def entry_specs(self) -> dict[str, Options]:
        """Section -> the argument spec of one of its entries in dms_config, in the order of the sections."""
        from ansible_collections.mailops.dms.plugins.module_utils._kinds.kinds import SECTION_NAMES, sections_options

        spec = sections_options()
        return {section: spec[section]["options"] for section in SECTION_NAMES}

    @functools.cached_property
    def sections(self) -> dict[str, dict[str, t.Any]]:
        """Section -> its module, what its entries and their keys are called, and what is only said here."""
        from ansible_collections.mailops.dms.plugins.module_utils._kinds.kinds import KINDS

        sections = {}
        for kind in KINDS:
            names = kind.section.replace("_", " ")
            module = f"dms_{kind.noun.replace(' ', '_')}"
            own = self.texts["sections"].get(kind.section, {})
            sections[kind.section] = {"module": module, "noun": names, "keys": names, **own}
        return sections

    @functools.cached_property
    def secret_options(self) -> dict[str, str]:
        """Section -> the option with the secret of an entry, for those that have one."""
        from ansible_collections.mailops.dms.plugins.module_utils._kinds.kinds import KINDS

        return {kind.section: kind.secret for kind in KINDS if kind.secret}

    def modules_of(self, section: str) -> list[str]:
        """Return the modules of one entry that read the files of a section."""
        from ansible_collections.mailops.dms.plugins.module_utils._kinds.kinds import KINDS

        return [
            _FRAGMENTS + self.sections[kind.section]["module"]
            for kind in KINDS
            if any(table.section == section for table in (*kind.beside, *kind.tables))
        ]

    @functools.cached_property
    def checks(self) -> list[Check]:
        """Every hazard that is looked for."""
        from ansible_collections.mailops.dms.plugins.module_utils._findings.checks import CHECKS

        return [Check(identity, check.severity, check.title) for identity, check in CHECKS.items()]

    @property
    def modules(self) -> list[str]:
        """The names of all modules, sorted."""
        return sorted(path.stem for path in (self._checkout / "plugins" / "modules").glob("*.py"))

    def documentation(self, module: str) -> dict[str, t.Any]:
        """Return the documentation of a module, with the options and attributes of the fragments of the collection."""
        found: dict[str, t.Any] = yaml.safe_load(self._assigned(f"plugins/modules/{module}.py")["DOCUMENTATION"])
        for name in found.get("extends_documentation_fragment", []):
            if name.startswith(_FRAGMENTS):
                file, _dot, part = name.removeprefix(_FRAGMENTS).partition(".")
                strings = self._assigned(f"plugins/doc_fragments/{file}.py")
                fragment = yaml.safe_load(strings[part.upper() or "DOCUMENTATION"])
                for key in ("options", "attributes"):
                    found[key] = {**found.get(key, {}), **(fragment.get(key) or {})}
        return found

    def _assigned(self, path: str) -> dict[str, str]:
        """Return the texts that a Python file assigns to names, be it in a class."""
        found = {}
        for node in ast.walk(ast.parse(self.text(path))):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and _is_text(node.value):
                found[node.targets[0].id] = ast.literal_eval(node.value)
        return found

    @functools.cached_property
    def entry_options(self) -> dict[str, Options]:
        """Section -> the options of one of its entries in dms_config, documented.

        The descriptions are those of the module for one such entry, in terms of dms_config.
        """
        return {section: self._entry_options(section, spec) for section, spec in self.entry_specs.items()}

    def _entry_options(self, section: str, spec: Options) -> Options:
        texts = self.sections[section]
        documented = self.documentation(texts["module"])["options"]

        def in_entry(name: str) -> str:
            return f"{section}[].{name}" if name in spec else name

        def description(name: str) -> list[str]:
            if "default" in documented.get(name, {}) and "default" not in spec[name]:
                return [f"Overrides O({name}) for this entry."]
            own: list[str] = texts.get("options", {}).get(name, [])
            of_module = documented.get(name, {}).get("description", [])
            return [with_references(text, in_entry) for text in of_module] + own

        return {name: {"description": description(name), **option} for name, option in spec.items()}

    def section_description(self, section: str) -> list[str]:
        """Return what is said of a section of dms_config."""
        texts = self.sections[section]
        of_module = self.documentation(texts["module"])["options"]
        own = [f"O({section}[].{name})" for name in self.entry_specs[section] if name not in of_module]
        besides = f", and {' and '.join(own)}" if own else ""
        return [
            f"The {texts['noun']}. Their options are those of M({_FRAGMENTS}{texts['module']}){besides}.",
            *texts.get("description", []),
        ]


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def with_references(text: str, name_of: t.Callable[[str], str]) -> str:
    """Return a text that refers to options by other names."""
    return _REFERENCE.sub(lambda match: f"O({name_of(match['name'])}{match['rest']})", text)

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who knows whom: each package only those before it, and no file one that knows it."""

from __future__ import annotations

import ast
import graphlib
import pathlib

MODULE_UTILS = pathlib.Path(__file__).parents[4] / "plugins" / "module_utils"
COLLECTION = "ansible_collections.mailops.dms"

# Those of one row may know each other, and all that stand above.
ORDER = (
    ("_archive", "_errors", "_text", "_warnings", "_secrets", "_libraries", "_hashes", "_crypt"),
    ("_addresses", "_destinations", "_passwords", "_account_locks"),
    ("_tables",),
    ("_mailserver",),
    ("_findings",),
    ("_running",),
    ("_kinds",),
    ("_plan",),
    ("_store",),
    ("_module",),
)
# What these know beside words, although more stands above them.
ALONE = {
    "_findings": {"_findings", "_mailserver"},
    "_running": {"_running", "_mailserver"},
    "_store": {"_store"},
}
ROWS = {name: row for row, names in enumerate(ORDER) for name in names}
FILES = sorted(MODULE_UTILS.rglob("*.py"))
MODULES = sorted(MODULE_UTILS.with_name("modules").glob("*.py"))


def name_of(path: pathlib.Path) -> tuple[str, ...]:
    """Return the parts of the name of a file, below module_utils."""
    return path.relative_to(MODULE_UTILS).with_suffix("").parts


NAMES = {name_of(path) for path in FILES}


def imported(path: pathlib.Path) -> set[tuple[str, ...]]:
    """Return the files that a file imports, wherever it does, be it for types alone."""
    found = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = (*name_of(path)[: -node.level], *filter(None, (node.module or "").split(".")))
            modules = {(*base, alias.name) for alias in node.names}
            found |= {base} if base in NAMES else modules
    return found


IMPORTS = {name_of(path): imported(path) for path in FILES}


def may_know(package: str, other: str) -> bool:
    """Whether what stands in a package may import what stands in another one."""
    is_word = not (MODULE_UTILS / other).is_dir()
    return ROWS[other] <= ROWS[package] and (is_word or other in ALONE.get(package, ROWS))


def test_imports_are_relative() -> None:
    absolute = [f"{path}: {text}" for path in FILES for text in path.read_text().splitlines() if COLLECTION in text]
    assert absolute == []
    assert set.union(*IMPORTS.values()) <= NAMES


def test_each_package_knows_only_those_before_it() -> None:
    assert {name[0] for name in NAMES} == ROWS.keys()
    too_much = [
        f"{'/'.join(name)} imports {'/'.join(other)}"
        for name, others in IMPORTS.items()
        for other in sorted(others)
        if not may_know(name[0], other[0])
    ]
    assert too_much == []


def test_no_files_know_each_other_in_a_circle() -> None:
    # Raises CycleError, which names the circle
    graphlib.TopologicalSorter(IMPORTS).prepare()


def test_what_makes_imports_cheap_is_imported_first() -> None:
    for path in MODULES:
        first, *others = [node for node in ast.parse(path.read_bytes()).body if isinstance(node, ast.ImportFrom)][1:]
        assert [first.module, first.names[0].name] == [f"{COLLECTION}.plugins.module_utils", "_archive"], path
        assert others

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in several places is written from its one source, and found where it is out of date."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
SOURCES = (
    *("README.md", "docs", "meta", "plugins", "roles", "scripts"),
    *("tests/dms", "tests/mailhost/program", "tests/support", "tests/unit/data"),
)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a copy of the checkout, as far as it matters, that Python imports the collection from."""
    for name in SOURCES:
        source = CHECKOUT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", ".mypy_cache"))
        else:
            shutil.copy(source, tmp_path / name)
    namespace = tmp_path / ".build" / "collections" / "ansible_collections" / "mailops"
    namespace.mkdir(parents=True)
    (namespace / "dms").symlink_to(tmp_path)
    return tmp_path


def generate(checkout: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(checkout / "scripts" / "generate.py"), *options],
        capture_output=True,
        text=True,
        check=False,
    )


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def files(checkout: Path) -> dict[Path, bytes]:
    return {
        path: path.read_bytes()
        for name in SOURCES
        for path in (checkout / name).rglob("*.[mpry]*")
        if path.suffix != ".pyc"
    }


def changed(before: dict[Path, bytes], after: dict[Path, bytes]) -> list[str]:
    return sorted(path.name for path, content in after.items() if before[path] != content)


def test_what_is_up_to_date_stays_as_it_is(checkout: Path) -> None:
    before = files(checkout)
    done = generate(checkout)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert changed(before, files(checkout)) == []


def test_a_description_reaches_all_places(checkout: Path) -> None:
    replace(
        checkout / "plugins" / "modules" / "dms_quota.py",
        "      - The address of the account.\n",
        "      - The address of whoever has the quota. It needs O(state).\n",
    )
    before = files(checkout)
    checked = generate(checkout, "--check")
    assert checked.returncode == 1
    assert [line.split()[0] for line in checked.stdout.splitlines()] == [
        "plugins/doc_fragments/_entries.py",
        "roles/dms/meta/argument_specs.yml",
    ]
    assert changed(before, files(checkout)) == []

    assert generate(checkout).returncode == 0
    after = files(checkout)
    assert changed(before, after) == ["_entries.py", "argument_specs.yml"]
    fragment = after[checkout / "plugins" / "doc_fragments" / "_entries.py"]
    assert b"- The address of whoever has the quota. It needs O(quotas[].state).\n" in fragment
    specs = after[checkout / "roles" / "dms" / "meta" / "argument_specs.yml"]
    assert b": The address of whoever has the quota. It needs O(dms_quotas[].state).\n" in specs
    assert generate(checkout, "--check").returncode == 0


def test_a_reference_to_what_the_role_does_not_have_is_an_error(checkout: Path) -> None:
    replace(
        checkout / "plugins" / "doc_fragments" / "_options.py",
        "      - Whether the last account may be removed.\n",
        "      - Whether the last account may be removed, as O(sources) says.\n",
    )
    done = generate(checkout)
    assert done.returncode == 1
    assert done.stderr == "the role has no variable for O(sources), which a description refers to\n"


def test_what_is_generated_from_a_generated_file_needs_one_run(checkout: Path) -> None:
    replace(checkout / "roles" / "dms" / "defaults" / "main.yml", "dms_prune_limit: 10\n", "dms_prune_limit: 20\n")
    before = files(checkout)
    assert generate(checkout).returncode == 0
    assert changed(before, files(checkout)) == ["README.md", "argument_specs.yml"]
    assert "| `dms_prune_limit` | `20` |" in (checkout / "roles" / "dms" / "README.md").read_text(encoding="utf-8")
    assert generate(checkout, "--check").returncode == 0


def test_a_hazard_is_one_row(checkout: Path) -> None:
    checks = checkout / "plugins" / "module_utils" / "_findings" / "checks.py"
    replace(checks, '"The same alias or restriction twice"', '"One alias twice"')
    done = generate(checkout)
    assert (done.returncode, done.stdout) == (
        0,
        "roles/dms/vars/main.yml is written\ndocs/docsite/rst/findings.rst is written\n",
    )
    page = (checkout / "docs" / "docsite" / "rst" / "findings.rst").read_text(encoding="utf-8")
    assert "   * - `H01 <#h01>`__\n     - ``outage``\n     - One alias twice\n" in page
    assert "\nH01: One alias twice\n^^^^^^^^^^^^^^^^^^^^\n" in page


def test_the_example_of_a_hazard_is_that_of_its_test(checkout: Path) -> None:
    cases = checkout / "tests" / "unit" / "data" / "findings.yml"
    text = cases.read_text(encoding="utf-8")
    first = text.index("- hazard: H01")
    cases.write_text(text[:first] + text[first:].replace("sales@example.com", "shop@example.com", 2), encoding="utf-8")
    assert generate(checkout).returncode == 0
    page = (checkout / "docs" / "docsite" / "rst" / "findings.rst").read_text(encoding="utf-8")
    assert page.count("    shop@example.com ext@example.net\n") == 2


@pytest.mark.parametrize(
    ("path", "old", "new", "error"),
    [
        (
            "scripts/documentation/findings.yml",
            "H01:\n  since: v12\n  cause: >-",
            "H01:\n  since: v12\n  why: >-",
            "scripts/documentation/findings.yml: H01 has no cause; say why the mail server does that",
        ),
        (
            "scripts/documentation/findings.yml",
            "H01:\n",
            "H00: {}\nH01:\n",
            "scripts/documentation/findings.yml: there is no hazard H00; correct or remove it",
        ),
        (
            "scripts/documentation/findings.yml",
            "H01:\n  since: v12\n",
            "H01:\n  from: v12\n",
            "scripts/documentation/findings.yml: H01 has from; the fields are ['cause', 'more', 'since', 'until']",
        ),
        (
            "tests/unit/data/findings.yml",
            "- hazard: H11\n  found: []\n",
            "",
            "tests/unit/data/findings.yml: H11 needs a case that has the hazard, and one that does not",
        ),
    ],
)
def test_a_hazard_without_its_text_or_example_is_an_error(
    path: str, old: str, new: str, error: str, checkout: Path
) -> None:
    replace(checkout / path, old, new)
    done = generate(checkout)
    assert (done.returncode, done.stderr) == (1, f"{error}\n")


def test_an_edit_of_what_is_generated_is_undone(checkout: Path) -> None:
    before = files(checkout)
    replace(checkout / "roles" / "dms" / "defaults" / "main.yml", "dms_host_quotas: []\n", "dms_host_quotas: [1]\n")
    assert generate(checkout, "--check").returncode == 1
    assert generate(checkout).returncode == 0
    assert changed(before, files(checkout)) == []


def test_a_region_that_nothing_generates_is_an_error(checkout: Path) -> None:
    replace(checkout / "meta" / "runtime.yml", "generated: action groups", "generated: groups")
    done = generate(checkout)
    assert done.returncode == 1
    assert done.stderr == "meta/runtime.yml: there is no generator for 'groups'\n"


def test_a_region_that_is_gone_is_an_error(checkout: Path) -> None:
    replace(checkout / "meta" / "runtime.yml", "begin generated: action groups", "These are the groups")
    done = generate(checkout)
    assert done.returncode == 1
    assert done.stderr == "no file has a region for: action groups\n"

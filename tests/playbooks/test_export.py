# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Export directories as variables, and apply those."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.mailops.dms.tests.playbooks.runs import DIRECTORIES, Fleet


def exported(fleet: Fleet, host: str) -> Path:
    """Return where the variables of a host stand by default."""
    return fleet.directory / "host_vars" / host / "dms.yml"


def test_exported_variables_change_nothing(fleet: Fleet) -> None:
    before = {host: fleet.state(host) for host in DIRECTORIES}
    done = fleet.run("export", "directories")
    assert done.status == 0, done.output
    assert set(done.messages("Sum up")) == set(DIRECTORIES)

    done = fleet.run("provision", "directories", "--diff")
    assert done.status == 0, done.output
    for host in DIRECTORIES:
        assert "\n  - address: " in exported(fleet, host).read_text(encoding="utf-8")
        assert done.count(host, "changed") == 0
        assert fleet.state(host) == before[host]

    done = fleet.run("export", "directories")
    assert done.status == 0, done.output
    assert all(done.count(host, "changed") == 0 for host in DIRECTORIES)


def test_exported_variables_pass_ansible_lint(fleet: Fleet) -> None:
    done = fleet.run("export", "directories")
    assert done.status == 0, done.output
    done_linting = subprocess.run(
        [*(sys.executable, "-m", "ansiblelint", "--offline", "--nocolor"), *("--profile", "production", "host_vars")],
        cwd=fleet.directory,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done_linting.returncode == 0, done_linting.stdout + done_linting.stderr
    assert f"{len(DIRECTORIES)} files processed" in done_linting.stderr


def test_what_ansible_would_take_for_a_template_is_marked(fleet: Fleet) -> None:
    assert fleet.run("export", "odd").status == 0
    text = exported(fleet, "odd").read_text(encoding="utf-8")
    assert "extra_fields: !unsafe 'userdb_x={{6*7}}'" in text
    assert r"pattern: !unsafe '/^a{{1}}x@example\.com$/'" in text
    assert text.count("!unsafe") == 3


def test_what_cannot_be_declared_is_a_comment(fleet: Fleet) -> None:
    done = fleet.run("export", "hand-edited")
    text = exported(fleet, "hand-edited").read_text(encoding="utf-8")
    assert "\n# - postfix-virtual.cf line 11: alias 'devnull': " in text
    comments = text.count("\n# - ")
    assert f"each of the {comments} " in done.messages("Sum up")["hand-edited"]
    assert "no password and no hash" in text


def test_other_variables_are_overwritten_only_where_that_is_asked_for(fleet: Fleet) -> None:
    path = exported(fleet, "documented")
    path.parent.mkdir(parents=True)
    path.write_text("dms_host_aliases: []\n", encoding="utf-8")

    done = fleet.run("export", "documented")
    assert done.status == 2
    assert f"{path} contains something else." in done.output
    assert path.read_text(encoding="utf-8") == "dms_host_aliases: []\n"

    overwrite = ("-e", "dms_export_overwrite=true")
    done = fleet.run("export", "documented", *overwrite, "--check", "--diff")
    assert done.count("documented", "changed") == 1
    assert path.read_text(encoding="utf-8") == "dms_host_aliases: []\n"

    assert fleet.run("export", "documented", *overwrite).status == 0
    assert "address: hello@example.com" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["documented", "documented.yml"])
def test_variables_of_the_host_stay_visible(fleet: Fleet, name: str) -> None:
    path = fleet.directory / "host_vars" / name
    path.parent.mkdir()
    path.write_text("dms_backup: true\n", encoding="utf-8")
    done = fleet.run("export", "documented")
    assert done.status == 2
    assert f"would no longer read {path} if" in done.output
    assert list(path.parent.iterdir()) == [path]


def test_a_directory_is_taken_from_where_the_command_runs(fleet: Fleet) -> None:
    done = fleet.run("export", "documented", "-e", "dms_export_dir=elsewhere")
    assert done.status == 0, done.output
    assert (fleet.directory / "elsewhere" / "documented" / "dms.yml").is_file()
    assert not (fleet.directory / "host_vars").exists()


def test_check_mode_writes_nothing(fleet: Fleet) -> None:
    done = fleet.run("export", "documented", "--check")
    assert done.count("documented", "changed") == 1
    assert not (fleet.directory / "host_vars").exists()


def test_an_inventory_without_a_directory_needs_one(fleet: Fleet) -> None:
    done = fleet.run_with(
        *("export", "-i", "mail.example.com,", "-c", "local"),
        *("-e", f"ansible_python_interpreter={sys.executable}"),
        *("-e", f"dms_config_dir={fleet.config('documented')}"),
    )
    assert done.status == 2
    assert "dms_export_dir must be set" in done.output

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules as processes of their own, as Ansible runs them, and the directories that they work on."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import typing as t

from ansible_collections.mailops.dms.tests.support import strategies, wishes

CHECKOUT = pathlib.Path(__file__).parents[2]
COLLECTIONS = str(CHECKOUT / ".build" / "collections")
# What stands behind the schemes of all hashes in the corpus and in the wishes, and the
# password of the lines in which none is expected.
_SECRETS = (strategies.HASH.rpartition("$")[2], "$6$new$hash", "misplaced-secret")
REFUSES = "a real run would refuse this, unless an earlier task of this play changes it: "

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable

    Result = dict[str, t.Any]


def output_of(
    name: str,
    arguments: wishes.Options,
    *arguments_of_python: str,
    before: Callable[[], None] | None = None,
    **environment: str,
) -> str:
    """Run a module with arguments and return all that it prints; `before` runs first in its process."""
    done = subprocess.run(
        [sys.executable, *arguments_of_python, str(CHECKOUT / "plugins" / "modules" / f"{name}.py")],
        input=json.dumps({"ANSIBLE_MODULE_ARGS": arguments}),
        env={**os.environ, "PYTHONPATH": COLLECTIONS, **environment},
        preexec_fn=before,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout, done.stderr
    return done.stdout + done.stderr


def run_module(
    name: str,
    options: wishes.Options,
    directory: pathlib.Path | str,
    check_mode: bool,
    *arguments_of_python: str,
    **environment: str,
) -> Result:
    """Run a module on a directory and return its result, which tells no hash."""
    arguments = {
        **{key: value for key, value in options.items() if value is not None},
        "config_dir": str(directory),
        "_ansible_check_mode": check_mode,
        "_ansible_diff": True,
    }
    output = output_of(name, arguments, *arguments_of_python, before=None, **environment)
    for secret in _SECRETS:
        assert secret not in output, output
    result: Result = json.loads(output)
    result.pop("invocation", None)
    return result


def warnings_of(result: Result) -> list[str]:
    """Return the sentences that a module warns of; ansible-core 2.19 wraps them."""
    told = result.get("warnings", [])
    return [each if isinstance(each, str) else each["event"]["msg"] for each in told]


def fill(directory: pathlib.Path, contents: wishes.Contents) -> None:
    """Write the contents of a config directory."""
    for name, content in contents.items():
        if content is not None:
            (directory / name).write_bytes(content)


def snapshot(directory: pathlib.Path) -> dict[str, tuple[bytes, int, int, int]]:
    """Return content, mode, inode and time of change of each file."""
    found = {}
    for path in sorted(directory.iterdir()):
        stat = path.stat()
        found[path.name] = (
            path.read_bytes(), stat.st_mode, stat.st_ino, stat.st_mtime_ns
        )  # fmt: skip
    return found

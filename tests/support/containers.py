# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A command docker that knows one running mail server."""

from __future__ import annotations

import json
import sys
import typing as t

from ansible_collections.mailops.dms.tests.support.modules import COLLECTIONS

if t.TYPE_CHECKING:
    from pathlib import Path

_DOCKER = """#!/bin/sh
PYTHONPATH={collections} exec {python} -m ansible_collections.mailops.dms.tests.dms.running {made_of} {config_dir} \
'{settings}' "$@"
"""


def put_docker(directory: Path, made_of: Path, config_dir: Path, **settings: str) -> str:
    """Put the command into a directory, and return a PATH that begins with it.

    The mail server was made of the files in one directory, has another one mounted, and settings of Postfix of its own.
    """
    directory.mkdir()
    program = directory / "docker"
    program.write_text(
        _DOCKER.format(
            collections=COLLECTIONS,
            python=sys.executable,
            made_of=made_of,
            config_dir=config_dir,
            settings=json.dumps(settings),
        ),
        encoding="utf-8",
    )
    program.chmod(0o755)
    return f"{directory}:/usr/bin:/bin"

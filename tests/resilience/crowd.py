# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the members of a crowd on one config directory have in common.

Each member is a process of its own, writes one line of JSON per deed to its output, and
ends with its input. All clocks are those of time.monotonic(), which is the same for all
processes of a machine.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import re
import select
import subprocess
import sys
import time
import typing as t

from ansible_collections.mailops.dms.tests.resilience import core, directories, faults
from ansible_collections.mailops.dms.tests.support import wishes

if t.TYPE_CHECKING:
    Deed = dict[str, t.Any]

PASSWORD_HASH = core.load(directories.DATA / "adding.yml")["accounts"][0]["password_hash"]
CLI_LINES = 400

_OF_WRITERS = re.compile(rb"w[0-9]+-[0-9]+(?=\\?@|\|)")

# One line of each file for each edit that the CLI may make.
_CLI_LINES = {
    wishes.ACCOUNTS: f"cli-{{0}}@example.com|{PASSWORD_HASH}|before=1\n",
    wishes.QUOTAS: "cli-{0}@example.com:10M\n",
    wishes.ALIASES: "cli-alias-{0}@example.com before@example.net\n",
    wishes.REGEX_ALIASES: "/^cli-{0}-.*@example\\.com$/ before@example.net\n",
    wishes.SEND_ACCESS: "cli-{0}@example.com \t\t REJECT\n",
    wishes.RECEIVE_ACCESS: "cli-{0}@example.com \t\t REJECT\n",
    wishes.RELAYS: "@cli-{0}.example.com [smtp.example.net]:25\n",
    wishes.RELAY_CREDENTIALS: "@cli-{0}.example.com before:secret\n",
    wishes.MASTERS: f"cli-{{0}}|{PASSWORD_HASH}\n",
}


def seed(directory: pathlib.Path) -> pathlib.Path:
    """Make the directory of a crowd."""
    directory.mkdir()
    for name, line in _CLI_LINES.items():
        lines = (numbered(line, number) for number in range(CLI_LINES))
        (directory / name).write_text("".join(lines), encoding="ascii")
    return directory


def numbered(text: str, number: int) -> str:
    """Return a text with a number in place of C({0})."""
    return text.replace("{0}", str(number))


def of_writers(content: bytes) -> set[str]:
    """Return the names of the edits of writers that a file holds."""
    return {name.decode() for name in _OF_WRITERS.findall(content)}


def tell(**deed: t.Any) -> None:
    """Report a deed."""
    sys.stdout.write(f"{json.dumps(deed)}\n")
    sys.stdout.flush()


def rest(seconds: float) -> bool:
    """Pause; tell whether to go on, which ends with the input."""
    readable, *dummy = select.select([sys.stdin], [], [], seconds)
    return not readable


class Member:
    """A process of the crowd."""

    def __init__(self, script: str, *arguments: object) -> None:
        """Start a script of this directory."""
        command = [str(pathlib.Path(__file__).with_name(script)), *map(str, arguments)]
        self._process = subprocess.Popen(
            [sys.executable, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=faults.environment(),
        )

    def deeds(self) -> list[Deed]:
        """Wait for the end of the process and return its deeds."""
        output, errors = self._process.communicate()
        assert self._process.returncode == 0, errors
        return [json.loads(line) for line in output.splitlines()]


@contextlib.contextmanager
def timed() -> t.Iterator[Deed]:
    """Note when a deed began and ended."""
    deed: Deed = {"start": time.monotonic()}
    yield deed
    deed["end"] = time.monotonic()


def overlap(deed: Deed, other: Deed) -> bool:
    """Whether two deeds were under way at the same time."""
    return bool(deed["start"] <= other["end"] and other["start"] <= deed["end"])


def environment_of_sed() -> dict[str, str]:
    """Return the variables of the commands of the CLI."""
    return {"PATH": os.environ["PATH"], "LC_ALL": "C"}

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A member of a crowd that edits as the CLI of DMS does, one command after the other.

It knows no lock: it changes and deletes lines with `sed -i` and adds them with `>>`.
Usage: command_line.py DIRECTORY
"""

from __future__ import annotations

import itertools
import pathlib
import subprocess
import sys
import typing as t

from ansible_collections.mailops.dms.tests.resilience import crowd
from ansible_collections.mailops.dms.tests.support import wishes

PAUSE = 0.1


class Edit(t.NamedTuple):
    """A kind of edit, with C({0}) for the number of the line that it is about."""

    file_name: str
    script: str
    """What sed or, for a line to be added, the shell gets."""

    comes: str
    """What the file holds afterwards, and nothing where a line goes."""

    goes: str
    """What the file no longer holds afterwards."""


EDITS = (
    Edit(
        wishes.ALIASES,
        r"s/^cli-alias-{0}@example\.com .*/cli-alias-{0}@example.com after@example.net/",
        "cli-alias-{0}@example.com after@example.net\n",
        "cli-alias-{0}@example.com before@example.net\n",
    ),
    Edit(
        wishes.QUOTAS,
        r"s/^cli-{0}@example\.com:.*/cli-{0}@example.com:33M/",
        "cli-{0}@example.com:33M\n",
        "cli-{0}@example.com:10M\n",
    ),
    Edit(
        wishes.ALIASES,
        "echo 'added-{0}@example.com ext@example.net' >>\"$0\"",
        "added-{0}@example.com ext@example.net\n",
        "",
    ),
    Edit(
        wishes.ACCOUNTS,
        r"/^cli-{0}@example\.com|/s/|before=1$/|after=1/",
        "",
        f"cli-{{0}}@example.com|{crowd.PASSWORD_HASH}|before=1\n",
    ),
    Edit(wishes.SEND_ACCESS, r"/^cli-{0}@example\.com.*/d", "", "cli-{0}@example.com \t\t REJECT\n"),
    Edit(
        wishes.RECEIVE_ACCESS,
        "echo 'added-{0}@example.com REJECT' >>\"$0\"",
        "added-{0}@example.com REJECT\n",
        "",
    ),
    Edit(
        wishes.RELAYS,
        "echo '@added-{0}.example.com [smtp.example.net]:25' >>\"$0\"",
        "@added-{0}.example.com [smtp.example.net]:25\n",
        "",
    ),
    Edit(
        wishes.RELAY_CREDENTIALS,
        r"s/^@cli-{0}\.example\.com\s.*/@cli-{0}.example.com after:secret/",
        "@cli-{0}.example.com after:secret\n",
        "@cli-{0}.example.com before:secret\n",
    ),
    Edit(wishes.MASTERS, r"/^cli-{0}|/d", "", f"cli-{{0}}|{crowd.PASSWORD_HASH}\n"),
    Edit(wishes.REGEX_ALIASES, r"/^\/^cli-{0}-/d", "", "/^cli-{0}-.*@example\\.com$/ before@example.net\n"),
)


def carry_out(edit: Edit, number: int, path: pathlib.Path) -> None:
    """Make an edit as the CLI does."""
    script = crowd.numbered(edit.script, number)
    command = ["sed", "-i", script] if edit.goes else ["sh", "-c", script]
    subprocess.run([*command, str(path)], check=True, env=crowd.environment_of_sed())


def is_lost(deed: crowd.Deed, contents: t.Mapping[str, str]) -> bool:
    """Whether nothing of an edit is left."""
    edit = EDITS[deed["edit"]]
    content = contents[edit.file_name]
    comes, goes = (crowd.numbered(text, deed["number"]) for text in (edit.comes, edit.goes))
    return comes not in content or bool(goes and goes in content)


def main() -> None:
    directory = pathlib.Path(sys.argv[1])
    for count in itertools.count():
        index, number = count % len(EDITS), count // len(EDITS)
        if number == crowd.CLI_LINES or not crowd.rest(PAUSE):
            break
        edit = EDITS[index]
        with crowd.timed() as deed:
            carry_out(edit, number, directory / edit.file_name)
        crowd.tell(edit=index, number=number, file=edit.file_name, **deed)


if __name__ == "__main__":
    main()

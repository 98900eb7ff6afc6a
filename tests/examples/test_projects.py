# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Do what the guides that have files and commands say, from their first to their last.

A block with a caption is a file: one of the project if it is YAML, and otherwise a file of the config directory of a host, as
it must be at that point, or as it is to be put there if the guide says so. A block of shell is commands, and one of text
without a caption is a part of what the command above it shows. A command fails if, and only if, that has "fatal:" in it.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import textwrap
import typing as t
from pathlib import Path

import pytest

from ansible_collections.mailops.dms.tests.examples.steps import DOCUMENTED_DIRECTORY
from ansible_collections.mailops.dms.tests.support import playbooks

PAGES = (Path(__file__).parents[2] / "docs" / "docsite" / "rst").glob("*.rst")
TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in sorted(PAGES)}
BLOCK = re.compile(
    r"^\.\. code-block:: (?P<language>\w+)\n(?: +:caption: (?P<caption>.+)\n)?"
    r"\n(?P<text>(?: .*\n|\n(?= ))+)",
    re.MULTILINE,
)
GUIDES = [name for name, text in TEXTS.items() if re.search(r":caption: \S+\.yml\n", text)]
HASH = re.compile(r"(\{SHA512-CRYPT\})\$6\$[^|\n]+")
BEFORE = "before"
"""What ends the caption of a file that is there before, or that somebody else writes."""
NOT_RUN = ("ansible-galaxy collection install", "docker exec ")
"""Commands that a guide may show, but that need a network or a mail server."""
ENVIRONMENT = {
    "ANSIBLE_TRANSPORT": "local",
    "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
    "ANSIBLE_VAULT_PASSWORD_FILE": "vault-password",
    "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false",
}


class Project:
    """A project directory, and the config directories of its hosts."""

    def __init__(self, directory: Path) -> None:
        """Make the directories; there are no hosts yet."""
        self.directory = directory / "project"
        self.directory.mkdir()
        self.hosts = directory / "hosts"
        self.hosts.mkdir()
        (self.directory / "vault-password").write_text("secret\n", encoding="utf-8")
        self.last: subprocess.CompletedProcess[str] | None = None
        self.told = True

    def do(self, language: str, caption: str | None, text: str) -> None:
        """Do what a block stands for."""
        if caption and language == "yaml":
            self.write(caption, text)
        elif caption:
            self.look(caption, text)
        elif language == "shell":
            for command in text.splitlines():
                if not command.startswith(NOT_RUN):
                    self.run(command)
        else:
            self.compare(text)

    def write(self, name: str, text: str) -> None:
        """Write a file of the project."""
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        directory = f"{self.hosts}/{{{{ inventory_hostname }}}}"
        path.write_text(text.replace(DOCUMENTED_DIRECTORY, directory), encoding="utf-8")

    def look(self, caption: str, text: str) -> None:
        """Compare a file of the config directory of a host, or write it if it is what is there before."""
        name, *words = caption.split()
        path = self.hosts / words[1] / name
        assert words[0] == "on"
        if words[2:] == [BEFORE]:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
            path.chmod(0o600)
        else:
            assert HASH.sub(r"\1$6$...", path.read_text(encoding="utf-8")) == text

    def run(self, command: str) -> None:
        """Run a command of the project, and expect that it succeeds unless the next block says otherwise."""
        assert self.told, f"what was before '{command}' failed, which its guide does not say: {self.shown()}"
        program, *arguments = shlex.split(command)
        assert program.startswith("ansible-"), command
        if program == "ansible-playbook":
            self.last = playbooks.run(self.directory, *arguments, **ENVIRONMENT)
        else:
            self.last = subprocess.run(
                [sys.executable, "-m", "ansible", program.removeprefix("ansible-"), *arguments],
                cwd=self.directory,
                env=playbooks.environment(self.directory, **ENVIRONMENT),
                capture_output=True,
                text=True,
                check=False,
            )
        self.told = self.last.returncode == 0

    def compare(self, text: str) -> None:
        """Look for lines in what the last command shows."""
        assert self.last
        assert (self.last.returncode != 0) == ("fatal:" in text), self.shown()
        self.told = True
        shown = [line.rstrip() for line in self.shown().replace(str(self.hosts), "/srv").splitlines()]
        for line in text.splitlines():
            assert line in ("", "...") or any(line in candidate for candidate in shown), f"{line}\n{self.shown()}"

    def shown(self) -> str:
        """Return all that the last command has shown."""
        return f"{self.last.stdout}{self.last.stderr}" if self.last else ""


def blocks_of(text: str) -> list[tuple[str, str | None, str]]:
    """Return the blocks of a guide: language, caption and text."""
    return [(block["language"], block["caption"], textwrap.dedent(block["text"])) for block in BLOCK.finditer(text)]


@pytest.mark.parametrize("name", GUIDES)
def test_a_guide_can_be_followed(name: str, tmp_path: Path) -> None:
    blocks = blocks_of(TEXTS[name])
    assert len(blocks) == TEXTS[name].count("code-block::")
    project = Project(tmp_path)
    for language, caption, text in blocks:
        project.do(language, caption, text)
    assert project.told, project.shown()


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        (("shell", None, "ansible-playbook missing.yml\n"), "could not be found"),
        (("shell", None, "rm -r config\n"), "rm -r config"),
        (("text", "postfix-virtual.cf on mail1", "something else\n"), "something else"),
        (("text", None, "something else\n"), "something else"),
        (("text", None, "fatal: it failed\n"), "usage"),
    ],
)
def test_a_guide_that_is_wrong_is_found(block: tuple[str, str | None, str], reason: str, tmp_path: Path) -> None:
    project = Project(tmp_path)
    before: list[tuple[str, str | None, str]] = [
        ("text", "postfix-virtual.cf on mail1 before", "info@example.com ext@example.net\n"),
        ("shell", None, "ansible-playbook --help\n"),
    ]
    for known in before:
        project.do(*known)

    def go_on() -> t.Any:
        project.do(*block)
        assert project.told, project.shown()

    with pytest.raises(AssertionError, match=re.escape(reason)):
        go_on()

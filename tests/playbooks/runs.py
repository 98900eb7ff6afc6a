# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a playbook of the collection on copies of config directories."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
import typing as t
from pathlib import Path

import yaml

from ansible_collections.mailops.dms.tests.support import playbooks

DATA = Path(__file__).parent / "data"
CORPUS = DATA.parents[1] / "corpus"
_OWN_DIRECTORIES = ("long", "odd")
DIRECTORIES = (*("documented", "hand-edited", "upstream-relay", "upstream-tests"), *_OWN_DIRECTORIES)
_HASH = re.compile(r"\$[0-9a-z]+\$")


def data(name: str) -> t.Any:
    """Return what a data file holds."""
    return yaml.safe_load((DATA / name).read_text(encoding="utf-8"))


@dataclasses.dataclass(frozen=True)
class Done:
    """What a run of a playbook showed."""

    status: int
    output: str

    def messages(self, task: str) -> dict[str, t.Any]:
        """Return what a debug task or handler said, by host."""
        [shown] = re.findall(rf"(?ms)^(?:TASK|RUNNING HANDLER) \[[^\n]*{task}\] \**\n(.*?)\n\n", self.output)
        results = re.findall(r"(?ms)^ok: \[(.+?)\] => (\{.*?^\})", shown)
        return {host: json.loads(result)["msg"] for host, result in results}

    def count(self, host: str, name: str) -> int:
        """Return a number of the recap."""
        [number] = re.findall(rf"(?m)^{host} +: .*\b{name}=([0-9]+)", self.output)
        return int(number)


class Fleet:
    """An inventory whose hosts have copies of the config directories."""

    def __init__(self, directory: Path) -> None:
        """Make it in a directory."""
        self.directory = directory
        shutil.copy(DATA / "inventory.yml", directory)
        for name in DIRECTORIES:
            source = DATA if name in _OWN_DIRECTORIES else CORPUS
            shutil.copytree(source / name, self.config(name))
            for path in self.config(name).iterdir():
                path.chmod(0o644)

    def config(self, host: str) -> Path:
        """Return the config directory of a host."""
        return self.directory / "config" / host

    def state(self, host: str) -> dict[str, tuple[bytes, int]]:
        """Return all files of a config directory, and when they were written."""
        return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in self.config(host).iterdir()}

    def run(self, playbook: str, hosts: str, *options: str) -> Done:
        """Run a playbook on hosts, and see to it that no hash is shown."""
        return self.run_with(playbook, "--inventory", "inventory.yml", "--limit", hosts, *options)

    def run_with(self, playbook: str, *options: str) -> Done:
        """Run a playbook of the collection, or that of a path, with options of its own."""
        if not os.path.isabs(playbook):
            playbook = f"mailops.dms.{playbook}"
        done = playbooks.run(self.directory, playbook, *options)
        output = done.stdout + done.stderr
        assert not _HASH.search(output), output
        return Done(done.returncode, output)

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a playbook and keep all that anybody could have read of it."""

from __future__ import annotations

import dataclasses
import os
import re
import secrets
import socket
import threading
import typing as t
from pathlib import Path

import filelock
import pytest

if t.TYPE_CHECKING:
    from collections.abc import Iterator

SYSLOG = Path("/dev/log")
SYSLOG_FILES = [Path("/var/log/syslog"), Path("/var/log/messages")]


@dataclasses.dataclass
class Observed:
    """What became visible of a run, by the place where it did."""

    texts: dict[str, str]

    def holding(self, needle: str) -> list[str]:
        """Return the places where a text was seen."""
        return [place for place, text in self.texts.items() if needle in text]

    def holding_word(self, word: str) -> list[str]:
        """Return the places where a word was seen that is a part of names too, and of what Ansible says of its vault."""
        pattern = re.compile(rf"(?<!vault )\b{re.escape(word)}\b")
        return [place for place, text in self.texts.items() if pattern.search(text)]


class Watch(threading.Thread):
    """Does something again and again while a run goes on."""

    def __init__(self) -> None:
        """Begin at once."""
        super().__init__()
        self.seen: set[str] = set()
        self._ended = threading.Event()
        self.start()

    def run(self) -> None:
        """Look until the end."""
        while not self._ended.wait(0.002):
            self.look()

    def end(self) -> str:
        """Look no more, and return what was seen."""
        self._ended.set()
        self.join()
        return "\n".join(self.seen)

    def look(self) -> None:
        """Add to what was seen."""
        raise NotImplementedError


class Processes(Watch):
    """The command lines of all processes of a run, as ps shows them."""

    def __init__(self, mark: str) -> None:
        """Look at the processes that have a mark in their environment."""
        self._mark = mark.encode()
        self._others: set[str] = set()
        super().__init__()

    def look(self) -> None:
        """Add the command lines of the processes that run now."""
        for pid in os.listdir("/proc"):
            if not pid.isdecimal() or pid in self._others:
                continue
            try:
                environment = Path("/proc", pid, "environ").read_bytes()
                if self._mark in environment:
                    command = Path("/proc", pid, "cmdline").read_bytes()
                    self.seen.add(command.replace(b"\0", b" ").decode(errors="replace"))
                elif environment:  # it has none while it becomes another program
                    self._others.add(pid)
            except OSError:
                continue  # it has ended, or belongs to somebody else


class Syslog(Watch):
    """What is sent to syslog: read in its place, or from its files where it runs."""

    def __init__(self) -> None:
        """Take the place of syslog, if nobody else has it."""
        self._socket: socket.socket | None = None
        self._sizes = {path: path.stat().st_size for path in SYSLOG_FILES if path.exists()}
        if not SYSLOG.exists() and os.access(SYSLOG.parent, os.W_OK):
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._socket.bind(str(SYSLOG))
            self._socket.settimeout(0.05)
        super().__init__()

    @property
    def reachable(self) -> bool:
        """Whether what is sent to syslog can be read."""
        return self._socket is not None or bool(self._sizes)

    def look(self) -> None:
        """Add a message, if there is one."""
        if self._socket is not None:
            try:
                self.seen.add(self._socket.recv(1 << 20).decode(errors="replace"))
            except TimeoutError:
                return

    def end(self) -> str:
        """Give syslog's place back, and add what its files got."""
        seen = super().end()
        if self._socket is not None:
            self._socket.close()
            SYSLOG.unlink()
        for path, size in self._sizes.items():
            seen += path.read_bytes()[size:].decode(errors="replace")
        return seen


Run = t.Callable[..., Observed]


@pytest.fixture
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let no other test run meanwhile, for there is one syslog."""
    with filelock.FileLock(tmp_path_factory.getbasetemp().parent / "syslog.lock"):
        yield


@pytest.fixture
def run(tmp_path: Path, alone: None) -> Run:
    """Return a function that runs a playbook with variables and an output format."""
    # The collection can be imported only after this file.
    from ansible_collections.mailops.dms.tests.support import playbooks

    def run_playbook(playbook: Path, variables: Path, environment: dict[str, str]) -> Observed:
        mark = f"MARK={secrets.token_hex()}"
        name, value = mark.split("=")
        outputs = tmp_path / "outputs"
        outputs.mkdir()
        settings = {
            "ANSIBLE_LOG_PATH": str(outputs / "log"),
            "ANSIBLE_CALLBACKS_ENABLED": "ansible.builtin.tree,ansible.builtin.junit",
            "ANSIBLE_CALLBACK_TREE_DIR": str(outputs),
            "JUNIT_OUTPUT_DIR": str(outputs),
            name: value,
            **environment,
        }
        processes, syslog = Processes(mark), Syslog()
        try:
            done = playbooks.run(tmp_path, "-vvvvvv", "-e", f"@{variables}", str(playbook), **settings)
        finally:
            commands, messages = processes.end(), syslog.end()
        texts = {
            "standard output": done.stdout,
            "standard error": done.stderr,
            "process list": commands,
            **{path.name: path.read_text() for path in outputs.iterdir()},
        }
        if syslog.reachable:
            texts["syslog"] = messages
        assert done.returncode == 0, done.stdout + done.stderr
        return Observed(texts)

    return run_playbook

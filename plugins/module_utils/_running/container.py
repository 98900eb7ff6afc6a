# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A container, reached by the command line that docker and podman share."""

from __future__ import annotations

import re
import typing as t

from .._errors import RefusedError
from .._text import in_quotes
from .mounts import Inspection, read_inspection

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable, Sequence

    Run = Callable[[Sequence[str], bytes], "Finished"]
    Find = Callable[[str], "str | None"]

RUNTIMES = ("docker", "podman")
"""The programs that are looked for, in this order."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
# Nothing else is asked for: what a container has in its environment may be secret.
_FORMAT = '{"status":{{json .State.Status}},"mounts":{{json .Mounts}}}'
_NO_SUCH_CONTAINER = re.compile(r"no such (container|object)", re.IGNORECASE)
_NOT_RUNNING = re.compile(r"not running|running containers|container state improper", re.IGNORECASE)
_NOT_PERMITTED = re.compile(r"permission denied", re.IGNORECASE)
_NO_DAEMON = re.compile(r"cannot connect to|connection refused", re.IGNORECASE)

_RUNNING = "running"
_LONGEST_TOLD = 300


class Finished(t.NamedTuple):
    """How a command ended, and what it printed."""

    status: int
    output: bytes
    errors: bytes


class NotRunningError(RefusedError):
    """The container does not run, or its mail server is not ready yet."""

    def __init__(self, state: str, reason: str) -> None:
        """Take one of C(absent), C(stopped) and C(starting), and the sentence."""
        super().__init__(reason)
        self.state = state
        self.details = {"state": state}


class FailedCommandError(RefusedError):
    """What was to be run in the container did not end well."""


class Container:
    """A container of one runtime, in which commands are run. No command has a secret among its arguments."""

    def __init__(self, run: Run, program: str, name: str) -> None:
        """Take what runs a command on this host, the program of the runtime, and the name or id of the container."""
        self._run = run
        self.program = program
        self.name = name

    def inspect(self) -> Inspection:
        """Return the state and the mounts.

        Raises NotRunningError where there is no such container, and RefusedError where that cannot be told.
        """
        done = self._run([self.program, "container", "inspect", "--format", _FORMAT, self.name], b"")
        if done.status:
            raise self._refusal(_told(done.errors))
        return read_inspection(done.output, self.name)

    def execute(self, script: str, *arguments: str, data: bytes = b"") -> bytes:
        """Run a script of the shell in the container, give it data to read, and return what it prints.

        Raises NotRunningError where the container does not run, and FailedCommandError where the script fails.
        """
        command = [self.program, "exec", "--interactive", "--env", "LC_ALL=C", self.name, "sh", "-c", script, "sh"]
        done = self._run([*command, *arguments], data)
        if not done.status:
            return done.output
        told = _told(done.errors)
        if _NO_SUCH_CONTAINER.search(told) or _NOT_RUNNING.search(told):
            raise NotRunningError("stopped", f"the container {self.name} has stopped meanwhile; look at its log")
        if _NOT_PERMITTED.search(told) or _NO_DAEMON.search(told):
            raise self._refusal(told)
        raise FailedCommandError(
            f"a command in the container {self.name} failed with the status {done.status}: {told or 'it says nothing'}"
        )

    def _refusal(self, told: str) -> RefusedError:
        if _NO_SUCH_CONTAINER.search(told):
            return NotRunningError(
                "absent",
                f"{self.program} knows no container {in_quotes(self.name)}; correct container, create the container"
                " first, or run the task as the user to whom it belongs",
            )
        if _NOT_PERMITTED.search(told):
            reason = "this user may not use it; run the task as a user who may, for example with become"
        elif _NO_DAEMON.search(told):
            reason = "its daemon does not answer; start the daemon, or set runtime"
        else:
            reason = "it does not tell about the container"
        return RefusedError(f"{self.program}: {reason} ({told})")


def find_container(run: Run, find: Find, runtime: str | None, name: str) -> tuple[Container, Inspection]:
    """Return a container by its name or id, and how it is, from the runtime that knows it.

    `find` returns the path of a program. Raises NotRunningError where no runtime knows the container, and
    RefusedError where there is no runtime, or none that may be asked.
    """
    if not _NAME.fullmatch(name):
        raise RefusedError(f"container {in_quotes(name)} is neither a name nor an id of a container; correct it")
    wanted = [runtime] if runtime else list(RUNTIMES)
    programs = [program for program in wanted if find(program)]
    if not programs:
        names = " nor ".join(wanted)
        raise RefusedError(
            f"this host has {'no' if runtime else 'neither'} {names} in the PATH of the task; run the task on the host"
            " where the container runs, or correct the PATH"
        )
    refusals: list[RefusedError] = []
    for program in programs:
        container = Container(run, program, name)
        try:
            return container, container.inspect()
        except RefusedError as error:
            refusals.append(error)
    raise _one_of(refusals)


def check_running(inspection: Inspection, name: str) -> None:
    """Raise NotRunningError for a container in which nothing can be asked."""
    if inspection.status == _RUNNING:
        return
    if inspection.status == "restarting":
        raise NotRunningError(
            "starting", f"the container {name} ends and is started again all the time; its log says why it ends"
        )
    verb = "is paused" if inspection.status == "paused" else f"does not run (its state is {inspection.status})"
    raise NotRunningError("stopped", f"the container {name} {verb}; start it")


def _one_of(refusals: list[RefusedError]) -> RefusedError:
    """Return the refusals of several runtimes as one error."""
    if len(refusals) == 1:
        return refusals[0]
    text = "; ".join(map(str, refusals))
    if all(isinstance(each, NotRunningError) for each in refusals):
        return NotRunningError("absent", text)
    return RefusedError(text)


def _told(errors: bytes) -> str:
    """Return what a command says of its failure, in one line."""
    text = " ".join(errors.decode("utf-8", "replace").split())
    return text if len(text) <= _LONGEST_TOLD else f"{text[:_LONGEST_TOLD]}..."

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much memory and time a case may take, and modules that run with these limits.

A module runs in a copy of this process, which has all code loaded already: that takes
milliseconds, and nothing is left of it.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import pathlib
import resource
import signal
import sys
import traceback
import types
import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from ansible_collections.mailops.dms.tests.support import wishes

MEMORY = 400 * 1024 * 1024
SECONDS = 20

_PLUGINS = "ansible_collections.mailops.dms.plugins"


def _load() -> None:
    """Load all that a module may load, with the readers and writers of JSON, so that a copy need not."""
    loaded = [f"{_PLUGINS}.modules", f"{_PLUGINS}.module_utils", "ansible.module_utils._internal._json._profiles"]
    for package in loaded:
        with contextlib.suppress(ImportError):  # older releases of Ansible do not have the last one
            directory = pathlib.Path(importlib.import_module(package).__path__[0])
            for path in directory.rglob("*.py"):
                name = ".".join(path.relative_to(directory).with_suffix("").parts)
                importlib.import_module(f"{package}.{name.removesuffix('.__init__')}")


_load()


def _limit_memory() -> None:
    pages = int(pathlib.Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MEMORY, hard))


def _too_long(number: int, frame: types.FrameType | None) -> t.NoReturn:
    raise AssertionError(f"more than {SECONDS} seconds of the processor")


@contextlib.contextmanager
def limited() -> Iterator[None]:
    """Let what is inside fail where it takes too much memory or time."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    before = signal.signal(signal.SIGPROF, _too_long)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    _limit_memory()
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def run(name: str, arguments: wishes.Options) -> dict[str, t.Any]:
    """Run a module in a copy of this process and return its result."""
    module = sys.modules[f"{_PLUGINS}.modules.{name}"]
    with contextlib.ExitStack() as stack:
        files = [stack.enter_context(os.fdopen(os.memfd_create(each), "w+b")) for each in ("in", "out", "err")]
        # Ansible takes no text with half a character.
        given = json.dumps({"ANSIBLE_MODULE_ARGS": arguments}, ensure_ascii=False)
        files[0].write(given.encode("utf-8", "replace"))
        files[0].seek(0)
        child = os.fork()
        if not child:
            _run_in_copy(module, name, [file.fileno() for file in files])
        dummy, status = os.waitpid(child, 0)
        for file in files[1:]:
            file.seek(0)
        output, told = (file.read().decode() for file in files[1:])
    assert status == 0, f"{name} was ended with status {status}\n{output[-1000:]}\n{told[-1000:]}"
    result: dict[str, t.Any] = json.loads(output)
    assert "an unexpected" not in result.get("msg", ""), output
    result.pop("invocation")
    return result


def _run_in_copy(module: types.ModuleType, name: str, files: list[int]) -> t.NoReturn:
    # The status is that of a module which wrote a result, whatever that is.
    status = 1
    try:
        for number, file in enumerate(files):
            os.dup2(file, number)
        sys.argv = [name]
        with open(0, encoding="utf-8") as sys.stdin, open(1, "w", encoding="utf-8") as sys.stdout, limited():
            module.main()
    except SystemExit:
        status = 0
    except BaseException:
        os.write(2, traceback.format_exc().encode())
    finally:
        os._exit(status)

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run ansible-test on a copy of this checkout.

Usage: .venv/bin/python scripts/run_ansible_test.py COMMAND [OPTION...]

ansible-test insists on a path that ends in ansible_collections/NAMESPACE/NAME and
resolves links, so it works on a copy; what it caches there outlives the run.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from ansible_test._internal.constants import SUPPORTED_PYTHON_VERSIONS
from ansible_test._internal.host_configs import VirtualPythonConfig
from ansible_test._internal.python_requirements import get_venv_packages
from pythons import find_python

CHECKOUT = Path(__file__).resolve().parents[1]
# Each kind of test has a copy of its own, so that they can run at the same time.
COPY = CHECKOUT / ".build" / os.environ.get("MAILOPS_DMS_COPY", sys.argv[1]) / "ansible_collections" / "mailops" / "dms"
RUNNING = re.compile(r"Running (\w+) integration test role")
PIP_CACHE = Path.home() / ".ansible" / "test" / "cache"
BOOTSTRAP = """\
import ensurepip

ensurepip.bootstrap(upgrade=True, default_pip=True)
"""


def provide_pip() -> None:
    """Put the scripts that bring pip where ansible-test would download them to.

    Its download site is not a package index, and Python brings a pip of its own.
    """
    PIP_CACHE.mkdir(parents=True, exist_ok=True)
    for python_version in SUPPORTED_PYTHON_VERSIONS:
        packages = get_venv_packages(VirtualPythonConfig(version=python_version))
        script = PIP_CACHE / f"get_pip_{packages['pip'].replace('.', '_')}.py"
        if not script.exists():
            script.write_text(BOOTSTRAP, encoding="utf-8")


def search_path() -> str:
    """Return a PATH on which each pythonX.Y works.

    ansible-test takes each that it finds for one that works.
    """
    found = [find_python(version) for version in SUPPORTED_PYTHON_VERSIONS]
    directories = [python.parent for python in found if python]
    missing = [version for version, python in zip(SUPPORTED_PYTHON_VERSIONS, found, strict=True) if not python]
    for directory in map(Path, os.get_exec_path()):
        if not any((directory / f"python{version}").exists() for version in missing):
            directories.append(directory)
    return os.pathsep.join(map(str, directories))


def remove_data(copy: Path) -> None:
    """Remove from the copy what .gitattributes declares not to be text.

    The sanity tests take it for text, and their only exception is an ignore file.
    """
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", ":(attr:-text)"],
        cwd=copy,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in listing.stdout.split("\0"):
        if name:
            (copy / name).unlink()


def wanted_targets(arguments: list[str]) -> set[str]:
    """Return the integration targets that are named, or all of them."""
    directories = (COPY / "tests" / "integration" / "targets").iterdir()
    targets = {path.name for path in directories if path.name[:6] != "setup_"}
    return targets.intersection(arguments) or targets


def run_integration(command: list[str], environment: dict[str, str]) -> int:
    """Run integration targets and return the exit status.

    ansible-test leaves out what it cannot run, and succeeds; that is a failure here.
    """
    ran = set()
    with subprocess.Popen(
        command,
        cwd=COPY,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            if match := RUNNING.match(line):
                ran.add(match[1])
    wanted = wanted_targets(command)
    print(f"{len(ran)} of {len(wanted)} integration targets ran")
    if missing := wanted - ran:
        print(f"Not run: {', '.join(sorted(missing))}")
    return process.returncode or bool(missing)


def main() -> None:
    provide_pip()
    subprocess.run([CHECKOUT / "scripts" / "copy-checkout", COPY], check=True)
    if sys.argv[1] == "sanity":
        remove_data(COPY)
    command = [str(Path(sys.executable).parent / "ansible-test"), *sys.argv[1:]]
    environment = {**os.environ, "PATH": search_path()}
    if sys.argv[1] == "integration":
        sys.exit(run_integration(command, environment))
    sys.exit(subprocess.call(command, cwd=COPY, env=environment))


if __name__ == "__main__":
    main()

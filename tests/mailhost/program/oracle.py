# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tell what docker-mailserver's own scripts derive from config directories, as the first process of a container.

Usage: oracle.py <CASES >ANSWERS

A case is a line of JSON with an environment and directories, each from the names of files
to their content as Latin-1. The first is there at the start, and each other one is what the
change detector finds next. The answer is a line with a list of as many results. The scripts are
as they are; the commands that they would reach daemons with do nothing.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType

import install
from dms import reap
from postfix import PASSWORDS, RELAY_MAP, RESTRICTIONS, WITH_CREDENTIALS

CONFIG = Path("/tmp/docker-mailserver")
DERIVED = {
    "mailboxes": Path("/etc/postfix/vmailbox"),
    "users": Path("/etc/dovecot/userdb"),
    "masters": Path("/etc/dovecot/masterdb"),
    "domains": Path("/etc/postfix/vhost"),
    "aliases": Path("/etc/postfix/virtual"),
    "regex_aliases": Path("/etc/postfix/regexp"),
    "relays": Path(RELAY_MAP),
    "credentials": Path(PASSWORDS),
}
MAIN = Path("/etc/postfix/main.cf")
LISTS = {setting for setting, check in RESTRICTIONS.values()}
SETTINGS = {
    "relayhost",
    "sender_dependent_relayhost_maps",
    "smtp_sender_dependent_authentication",
    *LISTS,
    *WITH_CREDENTIALS,
}
START = (
    "_setup_dovecot_quota",
    "_setup_dovecot_local_user",
    "_create_aliases",
    "_create_postfix_vhost",
    "_setup_postfix_late",
    "_prepare_for_change_detection",
)
STUBS = Path("/opt/stubs")
# The change detector ends where it would wait for the next look.
WAIT = "stop"
SLEEP = f'#!/bin/sh\n[ "$1" != {WAIT} ] || kill -USR1 "$PPID"\n'
NOTHING = "#!/bin/sh\n"
ENVIRONMENT = {
    **install.ENVIRONMENT,
    "PATH": f"{STUBS}:{install.ENVIRONMENT['PATH']}",
    "DMS_CONFIG_POLL": WAIT,
    # The default, which each message would look for otherwise
    "LOG_LEVEL": "info",
}

shutdowns: list[int] = []


def shut_down(signal_number: int, _frame: FrameType | None) -> None:
    """Note that the first process is told to end, which shuts the mail server down."""
    shutdowns.append(signal_number)


def prepare() -> None:
    """Install the scripts, and commands that do nothing."""
    install.install()
    STUBS.mkdir()
    for name in ("chown", "dovecot", "postalias", "postfix", "sedfile", "sleep"):
        stub = STUBS / name
        stub.write_text(SLEEP if name == "sleep" else NOTHING, encoding="utf-8")
        stub.chmod(0o755)
    signal.signal(signal.SIGTERM, shut_down)


def empty(directory: Path) -> None:
    """Remove all that is in a directory."""
    for path in directory.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def write(files: dict[str, str]) -> None:
    """Make the config directory one that has these files alone."""
    empty(CONFIG)
    for name, content in files.items():
        (CONFIG / name).write_bytes(content.encode("latin-1"))


def read(path: Path) -> str:
    """Return the content of a file, or nothing of none."""
    return path.read_bytes().decode("latin-1") if path.exists() else ""


def settings() -> dict[str, str]:
    """Return what is set in Postfix, and the first of each list of restrictions."""
    found = {}
    for line in MAIN.read_text(encoding="utf-8").splitlines():
        name, dummy, value = line.partition(" = ")
        if name in SETTINGS:
            found[name] = value.split(",")[0] if name in LISTS else value
    return found


def answer(command: list[str], environment: dict[str, str], before: dict[str, str]) -> dict[str, object]:
    """Run a script to its end, and return what it left."""
    shutdowns.clear()
    result = subprocess.run(command, check=False, capture_output=True, env={**ENVIRONMENT, **environment}, cwd="/")
    reap()
    return {
        "derived": {name: read(path) for name, path in DERIVED.items()},
        "settings": {name: value for name, value in settings().items() if before.get(name) != value},
        "files": {path.name: read(path) for path in CONFIG.iterdir()},
        "shuts_down": bool(shutdowns),
        "log": (result.stdout + result.stderr).decode("utf-8", "replace"),
    }


def answers(directories: list[dict[str, str]], environment: dict[str, str]) -> list[dict[str, object]]:
    """Return what the scripts make of the first directory, and of each that follows it."""
    for path in DERIVED.values():
        path.unlink(missing_ok=True)
    shutil.copyfile(install.SOURCE / "postfix" / "main.cf", MAIN)
    before = settings()
    empty(Path("/var/mail"))
    found = []
    for index, files in enumerate(directories):
        write(files)
        command = ["bash", str(install.COMMANDS / "check-for-changes.sh")] if index else install.command(*START)
        found.append(answer(command, environment, before))
    return found


def main() -> None:
    if os.getpid() != 1:
        sys.exit("oracle.py is the first process of a container of its own.")
    prepare()
    for line in sys.stdin:
        print(json.dumps(answers(**json.loads(line))), flush=True)


if __name__ == "__main__":
    main()

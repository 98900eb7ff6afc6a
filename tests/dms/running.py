# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A running mail server as its container answers: what the scripts of the collection print there.

It was made of some contents of the config directory, and sees others there now, or the same. Regex aliases are not
asked for here; the mail hosts of the tests have a real Postfix and a real Dovecot.

Usage: python -m ansible_collections.mailops.dms.tests.dms.running MADE-OF CONFIG-DIR SETTINGS docker-arguments...
SETTINGS is JSON with settings of Postfix that differ from those of docker-mailserver.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import sys
import time
import typing as t
from pathlib import Path

from ansible_collections.mailops.dms.plugins.module_utils._running.checksums import DIRECTORY, WATCHED
from ansible_collections.mailops.dms.plugins.module_utils._running.container import Container, Finished
from ansible_collections.mailops.dms.plugins.module_utils._running.description import Description
from ansible_collections.mailops.dms.tests.dms import readers, server

if t.TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Contents = Mapping[str, "bytes | None"]

VIRTUAL, VMAILBOX, VHOST = "/etc/postfix/virtual", "/etc/postfix/vmailbox", "/etc/postfix/vhost"
PARAMETERS = {
    "mua_sender_restrictions": f"check_sender_access texthash:{DIRECTORY}/postfix-send-access.cf, permit",
    "mydestination": "localhost.example.net, localhost, mail.example.net",
    "myhostname": "mail.example.net",
    "myorigin": "mail.example.net",
    "propagate_unmatched_extensions": "canonical, virtual",
    "recipient_delimiter": "+",
    "smtpd_recipient_restrictions": f"check_recipient_access texthash:{DIRECTORY}/postfix-receive-access.cf, permit",
    "smtpd_sender_restrictions": f"check_sender_access texthash:{DIRECTORY}/postfix-send-access.cf, permit",
    "virtual_alias_domains": f"texthash:{VIRTUAL}",
    "virtual_alias_maps": f"texthash:{VIRTUAL}",
    "virtual_mailbox_domains": VHOST,
    "virtual_mailbox_maps": f"texthash:{VMAILBOX}",
}
SIXTEEN = 16
NO_USER = 67


@dataclasses.dataclass
class RunningServer:
    """A container with a mail server that was made of some files."""

    made_of: Contents
    sees: Contents
    settings: server.Settings = dataclasses.field(default_factory=server.Settings)
    parameters: Mapping[str, str] = dataclasses.field(default_factory=lambda: PARAMETERS)
    rounds: int = 0
    """How often it was asked for addresses and logins."""

    def __post_init__(self) -> None:
        self.started = server.start(self.made_of, self.settings)
        aliases = readers.Texthash(self.made_of.get("postfix-virtual.cf") or b"").values
        lines = (line.split() for line in self.started.logical_mailboxes())
        self.maps = {
            f"texthash:{VIRTUAL}": {key: b",".join(values) for key, values in aliases.items()},
            f"texthash:{VMAILBOX}": {words[0].lower().encode("latin-1"): b"mailbox" for words in lines if words},
        }

    @property
    def description(self) -> Description:
        """What the mail server is like."""
        variables = {"DMS_RELEASE": "v" + ".".join(map(str, self.settings.version))}
        if not self.settings.quotas_enabled:
            variables["ENABLE_QUOTAS"] = "0"
        return Description(variables, self.parameters, True)

    @property
    def container(self) -> Container:
        """The container, in which this runs the commands."""
        return Container(lambda command, data: Finished(0, self.run(command, data), b""), "docker", "mailserver")

    def run(self, command: Sequence[str], data: bytes) -> bytes:
        """Return what a command prints that runs a script of the shell."""
        at = command.index("-c") + 1
        script, arguments = command[at], command[at + 2 :]
        if "postmap" in script:
            self.rounds += 1
            groups = zip(arguments[::3], arguments[1::3], arguments[2::3])
            return b"".join(self._answers(*group, data) for group in groups)
        if "postconf -x" in script:
            return self._described()
        if "CLK_TCK" in script:
            return self._looked_at(arguments[1:])
        if "sha512sum" in script:
            return self._sums(self.sees)
        return "".join(f"{domain}\n" for domain in self.started.domains).encode("latin-1")

    def _answers(self, number: str, option: str, name: str, data: bytes) -> bytes:
        keys = [line.partition(b" ")[2] for line in data.split(b"\n") if line.startswith(f"{number} ".encode())]
        if name == "logins":
            return b"".join(map(self._login, keys)) + b"\0\0"
        pairs = ((key, self.maps[name].get(key if option else key.lower())) for key in keys)
        return b"".join(key + b"\t" + value + b"\n" for key, value in pairs if value is not None) + b"\0\0"

    def _login(self, key: bytes) -> bytes:
        user = self.started.user(key.decode("latin-1"))
        if user is None:
            return b"%d %s\n" % (NO_USER, key)
        unit = "" if self.settings.version[0] >= SIXTEEN else "*:bytes="
        return b"0 %s\n" % key + (f"\t{unit}{user.size}\n".encode("latin-1") if user.size else b"")

    def _described(self) -> bytes:
        variables = "".join(f"{name}={value}\n" for name, value in self.description.variables.items())
        parameters = "".join(f"{name} = {value}\n" for name, value in self.parameters.items())
        return f"{variables}\0{parameters}\0ready\n".encode()

    def _looked_at(self, files: Sequence[str]) -> bytes:
        """Return the list of what was taken up, what is not empty, and times at which all has been read."""
        made = {VIRTUAL: "postfix-virtual.cf", VMAILBOX: "postfix-accounts.cf"}
        filled = [path for path, name in made.items() if self.made_of.get(name)]
        now = time.time()
        there = (self.sees.get(Path(file).name) is not None or file in made for file in files)
        changed = "".join(f"file {now - 500:.9f}\n" if each else "file \n" for each in there)
        times = f"1000.00\n{now:.9f}\n1000.00\n100\n{changed}process qmgr 90000\n"
        # What is gone is no line of the list, and no difference to the change detector (hazard H51).
        taken_up = {name: self.made_of.get(name) for name in WATCHED if self.sees.get(name) is not None}
        return self._sums(taken_up) + b"\0" + "".join(f"{path}\n" for path in filled).encode() + b"\0" + times.encode()

    @staticmethod
    def _sums(contents: Contents) -> bytes:
        found = {name: content for name, content in contents.items() if name in WATCHED and content is not None}
        lines = (f"{hashlib.sha512(content).hexdigest()}  {DIRECTORY}/{name}\n" for name, content in found.items())
        return "".join(lines).encode()


def contents_of(directory: Path) -> dict[str, bytes]:
    """Return what the files of a directory hold."""
    return {path.name: path.read_bytes() for path in directory.iterdir() if path.is_file()}


def main() -> None:
    """Be the program docker, for one container."""
    made_of, config_dir, settings, *command = sys.argv[1:]
    if command[0] == "container":
        print(json.dumps({"status": "running", "mounts": [{"Source": config_dir, "Destination": DIRECTORY}]}))
        return
    parameters = {**PARAMETERS, **json.loads(settings)}
    running = RunningServer(contents_of(Path(made_of)), contents_of(Path(config_dir)), parameters=parameters)
    sys.stdout.buffer.write(running.run(command, sys.stdin.buffer.read()))


if __name__ == "__main__":
    main()

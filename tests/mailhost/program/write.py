# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write what is derived from a config directory, as docker-mailserver does.

Lines are written one after the other into files that are in use. Only this, hazard H13,
can be taken out, to see what remains without it.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, MutableMapping
from pathlib import Path

from derive import MASTERS, OWNER, REGEX_ALIASES, SIXTEEN, Derivation, User
from postfix import PASSWORDS, RELAY_MAP, PostfixSettings

VHOST = Path("/etc/postfix/vhost")
VMAILBOX = Path("/etc/postfix/vmailbox")
VIRTUAL = Path("/etc/postfix/virtual")
REGEXP = Path("/etc/postfix/regexp")
USERDB = Path("/etc/dovecot/userdb")
MASTERDB = Path("/etc/dovecot/masterdb")
MASTERS_CONF = Path("/etc/dovecot/masters.conf")
HERE = Path(__file__).parent


class ConfigDirectory(MutableMapping[str, bytes]):
    """The files of a directory, as they are at the moment."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __getitem__(self, name: str) -> bytes:
        try:
            return (self.path / name).read_bytes()
        except FileNotFoundError:
            raise KeyError(name) from None

    def __setitem__(self, name: str, content: bytes) -> None:
        """Add what is missing at the end in place, and write all else into a new file."""
        path = self.path / name
        before = self.get(name, b"")
        if content.startswith(before):
            with path.open("ab") as file:
                file.write(content[len(before) :])
        else:
            other = path.with_name(f"{name}.sed")
            other.write_bytes(content)
            other.rename(path)

    def __delitem__(self, name: str) -> None:
        (self.path / name).unlink()

    def __iter__(self) -> Iterator[str]:
        return (path.name for path in self.path.iterdir() if path.is_file())

    def __len__(self) -> int:
        return sum(1 for dummy in self)


class Writer(Derivation):
    """What one generation of docker-mailserver makes of a config directory, in its files."""

    def __init__(self, config: Path, generation: int, script: str, *, whole: bool = False) -> None:
        """Take a config directory; `whole` has each derived file replaced in one step."""
        super().__init__(ConfigDirectory(config), generation, script)
        self.whole = whole
        self.settings = PostfixSettings(self, os.environ)

    def start(self) -> None:
        super().start()
        self.settings.start()
        for setting, value in self.settings.prepended.items():
            set_in_postfix(setting, f"{value}, {value_in_postfix(setting)}")
        self.write_relays()

    def change(self, changed: set[str]) -> None:
        super().change(changed)
        self.settings.change(changed)
        self.write_relays()

    def write_relays(self) -> None:
        """Write the relays and their credentials, and let Postfix use them."""
        for path, content in ((RELAY_MAP, self.settings.relays), (PASSWORDS, self.settings.credentials)):
            if content is not None:
                Path(path).touch(mode=0o600)
                Path(path).write_bytes(content.encode("latin-1"))
        for setting, value in self.settings.settings.items():
            set_in_postfix(setting, value)

    def target(self, path: Path) -> Path:
        """Return where a derived file is written: in its place, or beside it."""
        return path.with_name(f"{path.name}.new") if self.whole else path

    def publish(self) -> None:
        """Put what was written beside the derived files in their place."""
        for path in (VHOST, VMAILBOX, USERDB, MASTERDB, VIRTUAL, REGEXP):
            if self.whole and self.target(path).exists():
                self.target(path).replace(path)

    def append(self, path: Path, line: str) -> None:
        """Add a line to a file that others may be reading."""
        with self.target(path).open("ab") as file:
            file.write(f"{line}\n".encode("latin-1"))

    def create_accounts(self) -> None:
        """Write Postfix's mailboxes and Dovecot's users anew, line by line."""
        for path in map(self.target, (VMAILBOX, USERDB, MASTERDB)):
            path.write_bytes(b"")
            path.chmod(0o644)
        super().create_accounts()

    def add_mailbox(self, line: str) -> None:
        super().add_mailbox(line)
        self.append(VMAILBOX, line)

    def add_user(self, user: User) -> None:
        """Add a user of Dovecot, and make its home."""
        super().add_user(user)
        self.append(USERDB, user.line)
        home = user.home.encode("latin-1")
        subprocess.run([b"mkdir", b"-p", home], check=True)
        domain = b"/".join(home.split(b"/")[:4])
        subprocess.run([b"chown", OWNER.encode(), b"-R", domain], check=True)

    def create_masters(self) -> None:
        """Write Dovecot's master users anew, and use them from the first time on."""
        super().create_masters()
        if MASTERS in self.files:
            dovecot = "2.4" if self.generation >= SIXTEEN else "2.3"
            MASTERS_CONF.write_bytes((HERE / f"masters-{dovecot}.conf").read_bytes())

    def add_master(self, line: str) -> None:
        super().add_master(line)
        self.append(MASTERDB, line)

    def create_domains(self) -> None:
        super().create_domains()
        self.target(VHOST).write_bytes(b"")
        for domain in self.domains:
            self.append(VHOST, domain)

    def copy_aliases(self) -> None:
        super().copy_aliases()
        self.target(VIRTUAL).write_bytes(self.aliases)

    def copy_regex_aliases(self) -> None:
        """Copy the regex aliases, and use them from the first time on."""
        super().copy_regex_aliases()
        self.target(REGEXP).write_bytes(self.regex_aliases)
        maps = value_in_postfix("virtual_alias_maps")
        if REGEX_ALIASES in self.files and str(REGEXP) not in maps:
            set_in_postfix("virtual_alias_maps", f"{maps} pcre:{REGEXP}")


def value_in_postfix(setting: str) -> str:
    """Return what a setting of Postfix is."""
    command = ["postconf", "-h", setting]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def set_in_postfix(setting: str, value: str) -> None:
    """Change a setting of Postfix."""
    subprocess.run(["postconf", f"{setting}={value}"], check=True)

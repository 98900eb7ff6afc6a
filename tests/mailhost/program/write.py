# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write what is derived from a config directory, as docker-mailserver does.

Lines are written one after the other into files that are in use. Only this, hazard H13,
can be taken out, to see what remains without it.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, MutableMapping
from pathlib import Path

from derive import OWNER, REGEX_ALIASES, Derivation, User

VHOST = Path("/etc/postfix/vhost")
VMAILBOX = Path("/etc/postfix/vmailbox")
VIRTUAL = Path("/etc/postfix/virtual")
REGEXP = Path("/etc/postfix/regexp")
USERDB = Path("/etc/dovecot/userdb")


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

    def target(self, path: Path) -> Path:
        """Return where a derived file is written: in its place, or beside it."""
        return path.with_name(f"{path.name}.new") if self.whole else path

    def publish(self) -> None:
        """Put what was written beside the derived files in their place."""
        for path in (VHOST, VMAILBOX, USERDB, VIRTUAL, REGEXP):
            if self.whole and self.target(path).exists():
                self.target(path).replace(path)

    def append(self, path: Path, line: str) -> None:
        """Add a line to a file that others may be reading."""
        with self.target(path).open("ab") as file:
            file.write(f"{line}\n".encode("latin-1"))

    def create_accounts(self) -> None:
        """Write Postfix's mailboxes and Dovecot's users anew, line by line."""
        for path in map(self.target, (VMAILBOX, USERDB)):
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
        maps = subprocess.run(
            ["postconf", "-h", "virtual_alias_maps"], check=True, capture_output=True, text=True
        ).stdout.strip()
        if REGEX_ALIASES in self.files and str(REGEXP) not in maps:
            subprocess.run(["postconf", f"virtual_alias_maps={maps} pcre:{REGEXP}"], check=True)

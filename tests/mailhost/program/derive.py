# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Derive the files of Postfix and Dovecot from a config directory, as docker-mailserver does.

Nothing is repaired here that docker-mailserver leaves broken: lines are written one
after the other into files that are in use, searches find a part of an address, and
a comment in the wrong place stops the mail server. Only the first of these, hazard H13,
can be taken out, to see what remains without it.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

VHOST = Path("/etc/postfix/vhost")
VMAILBOX = Path("/etc/postfix/vmailbox")
VIRTUAL = Path("/etc/postfix/virtual")
REGEXP = Path("/etc/postfix/regexp")
USERDB = Path("/etc/dovecot/userdb")
OWNER = "5000"


class MisconfiguredError(Exception):
    """docker-mailserver shuts down when it finds this."""


def read(path: Path) -> str:
    """Return a text in which each byte that is not UTF-8 survives."""
    return path.read_bytes().decode("utf-8", "surrogateescape")


def append(path: Path, line: str) -> None:
    """Add a line to a file that others may be reading."""
    with path.open("ab") as file:
        file.write(f"{line}\n".encode("utf-8", "surrogateescape"))


def repair(path: Path) -> None:
    """Convert CRLF into a new file, and end the last line in place, even that of an empty file."""
    content = path.read_bytes()
    if b"\r\n" in content:
        content = content.replace(b"\r\n", b"\n")
        other = path.with_name(f"{path.name}.sed")
        other.write_bytes(content)
        other.rename(path)
    if not content.endswith(b"\n"):
        with path.open("ab") as file:
            file.write(b"\n")


def valid_lines(path: Path) -> Iterator[str]:
    """Give the physical lines that are neither blank nor a comment."""
    if path.exists():
        repair(path)
        for line in read(path).split("\n"):
            if line.strip() and not line.lstrip().startswith("#"):
                yield line


def first_match(path: Path, pattern: str, *options: str) -> str | None:
    """Return the first line that matches a basic regular expression anywhere."""
    command = ["grep", "-a", "-m", "1", *options, "-e", pattern, str(path)]
    result = subprocess.run(command, check=False, capture_output=True)
    found = result.stdout.decode("utf-8", "surrogateescape").removesuffix("\n")
    return found if result.returncode == 0 else None


def domain_of(address: str) -> str:
    """Return what stands between the first and the second @, or all where there is none."""
    return address.split("@")[1] if "@" in address else address


class Derivation:
    """What one generation of docker-mailserver makes of a config directory."""

    def __init__(self, config: Path, generation: int, *, whole: bool = False) -> None:
        """Take a config directory; `whole` has each derived file replaced in one step."""
        self.accounts = config / "postfix-accounts.cf"
        self.virtual = config / "postfix-virtual.cf"
        self.regexp = config / "postfix-regexp.cf"
        self.quotas = config / "dovecot-quotas.cf"
        self.generation = generation
        self.whole = whole

    def target(self, path: Path) -> Path:
        """Return where a derived file is written: in its place, or beside it."""
        return path.with_name(f"{path.name}.new") if self.whole else path

    def publish(self) -> None:
        """Put what was written beside the derived files in their place."""
        for path in (VHOST, VMAILBOX, USERDB, VIRTUAL, REGEXP):
            if self.whole and self.target(path).exists():
                self.target(path).replace(path)

    def has_account(self) -> bool:
        """Tell whether there is a line that could be an account."""
        return any(valid_lines(self.accounts))

    def write_accounts(self) -> None:
        """Write Postfix's mailboxes and Dovecot's users anew, line by line."""
        for path in map(self.target, (VMAILBOX, USERDB)):
            path.write_bytes(b"")
            path.chmod(0o644)
        logins = []
        for line in valid_lines(self.accounts):
            login, dummy, rest = line.partition("|")
            secret, dummy, fields = rest.partition("|")
            domain, user = domain_of(login), login.split("@")[0]
            mailbox = f"{login} {domain}/{user}/"
            if mailbox not in read(self.target(VMAILBOX)).split("\n"):
                append(self.target(VMAILBOX), mailbox)
            self.write_user(login, secret, login, fields)
            logins.append(login.lower())
        for line in valid_lines(self.virtual):
            words = line.split(None, 1)
            self.write_alias(words[0], words[1].strip() if words[1:] else "", logins)

    def write_user(self, login: str, secret: str, owner: str, fields: str = "") -> None:
        """Add a user of Dovecot with the home and the quota of an account."""
        domain, user = domain_of(owner), owner.split("@")[0]
        home = f"/var/mail/{domain}/{user}/home"
        fields = " ".join(filter(None, [fields, self.quota(owner)]))
        append(self.target(USERDB), f"{login}:{secret}:{OWNER}:{OWNER}::{home}::{fields}")
        subprocess.run(["mkdir", "-p", home], check=True)
        subprocess.run(["chown", f"{OWNER}:{OWNER}", "-R", f"/var/mail/{domain}"], check=True)

    def write_alias(self, alias: str, recipients: str, logins: list[str]) -> None:
        """Give an alias a user of its own, for the check of the quota."""
        if alias.lower() in logins:
            return
        targets = [recipients]
        if self.generation >= 16:
            if alias.startswith("@"):
                return
            targets = [word for word in re.split(r"[,\s]+", recipients) if word]
        for target in targets:
            account = first_match(self.accounts, target)
            if account is not None:
                secret = account.split("|")[1] if "|" in account else ""
                if not secret:
                    raise MisconfiguredError(f"{alias} finds {account!r}")
                self.write_user(alias, secret, target)
                return

    def quota(self, login: str) -> str:
        """Return Dovecot's extra fields for a quota."""
        if not self.quotas.exists():
            self.quotas.write_bytes(b"")
        fields = (first_match(self.quotas, f"{login}:", "-i") or "").split(":")
        if len(fields) != 2 or not fields[1]:
            return ""
        size = fields[1]
        if self.generation < 16:
            return f"userdb_quota_rule=*:bytes={size}"
        amount = re.fullmatch(r"([0-9]+)([BkMGT])", size)
        grace = f" userdb_quota_storage_grace={int(amount[1]) // 10}{amount[2]}" if amount else ""
        return f"userdb_quota_storage_size={size}{grace}"

    def write_domains(self) -> None:
        """Write the domains of the accounts and of the first words in the aliases."""
        logins = [line.partition("|")[0] for line in valid_lines(self.accounts)]
        keys = [line.split()[0] for line in valid_lines(self.virtual)]
        self.target(VHOST).write_bytes(b"")
        for domain in sorted({domain_of(address) for address in logins + keys}):
            append(self.target(VHOST), domain)

    def copy_aliases(self) -> None:
        """Copy the aliases as they are."""
        if self.virtual.exists():
            repair(self.virtual)
            self.target(VIRTUAL).write_bytes(self.virtual.read_bytes())

    def copy_regex_aliases(self) -> None:
        """Copy the regex aliases as they are, and use them from the first time on."""
        if self.regexp.exists():
            self.target(REGEXP).write_bytes(self.regexp.read_bytes())
            maps = subprocess.run(
                ["postconf", "-h", "virtual_alias_maps"], check=True, capture_output=True, text=True
            ).stdout.strip()
            if str(REGEXP) not in maps:
                subprocess.run(["postconf", f"virtual_alias_maps={maps} pcre:{REGEXP}"], check=True)

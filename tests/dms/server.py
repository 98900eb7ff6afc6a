# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the mail server does with the files, written from its description.

What docker-mailserver makes of them at its start is derived as on the mail hosts of the
tests; here is what Postfix and Dovecot find in it. Nothing shares code with the
collection. Text is Latin-1: each character is one byte.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.mailops.dms.tests.mailhost.program import derive
from ansible_collections.mailops.dms.tests.mailhost.program.derive import User, grace

if t.TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Server", "Settings", "grace", "grep", "start"]

BLANKS = " \t"
SIXTEEN = 16

# Dovecot's auth_username_chars
LOGIN_CHARACTERS = re.compile(r"[A-Za-z0-9.\-_@]+")
WEAK_IN_24 = frozenset({"MD5", "MD5-CRYPT", "SMD5", "HMAC-MD5", "PLAIN-MD4", "PLAIN-MD5", "LDAP-MD5", "DES-CRYPT"})


@dataclasses.dataclass(frozen=True)
class Settings:
    """The release of DMS and the variables that count here."""

    version: tuple[int, ...] = (16, 0, 1)
    quotas_enabled: bool = True


@dataclasses.dataclass
class Server:
    """What DMS made of a config directory."""

    settings: Settings
    users: list[User] = dataclasses.field(default_factory=list)
    mailboxes: list[str] = dataclasses.field(default_factory=list)
    """The lines of Postfix's vmailbox."""

    domains: set[str] = dataclasses.field(default_factory=set)
    """The list vhost, as Postfix splits it."""

    relayed: list[str] = dataclasses.field(default_factory=list)
    """The domains that get a line in relayhost_map, as spelled."""

    edited: set[str] = dataclasses.field(default_factory=set)
    """The files that DMS edited in place."""

    shut_down: bool = False

    def user(self, name: str) -> User | None:
        """Return what Dovecot finds for a name: in lower case, the first line."""
        folded = name.lower()
        if not LOGIN_CHARACTERS.fullmatch(folded):
            return None
        return next((user for user in self.users if user.login == folded), None)

    def hash_of(self, name: str) -> str | None:
        """Return the hash that lets somebody in under a name."""
        user = self.user(name)
        if user is None:
            return None
        # A colon in the hash ends the column, and a blank never verifies.
        stored = user.password_hash.split(":")[0]
        scheme = re.match(r"\{([^}]*)\}", stored)
        weak = scheme is not None and scheme[1].upper() in WEAK_IN_24
        if not stored or " " in stored or (weak and self.settings.version[0] >= SIXTEEN):
            return None
        return stored

    def receives(self, address: str) -> bool:
        """Whether mail for an address without alias reaches a mailbox of its own."""
        keys = [line.split()[0].lower() for line in self.logical_mailboxes() if line]
        if len(keys) != len(set(keys)):
            return False  # a duplicate key: Postfix answers with an error
        local_part, dummy, domain = address.partition("@")
        # Postfix tries the whole address first, LMTP then strips the extension.
        known = {address.lower(), f"{local_part.split('+')[0]}@{domain}".lower()}
        user = self.user(f"{local_part.split('+')[0]}@{domain}")
        return bool(known & set(keys)) and user is not None and user.login == address

    def logical_mailboxes(self) -> list[str]:
        """Return the lines of vmailbox as Postfix joins them."""
        found: list[str] = []
        for line in self.mailboxes:
            if line[:1] in BLANKS and found:
                found[-1] += line
            elif line[:1] not in BLANKS:
                found.append(line)
        return found

    def has_duplicate_mailbox(self) -> bool:
        """Whether vmailbox holds a key twice, so that every lookup is an error."""
        keys = [line.split()[0].lower() for line in self.logical_mailboxes()]
        return len(keys) != len(set(keys))


def grep(pattern: str, lines: list[str]) -> str | None:
    """Return the first line that `grep PATTERN` prints."""
    return derive.find_line(pattern, "".join(f"{line}\n" for line in lines))


def start(contents: Mapping[str, bytes | None], settings: Settings | None = None) -> Server:
    """Return what the mail server is after it read a config directory."""
    server = Server(settings or Settings())
    before = {name: content for name, content in contents.items() if content is not None}
    quotas_enabled = server.settings.quotas_enabled
    derivation = derive.Derivation(
        dict(before), server.settings.version[0], derive.START, quotas_enabled=quotas_enabled
    )
    try:
        derivation.start()
    except derive.MisconfiguredError:
        server.shut_down = True
    # Without its plugin, Dovecot does not heed a quota that it finds.
    server.users = [user if quotas_enabled else user._replace(size=None) for user in derivation.users]
    server.mailboxes = derivation.mailboxes
    server.relayed = [domain.strip(BLANKS) for domain in derivation.domains if domain.strip(BLANKS)]
    server.domains = {part for domain in server.relayed for part in re.split("[, \t\r]+", domain.lower()) if part}
    server.edited = {name for name, content in before.items() if derivation.files[name] != content}
    return server


def quota_read(size: str | None) -> str | None:
    """Return what Dovecot gets of a size: attributes are split at blanks."""
    return None if size is None else size.split(" ")[0]


# --- the fields of Dovecot, and the CLI

FIELDS = {
    "2.3": {"userdb_mail", "userdb_quota_rule"},
    "2.4": {"userdb_mail_path", "userdb_mail_driver", "userdb_quota_storage_size"},
}


def unknown_fields(extra_fields: str, version: tuple[int, ...]) -> list[str]:
    """Return the extra fields that are names of the other Dovecot only."""
    dovecot = "2.4" if version[0] >= SIXTEEN else "2.3"
    other = set().union(*FIELDS.values()) - FIELDS[dovecot]
    names = [field.partition("=")[0] for field in extra_fields.split()]
    return [name for name in names if name in other]


def left_by_the_cli(recipients: str, address: str) -> str:
    """Return a list after `setup email del`, which finds items between commas alone."""
    return ",".join(item for item in recipients.split(",") if item != address)


def left_by_restrict_del(lines: list[str], address: str) -> list[str]:
    """Return the lines that `setup email restrict del` leaves, which gives sed the address as it is."""
    return [line for line in lines if not line.startswith(address)]


def masters(content: bytes) -> dict[str, str]:
    """Return name -> hash of the master accounts, as DMS writes them and Dovecot then splits the line."""
    found: dict[str, str] = {}
    for line in content.decode("latin-1").split("\n"):
        if line.strip(" \t\r\v\f")[:1] not in ("", "#"):
            name, _bar, rest = line.partition("|")
            user, password_hash = f"{name}:{rest}".split(":")[:2]
            found.setdefault(user, password_hash)
    return found


def is_read_by_sed(key: str) -> bool:
    """Whether the CLI can name a key in a command of sed."""
    return not re.search(r"[/&\\\[*]", key)

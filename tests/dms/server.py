# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What docker-mailserver does with the files at its start, written from its description.

Nothing here shares code with the collection. Text is Latin-1: each character is one
byte. Regular expressions are those of `grep`, so the few characters of addresses that
mean something to it (the dot, the star) mean it here too.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ACCOUNTS = "postfix-accounts.cf"
ALIASES = "postfix-virtual.cf"
QUOTAS = "dovecot-quotas.cf"
REGEX_ALIASES = "postfix-regexp.cf"

REPAIRED = (ACCOUNTS, ALIASES)
BLANKS = " \t"
SIXTEEN = 16

# Dovecot's auth_username_chars
LOGIN_CHARACTERS = re.compile(r"[A-Za-z0-9.\-_@]+")
WEAK_IN_24 = frozenset(
    {"MD5", "MD5-CRYPT", "SMD5", "CRAM-MD5", "HMAC-MD5", "PLAIN-MD4", "PLAIN-MD5", "LDAP-MD5", "DES-CRYPT"}
)


@dataclasses.dataclass(frozen=True)
class Settings:
    """The release of DMS and the variables that count here."""

    version: tuple[int, ...] = (16, 0, 1)
    quotas_enabled: bool = True


@dataclasses.dataclass
class User:
    """One line of Dovecot's user database."""

    login: str
    password_hash: str
    home: str
    size: str | None = None


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


def grep(pattern: str, lines: list[str], flags: int = 0) -> str | None:
    """Return the first line that `grep PATTERN` prints."""
    if re.search(r"[\\\[\]^$]", pattern):
        return None
    while "**" in pattern[1:]:  # a second star says nothing more
        pattern = pattern[0] + pattern[1:].replace("**", "*")
    translated = "".join(c if c == "." or (c == "*" and index) else re.escape(c) for index, c in enumerate(pattern))
    return next((line for line in lines if re.search(translated, line, flags)), None)


def start(contents: Mapping[str, bytes | None], settings: Settings | None = None) -> Server:
    """Return what the mail server is after it read a config directory."""
    server = Server(settings or Settings())
    files = {name: content or b"" for name, content in contents.items()}
    for name in REPAIRED:
        if contents.get(name) is not None:
            repaired = _repaired(files[name])
            if repaired != files[name]:
                server.edited.add(name)
            files[name] = repaired
    lines = {name: files.get(name, b"").decode("latin-1").split("\n") for name in (ACCOUNTS, ALIASES, QUOTAS)}
    for text in lines.values():
        if not text[-1]:
            text.pop()
    _create_accounts(server, lines)
    _create_domains(server, lines)
    if server.settings.quotas_enabled:
        _create_alias_logins(server, lines)
    if not server.users:
        server.shut_down = True
    return server


def _repaired(content: bytes) -> bytes:
    content = content.replace(b"\r\n", b"\n")
    return content if content.endswith(b"\n") else content + b"\n"


def _valid(lines: list[str]) -> Iterator[str]:
    for line in lines:
        if not re.match(r"\s*(#|$)", line):
            yield line


def _create_accounts(server: Server, lines: dict[str, list[str]]) -> None:
    for line in _valid(lines[ACCOUNTS]):
        login, password_hash, dummy = [*line.split("|", 2), "", ""][:3]
        name, domain = _name_and_domain(login)
        mailbox = f"{login} {domain}/{name}/"
        if mailbox not in server.mailboxes:
            server.mailboxes.append(mailbox)
        home = f"/var/mail/{domain}/{name}/home"
        size = quota(login, lines[QUOTAS]) if server.settings.quotas_enabled else None
        server.users.append(User(login, password_hash, home, size))


def _name_and_domain(login: str) -> tuple[str, str]:
    parts = login.split("@")
    return parts[0], parts[1] if len(parts) > 1 else login


def quota(login: str, lines: list[str]) -> str | None:
    """Return the size that DMS finds for a login; None for the default."""
    line = grep(f"{login}:", lines, re.IGNORECASE)
    if line is None:
        return None
    fields = line.split(":")
    if not fields[-1]:
        fields.pop()
    return fields[1] if len(fields) == 2 and fields[1] else None


def quota_read(size: str | None) -> str | None:
    """Return what Dovecot gets of a size: attributes are split at blanks."""
    return None if size is None else size.split(" ")[0]


def grace(size: str) -> str | None:
    """Return the grace that v16 gives a size; None for the global one."""
    found = re.fullmatch(r"([0-9]+)([BkMGT])", size)
    return f"{int(found[1]) // 10}{found[2]}" if found else None


def _create_domains(server: Server, lines: dict[str, list[str]]) -> None:
    spelled = []
    for line in _valid(lines[ACCOUNTS]):
        spelled.append(_name_and_domain(line.split("|")[0])[1].strip())
    for line in _valid(lines[ALIASES]):
        alias = line.split()[0]
        if "@" in alias:
            spelled.append(alias.split("@")[1])
    for domain in spelled:
        server.domains.update(filter(None, domain.lower().split(",")))
        if domain not in server.relayed:
            server.relayed.append(domain)


def _create_alias_logins(server: Server, lines: dict[str, list[str]]) -> None:
    for line in _valid(lines[ALIASES]):
        alias, recipients = [*line.split(None, 1), ""][:2]
        if "@" not in alias:
            continue
        recipient = _looked_up(server, alias, recipients.rstrip(), lines[ACCOUNTS])
        if recipient is None:
            continue
        found = grep(recipient, lines[ACCOUNTS]) or ""
        password_hash = [*found.split("|"), ""][1]
        if not password_hash:
            server.shut_down = True
            return
        name, domain = _name_and_domain(recipient)
        home = f"/var/mail/{domain}/{name}/home"
        size = quota(recipient, lines[QUOTAS])
        server.users.append(User(alias, password_hash, home, size))


def _looked_up(server: Server, alias: str, recipients: str, accounts: list[str]) -> str | None:
    """Return the recipient that DMS takes an alias for, None where it makes no login."""
    words = [recipients]
    if server.settings.version[0] >= SIXTEEN:
        if alias.startswith("@"):
            return None
        words = list(filter(None, re.split(r"[,\s]+", recipients)))
    return next((word for word in words if grep(word, accounts) is not None), None)


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


def is_read_by_sed(key: str) -> bool:
    """Whether the CLI can name a key in a command of sed."""
    return not re.search(r"[/&\\\[*]", key)

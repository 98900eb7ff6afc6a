# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Derive the files of Postfix and Dovecot from a config directory, as docker-mailserver does.

Nothing is repaired here that docker-mailserver leaves broken: searches find a part of an
address, a comment in the wrong place stops the mail server, and what is logged may be
read as an account. Text is Latin-1: each character is one byte, as for the programs that
docker-mailserver calls, which run without a locale. `make oracle` compares all of this
with docker-mailserver's own scripts.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, MutableMapping
from typing import NamedTuple

ACCOUNTS = "postfix-accounts.cf"
ALIASES = "postfix-virtual.cf"
SYSTEM_ALIASES = "postfix-aliases.cf"
REGEX_ALIASES = "postfix-regexp.cf"
QUOTAS = "dovecot-quotas.cf"
MASTERS = "dovecot-masters.cf"

START, CHANGE = "start-mailserver.sh", "check-for-changes.sh"
DIRECTORY = "/tmp/docker-mailserver"
OWNER = "5000:5000"
BLANKS = " \t"
FOURTEEN, SIXTEEN = 14, 16

# What file(1) never takes for text
BINARY = re.compile(rb"[\x00-\x06\x0e-\x1a\x1c-\x1f\x7f]")
# As many lines does file(1) look at to find a table.
CSV_LINES = 10
# What the shell replaces by the names of files
WILDCARD = re.compile(r"[*?]|\[.+\]")


class MisconfiguredError(Exception):
    """docker-mailserver shuts down when it finds this."""


class User(NamedTuple):
    """A line of Dovecot's users, in the parts that docker-mailserver makes it from."""

    login: str
    password_hash: str
    home: str
    fields: str
    size: str | None
    """The quota that was found among the quotas; it is one of the fields too."""

    @property
    def line(self) -> str:
        return f"{self.login}:{self.password_hash}:{OWNER}::{self.home}::{self.fields}"


def is_crlf(content: bytes, generation: int) -> bool:
    """Tell whether file(1) of a generation says that lines end with CRLF."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "\r\n" in content.decode("utf-16", "replace")
    return b"\r\n" in content and not BINARY.search(content) and not is_csv(content, generation)


def is_csv(content: bytes, generation: int) -> bool:
    """Tell whether file(1) takes a text for a table, of which it says no more."""
    lines = re.sub(rb'"[^"]*("|$)', b"", content).split(b"\n")[:-1][:CSV_LINES]
    counts = [line.count(b",") for line in lines]
    least_lines, least_commas = (2, 2) if generation >= SIXTEEN else (3, 1)
    return len(lines) >= least_lines and min(counts) == max(counts) >= least_commas


def is_startable(accounts: bytes) -> bool:
    """Tell whether there is a line, if only a comment, for which docker-mailserver starts."""
    return re.search(rb"[^\n\0]+@[^\n\0]+\|", accounts) is not None


def echo(text: str) -> str:
    """Return what the shell prints of a word, which may be an option."""
    return "" if re.fullmatch("-[neE]+", text) else text


def name_and_domain(address: str) -> tuple[str, str]:
    """Return what stands before the first @ and between it and the second, or all twice."""
    parts = address.split("@")
    return parts[0], parts[1] if parts[1:] else address


def split(line: str, separator: str) -> list[str]:
    """Return the fields of a line as the shell reads an array: an empty last one is none."""
    fields = line.split(separator)
    return fields if fields[-1] else fields[:-1]


def columns(line: str, number: int) -> list[str]:
    """Return the columns of a line as the shell reads variables: the last one is the rest, without a bar at its end if
    that is the only one.
    """
    *others, last = [*line.split("|", number - 1), *[""] * number][:number]
    return [*others, last[:-1] if last.endswith("|") and last.count("|") == 1 else last]


def first_word(line: str) -> tuple[str, str]:
    """Return the first word and the others, as the shell reads two variables."""
    words = re.split(f"[{BLANKS}]+", line.strip(BLANKS), maxsplit=1)
    return words[0], words[1] if words[1:] else ""


class Derivation:
    """What one generation of docker-mailserver makes of a config directory.

    Files that lack a newline at their end, or have CRLF, are repaired in the mapping.
    """

    def __init__(
        self, files: MutableMapping[str, bytes], generation: int, script: str, *, quotas_enabled: bool = True
    ) -> None:
        """Take the files of a config directory, and the name of the script that reads them."""
        self.files = files
        self.generation = generation
        self.script = script
        self.quotas_enabled = quotas_enabled
        self.mailboxes: list[str] = []
        self.users: list[User] = []
        self.masters: list[str] = []
        self.domains: list[str] = []
        self.aliases = b""
        self.regex_aliases = b""

    def start(self) -> None:
        """Derive everything, as at the start of the mail server."""
        if self.quotas_enabled:
            self.files.setdefault(QUOTAS, b"")
        if not is_startable(self.files.get(ACCOUNTS, b"")):
            raise MisconfiguredError("there is no account")
        self.create_accounts()
        self.copy_aliases()
        self.copy_regex_aliases()
        self.create_domains()

    def change(self, changed: set[str]) -> None:
        """Derive anew what depends on files that have other content than before."""
        if changed & {ACCOUNTS, ALIASES}:
            self.create_domains()
        if changed & {ACCOUNTS, ALIASES, SYSTEM_ALIASES, QUOTAS, MASTERS}:
            self.create_accounts()
        if ALIASES in changed:
            self.copy_aliases()
        if REGEX_ALIASES in changed:
            self.copy_regex_aliases()

    def add_mailbox(self, line: str) -> None:
        """Add a line to Postfix's mailboxes."""
        self.mailboxes.append(line)

    def add_user(self, user: User) -> None:
        """Add a line to Dovecot's users."""
        self.users.append(user)

    def add_master(self, line: str) -> None:
        """Add a line to Dovecot's master users."""
        self.masters.append(line)

    def copy_aliases(self) -> None:
        """Copy the aliases as they are."""
        self.aliases = self.files.get(ALIASES, b"")

    def copy_regex_aliases(self) -> None:
        """Copy the regex aliases as they are."""
        self.regex_aliases = self.files.get(REGEX_ALIASES, b"")

    def create_accounts(self) -> None:
        """Make mailboxes and users of the accounts, and users of the aliases."""
        self.mailboxes, self.users = [], []
        self.create_masters()
        for line in self.valid_lines(ACCOUNTS):
            self.create_account(line)
        if ACCOUNTS in self.files and self.quotas_enabled:
            lines = Input(self.valid_lines(ALIASES))
            for line in lines:
                self.create_alias_login(line, lines)

    def create_masters(self) -> None:
        """Make the master users, unless their lines are parts of others already."""
        self.masters = []
        for line in self.valid_lines(MASTERS):
            master = ":".join(columns(line, 2))
            if not is_found(master, "\n".join(self.masters), "-F"):
                self.add_master(master)

    def create_account(self, line: str) -> None:
        """Make the mailbox and the user of an account, unless there are the same already."""
        login, password_hash, fields = columns(line, 3)
        name, domain = name_and_domain(echo(login))
        mailbox = f"{login} {domain}/{name}/"
        if not is_found(mailbox, "\n".join(self.mailboxes), "-F"):
            self.add_mailbox(mailbox)
        user = self.user(login, password_hash, name, domain, fields)
        if not is_found(user.line, "\n".join(user.line for user in self.users), "-F"):
            self.add_user(user)

    def user(
        self, login: str, password_hash: str, name: str, domain: str, fields: str, account: str | None = None
    ) -> User:
        """Return a user with the home and the quota of an account, which may be its own."""
        if account is None:
            account = login if self.generation >= SIXTEEN else f"{name}@{domain}"
        size = self.quota(account)
        quota = [] if size is None else [self.quota_field(size)]
        if self.generation >= SIXTEEN and size is None:
            fields = echo(fields)
        fields = " ".join([fields, *quota] if fields else quota)
        return User(login, password_hash, f"/var/mail/{domain}/{name}/home", fields, size)

    def create_alias_login(self, line: str, following: Input) -> None:
        """Make a user of an alias, for the check of the quota, where it leads to an account."""
        alias, recipients = first_word(line)
        account = self.account_of(alias, recipients, following)
        if account is None:
            return
        accounts = self.text(ACCOUNTS)
        found = split(find_line(account, accounts, following=following) or "", "|")
        if not found[1:] or not found[1]:
            raise MisconfiguredError(f"{alias} finds {found[:1]}")
        name, domain = name_and_domain(account)
        user = self.user(alias, found[1], name, domain, "".join(found[2:3]), account)
        if not is_found(user.line, "\n".join(user.line for user in self.users), "-ixF"):
            self.add_user(user)

    def account_of(self, alias: str, recipients: str, following: Input) -> str | None:
        """Return the text that finds an account for an alias."""
        accounts = self.text(ACCOUNTS)
        if self.generation < SIXTEEN:
            if "@" in alias and is_found(recipients, accounts, following=following):
                return recipients
            return None
        if not re.search(".@.", alias):
            return None
        for word in self.words(recipients):
            if is_found(word, accounts, following=following):
                # It is looked up once more, which is another answer where it is an option.
                return word if is_found(word, accounts, following=following) else None
        return None

    def words(self, recipients: str) -> list[str]:
        """Return the recipients as the shell splits them.

        The change detector drops one that could be a pattern of file names and matches none.
        """
        words = [word for word in re.split(r"[, \t]+", recipients) if word]
        starts = self.script == START
        return [word for word in words if starts or not WILDCARD.search(word)]

    def quota(self, account: str) -> str | None:
        """Return the size that is found for an account."""
        if QUOTAS not in self.files:
            return None
        fields = split(find_line(f"{account}:", self.text(QUOTAS), "-i") or "", ":")
        return fields[1] if len(fields) == 2 else None

    def quota_field(self, size: str) -> str:
        """Return Dovecot's extra fields for a size."""
        if self.generation < SIXTEEN:
            return f"userdb_quota_rule=*:bytes={size}"
        own_grace = grace(size)
        return f"userdb_quota_storage_size={size}" + (
            "" if own_grace is None else f" userdb_quota_storage_grace={own_grace}"
        )

    def create_domains(self) -> None:
        """List the domains of the accounts and of the first words in the aliases."""
        domains = [name_and_domain(line.split("|")[0])[1] for line in self.valid_lines(ACCOUNTS)]
        for line in self.valid_lines(ALIASES):
            name, domain = name_and_domain(first_word(line)[0])
            if name != domain:
                domains.append(domain)
        # Of the options of echo, this one lets it print no newline either.
        self.domains = sorted({echo(domain) for domain in domains if echo(domain) or "n" not in domain})

    def text(self, name: str) -> str:
        """Return the content of a file, as text."""
        return self.files.get(name, b"").decode("latin-1")

    def valid_lines(self, name: str, files: MutableMapping[str, bytes] | None = None) -> Iterator[str]:
        """Give the lines that are neither blank nor a comment, after a repair of the file."""
        files = self.files if files is None else files
        if name not in files:
            return
        content = files[name]
        if is_crlf(content, self.generation):
            files[name] = content = content.replace(b"\r", b"")
        if not content.endswith(b"\n"):
            files[name] = content = content + b"\n"
            if FOURTEEN <= self.generation < SIXTEEN:
                # The repair is logged to where the lines are read from.
                now = time.strftime("%Y-%m-%d %H:%M:%S+00:00", time.gmtime())
                yield f"{now} \33[0;34mINFO \33[0m {self.script}: {DIRECTORY}/{name} had no newline"
        if b"\0" in content:
            return
        for line in content.decode("latin-1").split("\n"):
            if re.match(r"\s*[^\s#]", line, re.ASCII):
                yield line


def grace(size: str) -> str | None:
    """Return the grace that generation 16 gives a size; None for the global one."""
    found = re.fullmatch(r"([1-9][0-9]*)([BkMGT])", size)
    return f"{int(found[1]) // 10}{found[2]}" if found else None


# --- the searches

# What a pipe holds that nobody reads from
PIPE_SIZE = 65536
ENVIRONMENT = {"LC_ALL": "C", "PATH": os.environ.get("PATH", os.defpath)}


class Input:
    """Lines that are being read, from where grep reads too if it is told no file."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = list(lines)

    def __iter__(self) -> Iterator[str]:
        while self.lines:
            yield self.lines.pop(0)


def is_found(pattern: str, text: str, options: str = "", following: Input | None = None) -> bool:
    """Tell whether a line matches, in a text that need not be one."""
    if is_simple(pattern, options):
        return _search(pattern, re.split("[\n\0]", text), options) is not None
    return _run(["-q", *filter(None, [options])], pattern, text, following)[0]


def find_line(pattern: str, text: str, options: str = "", following: Input | None = None) -> str | None:
    """Return the first line that matches; of what is no text, none is printed."""
    if is_simple(pattern, options):
        return None if "\0" in text else _search(pattern, text.split("\n"), options)
    found, output = _run([*filter(None, [options])], pattern, text, following)
    return output.split("\n")[0] if found and output else None


def is_simple(pattern: str, options: str = "") -> bool:
    """Tell whether a pattern is no option, and holds none of the characters that are left to grep.

    Those that addresses have are answered here, since tests ask for many.
    """
    return not pattern.startswith("-") and ("F" in options or not re.search(r"[\\\[\]^$]", pattern))


def _search(pattern: str, lines: list[str], options: str) -> str | None:
    """Return the first line in which a simple pattern is found."""
    if lines and not lines[-1]:
        lines.pop()
    if "F" in options:
        regex = re.escape(pattern)
    else:
        while "**" in pattern[1:]:  # a second star says nothing more
            pattern = pattern[0] + pattern[1:].replace("**", "*")
        regex = "".join(c if c == "." or (c == "*" and index) else re.escape(c) for index, c in enumerate(pattern))
    compiled = re.compile(regex, re.ASCII | (re.IGNORECASE if "i" in options else 0))
    search = compiled.fullmatch if "x" in options else compiled.search
    return next((line for line in lines if search(line)), None)


def _run(options: list[str], pattern: str, text: str, following: Input | None) -> tuple[bool, str]:
    """Let grep itself search, and take from the input what it reads there."""
    reader, writer = os.pipe()
    with tempfile.NamedTemporaryFile() as file, os.fdopen(reader, "rb") as rest:
        file.write(text.encode("latin-1"))
        file.flush()
        with os.fdopen(writer, "wb") as pipe:
            lines = following.lines if following else []
            pipe.write("".join(f"{line}\n" for line in lines).encode("latin-1")[:PIPE_SIZE])
        arguments = [b"grep", *map(str.encode, options), pattern.encode("latin-1"), file.name.encode()]
        result = subprocess.run(arguments, check=False, stdin=rest, capture_output=True, env=ENVIRONMENT)
        if following is not None:
            following.lines = rest.read().decode("latin-1").split("\n")[:-1]
    return result.returncode == 0, result.stdout.decode("latin-1")

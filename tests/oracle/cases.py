# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Config directories as years of hand edits leave them, and worse, from a seed."""

from __future__ import annotations

import random

from ansible_collections.mailops.dms.tests.mailhost.program import derive, postfix
from ansible_collections.mailops.dms.tests.support.derivations import Case, Directory

# Few and short names, which are parts of each other, and a dot that matches what is none.
LOCAL_PARTS = (
    "a",
    "b",
    "ab",
    "a.b",
    "a-b",
    "A",
    "aXb",
    "my.a",
    "*",
    "a*",
    "[ab]",
    "a+t",
    "a b",
    "-v",
    "-n",
    "-ea",
    "y",
)
DOMAINS = ("x.c", "x.c.d", "xac", "X.c", "y", "x.c:", "x-c.d", "/x", "", "x.c,y")
HASHES = ("{CRYPT}h1", "{CRYPT}h2", "h3", "", " {P}h", "{PLAIN}a:b", "{P}h # note", "-n")
FIELDS = ("", "|", "|f=1", "|f=1|g=2", "|f=1|", "||", "|-n", "|userdb_quota_rule=*:bytes=1M", "|f=1 ")
SIZES = ("", ":", "5G", "5G:", "15M", "0M", "0", "5g", "05G", "1 G", " 1G", "1.5G", "5G:x", "9K", "19k", "120B", "7T")
WORDS = (
    "#",
    "managed",
    "a",
    "-v",
    "--help",
    "-e",
    "-x",
    "$",
    "^a@x",
    "a@x.c$",
    "\\.",
    "@",
    "@@",
    "a@",
    "y@y",
    "a@b@x.c",
    ".",
    "x",
)
BLANKS = (" ", " ", " ", "\t", "  ", "\v", "\f", " \t ", ",", "\r")
COMMENTS = ("# managed", "#a@x.c|{CRYPT}old", "  # ab@x.c", "#", "# a@x.c:1M", "#\t-v")
NOISE = (
    "",
    "   ",
    "\t",
    "\f",
    "\v",
    "\xa0",
    "\x85",
    "\xff",
    "garbage",
    "|",
    "||",
    ":",
    "@",
    "-",
    "\ufeff".encode().decode("latin-1"),
)
NAMES = ("admin", "Admin", "a", "", " a", "a b", "a:b", "a@x.c", "-e")
RELAYS = ("[r.x]:587", "r.x", "[r.x]:25 ", "[r.x]:25 # note", "[r.x]:25\r", "", "", "\t", "# none")
SECRETS = ("u:p", "u:p q", "u", "u:p # note", "u:p ", "")
VERDICTS = ("REJECT", " \t\t REJECT", "OK")
VARIABLES = {
    "DEFAULT_RELAY_HOST": ("[d.x]:25",),
    "RELAY_HOST": ("h.x",),
    "RELAY_PORT": ("587", ""),
    "RELAY_USER": ("u", ""),
    "RELAY_PASSWORD": ("p q", ""),
}
RULES = ("/^a@x\\.c$/ b@x.c", "/./ a@x.c", "# rule")
# Bytes that an editor, a copy or an accident leaves
ACCIDENTS = ("\r", "\r\n", "\n", " ", "\t", "\v", "\f", "|", ":", "@", "#", "\0", "\xe4", "\x1a", "\x85")


class Messy:
    """A source of config directories."""

    def __init__(self, seed: str) -> None:
        self.random = random.Random(seed)

    def chance(self, percent: int) -> bool:
        """Tell whether something happens that does so in some of a hundred cases."""
        return self.random.randrange(100) < percent

    def address(self) -> str:
        """Return an address, mostly a plain one."""
        if self.chance(70):
            return f"{self.random.choice(LOCAL_PARTS[:8])}@{self.random.choice(DOMAINS[:4])}"
        if self.chance(30):
            return self.random.choice(WORDS)
        return f"{self.random.choice(LOCAL_PARTS)}@{self.random.choice(DOMAINS)}"

    def account(self) -> str:
        """Return a line of the accounts."""
        secret = self.random.choice(HASHES[:3] if self.chance(80) else HASHES)
        fields = self.random.choice(FIELDS) if self.chance(30) else ""
        separator = "|" if self.chance(96) else self.random.choice((" |", "| ", "", " "))
        return f"{self.address()}{separator}{secret}{fields}"

    def alias(self) -> str:
        """Return a line of the aliases."""
        key = self.random.choice(("", "@")) + self.random.choice(DOMAINS) if self.chance(15) else self.address()
        separator = self.random.choice((",", ", ", " ", " ,", *BLANKS))
        recipients = separator.join(self.address() for dummy in range(self.random.choice((0, 1, 1, 1, 1, 2, 3))))
        return (
            key + self.random.choice(BLANKS) + recipients + self.random.choice(("", "", "", " ", ",", "\t", " # note"))
        )

    def quota(self) -> str:
        """Return a line of the quotas."""
        return f"{self.random.choice(('', '', '', '#', 'z'))}{self.address()}:{self.random.choice(SIZES)}"

    def master(self) -> str:
        """Return a line of the master accounts."""
        secret = self.random.choice(HASHES)
        fields = self.random.choice(FIELDS) if self.chance(30) else ""
        return f"{self.random.choice(NAMES)}{'|' if self.chance(90) else ' '}{secret}{fields}"

    def restriction(self) -> str:
        """Return a line of the restrictions."""
        return f"{self.address()} {self.random.choice(VERDICTS)}"

    def sender(self) -> str:
        """Return whom a relay or its credentials are for."""
        return f"@{self.random.choice(DOMAINS)}" if self.chance(70) else self.address()

    def relay(self) -> str:
        """Return a line of the relays."""
        return f"{self.sender()}{self.random.choice(BLANKS) if self.chance(90) else ''}{self.random.choice(RELAYS)}"

    def credential(self) -> str:
        """Return a line of the credentials of relays."""
        key = self.sender() if self.chance(60) else self.random.choice(RELAYS)
        return f"{key}{self.random.choice(BLANKS)}{self.random.choice(SECRETS)}"

    def rule(self) -> str:
        """Return a line of the regex aliases."""
        return self.random.choice(RULES)

    def environment(self) -> dict[str, str]:
        """Return the variables of a mail server, of which most have none for relays."""
        if self.chance(60):
            return {}
        return {name: self.random.choice(values) for name, values in VARIABLES.items() if self.chance(60)}

    def lines(self, kind: str) -> list[str]:
        """Return the lines of a file."""
        line_of = {
            derive.ACCOUNTS: self.account,
            derive.ALIASES: self.alias,
            derive.QUOTAS: self.quota,
            derive.MASTERS: self.master,
            derive.REGEX_ALIASES: self.rule,
            postfix.SEND: self.restriction,
            postfix.RECEIVE: self.restriction,
            postfix.RELAYS: self.relay,
            postfix.CREDENTIALS: self.credential,
        }[kind]
        found = []
        for dummy in range(self.random.randrange(6)):
            choice = self.random.randrange(100)
            if choice < 8:
                line = self.random.choice(COMMENTS)
            elif choice < 12:
                line = self.random.choice(NOISE)
            else:
                line = line_of()
            found.append(self.random.choice((" ", "\t", "")) + line if self.chance(6) else line)
            if self.chance(5):
                found.append(line.encode("latin-1").swapcase().decode("latin-1") if self.chance(50) else line)
        return found

    def file(self, kind: str) -> bytes:
        """Return the content of a file."""
        newline = "\r\n" if self.chance(12) else "\n"
        text = "".join(f"{line}{newline}" for line in self.lines(kind))
        if self.chance(12):
            text = text.removesuffix("\n").removesuffix("\r")
        for dummy in range(self.random.choice((0,) * 8 + (1, 2))):
            place = self.random.randint(0, len(text))
            text = text[:place] + self.random.choice(ACCIDENTS) + text[place + self.random.randrange(2) :]
        return text.encode("latin-1")

    def directory(self) -> Directory:
        """Return a config directory."""
        kinds = {
            derive.ACCOUNTS: 97,
            derive.ALIASES: 90,
            derive.QUOTAS: 75,
            derive.REGEX_ALIASES: 15,
            derive.MASTERS: 30,
            postfix.SEND: 20,
            postfix.RECEIVE: 20,
            postfix.RELAYS: 40,
            postfix.CREDENTIALS: 40,
        }
        files = {kind: self.file(kind) for kind, percent in kinds.items() if self.chance(percent)}
        if self.chance(90) and derive.ACCOUNTS in files:
            # Without an account, nothing is derived at all.
            files[derive.ACCOUNTS] = b"z@z.z|{CRYPT}z\n" * self.chance(50) + files[derive.ACCOUNTS]
        return files

    def change(self, files: Directory) -> Directory:
        """Return a config directory after somebody has worked in it."""
        other = {**files, **self.directory()}
        kept = [kind for kind in files if self.chance(40)]
        gone = [kind for kind in other if self.chance(4)]
        return {kind: files[kind] if kind in kept else other[kind] for kind in other if kind not in gone}


def generate(seed: int, number: int) -> list[Case]:
    """Return cases: what is there at the start, and in half of them a change."""
    cases = []
    for index in range(number):
        messy = Messy(f"{seed} {index}")
        directories = [messy.directory()]
        if index % 2:
            directories.append(messy.change(directories[0]))
        cases.append(Case(directories, messy.environment()))
    return cases

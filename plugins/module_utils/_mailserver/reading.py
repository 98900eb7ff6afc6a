# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files as DMS, Postfix and Dovecot read them, with the numbers of their lines.

The tables know which entries can be edited; this knows what the mail server makes of
every line. Text is ASCII here, other bytes are surrogates, as `str.split` and
`str.lower` then treat it as the C library does.
"""

from __future__ import annotations

import functools
import re
import typing as t

from .._secrets import shown_domain, shown_login, without_columns, without_hashes

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator

    from .._tables.table import Table

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BETWEEN_RECIPIENTS = re.compile(r"[,;\s]+")
_SEVERAL = re.compile(r"[,;\s\"(<]")
_COMMENT = re.compile(r"(?:^|[,;\s])#")
_PHRASES = re.compile(r'"[^"]*"\s*(?=<)|\([^)]*\)|[^,;<"]*(?=<)|[<>]')
_QUOTED_KEY = re.compile(r'((?:\\.|"(?:\\.|[^"\\])*"|[^\s"\\])+)\s*(.*)', re.DOTALL)


class File:
    """One file as text; the mark at its start and its CRLFs are other checks' matter."""

    def __init__(self, name: str, content: bytes | None) -> None:
        """Take the name and the bytes of a file, None for one that does not exist."""
        self.name = name
        self.content = content
        text = (content or b"").removeprefix(_BYTE_ORDER_MARK)
        self.text = text.decode("ascii", "surrogateescape")

    @property
    def has_byte_order_mark(self) -> bool:
        """Whether the file begins with a byte order mark."""
        return (self.content or b"").startswith(_BYTE_ORDER_MARK)

    @functools.cached_property
    def lines(self) -> list[str]:
        """The physical lines without line ends."""
        return self.raw_lines

    @functools.cached_property
    def raw_lines(self) -> list[str]:
        """The physical lines, each with its carriage return where it has one."""
        lines = self.text.split("\n")
        if not lines[-1]:
            lines.pop()
        return lines


class RepairedFile(File):
    """A file whose carriage returns DMS or Postfix takes away."""

    @functools.cached_property
    def lines(self) -> list[str]:
        """The physical lines without line ends."""
        if "\r" not in self.text:
            return self.raw_lines
        return [line.rstrip("\r") for line in self.raw_lines]


class AccountLine(t.NamedTuple):
    """A line of the accounts that is neither blank nor a comment, split at its bars."""

    number: int
    login: str
    password_hash: str
    extra_fields: str
    indented: bool

    @property
    def local_part(self) -> str:
        """What stands before the first C(@)."""
        return self.login.partition("@")[0]

    @property
    def domain(self) -> str:
        """What DMS takes for the domain: the second part, or else the whole login."""
        return [*self.login.split("@", 2), self.login][1]

    @property
    def is_plain(self) -> bool:
        """Whether the login is an address that can be looked up in other files."""
        return not self.indented and self.login.count("@") == 1 and self.login[0] != "@"


class AccountsFile(RepairedFile):
    """`postfix-accounts.cf`."""

    @functools.cached_property
    def entries(self) -> list[AccountLine]:
        """The lines that DMS makes accounts of."""
        found = []
        for number, line in enumerate(self.lines, 1):
            text = line.lstrip()
            if text and text[0] != "#":
                columns = [*line.split("|", 2), "", ""]
                login, password_hash, extra_fields = columns[:3]
                indented = text is not line and text != line
                found.append(AccountLine(number, login, password_hash, extra_fields, indented))
        return found

    @functools.cached_property
    def by_address(self) -> dict[str, AccountLine]:
        """The first line of each folded login that can receive mail."""
        found: dict[str, AccountLine] = {}
        for entry in self.entries:
            if entry.is_plain:
                found.setdefault(entry.login.lower().rstrip(), entry)
        return found

    @functools.cached_property
    def domains(self) -> dict[str, AccountLine]:
        """The first account of each domain, as it is spelled."""
        found: dict[str, AccountLine] = {}
        for entry in self.entries:
            if entry.is_plain:
                found.setdefault(entry.domain.strip(), entry)
        return found

    @functools.cached_property
    def folded_domains(self) -> set[str]:
        """The domains of the accounts, folded."""
        return {domain.lower() for domain in self.domains}


class AliasLine(t.NamedTuple):
    """A physical line of the aliases that is neither blank nor a comment."""

    number: int
    key: str
    """The first word, as written."""

    value: str
    """The rest of the line."""

    indented: bool

    @property
    def domain(self) -> str:
        """What stands between the first C(@) and the next, empty where there is none."""
        return [*self.key.split("@", 2), ""][1]


class AliasEntry(t.NamedTuple):
    """A logical line of the aliases, as Postfix reads it."""

    number: int
    key: str
    """Folded to lower case."""

    written: str
    recipients: tuple[str, ...]
    """Without an inline comment, although Postfix takes its words for recipients."""

    comment: bool
    """Whether there is an inline comment."""


class AliasesFile(RepairedFile):
    """`postfix-virtual.cf`."""

    @functools.cached_property
    def physical(self) -> list[AliasLine]:
        """The lines as DMS reads them: one alias each, whatever it begins with."""
        found = []
        for number, line in enumerate(self.lines, 1):
            words = line.split(None, 1)
            if words and words[0][0] != "#":
                value = words[1].rstrip() if len(words) > 1 else ""
                found.append(AliasLine(number, words[0], value, line[0].isspace()))
        return found

    @functools.cached_property
    def entries(self) -> list[AliasEntry]:
        """The logical lines that have recipients."""
        return [
            AliasEntry(number, key.lower(), key, *recipients_of(value))
            for number, key, value in self._logical()
            if value
        ]

    def _logical(self) -> Iterator[tuple[int, str, str]]:
        pending: list[t.Any] | None = None
        for number, key, value, indented in self.physical:
            if indented:
                if pending:
                    pending[2] += f" {key} {value}"
                continue
            if pending:
                yield self._split_key(pending)
            pending = [number, key, value]
        if pending:
            yield self._split_key(pending)

    @staticmethod
    def _split_key(parts: list[t.Any]) -> tuple[int, str, str]:
        number, key, value = parts
        if '"' in key or "\\" in key:
            found = _QUOTED_KEY.fullmatch(f"{key} {value}")
            # Postfix ignores a line whose quotes are not closed.
            return (number, found[1], found[2]) if found else (number, key, "")
        return number, key, value

    @functools.cached_property
    def by_key(self) -> dict[str, AliasEntry]:
        """The first entry of each folded key."""
        found: dict[str, AliasEntry] = {}
        for entry in self.entries:
            found.setdefault(entry.key, entry)
        return found

    @functools.cached_property
    def domains(self) -> dict[str, AliasLine]:
        """The first alias of each domain, as it is spelled; no continuation lines."""
        found: dict[str, AliasLine] = {}
        for entry in self.physical:
            if "@" in entry.key and not entry.indented:
                found.setdefault(entry.domain, entry)
        return found


class QuotaLine(t.NamedTuple):
    """A line of the quotas that is not blank, split at its first colon."""

    number: int
    login: str
    size: str
    has_colon: bool
    comment: bool


class QuotasFile(File):
    """`dovecot-quotas.cf`, which nothing repairs."""

    @functools.cached_property
    def entries(self) -> list[QuotaLine]:
        """The lines, comments included."""
        found = []
        for number, line in enumerate(self.lines, 1):
            if line and not line.isspace():
                login, colon, size = line.partition(":")
                comment = line.lstrip()[0] == "#"
                found.append(QuotaLine(number, login, size, bool(colon), comment))
        return found


class LogicalRule(t.NamedTuple):
    """A logical line of the regex aliases."""

    number: int
    text: str


class RulesFile(RepairedFile):
    """`postfix-regexp.cf`."""

    @functools.cached_property
    def logical(self) -> list[LogicalRule]:
        """The lines as Postfix joins them; indented ones before any rule are dropped."""
        found: list[LogicalRule] = []
        for number, line in enumerate(self.lines, 1):
            text = line.lstrip()
            if not text or text[0] == "#":
                continue
            if not line[0].isspace():
                found.append(LogicalRule(number, line))
            elif found:
                found[-1] = LogicalRule(found[-1].number, found[-1].text + line)
        return found


def present_text(table: Table[t.Any]) -> bytes | None:
    """Return the bytes of a table as it would be written, None where there is no file."""
    if table.content is None and not table.lines.edited:
        return None
    return table.to_bytes()


def recipients_of(value: str) -> tuple[tuple[str, ...], bool]:
    """Return the recipients of a list and whether a comment follows them."""
    if not _SEVERAL.search(value) and value[:1] != "#":
        return (value,), False
    comment = _COMMENT.search(value)
    if comment:
        value = value[: comment.start()]
    if "<" in value or "(" in value or '"' in value:
        value = _PHRASES.sub(" ", value)
    words = _BETWEEN_RECIPIENTS.split(value)
    return tuple(filter(None, words)), comment is not None


def shown(text: str) -> str:
    """Return text of the aliases or quotas as it may be printed, without any secret."""
    return without_columns(_printable(text))


def shown_pattern(text: str) -> str:
    """Return a pattern, or a name that may be one, as it may be printed."""
    return without_hashes(_printable(text)) if text[:1] in "/!" else shown(text)


def shown_account(text: str, password_hash: str = "") -> str:
    """Return a login of the accounts, or what is taken for one, as it may be printed."""
    return shown_login(_printable(text.strip()), _printable(password_hash))


def shown_domain_of_account(domain: str) -> str:
    """Return the domain of a login of the accounts as it may be printed."""
    return shown_domain(_printable(domain))


def _printable(text: str) -> str:
    return text.encode("ascii", "surrogateescape").decode("utf-8", "replace")

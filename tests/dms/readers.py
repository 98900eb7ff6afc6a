# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How DMS, Postfix and Dovecot read the files: written apart from the collection.

Nothing here shares code with what it checks. Every reader takes the bytes of a file and
returns what the mail server would know.
"""

from __future__ import annotations

import re
import typing as t

BLANKS = b" \t\n\r\x0b\x0c"


class LogicalLine(t.NamedTuple):
    """One logical line of a Postfix table."""

    text: bytes
    physical: tuple[int, ...]
    """The indexes of the lines that it is made of."""


class Rule(t.NamedTuple):
    """One rule of a pcre table that always applies."""

    pattern: bytes
    flags: bytes
    value: bytes
    physical: tuple[int, ...]


def repaired(content: bytes) -> bytes:
    """Return a file after the repairs that every written file gets."""
    if content.startswith(b"\xef\xbb\xbf"):
        content = content[3:]
    if not content.endswith(b"\n"):
        content += b"\n"
    return b"\n".join(line.rstrip(b"\r") for line in content.split(b"\n"))


def physical_lines(content: bytes) -> list[bytes]:
    """Return the lines of a file without their line ends."""
    lines = content.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    return lines


def logical_lines(content: bytes) -> list[LogicalLine]:
    """Join physical lines as Postfix does (postconf(5)); drop a first indented one."""
    found: list[tuple[bytes, list[int], bool]] = []
    for index, line in enumerate(physical_lines(content)):
        if line.strip(BLANKS)[:1] in (b"", b"#"):
            continue
        indented = line[:1] in (b" ", b"\t", b"\r", b"\x0b", b"\x0c")
        if indented and found:
            text, physical, dropped = found[-1]
            found[-1] = (text + line, [*physical, index], dropped)
        else:
            found.append((line, [index], indented))
    return [LogicalLine(text, tuple(physical)) for text, physical, dropped in found if not dropped]


def recipients(value: bytes) -> list[bytes]:
    """Return the addresses of a plain list, as Postfix splits it."""
    for separator in b",;\t\r\x0b\x0c":
        value = value.replace(bytes([separator]), b" ")
    return [word for word in value.split(b" ") if word]


class Texthash:
    """A texthash map: what its keys give, and which of them break the whole map."""

    def __init__(self, content: bytes) -> None:
        """Read the content of a file."""
        self.values: dict[bytes, list[bytes]] = {}
        self.physical: dict[bytes, tuple[int, ...]] = {}
        self.duplicates: set[bytes] = set()
        for line in logical_lines(content):
            words = line.text.split(None, 1)
            if len(words) < 2 or words[0].endswith(b":"):
                continue
            key = words[0].lower()
            if key in self.values:
                self.duplicates.add(key)
            self.values[key] = recipients(words[1])
            self.physical[key] = line.physical


class PairMap:
    """A texthash map of keys and plain values, of the lines that DMS copies to it."""

    def __init__(self, content: bytes, copied: re.Pattern[bytes]) -> None:
        """Read the content of a file; `copied` is what the lines match that DMS copies."""
        lines = [line for line in physical_lines(content) if copied.search(line)]
        self.values: dict[bytes, bytes] = {}
        self.duplicates: set[bytes] = set()
        for line in logical_lines(b"".join(line + b"\n" for line in lines)):
            words = line.text.split(None, 1)
            if len(words) > 1 and b'"' not in words[0]:
                if words[0].lower() in self.values:
                    self.duplicates.add(words[0].lower())
                self.values[words[0].lower()] = words[1].strip(BLANKS)

    def of_sender(self, sender: bytes) -> bytes | None:
        """Return what Postfix finds for the address of a sender."""
        keys = (sender, b"@" + sender.rpartition(b"@")[2])
        return next((self.values[key] for key in keys if key in self.values), None)


def relays(content: bytes) -> PairMap:
    """Return the relays that DMS gives to Postfix."""
    return PairMap(content, re.compile(rb"^\s*[^#\s]\S*\s+\S"))


def credentials(content: bytes) -> PairMap:
    """Return the credentials that DMS gives to Postfix."""
    return PairMap(content, re.compile(rb"^\s*[^#\s]"))


def is_excluded(content: bytes, domain: bytes) -> bool:
    """Whether DMS gives a domain no relay of its environment."""
    lines = physical_lines(content)
    return any(re.search(rb"^\s*@" + re.escape(domain) + rb"\s*$", line) for line in lines)


def accounts(content: bytes) -> dict[bytes, tuple[bytes, bytes | None]]:
    """Return login -> hash and extra fields, as DMS and then Dovecot read them."""
    found: dict[bytes, tuple[bytes, bytes | None]] = {}
    for line in physical_lines(content):
        text = line.rstrip(b"\r")
        if re.match(rb"\s*(#|$)", text):
            continue
        columns = text.split(b"|", 2)
        columns += [b""] * (2 - len(columns))
        extra = columns[2] if len(columns) > 2 else None
        found.setdefault(columns[0], (columns[1], extra))
    return found


def quota(content: bytes, login: bytes) -> bytes | None:
    """Return the size that DMS finds for a login with grep; None for the default."""
    for line in physical_lines(content):
        if re.search(login + rb":", line, re.IGNORECASE):
            fields = line.split(b":")
            return fields[1] if len(fields) == 2 and fields[1] else None
    return None


def quota_bytes(size: bytes) -> int:
    """Return a size as Dovecot counts it."""
    number = re.match(rb"[0-9]+", size)
    assert number, size
    unit = size[number.end() : number.end() + 1].upper()
    factor: int = 1024 ** (b"BKMGT".index(unit) if unit else 0)
    return int(number[0]) * factor


def rules(content: bytes) -> list[Rule]:
    """Return the rules of a pcre table that are neither negated nor conditional."""
    found = []
    depth = 0
    for line in logical_lines(content):
        word = re.match(rb"(if|endif)(?![0-9A-Za-z])", line.text, re.IGNORECASE)
        if word:
            depth += 1 if word[1].lower() == b"if" else -min(depth, 1)
            continue
        rule = _rule(line)
        if rule is not None and not depth:
            found.append(rule)
    return found


def _rule(line: LogicalLine) -> Rule | None:
    """Walk over one rule as match_get_pattern() in Postfix does."""
    delimiter = line.text[:1]
    if delimiter.isalnum() or delimiter in (b"!", b"\\"):
        return None
    position = 1
    while line.text[position : position + 1] != delimiter:
        if position >= len(line.text):
            return None
        position += 2 if line.text[position : position + 1] == b"\\" else 1
    rest = line.text[position + 1 :]
    flags = re.match(rb"\S*", rest)
    assert flags
    value = rest[flags.end() :].strip(BLANKS)
    return Rule(line.text[1:position], flags[0], value, line.physical)

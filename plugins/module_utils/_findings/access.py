# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hazards of `postfix-send-access.cf` and `postfix-receive-access.cf`."""

from __future__ import annotations

import collections
import typing as t

from .._mailserver.naming import named, shown_pattern, shown_text
from .._mailserver.syntax import BLANKS
from .finding import Hit

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator, Sequence

    from .._mailserver.access import AccessFile, AccessLine
    from .._mailserver.server import MailServer


def _files(server: MailServer) -> tuple[AccessFile, AccessFile]:
    return server.send_access, server.receive_access


def _hit(file: AccessFile, line: AccessLine, message: str, advice: str, severity: str | None = None) -> Hit:
    return Hit(file.name, line.number, shown_text(line.written), message, advice, severity)


def _lines(server: MailServer) -> Iterator[tuple[AccessFile, AccessLine]]:
    for file in _files(server):
        for line in file.logical:
            yield file, line


def duplicate_keys(server: MailServer) -> Iterator[Hit]:
    """H01 of the restrictions."""
    for file, what in zip(_files(server), ("sender", "recipient")):
        for line in file.duplicates:
            yield _hit(
                file,
                line,
                f"Line {file.entries[line.key].number} has the same key, so Postfix answers every lookup of a {what}"
                " with an error and no mail arrives or is sent.",
                "Remove all but one of the lines.",
            )


def indented_restrictions(server: MailServer) -> Iterator[Hit]:
    """H25 of the restrictions: the line above goes on, or Postfix drops the line."""
    for file in _files(server):
        above = None
        for number, text in enumerate(file.read, 1):
            words = text.split()
            if not words or words[0].startswith("#"):
                continue
            if text[0] not in BLANKS:
                above = number
            elif len(words) > 1 and "@" in words[0]:
                effect = f"is part of line {above}" if above else "is ignored"
                yield Hit(
                    file.name,
                    number,
                    shown_text(words[0]),
                    f"The line begins with a blank, so it {effect}, and the address is not restricted.",
                    "Remove the blank.",
                )


def upper_case_keys(server: MailServer) -> Iterator[Hit]:
    """H37 of the restrictions."""
    for file, line in _lines(server):
        if line.written != line.key:
            yield _hit(
                file,
                line,
                "Postfix applies the line to the address in any case, but the CLI only finds it as it is written here.",
                "Write the address in lower case.",
                "info",
            )


def prefixes_of_others(server: MailServer) -> Iterator[Hit]:
    """H61: the CLI removes all lines that begin with what it is told to remove."""
    for file in _files(server):
        keys = sorted(file.entries)
        for key, following in zip(keys, keys[1:]):
            if "@" in key and following.startswith(key):
                yield _hit(
                    file,
                    file.entries[key],
                    f"Removing it with the CLI also removes {shown_text(following)}, which begins with it.",
                    "Remove the restriction with this collection, or by hand.",
                )


def whole_domains(server: MailServer) -> Iterator[Hit]:
    """H90: a key that is never looked up."""
    for file, line in _lines(server):
        if line.written.startswith("@"):
            yield _hit(
                file,
                line,
                "Postfix never looks up @domain in this file, so nothing is restricted.",
                "List the addresses one by one; the domain without the '@' stands for all its addresses and subdomains.",
            )


def without_effect(server: MailServer) -> Iterator[Hit]:
    """H91: a line that Postfix ignores, or a key that no address matches."""
    for file, line in _lines(server):
        if line.written[-1] in ",:":
            yield _hit(
                file,
                line,
                f"The '{line.written[-1]}' is part of the key, so it matches no address and nothing is restricted.",
                f"Remove the '{line.written[-1]}'.",
            )
        elif not line.value:
            yield _hit(
                file,
                line,
                "The line has no action, so Postfix ignores it and nothing is restricted.",
                "Write REJECT after the address, or remove the line.",
            )


def ways_around(server: MailServer) -> Iterator[Hit]:
    """H93: what aliases send to a restricted recipient arrives, for only the given recipient is looked up."""
    file = server.receive_access
    restricted = {key: line for key, line in file.entries.items() if line.effect == "reject" and _is_address(key)}
    if not restricted:
        return
    leading: dict[str, list[str]] = collections.defaultdict(list)
    for name, recipients in _recipients(server):
        for recipient in {each.lower() for each in recipients}.intersection(restricted):
            leading[recipient].append(name)
    for key, names in leading.items():
        if set(names) != {key}:
            told = ", ".join(sorted({name for name in names if name != key})[:_MOST_NAMED])
            yield _hit(
                file,
                restricted[key],
                f"Mail still reaches it through {told}, because Postfix checks the recipient that a sender names, before"
                " aliases are looked up.",
                "Remove it from their recipients, or restrict these addresses too, unless that is intended.",
            )


_MOST_NAMED = 5


def _is_address(key: str) -> bool:
    local_part, dummy, domain = key.partition("@")
    return bool(local_part and domain)


def _recipients(server: MailServer) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield each alias and regex alias, as a sentence names it, with the addresses that its line has."""
    for entry in server.aliases.entries:
        if entry is not None:
            yield named(entry[0].lower()), server.syntax.addresses(entry[1])
    for rule in server.regex_aliases.rules:
        if len(rule.pieces) == 1:
            yield shown_pattern(rule.condition.written), server.syntax.addresses(rule.value)

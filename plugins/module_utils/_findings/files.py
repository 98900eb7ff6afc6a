# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hazards of the files as such: line ends, marks and modes."""

from __future__ import annotations

import stat
import typing as t

from .._text import LONGEST_LINE
from .finding import Hit

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator

    from .._mailserver.files import File
    from .._mailserver.server import MailServer

_EDITED = "DMS edits the file in place, so it is loaded twice and differs from what was meant"


def line_ends(server: MailServer) -> Iterator[Hit]:
    """H52: what DMS repairs in place, and what nobody does."""
    for file in server.all_files:
        if file.content is not None:
            yield from _of_file(server, file)


def _of_file(server: MailServer, file: File[t.Any]) -> Iterator[Hit]:
    if file.has_byte_order_mark:
        yield Hit(
            file.name,
            1,
            "",
            "The file begins with a byte order mark, which becomes part of the first entry, so nobody finds it.",
            "Save the file as UTF-8 without a byte order mark.",
            "wrong",
        )
    if not file.content:
        if file.repaired:
            yield Hit(
                file.name,
                None,
                "",
                f"The file does not even contain a newline; {_EDITED}.",
                "Leave one newline in a file without entries.",
                "warn",
            )
        return
    if "\r" in file.text:
        yield from _carriage_returns(server, file)
    if not file.content.endswith(b"\n"):
        effect, severity = "what is appended to the file becomes part of that line.", "info"
        if file is server.accounts and server.settings.reads_its_repair:
            severity = "outage"
            effect = (
                "DMS v14.0 to v15.1 appends one and reads its own message about that as an account, so all mail may"
                " stop for a minute."
            )
        elif file.repaired:
            effect, severity = f"{_EDITED}; if DMS cannot edit it, that line is lost.", "warn"
        number = file.content.count(b"\n") + 1
        message = f"The last line has no newline; {effect}"
        yield Hit(file.name, number, "", message, "End the file with a newline.", severity)


def _carriage_returns(server: MailServer, file: File[t.Any]) -> Iterator[Hit]:
    lines = (n for n, line in enumerate(file.raw_lines, 1) if line.endswith("\r"))
    number = next(lines, None)
    advice = "Save the file with plain newlines (LF)."
    if number is None or not (file.repaired or file is server.quotas):
        return  # Postfix takes blanks off the end of a line.
    if file.repaired:
        message = f"Lines end with a carriage return; {_EDITED}."
        yield Hit(file.name, number, "", message, advice, "warn")
    else:
        message = (
            "Nothing removes the carriage return at the end of the line, so it is part of the size; Dovecot reads the"
            " size, but in DMS v16 the quota has the global grace instead of a tenth of its size."
        )
        yield Hit(file.name, number, "", message, advice, "warn" if server.settings.is_sixteen else "info")


def binary_files(server: MailServer) -> Iterator[Hit]:
    """H77: a NUL byte, for which grep takes a file for no text."""
    for file, effect in (
        (server.accounts, "DMS finds no account at all"),
        (server.aliases, "DMS finds no domain and no login of an alias"),
        (server.quotas, "DMS finds no quota at all"),
        (server.masters, "DMS finds no master account at all"),
        (server.relay_credentials, "DMS finds no credentials at all"),
    ):
        if file.is_binary:
            number = (file.content or b"").partition(b"\0")[0].count(b"\n") + 1
            yield Hit(
                file.name,
                number,
                "",
                f"The line contains a NUL byte, so grep does not treat the file as text, and {effect}.",
                "Save the file as UTF-8 without NUL bytes.",
                None if file is server.accounts else "wrong",
            )


def long_lines(server: MailServer) -> Iterator[Hit]:
    """H80: a line that is longer than any that is of use."""
    for file in server.all_files:
        for number in file.long_lines:
            yield Hit(
                file.name,
                number,
                "",
                f"The line has more than {LONGEST_LINE} bytes with the lines that continue it, so it is not read here"
                " and what it does in the mail server is not known.",
                "Divide it into several entries, or remove it.",
            )


def modes(server: MailServer) -> Iterator[Hit]:
    """H65: files that others may read or write."""
    for name, mode in sorted(server.modes.items()):
        if mode & stat.S_IWOTH:
            yield Hit(
                name,
                None,
                "",
                "The mode of the file lets every user of the host write to it, and so gain access to any mailbox.",
                f"Remove the permission: chmod o-w {name}.",
            )
        elif mode & stat.S_IROTH and name in (server.accounts.name, server.masters.name):
            yield Hit(
                name,
                None,
                "",
                "The mode of the file lets every user of the host read the hashes of all passwords.",
                f"Remove the permission: chmod o-r {name}.",
                "warn",
            )
        elif mode & (stat.S_IROTH | stat.S_IRGRP) and name == server.relay_credentials.name:
            everybody = mode & stat.S_IROTH
            whom, permission = ("every user", "o-r") if everybody else ("every member of its group", "g-r")
            yield Hit(
                name,
                None,
                "",
                f"The mode of the file lets {whom} on the host read the passwords of the relays.",
                f"Remove the permission: chmod {permission} {name}.",
                "wrong" if everybody else "warn",
            )

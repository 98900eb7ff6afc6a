# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hazards of `dovecot-quotas.cf`."""

from __future__ import annotations

import re
import typing as t

from .._mailserver.naming import shown_text
from .._text import bounded_number, in_quotes
from .finding import Hit

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator

    from .._mailserver.quotas import QuotaLine
    from .._mailserver.server import MailServer

_SIZE = re.compile(r"([0-9]+)(?:([BKMGT])(?:i?B)?)?", re.IGNORECASE)
_SIZE_WITH_GRACE = re.compile(r"([0-9]+)([BkMGT])")
_SMALLEST_WITH_GRACE = 10
_TWO_DIGITS = 2


def _hit(server: MailServer, number: int, entry: str, message: str, advice: str, severity: str | None = None) -> Hit:
    return Hit(server.quotas.name, number, shown_text(entry), message, advice, severity)


def foreign_quotas(server: MailServer) -> Iterator[Hit]:
    """H22: the line of another account is found first."""
    own = {line.login.lower(): line for line in _set_quotas(server)}
    for found in server.found_quotas:
        address = found.address
        if found.is_comment or found.login == address:
            continue
        ignored = own.get(address)
        if found.size is None and not (ignored and ignored.size):
            continue  # a guard line, or one that is wrong in itself (H45)
        yield _hit(
            server,
            found.number,
            address,
            f"DMS searches for {shown_text(address)} anywhere in a line, so it applies the quota of"
            f" {shown_text(found.login)} ({shown_text(found.size) if found.size else 'default'}) to it.",
            "Put the quota of the shorter login above this line."
            if ignored
            else f"Add the line '{shown_text(address)}:', which means the default quota, above this one.",
        )


def commented_quotas(server: MailServer) -> Iterator[Hit]:
    """H23: a comment sets a quota."""
    for found in server.found_quotas:
        if found.is_comment:
            effect = f"sets its quota to {shown_text(found.size)}" if found.size else "hides every other line for it"
            yield _hit(
                server,
                found.number,
                found.address,
                f"DMS does not ignore comments in this file: the line {effect}.",
                "Delete the line instead of commenting it out.",
            )


def _set_quotas(server: MailServer) -> list[QuotaLine]:
    return [line for line in server.quotas.entries if not line.comment]


def unreadable_sizes(server: MailServer) -> Iterator[Hit]:
    """H45: a size that DMS or Dovecot does not read as it looks."""
    if not server.settings.quotas_enabled:
        return
    for line in _set_quotas(server):
        message = _problem(line)
        if message:
            yield _hit(
                server,
                line.number,
                line.login.strip(),
                message,
                "Write login:size, with a whole number, then B, k, M, G or T, and no blank.",
            )


def _problem(line: QuotaLine) -> str | None:
    # A colon at its end does not count.
    size = line.size.rstrip("\r").removesuffix(":")
    if not line.has_colon or line.login != line.login.strip():
        return "DMS does not find the line, so the account has the default quota."
    if not size:
        return None  # a guard line (H22)
    if ":" in line.size.rstrip("\r")[:-1]:
        return "The line has a third column, so the account has the default quota."
    if any(character.isspace() for character in size):
        first = size.split(" ", 1)[0]
        return (
            f"Dovecot reads the size only up to the blank, as {in_quotes(shown_text(first))}, which is not what was"
            " meant."
        )
    if not _SIZE.fullmatch(size):
        return "Dovecot cannot read the size, so the account does not work."
    return None


def small_numbers(server: MailServer) -> Iterator[Hit]:
    """H46: v16 makes the grace a tenth of the number, rounded down."""
    if not (server.settings.is_sixteen and server.settings.quotas_enabled):
        return
    for line in _set_quotas(server):
        size = line.size.rstrip("\r")
        found = _SIZE.fullmatch(size)
        if not found or not found[1].strip("0"):
            continue
        entry = line.login.strip()
        if not _SIZE_WITH_GRACE.fullmatch(size):
            yield _hit(
                server,
                line.number,
                entry,
                "DMS v16 does not know this unit, so the quota has the global grace instead of a tenth of its size.",
                "Write the unit as B, k, M, G or T.",
                "info",
            )
        elif len(found[1]) == _TWO_DIGITS and found[1][-1] != "0":
            yield _hit(
                server,
                line.number,
                entry,
                "DMS v16 sets the grace of the quota to a tenth of the number, rounded down, so it is smaller than a"
                " tenth of the quota.",
                "Write the same size in a smaller unit, such as 15360M for 15G.",
                "info",
            )
        elif bounded_number(found[1], _SMALLEST_WITH_GRACE) < _SMALLEST_WITH_GRACE:
            yield _hit(
                server,
                line.number,
                entry,
                "DMS v16 sets the grace of the quota to a tenth of the number, rounded down, so there is none.",
                "Write the same size in a smaller unit, such as 5120M for 5G.",
            )


def upper_case_quotas(server: MailServer) -> Iterator[Hit]:
    """H37 of the quotas."""
    for line in _set_quotas(server):
        if line.login != line.login.lower():
            yield _hit(
                server,
                line.number,
                line.login.strip(),
                "DMS applies the quota, but the CLI can neither change nor remove it.",
                "Write the login in lower case.",
                "info",
            )

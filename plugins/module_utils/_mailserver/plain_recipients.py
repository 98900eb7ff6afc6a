# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The recipients on the plain lines of the aliases, asked about all at once.

A file may have a hundred thousand of them, of which few are of interest to anybody. Each
question is answered by operations on whole sets, not one recipient after the other.
"""

from __future__ import annotations

import functools
import re
import typing as t

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable, Iterable, Mapping

_DOMAIN = re.compile(r"@([^,]+)")


class PlainRecipients:
    """Recipients without blanks, quotes or names, each with a local part and a domain."""

    def __init__(self, values: Iterable[str]) -> None:
        """Take lists of recipients, with commas between them."""
        self._text = ",".join(values)
        self._all = set(self._text.split(",")) if self._text else set()

    @functools.cached_property
    def _domains(self) -> set[str]:
        return set(_DOMAIN.findall(self._text.lower()))

    def in_domains(self, is_meant: Callable[[str], bool]) -> set[str]:
        """Return the recipients whose folded domain is meant."""
        meant = set(filter(is_meant, self._domains))
        if not meant:
            return set()
        return {recipient for recipient in self._all if recipient[recipient.find("@") + 1 :].lower() in meant}

    def among(self, keys: Mapping[str, t.Any]) -> set[str]:
        """Return the recipients that are among keys as they are or folded."""
        found = keys.keys() & self._all
        if self._text != self._text.lower():
            found.update(recipient for recipient in self._all if recipient.lower() in keys)
        return found

    def with_characters(self, characters: Iterable[str]) -> set[str]:
        """Return the recipients that have one of some characters."""
        present = [character for character in characters if character in self._text]
        return {recipient for recipient in self._all if any(map(recipient.__contains__, present))} if present else set()

    def beginning_with(self, character: str) -> set[str]:
        """Return the recipients that begin with a character."""
        if f",{character}" not in f",{self._text}":
            return set()
        return {recipient for recipient in self._all if recipient[0] == character}

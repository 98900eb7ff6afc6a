# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`postfix-send-access.cf` and `postfix-receive-access.cf` as Postfix looks addresses up in them (access(5))."""

from __future__ import annotations

import functools
import re
import typing as t

from .files import File, logical_lines
from .syntax import MARK

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator

    from .syntax import Syntax

_NEXT_WORD = re.compile(r"[ \t\r\n\v\f]+")

# The actions that say no, and those that say nothing or yes.
_REJECTING = re.compile(r"REJECT|5[0-9][0-9]")
_DEFERRING = re.compile(r"DEFER|4[0-9][0-9]")
_PERMITTING = re.compile(r"OK|RELAY|DUNNO|PERMIT|WARN|INFO|PREPEND|[0-9]+")


class AccessLine(t.NamedTuple):
    """A logical line, as Postfix reads it."""

    number: int
    """The number (from 1) of its first physical line."""

    written: str
    """The key as it is written."""

    value: str
    """The action and what follows it; Postfix ignores the line where there is none."""

    @property
    def key(self) -> str:
        """The key as Postfix looks it up: folded."""
        return self.written.lower()

    @property
    def action(self) -> str:
        """The action in upper case, in which it has no meaning."""
        return _NEXT_WORD.split(self.value, 1)[0].upper()

    @property
    def effect(self) -> str:
        """One of C(reject), C(defer), C(permit) and C(other)."""
        for effect, pattern in (("reject", _REJECTING), ("defer", _DEFERRING), ("permit", _PERMITTING)):
            if pattern.fullmatch(self.action):
                return effect
        return "other"


class AccessFile(File[str]):
    """One of the two files, a texthash map."""

    continued = True

    def _read(self, lines: list[str]) -> list[str]:
        return lines

    @functools.cached_property
    def logical(self) -> list[AccessLine]:
        """The logical lines with a key, those without an action too."""
        lines = list(self.read)
        if lines and self.has_byte_order_mark:
            lines[0] = MARK + lines[0]
        found = []
        for index, text in logical_lines(enumerate(lines)):
            key, *rest = _NEXT_WORD.split(text, 1)
            # Behind a NUL byte nothing is read, and a line may begin with one.
            if key:
                found.append(AccessLine(index + 1, key, rest[0] if rest else ""))
        return found

    @functools.cached_property
    def entries(self) -> dict[str, AccessLine]:
        """The lines by their folded keys; of several with the same key the first."""
        found: dict[str, AccessLine] = {}
        for line in self.logical:
            if line.value:
                found.setdefault(line.key, line)
        return found

    @functools.cached_property
    def duplicates(self) -> list[AccessLine]:
        """The lines whose key an earlier one has, which make the whole table unavailable (hazard H01)."""
        return [line for line in self.logical if line.value and self.entries[line.key] is not line]

    def find(self, address: str, syntax: Syntax) -> AccessLine | None:
        """Return the line that Postfix applies to an address of an envelope, None where there is none."""
        if not self.entries:
            return None
        found = (self.entries.get(key) for key in _keys(address.lower(), syntax))
        return next(filter(None, found), None)


def _keys(address: str, syntax: Syntax) -> Iterator[str]:
    """Yield what is looked up for a folded address, in the order of access(5)."""
    local_part, dummy, domain = address.rpartition("@")
    base, extension = syntax.split_extension(address)
    bare = base.rpartition("@")[0]
    yield address
    if extension:
        yield base
    labels = domain.split(".")
    for index in range(len(labels)):
        # parent_domain_matches_subdomains of postconf(5) has smtpd_access_maps unless somebody takes it out.
        yield ".".join(labels[index:])
    yield f"{local_part}@"
    if extension:
        yield f"{bare}@"

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The flags of chattr(1), read and set on an open file (ioctl_iflags(2))."""

from __future__ import annotations

import fcntl
import struct

from .._errors import RefusedError

# Those that a user may set, by their letter in chattr(1).
_LETTERS = {
    "s": 0x00000001,
    "u": 0x00000002,
    "c": 0x00000004,
    "S": 0x00000008,
    "i": 0x00000010,
    "a": 0x00000020,
    "d": 0x00000040,
    "A": 0x00000080,
    "m": 0x00000400,
    "j": 0x00004000,
    "t": 0x00008000,
    "D": 0x00010000,
    "T": 0x00020000,
    "C": 0x00800000,
    "x": 0x02000000,
    "P": 0x20000000,
}
_ALL = sum(_LETTERS.values())

_LONG = struct.calcsize("l")
_GET = 2 << 30 | _LONG << 16 | ord("f") << 8 | 1
_SET = 1 << 30 | _LONG << 16 | ord("f") << 8 | 2


class WantedFlags:
    """Flags as the option C(attributes) names them: C(+a), C(-a) or C(=a)."""

    def __init__(self, given: str) -> None:
        """Read the option. Raises RefusedError for a letter that is no flag."""
        self._operator = given[0] if given.startswith(("+", "-", "=")) else "="
        letters = given[1:] if given.startswith(("+", "-", "=")) else given
        unknown = sorted(set(letters) - _LETTERS.keys())
        if unknown:
            raise RefusedError(
                f"attributes contains {unknown[0]!r}, which is not a flag that chattr can set; use only letters of"
                f" {''.join(_LETTERS)}"
            )
        self._flags = sum(_LETTERS[letter] for letter in set(letters))

    def difference(self, descriptor: int) -> tuple[str, str] | None:
        """Return the letters before and after, None where they are the same."""
        before = _read(descriptor)
        after = self._applied(before)
        return None if after == before else (_letters(before), _letters(after))

    def set(self, descriptor: int) -> None:
        """Give an open file the flags. Raises OSError where that is not possible."""
        before = _read(descriptor)
        after = self._applied(before)
        if after != before:
            fcntl.ioctl(descriptor, _SET, struct.pack("i", after))

    def _applied(self, flags: int) -> int:
        if self._operator == "+":
            return flags | self._flags
        if self._operator == "-":
            return flags & ~self._flags
        return flags & ~_ALL | self._flags


def _read(descriptor: int) -> int:
    flags: int = struct.unpack("i", fcntl.ioctl(descriptor, _GET, struct.pack("i", 0)))[0]
    return flags


def _letters(flags: int) -> str:
    return "".join(letter for letter, flag in _LETTERS.items() if flags & flag)

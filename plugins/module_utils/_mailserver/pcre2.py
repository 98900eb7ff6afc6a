# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The system's PCRE2 library, with limits of what one match may cost; see pcre2api(3)."""

from __future__ import annotations

import ctypes
import functools
import typing as t

from .budget import NotKnownError

# Options by flag of a pcre_table(5); 'X' means nothing to PCRE2.
_OPTIONS = {
    "i": 0x00000008,  # PCRE2_CASELESS
    "m": 0x00000400,  # PCRE2_MULTILINE
    "s": 0x00000020,  # PCRE2_DOTALL
    "x": 0x00000080,  # PCRE2_EXTENDED
    "A": 0x80000000,  # PCRE2_ANCHORED
    "E": 0x00000010,  # PCRE2_DOLLAR_ENDONLY
    "U": 0x00040000,  # PCRE2_UNGREEDY
    "X": 0,
}

_INFO_ALL_OPTIONS = 0
_INFO_CAPTURE_COUNT = 4
_INFO_SIZE = 22

_NO_MATCH = -1
_NO_MEMORY = -48
_AT_LIMIT = frozenset((_NO_MEMORY, -47, -53, -63))  # of memory, steps, depth, heap
_UNSET = ctypes.c_size_t(-1).value

# Postfix lets PCRE2 take 10,000,000 steps from each place where a match may begin, and gigabytes.
_MOST_STEPS = 1_000_000
_MOST_STEPS_FROM_ONE_PLACE = 10_000
_MOST_KIBIBYTES = 16 * 1024

# A pattern that came so often to a limit is not tried any more.
_MOST_FAILURES = 20


class InvalidPatternError(Exception):
    """PCRE2 does not compile a pattern."""

    def __init__(self, message: str, offset: int) -> None:
        """Take what is wrong, and where in the pattern."""
        super().__init__(message)
        self.offset = offset


class MatchError(Exception):
    """PCRE2 cannot read an address, such as one that is no UTF-8; Postfix skips the rule then."""


class Library:
    """The functions of the library, and what all patterns share while they are matched."""

    def __init__(self, library: ctypes.CDLL) -> None:
        """Declare what is used. Raises AttributeError for a release that cannot limit its memory."""
        pointer, size, number = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_uint32

        def function(name: str, result: t.Any, *arguments: t.Any) -> t.Any:
            found = getattr(library, f"pcre2_{name}_8")
            found.restype, found.argtypes = result, arguments
            return found

        self.compile = function("compile", pointer, ctypes.c_char_p, size, number, pointer, pointer, pointer)
        self.free = function("code_free", None, pointer)
        self.error_message = function("get_error_message", ctypes.c_int, ctypes.c_int, pointer, size)
        self.info = function("pattern_info", ctypes.c_int, pointer, number, pointer)
        self._match = function("match", ctypes.c_int, pointer, ctypes.c_char_p, size, size, number, pointer, pointer)
        self._create_data = function("match_data_create", pointer, number, pointer)
        self._free_data = function("match_data_free", None, pointer)
        self._ovector = function("get_ovector_pointer", ctypes.POINTER(size), pointer)
        self._set_steps = function("set_match_limit", ctypes.c_int, pointer, number)
        self._context = function("match_context_create", pointer, pointer)(None)
        function("set_heap_limit", ctypes.c_int, pointer, number)(self._context, _MOST_KIBIBYTES)
        self._steps = 0
        self._pairs = 0
        self._data: int | None = None
        self.make_room(1)

    def make_room(self, groups: int) -> None:
        """Have room for the places of a match and of so many groups in it."""
        if groups < self._pairs:
            return
        self._free_data(self._data)
        self._pairs = groups + 1
        self._data = self._create_data(self._pairs, None)
        self.places = self._ovector(self._data)

    def match(self, code: int, subject: bytes, most_steps: int) -> int:
        """Match an address and return what PCRE2 returns."""
        if most_steps != self._steps:
            self._set_steps(self._context, most_steps)
            self._steps = most_steps
        count: int = self._match(code, subject, len(subject), 0, 0, self._data, self._context)
        return count


@functools.cache
def library() -> Library | None:
    """Return the library of the system, None where it has none with these limits (before 10.30)."""
    found = _load("libpcre2-8.so.0")
    if found is None:
        from ctypes.util import find_library

        found = _load(find_library("pcre2-8"))
    return found


def _load(name: str | None) -> Library | None:
    try:
        return Library(ctypes.CDLL(name)) if name else None
    except (OSError, AttributeError):
        return None


class Code:
    """A compiled pattern."""

    def __init__(self, library: Library, pattern: bytes, flags: set[str]) -> None:
        """Compile a pattern. Raises InvalidPatternError."""
        error, offset = ctypes.c_int(), ctypes.c_size_t()
        options = sum(_OPTIONS[flag] for flag in flags)
        code = library.compile(pattern, len(pattern), options, ctypes.byref(error), ctypes.byref(offset), None)
        if not code:
            message = ctypes.create_string_buffer(256)
            library.error_message(error, message, 256)
            raise InvalidPatternError(message.value.decode(), offset.value)
        self._library = library
        self._code = code
        self._failures = 0
        self.groups = self._info(_INFO_CAPTURE_COUNT, ctypes.c_uint32())
        self.size = self._info(_INFO_SIZE, ctypes.c_size_t())
        is_anchored = self._info(_INFO_ALL_OPTIONS, ctypes.c_uint32()) & _OPTIONS["A"]
        self._most_steps = _MOST_STEPS if is_anchored else _MOST_STEPS_FROM_ONE_PLACE

    def _info(self, what: int, value: ctypes.c_uint32 | ctypes.c_size_t) -> int:
        self._library.info(self._code, what, ctypes.byref(value))
        return value.value

    def __del__(self) -> None:
        """Give the memory back."""
        if hasattr(self, "_code"):
            self._library.free(self._code)

    @property
    def is_given_up(self) -> bool:
        """Whether no address is tried any more."""
        return self._failures >= _MOST_FAILURES

    def matches(self, subject: bytes) -> bool:
        """Whether an address matches anywhere. Raises MatchError and NotKnownError."""
        count = _NO_MEMORY
        if not self.is_given_up:
            count = self._library.match(self._code, subject, self._most_steps)
        if count in _AT_LIMIT:
            self._failures += 1
            raise NotKnownError("takes too many steps to match", "simplify it")
        if count < _NO_MATCH:
            raise MatchError(f"PCRE2 ended with error {count}")
        return count != _NO_MATCH

    def match(self, subject: bytes) -> tuple[bytes, ...] | None:
        """Return the text of each group if an address matches anywhere, else None. Raises as `matches` does."""
        self._library.make_room(self.groups)
        if not self.matches(subject):
            return None
        ends = self._library.places
        places = range(2, 2 * self.groups + 2, 2)
        return tuple(b"" if ends[p] == _UNSET else subject[ends[p] : ends[p + 1]] for p in places)

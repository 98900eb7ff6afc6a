# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compile patterns of a pcre_table(5) as Postfix does, and match addresses with them."""

from __future__ import annotations

import ctypes
import ctypes.util
import functools
import re
import typing as t
import warnings

from .._errors import RefusedError
from .._tables.rules import FLAGS
from .._text import in_quotes

# Options of PCRE2 by flag, from pcre2api(3); 'X' means nothing to PCRE2.
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
_ON_BY_DEFAULT = "is"
_INFO_CAPTURE_COUNT = 4

_NO_MATCH = -1
_UNSET = ctypes.c_size_t(-1).value

# What Python's `re` reads as PCRE2 does; any other pattern may differ.
_ALIKE_IN_PYTHON = re.compile(
    r"""
    (?: [^][\\(){}*+?|^$.]
      | \\ (?: [^0-9A-Za-z] | [dDwWsSbBtnrf] | [1-9](?![0-9]) )
      | \[\^?\]? (?: (?!--|&&|~~|\|\|) [^][\\] | \\ (?: [^0-9A-Za-z] | [dDwWsStnrf] ) )* \]
      | \( (?: \?(?: [:=!] | <[=!] ) )? (?![*+?{])
      | \) | [|^$.]
      | (?: [*+?] | \{[0-9]+(?:,[0-9]*)?\} ) \?? (?![*+?{])
    )*
    """,
    re.VERBOSE,
)

# A group in a repeated group may hold other text there than with PCRE2.
_REPEATED_GROUP = re.compile(r"\)[*+?{]")


class MatchError(Exception):
    """PCRE2 gave up, such as at its limit of backtracking; Postfix skips the rule then."""


class Pattern(t.NamedTuple):
    """A compiled pattern."""

    groups: int
    """How many groups C($1), C($2), ... can name."""

    match: t.Callable[[str], tuple[str, ...] | None]
    """The text of each group if an address matches anywhere, else None.

    A group that took no part is empty. Raises MatchError.
    """

    warning: str | None
    """What the user should know of how it was compiled."""

    def matches(self, address: str) -> bool:
        """Whether an address matches anywhere."""
        try:
            return self.match(address) is not None
        except MatchError:
            return False


def reads_as_postfix() -> bool:
    """Whether patterns are compiled by the library that Postfix uses."""
    return _pcre2() is not None


def compile_pattern(pattern: str, flags: str) -> Pattern:
    """Compile a pattern without its delimiters.

    Uses PCRE2 through the system library, as Postfix does, else Python's C(re). Raises
    RefusedError for a pattern that Postfix would skip.
    """
    enabled = {flag for flag in FLAGS if (flag in _ON_BY_DEFAULT) != (flags.count(flag) % 2 == 1)}
    library = _pcre2()
    if library is None:
        return _compile_with_python(pattern, enabled)
    return _compile_with_pcre2(library, pattern, enabled)


@functools.cache
def _pcre2() -> ctypes.CDLL | None:
    for name in ("libpcre2-8.so.0", ctypes.util.find_library("pcre2-8")):
        try:
            library = ctypes.CDLL(name) if name else None
        except OSError:
            continue
        if library is not None:
            _declare(library)
            return library
    return None


def _declare(library: ctypes.CDLL) -> None:
    pointer, size = ctypes.c_void_p, ctypes.c_size_t
    library.pcre2_compile_8.restype = pointer
    library.pcre2_match_data_create_from_pattern_8.restype = pointer
    library.pcre2_match_data_create_from_pattern_8.argtypes = [pointer, pointer]
    library.pcre2_get_ovector_pointer_8.restype = ctypes.POINTER(size)
    library.pcre2_get_ovector_pointer_8.argtypes = [pointer]
    library.pcre2_match_8.argtypes = [pointer, ctypes.c_char_p, size, size, ctypes.c_uint32, pointer, pointer]


def _compile_with_pcre2(library: ctypes.CDLL, pattern: str, enabled: set[str]) -> Pattern:
    text = pattern.encode("utf-8", "surrogateescape")
    error = ctypes.c_int()
    offset = ctypes.c_size_t()
    options = sum(_OPTIONS[flag] for flag in enabled)
    code = library.pcre2_compile_8(
        text, ctypes.c_size_t(len(text)), ctypes.c_uint32(options), ctypes.byref(error), ctypes.byref(offset), None
    )
    if not code:
        message = ctypes.create_string_buffer(256)
        library.pcre2_get_error_message_8(error, message, ctypes.c_size_t(256))
        raise _invalid(pattern, message.value.decode(), offset.value)
    compiled = ctypes.c_void_p(code)
    groups = ctypes.c_uint32()
    library.pcre2_pattern_info_8(compiled, _INFO_CAPTURE_COUNT, ctypes.byref(groups))

    found = library.pcre2_match_data_create_from_pattern_8(code, None)
    ends = library.pcre2_get_ovector_pointer_8(found)
    places = range(2, 2 * groups.value + 2, 2)

    def match(address: str) -> tuple[str, ...] | None:
        subject = address.encode("utf-8", "surrogateescape")
        count = library.pcre2_match_8(code, subject, len(subject), 0, 0, found, None)
        if count == _NO_MATCH:
            return None
        if count < 0:
            raise MatchError(f"PCRE2 ended with error {count}")
        return tuple(
            "" if ends[place] == _UNSET else subject[ends[place] : ends[place + 1]].decode("utf-8", "surrogateescape")
            for place in places
        )

    return Pattern(groups.value, match, None)


def _compile_with_python(pattern: str, enabled: set[str]) -> Pattern:
    options = 0
    for flag, option in {"i": re.I, "m": re.M, "s": re.S, "x": re.X}.items():
        options |= option if flag in enabled else 0
    try:
        with warnings.catch_warnings():
            # What Python will read in another way one day is reported below.
            warnings.simplefilter("ignore", FutureWarning)
            # As bytes, which is how Postfix has PCRE2 read patterns and addresses.
            compiled = re.compile(pattern.encode("utf-8", "surrogateescape"), options)
    except re.error as error:
        raise _invalid(pattern, f"{error.msg} (Python's re)", error.pos or 0) from None
    except OverflowError as error:
        raise _invalid(pattern, f"{error} (Python's re)", 0) from None
    warning = None
    if not _is_read_alike(pattern, enabled, compiled.groups):
        warning = (
            f"the pattern {in_quotes(pattern)} was checked with Python's re, which may"
            " read it in another way than Postfix; install libpcre2-8 to have it checked exactly"
        )

    def match(address: str) -> tuple[str, ...] | None:
        found = compiled.search(address.encode("utf-8", "surrogateescape"))
        if found is None:
            return None
        return tuple(group.decode("utf-8", "surrogateescape") for group in found.groups(b""))

    return Pattern(compiled.groups, match, warning)


def _is_read_alike(pattern: str, enabled: set[str], groups: int) -> bool:
    if enabled & set("xAEU") or (groups and _REPEATED_GROUP.search(pattern)):
        return False
    return _ALIKE_IN_PYTHON.fullmatch(pattern) is not None


def _invalid(pattern: str, message: str, offset: int) -> RefusedError:
    return RefusedError(
        f"the pattern {in_quotes(pattern)} is not valid at character {offset + 1}"
        f" ({message}), so Postfix would skip the rule; correct it"
    )

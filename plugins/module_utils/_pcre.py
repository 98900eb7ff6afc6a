# Copyright: (c) 2026, mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Compile patterns of a pcre_table(5) as Postfix does, and match addresses with them."""

from __future__ import annotations

import ctypes
import ctypes.util
import functools
import re
import typing as t
import warnings

from ansible_collections.mailops.dms.plugins.module_utils._errors import RefusedError

FLAGS = "imsxAEUX"
"""The flags that Postfix knows; each one toggles."""

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

# What Python's `re` refuses or reads in another way than PCRE2.
_DIFFERS_IN_PYTHON = re.compile(
    r"\\[QEKGRXhHvVNzZAopPgk]|\[\[:|\(\?[|R0-9&+>'C]|\(\*|[*+?}]\+"
)


class Pattern(t.NamedTuple):
    """A compiled pattern."""

    groups: int
    """How many groups C($1), C($2), ... can name."""

    matches: t.Callable[[str], bool]
    """Whether an address (ASCII) matches anywhere."""

    warning: str | None
    """What the user should know of how it was compiled."""


def compile_pattern(pattern: str, flags: str) -> Pattern:
    """Compile a pattern without its delimiters.

    Uses PCRE2 through the system library, as Postfix does, else Python's C(re). Raises
    RefusedError for a pattern that Postfix would skip.
    """
    enabled = {flag for flag in FLAGS if (flag in _ON_BY_DEFAULT) != (flag in flags)}
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
            library.pcre2_compile_8.restype = ctypes.c_void_p
            library.pcre2_match_data_create_8.restype = ctypes.c_void_p
            return library
    return None


def _compile_with_pcre2(
    library: ctypes.CDLL, pattern: str, enabled: set[str]
) -> Pattern:
    text = pattern.encode("utf-8", "surrogateescape")
    error = ctypes.c_int()
    offset = ctypes.c_size_t()
    options = sum(_OPTIONS[flag] for flag in enabled)
    code = library.pcre2_compile_8(
        text,
        ctypes.c_size_t(len(text)),
        ctypes.c_uint32(options),
        ctypes.byref(error),
        ctypes.byref(offset),
        None,
    )
    if not code:
        message = ctypes.create_string_buffer(256)
        library.pcre2_get_error_message_8(error, message, ctypes.c_size_t(256))
        raise _invalid(pattern, message.value.decode(), offset.value)
    compiled = ctypes.c_void_p(code)
    groups = ctypes.c_uint32()
    library.pcre2_pattern_info_8(compiled, _INFO_CAPTURE_COUNT, ctypes.byref(groups))

    def matches(address: str) -> bool:
        subject = address.encode("utf-8", "surrogateescape")
        found = ctypes.c_void_p(library.pcre2_match_data_create_8(1, None))
        try:
            length = ctypes.c_size_t(len(subject))
            start, plain = ctypes.c_size_t(0), ctypes.c_uint32(0)
            # A count of 0 says that there were more groups than room for them.
            count: int = library.pcre2_match_8(
                compiled, subject, length, start, plain, found, None
            )
            return count >= 0
        finally:
            library.pcre2_match_data_free_8(found)

    return Pattern(groups.value, matches, None)


def _compile_with_python(pattern: str, enabled: set[str]) -> Pattern:
    options = 0
    for flag, option in {"i": re.I, "m": re.M, "s": re.S, "x": re.X}.items():
        options |= option if flag in enabled else 0
    try:
        with warnings.catch_warnings():
            # What Python will read in another way one day is reported below.
            warnings.simplefilter("ignore", FutureWarning)
            compiled = re.compile(pattern, options | re.ASCII)
    except re.error as error:
        raise _invalid(pattern, f"{error.msg} (Python's re)", error.pos or 0) from None
    warning = None
    if _DIFFERS_IN_PYTHON.search(pattern) or enabled & set("AEU"):
        warning = (
            f"the pattern {pattern!r} was checked with Python's re, which may read it in"
            " another way than Postfix; install libpcre2-8 to have it checked exactly"
        )
    return Pattern(
        compiled.groups, lambda address: bool(compiled.search(address)), warning
    )


def _invalid(pattern: str, message: str, offset: int) -> RefusedError:
    return RefusedError(
        f"the pattern {pattern!r} is not valid at character {offset + 1} ({message}),"
        " so Postfix would skip the rule; correct it"
    )

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""crypt(3) of the system, which other threads go on beside."""

from __future__ import annotations

import ctypes
import functools
import typing as t

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable

# libxcrypt, as Debian and as Fedora name it; it is part of every such system.
_LIBRARIES = ("libcrypt.so.1", "libcrypt.so.2")

# More than `struct crypt_data` has in any release (32 KiB in libxcrypt, 128 KiB in glibc).
_SIZE_OF_STATE = 256 * 1024


def crypt(password: str, setting: str) -> str | None:
    """Return what crypt(3) makes of a password, None where it does not know the setting.

    A setting is a salt with the marks of its scheme, or a whole hash. The password has no
    NUL byte.
    """
    call = _crypt_r()
    if call is None:
        return None
    state = ctypes.create_string_buffer(_SIZE_OF_STATE)
    hashed = call(password.encode("utf-8", "surrogateescape"), setting.encode("utf-8", "surrogateescape"), state)
    # A failure is NULL or one of the tokens *0 and *1.
    return None if not hashed or hashed.startswith(b"*") else hashed.decode("utf-8", "surrogateescape")


@functools.cache
def _crypt_r() -> Callable[..., bytes | None] | None:
    for name in _LIBRARIES:
        try:
            call = ctypes.CDLL(name).crypt_r
        except (AttributeError, OSError):
            continue
        call.restype = ctypes.c_char_p
        call.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p]
        return t.cast("Callable[..., bytes | None]", call)
    return None

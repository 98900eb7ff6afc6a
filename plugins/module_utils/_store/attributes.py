# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a file has beside its content: read from a descriptor, and given to another one.

No function here takes a path, which somebody else could change between two calls.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import typing as t

_ACCESS_LIST = "system.posix_acl_access"
_CONTEXT = "security.selinux"

# They would give the new content rights or a signature of the old one.
_NEVER_KEPT = frozenset({"security.capability", "security.evm", "security.ima"})


class Attributes(t.NamedTuple):
    """The owner, the mode and the extended attributes of a file."""

    user: int
    group: int
    mode: int
    """The permission bits, without set-id and sticky bits: no config file has them."""

    extended: dict[str, bytes]
    """The access list, the SELinux context and all C(user.*) and C(security.*)."""


def attributes_of(descriptor: int) -> Attributes:
    """Return the attributes of an open file that its successor should have too."""
    status = os.fstat(descriptor)
    names = filter(_is_kept, _extended_names(descriptor))
    return Attributes(
        status.st_uid,
        status.st_gid,
        stat.S_IMODE(status.st_mode) & 0o777,
        {name: os.getxattr(descriptor, name) for name in names},
    )


def take_over(descriptor: int, attributes: Attributes) -> None:
    """Give an open file, which is new, the attributes of the one that it replaces."""
    present = os.fstat(descriptor)
    if (present.st_uid, present.st_gid) != attributes[:2]:
        os.fchown(descriptor, attributes.user, attributes.group)
    # Before the mode, which would open what the directory's default list grants.
    if _ACCESS_LIST in _extended_names(descriptor):
        os.removexattr(descriptor, _ACCESS_LIST)
    os.fchmod(descriptor, attributes.mode)
    for name, value in attributes.extended.items():
        _set_extended(descriptor, name, value)


def context_of(attributes: Attributes) -> str | None:
    """Return the SELinux context of a file, None where it has none."""
    context = attributes.extended.get(_CONTEXT)
    return None if context is None else context.rstrip(b"\0").decode("ascii", "replace")


def set_context(descriptor: int, context: str) -> None:
    """Give an open file a SELinux context; raise OSError where that is not possible."""
    os.setxattr(descriptor, _CONTEXT, context.encode("ascii") + b"\0")


def _extended_names(descriptor: int) -> list[str]:
    try:
        return os.listxattr(descriptor)
    except OSError as error:
        if error.errno == errno.ENOTSUP:
            return []
        raise


def _is_kept(name: str) -> bool:
    is_of_kept_kind = name == _ACCESS_LIST or name.startswith(("user.", "security."))
    return is_of_kept_kind and name not in _NEVER_KEPT


def _set_extended(descriptor: int, name: str, value: bytes) -> None:
    if name in _extended_names(descriptor) and os.getxattr(descriptor, name) == value:
        return
    # In a container, root may set few attributes of the security modules. That of
    # SELinux decides who can read the file, so it must not be lost.
    optional = name.startswith("security.") and name != _CONTEXT
    with contextlib.suppress(*[PermissionError] if optional else []):
        os.setxattr(descriptor, name, value)

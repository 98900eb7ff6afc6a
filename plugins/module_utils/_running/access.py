# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Postfix makes of the two access files, and whether its processes have what the maps hold."""

from __future__ import annotations

import typing as t

from .checksums import DIRECTORY
from .loaded import not_loaded
from .maps import entries_of, file_of
from .mounts import ACCESS_FILES

if t.TYPE_CHECKING:  # pragma: no cover
    from .checksums import Contents
    from .description import Description
    from .loaded import Times

_MAPS = ("virtual_alias_maps", "virtual_mailbox_maps")


class AccessState(t.NamedTuple):
    """What Postfix has not read as it is, and what it does not read at all."""

    not_loaded: list[str]
    """The access files and the maps that processes of Postfix have in an older state, as paths in the container."""

    unused: list[str]
    """The access files that have entries, but came after the container, so that no restriction names them."""

    missing: list[str]
    """The access files that a restriction names, but that are gone, so that Postfix rejects mail for a while."""

    runs: bool = True
    """Whether Postfix runs, with its queue manager."""


def read_at_once(description: Description) -> list[str]:
    """Return the files, as paths in the container, that a process of Postfix reads as a whole when it begins."""
    return [*_access_files(description), *_map_files(description)]


def access_state(description: Description, contents: Contents, times: Times) -> AccessState:
    """Return how Postfix stands to the access files, given what they hold, and to its maps."""
    used = _access_files(description)
    return AccessState(
        not_loaded(times, used, _map_files(description)),
        [name for name in ACCESS_FILES if _path(name) not in used and has_entries(contents.get(name))],
        [name for name in ACCESS_FILES if _path(name) in used and contents.get(name) is None],
        times.has_postfix,
    )


def _path(name: str) -> str:
    return f"{DIRECTORY}/{name}"


def restricts(description: Description, name: str) -> bool:
    """Whether Postfix looks everybody up in an access file.

    For who submits mail, master.cf of DMS puts mua_sender_restrictions in the place of smtpd_sender_restrictions.
    """
    path = _path(name)
    of_recipients, of_senders, of_users = (
        description.parameters.get(parameter, "")
        for parameter in ("smtpd_recipient_restrictions", "smtpd_sender_restrictions", "mua_sender_restrictions")
    )
    return path in of_recipients or (path in of_senders and (not of_users or path in of_users))


def _access_files(description: Description) -> list[str]:
    return [_path(name) for name in ACCESS_FILES if restricts(description, name)]


def _map_files(description: Description) -> list[str]:
    maps = [entry for name in _MAPS for entry in entries_of(description.parameters.get(name, "")).maps]
    return list(dict.fromkeys(filter(None, map(file_of, maps))))


def has_entries(content: bytes | None) -> bool:
    """Whether a file has a line that is neither blank nor a comment."""
    lines = (content or b"").splitlines()
    return any(line.strip() and not line.lstrip().startswith(b"#") for line in lines)

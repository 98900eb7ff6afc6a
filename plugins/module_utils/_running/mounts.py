# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a runtime tells of a container, and where its config directory is on the host."""

from __future__ import annotations

import json
import os
import posixpath
import typing as t

from .._errors import RefusedError
from .checksums import DIRECTORY, WATCHED

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable

ACCESS_FILES = ("postfix-send-access.cf", "postfix-receive-access.cf")
"""The files that Postfix reads where they are, and that the change detector does not watch."""


class Mount(t.NamedTuple):
    """Something of the host that the container has in its file system."""

    source: str
    destination: str


class Inspection(t.NamedTuple):
    """The state of a container as docker and podman name it, and its mounts."""

    status: str
    mounts: tuple[Mount, ...]


def read_inspection(output: bytes, name: str) -> Inspection:
    """Return what a runtime tells of a container. Raises RefusedError for what is not understood."""
    try:
        found = json.loads(output)
        mounts = tuple(
            Mount(str(mount.get("Source") or ""), posixpath.normpath(mount["Destination"]))
            for mount in found["mounts"] or ()
        )
        return Inspection(str(found["status"]), mounts)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise RefusedError(
            f"what the container runtime tells about the container {name} is not understood; report this with the output"
            " of its command 'container inspect', without the environment"
        ) from None


def check_mounts(mounts: Iterable[Mount], config_dir: str, name: str) -> None:
    """Raise RefusedError where what DMS reads in a container is not the config directory of the host."""
    by_destination = {mount.destination: mount for mount in mounts}
    for file in (*WATCHED, *ACCESS_FILES):
        if f"{DIRECTORY}/{file}" in by_destination:
            raise RefusedError(
                f"the container {name} has {file} mounted as a single file, which it goes on reading after the file of"
                f" the host was replaced; mount the directory at {DIRECTORY} instead"
            )
    source = _source_of(by_destination)
    if source is None:
        raise RefusedError(
            f"the container {name} has no mount at {DIRECTORY}, so it does not read {config_dir}; mount {config_dir}"
            " there, or correct container"
        )
    if not _is_same(source, config_dir):
        raise RefusedError(
            f"the container {name} has {source} mounted at {DIRECTORY}, not {config_dir}; correct config_dir or"
            " container"
        )


def _source_of(by_destination: dict[str, Mount]) -> str | None:
    """Return the path on the host of what stands where DMS reads, None where that is nothing of the host."""
    path, rest = DIRECTORY, ""
    while path not in by_destination:
        if path == "/":
            return None
        path, name = posixpath.split(path)
        rest = posixpath.join(name, rest)
    source = by_destination[path].source
    return os.path.normpath(os.path.join(source, rest)) if source.startswith("/") else None


def _is_same(path: str, other: str) -> bool:
    try:
        return os.path.samefile(path, other)
    except OSError:
        return os.path.realpath(path) == os.path.realpath(other)

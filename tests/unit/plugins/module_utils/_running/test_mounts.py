# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the config directory of a container is on the host."""

from __future__ import annotations

import json
import pathlib

import pytest

from ansible_collections.mailops.dms.plugins.module_utils._errors import RefusedError
from ansible_collections.mailops.dms.plugins.module_utils._running.mounts import Mount, check_mounts, read_inspection

DATA = pathlib.Path(__file__).parents[3] / "data" / "running"
INSIDE = "/tmp/docker-mailserver"


@pytest.mark.parametrize("runtime", ["docker", "podman"])
def test_the_mount_of_each_runtime_is_found(runtime: str) -> None:
    inspection = read_inspection((DATA / f"inspect-{runtime}.json").read_bytes(), "mailserver")

    assert inspection.status == "running"
    check_mounts(inspection.mounts, "/srv/mailserver/config", "mailserver")
    with pytest.raises(
        RefusedError, match="has /srv/mailserver/config mounted at /tmp/docker-mailserver, not /srv/other"
    ):
        check_mounts(inspection.mounts, "/srv/other", "mailserver")


@pytest.mark.parametrize("mounts", [None, []])
def test_a_container_without_mounts_is_refused(mounts: object) -> None:
    inspection = read_inspection(json.dumps({"status": "running", "mounts": mounts}).encode(), "mailserver")

    with pytest.raises(RefusedError, match="has no mount at"):
        check_mounts(inspection.mounts, "/srv/config", "mailserver")


def test_a_file_system_in_memory_is_no_directory_of_the_host() -> None:
    with pytest.raises(RefusedError, match="has no mount at"):
        check_mounts([Mount("tmpfs", INSIDE), Mount("/srv", "/tmp")], "/srv/docker-mailserver", "mailserver")


@pytest.mark.parametrize("output", [b"", b"[]", b"null", b"{}", b'{"status": "running", "mounts": [1]}', b"\xff"])
def test_what_is_not_understood_is_refused(output: bytes) -> None:
    with pytest.raises(RefusedError, match="is not understood"):
        read_inspection(output, "mailserver")


@pytest.mark.parametrize("destination", ["/", "/tmp", "/tmp/", INSIDE, f"{INSIDE}/"])
def test_a_parent_of_the_directory_may_be_mounted(destination: str, tmp_path: pathlib.Path) -> None:
    config_dir = tmp_path / pathlib.PurePath(INSIDE).relative_to(destination.rstrip("/") or "/")
    inspection = json.dumps({"status": "running", "mounts": [{"Source": str(tmp_path), "Destination": destination}]})

    check_mounts(read_inspection(inspection.encode(), "mailserver").mounts, str(config_dir), "mailserver")


def test_a_link_to_the_directory_is_the_directory(tmp_path: pathlib.Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "link").symlink_to("config")

    check_mounts([Mount(str(tmp_path / "config"), INSIDE)], str(tmp_path / "link"), "mailserver")


@pytest.mark.parametrize("name", ["postfix-accounts.cf", "postfix-send-access.cf"])
def test_single_files_are_refused(name: str) -> None:
    mounts = [Mount("/srv/config", INSIDE), Mount(f"/srv/config/{name}", f"{INSIDE}/{name}")]

    with pytest.raises(RefusedError, match=f"has {name} mounted as a single file"):
        check_mounts(mounts, "/srv/config", "mailserver")


def test_another_file_may_be_mounted_by_itself() -> None:
    mounts = [Mount("/srv/config", INSIDE), Mount("/srv/patches.sh", f"{INSIDE}/user-patches.sh")]

    check_mounts(mounts, "/srv/config", "mailserver")

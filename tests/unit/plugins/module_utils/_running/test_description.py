# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a mail server says of itself."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
import yaml

from ansible_collections.mailops.dms.plugins.module_utils._errors import RefusedError
from ansible_collections.mailops.dms.plugins.module_utils._running.container import NotRunningError
from ansible_collections.mailops.dms.plugins.module_utils._running.description import (
    Description,
    checked,
    read_description,
)

DATA = pathlib.Path(__file__).parents[3] / "data" / "running"
RECORDED = yaml.safe_load((DATA / "descriptions.yml").read_text(encoding="utf-8"))


def described(case: dict[str, t.Any], *variables: str) -> Description:
    """Return the description of a recorded mail server, with more variables."""
    first, *others = case["parts"]
    return read_description("\0".join([first + "".join(f"{line}\n" for line in variables), *others]).encode())


@pytest.mark.parametrize("case", RECORDED, ids=lambda case: str(case["generation"]))
def test_facts(case: dict[str, t.Any]) -> None:
    assert checked(described(case), "mailserver").facts() == {
        "hostname": "mail.example.com",
        "recipient_delimiter": "+",
        "dms_version": f"{case['generation']}.1.0",
        "quotas_enabled": True,
        "spoof_protection": False,
        "relay": {"host": "", "port": "", "default_host": ""},
    }


def test_the_settings_of_dms_count_more_than_the_environment() -> None:
    lines = ["ENABLE_QUOTAS='0'", "SPOOF_PROTECTION='1'", "RELAY_HOST='relay.example.com'", "RELAY_PORT='587'"]
    facts = described(RECORDED[0], *lines).facts()

    assert facts["quotas_enabled"] is False
    assert facts["spoof_protection"] is True
    assert facts["relay"] == {"host": "relay.example.com", "port": "587", "default_host": ""}


@pytest.mark.parametrize(
    ("release", "version"), [("v15.1.0", "15.1.0"), ("16.0", "16.0"), ("edge", None), ("", None), ("15.1.0-rc1", None)]
)
def test_an_image_that_is_no_release_has_no_version(release: str, version: str | None) -> None:
    assert described(RECORDED[0], f"DMS_RELEASE={release}").dms_version == version


@pytest.mark.parametrize(
    ("variable", "told"),
    [
        ("ACCOUNT_PROVISIONER='LDAP'", "has ACCOUNT_PROVISIONER=LDAP"),
        ("SMTP_ONLY='1'", "has SMTP_ONLY=1"),
    ],
)
def test_a_mail_server_without_these_files_is_refused(variable: str, told: str) -> None:
    with pytest.raises(RefusedError, match=told):
        checked(described(RECORDED[0], variable), "mailserver")


@pytest.mark.parametrize("output", ["", "ENABLE_QUOTAS=1\n\0\0", "\0myhostname = a\n\0", "\0\0ready\n"])
def test_a_mail_server_that_is_not_set_up_is_starting(output: str) -> None:
    with pytest.raises(NotRunningError, match="is still starting") as error:
        checked(read_description(output.encode()), "mailserver")
    assert error.value.state == "starting"

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""However a module ends, it shows no password and no hash."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest
from ansible.module_utils.common import parameters

from ansible_collections.mailops.dms.tests.support import strategies, wishes
from ansible_collections.mailops.dms.tests.support.modules import COLLECTIONS, fill, output_of

SECRET = "correct horse/battery-staple"
DIGEST = strategies.HASH.rpartition("$")[2]

# A library that tells the password in its exceptions, as one of another version may.
TALKATIVE_LIBRARY = """
class ldap_salted_sha1:
    @staticmethod
    def identify(data):
        return True

    @staticmethod
    def from_string(data):
        return ldap_salted_sha1

    checksum = b"something"

    @staticmethod
    def verify(password, data):
        try:
            raise LookupError(password)
        except LookupError as error:
            raise RuntimeError(f"cannot verify {password}") from error
"""


def with_secrets(options: t.Any) -> t.Any:
    """Return options with a password and a hash in the place of their names."""
    text = json.dumps(options).replace("SECRET", SECRET)
    return json.loads(text.replace("HASH", strategies.HASH))


def tracebacks_for(events: list[str]) -> wishes.Options:
    """Return the option that asks for tracebacks, which ansible-core has since 2.19."""
    return {"_ansible_tracebacks_for": events} if "tracebacks_for" in parameters.PASS_VARS else {}


def check_failure(output: str, told: str) -> None:
    """Check that a module failed with a sentence, and shows no secret."""
    assert SECRET not in output
    assert DIGEST not in output
    result = json.loads(output)
    assert result["failed"]
    assert told in result["msg"]
    # ansible-core 2.21 leaves it out.
    assert set(result.get("invocation", {"module_args"})) == {"module_args"}


@pytest.mark.parametrize("verbosity", [0, 3])
@pytest.mark.parametrize("case", wishes.load("failing-exits.yml"), ids=lambda case: case["name"])
def test_a_failure_shows_no_secret(case: dict[str, t.Any], verbosity: int, tmp_path: pathlib.Path) -> None:
    options = {"config_dir": str(tmp_path), **with_secrets(case["options"])}
    output = output_of(case["module"], {**options, "_ansible_verbosity": verbosity})
    check_failure(output, case["told"])


@pytest.mark.parametrize("tracebacks", ["never", "always"])
def test_an_unexpected_exception_shows_no_secret(tracebacks: str, tmp_path: pathlib.Path) -> None:
    library = tmp_path / "library" / "passlib"
    library.mkdir(parents=True)
    (library / "__init__.py").touch()
    (library / "exc.py").write_text("class MissingBackendError(Exception): pass", encoding="utf-8")
    (library / "hash.py").write_text(TALKATIVE_LIBRARY, encoding="utf-8")
    # A hash that only passlib knows.
    before: wishes.Contents = {wishes.ACCOUNTS: b"a@x.com|{SSHA}gVK8WC9YyFT1gMsQHTGCgT3sSv5zYWx0\n"}
    fill(tmp_path, before)
    options = {
        "config_dir": str(tmp_path),
        "address": "a@x.com",
        "password": SECRET,
        "_ansible_verbosity": 3,
        **tracebacks_for(["error"] if tracebacks == "always" else []),
    }
    path = f"{COLLECTIONS}:{library.parent}"
    output = output_of("dms_account", options, PYTHONPATH=path)
    check_failure(output, "RuntimeError in hash.py line 18")
    shown = json.loads(output).get("exception", "")
    # Before, the traceback was always returned, and left out where it was displayed.
    assert ("_passwords.py" in shown) == (tracebacks == "always" or not tracebacks_for([]))
    assert (tmp_path / wishes.ACCOUNTS).read_bytes() == before[wishes.ACCOUNTS]


def test_a_refusal_with_tracebacks_shows_no_secret(tmp_path: pathlib.Path) -> None:
    fill(tmp_path, {wishes.ALIASES: f"w@x.com b@x.com|{strategies.HASH},\n".encode()})
    options = with_secrets(
        {
            "config_dir": str(tmp_path),
            "alias": "HASH@x.com",
            "recipients": ["b@x.com"],
            **tracebacks_for(["error"]),
        }
    )
    check_failure(output_of("dms_alias", options), "alias")

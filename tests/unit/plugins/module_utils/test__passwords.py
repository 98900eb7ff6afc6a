# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Passwords: hashes that Dovecot reads, made here from the documented test password."""

from __future__ import annotations

import base64
import hashlib
import pathlib
import re
import subprocess
import sys
import typing as t

import passlib.hash
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.mailops.dms.plugins.module_utils import _hashes, _passwords
from ansible_collections.mailops.dms.plugins.module_utils._crypt import crypt
from ansible_collections.mailops.dms.plugins.module_utils._errors import RefusedError
from ansible_collections.mailops.dms.plugins.module_utils._secrets import without_hashes
from ansible_collections.mailops.dms.tests.support import strategies, wishes
from ansible_collections.mailops.dms.tests.support.modules import COLLECTIONS

PASSWORD = "secret"
SALT = b"saltsalt"
SHA512_CRYPT: t.Any = passlib.hash.sha512_crypt


def digest(algorithm: str, salt: bytes = b"") -> str:
    """Return a salted digest of the password in base64, as RFC 2307 has it."""
    hashed = hashlib.new(algorithm, PASSWORD.encode() + salt).digest()
    return base64.b64encode(hashed + salt).decode()


HASHES: dict[str, t.Callable[[], str]] = {
    "SHA512-CRYPT": lambda: strategies.HASH,
    "no scheme": lambda: strategies.HASH.partition("}")[2],
    "lower case": lambda: strategies.HASH.replace("SHA512-CRYPT", "sha512-crypt"),
    "CRYPT": lambda: strategies.HASH.replace("SHA512-CRYPT", "CRYPT"),
    "SHA512-CRYPT with rounds": lambda: "{SHA512-CRYPT}" + SHA512_CRYPT.using(rounds=1000).hash(PASSWORD),
    "SHA256-CRYPT": lambda: "{SHA256-CRYPT}" + passlib.hash.sha256_crypt.hash(PASSWORD),
    "MD5-CRYPT": lambda: "{MD5-CRYPT}" + passlib.hash.md5_crypt.hash(PASSWORD),
    "DES-CRYPT": lambda: "{DES-CRYPT}" + passlib.hash.des_crypt.hash(PASSWORD),
    "SHA": lambda: "{SHA}" + digest("sha1"),
    "SSHA": lambda: "{SSHA}" + digest("sha1", SALT),
    "SSHA256": lambda: "{SSHA256}" + digest("sha256", SALT),
    "SSHA512": lambda: "{SSHA512}" + digest("sha512", SALT),
    "LDAP-MD5": lambda: "{LDAP-MD5}" + digest("md5"),
    "SMD5": lambda: "{SMD5}" + digest("md5", SALT),
    "PLAIN-MD5": lambda: "{PLAIN-MD5}" + hashlib.md5(PASSWORD.encode()).hexdigest(),
    "PLAIN": lambda: "{PLAIN}" + PASSWORD,
    "cleartext": lambda: "{cleartext}" + PASSWORD,
}


@pytest.mark.parametrize("name", HASHES)
def test_verifies(name: str) -> None:
    password_hash = HASHES[name]()
    assert _passwords.verifies(PASSWORD, password_hash)
    assert not _passwords.verifies("bad-password", password_hash)
    assert not _passwords.verifies("", password_hash)


@pytest.mark.parametrize(
    ("name", "handler"),
    [
        ("SHA512-CRYPT", "sha512_crypt"),
        ("SHA512-CRYPT with rounds", "sha512_crypt"),
        ("SHA256-CRYPT", "sha256_crypt"),
        ("MD5-CRYPT", "md5_crypt"),
        ("DES-CRYPT", "des_crypt"),
    ],
)
def test_the_system_and_passlib_agree(name: str, handler: str) -> None:
    data = HASHES[name]().partition("}")[2]
    for password in (PASSWORD, "bad-password", "", "jörg"):
        fits = crypt(password, data) == data
        assert fits == (password == PASSWORD)
        assert _passwords.verifies_by_passlib(handler, password, data) == fits


def test_what_the_system_does_not_know_is_no_hash() -> None:
    assert crypt(PASSWORD, "$unknown$") is None
    assert crypt("x" * 512, "$6$saltsalt$") is None
    new = crypt("x" * 511, "$6$saltsalt$")
    assert new is not None
    assert _passwords.verifies("x" * 511, "{SHA512-CRYPT}" + new)


@pytest.mark.parametrize("password_hash", wishes.load("unverifiable-hashes.yml"), ids=repr)
def test_verifies_nothing(password_hash: str) -> None:
    assert not _passwords.verifies(PASSWORD, password_hash)


@pytest.mark.parametrize("name", HASHES)
def test_checked_hashes_pass(name: str) -> None:
    password_hash = HASHES[name]()
    _passwords.check_hash(password_hash)
    assert _hashes.scheme_of(password_hash) == _hashes.scheme_of(password_hash.upper())


FORMS = wishes.load("hash-forms.yml")


@pytest.mark.parametrize("password_hash", FORMS["read"] + FORMS["bearable"], ids=lambda text: text[:40])
def test_what_dovecot_reads_is_no_fault(password_hash: str) -> None:
    assert _hashes.fault_of(password_hash) is None
    assert _passwords.excess_of(password_hash) is None
    assert not _hashes.is_locked(password_hash)
    assert _hashes.scheme_of(password_hash) != _hashes.UNKNOWN_SCHEME
    _passwords.check_hash(password_hash)


@pytest.mark.parametrize("name", FORMS["faulty"])
def test_a_hash_that_lets_nobody_in_is_refused(name: str) -> None:
    password_hash = FORMS["faulty"][name]
    assert _hashes.fault_of(password_hash)
    assert not _hashes.is_locked(password_hash)
    assert not _passwords.verifies(PASSWORD, password_hash)
    with pytest.raises(RefusedError, match="H74") as caught:
        _passwords.check_hash(password_hash)
    message = str(caught.value)
    assert "hunter2" not in message + _hashes.scheme_of(password_hash)
    assert password_hash.rpartition("}")[2][:12] not in message or password_hash[-1] == "}"


@pytest.mark.parametrize("password_hash", FORMS["locked"], ids=lambda text: text[:40])
def test_a_locked_hash_is_no_fault(password_hash: str) -> None:
    assert _hashes.is_locked(password_hash)
    assert _hashes.fault_of(password_hash) is None
    assert not _passwords.verifies(PASSWORD, password_hash)


@pytest.mark.parametrize("password_hash", FORMS["costly"], ids=lambda text: text[:40])
def test_a_costly_hash_is_refused(password_hash: str) -> None:
    assert _hashes.fault_of(password_hash) is None
    with pytest.raises(RefusedError, match="H78"):
        _passwords.check_hash(password_hash)
    with pytest.raises(RefusedError, match="H78"):
        _passwords.verifies(PASSWORD, password_hash)


def test_the_scheme_that_is_meant_is_named() -> None:
    fault = _hashes.fault_of(FORMS["faulty"]["SHA512CRYPT without its dash"])
    assert fault is not None
    assert fault.endswith("it supports SHA512-CRYPT")
    # What hides hashes must not take the advice for one.
    sentence = f"it {fault}, so nobody can log in"
    assert without_hashes(sentence) == sentence


@given(st.text(min_size=1, max_size=20))
@settings(max_examples=20)
def test_new_hashes_verify(password: str) -> None:
    try:
        _passwords.check_password(password)
    except RefusedError:
        assert re.search(r"\0|[\x00-\x1f\x7f-\x9f\u2028\u2029]\Z|^[{$]", password)
        return
    password_hash = _passwords.hash_password(password)
    assert re.fullmatch(r"\{SHA512-CRYPT\}\$6\$[./0-9A-Za-z]{16}\$[./0-9A-Za-z]{86}", password_hash)
    assert password_hash != _passwords.hash_password(password)
    assert _passwords.verifies(password, password_hash)
    assert not _passwords.verifies(f"{password}x", password_hash)


@given(st.text(max_size=60))
def test_a_checked_hash_is_one_column(text: str) -> None:
    try:
        _passwords.check_hash(text)
    except RefusedError as error:
        message = str(error)
    else:
        message = ""
        assert re.fullmatch(r"[!-9;-{}~]+", text)
    assert len(text) <= len("SHA512-CRYPT") or text not in message


@pytest.mark.parametrize("password", ["bad-password" * 43, "ö" * 256])
def test_a_password_that_crypt_does_not_take_is_refused(password: str) -> None:
    with pytest.raises(RefusedError, match="511 bytes") as caught:
        _passwords.check_password(password)
    assert password not in str(caught.value)
    _passwords.check_password(password[: len(password) - len(password) // 20])


@pytest.mark.parametrize("case", wishes.load("missing-libraries.yml"), ids=repr)
def test_a_missing_library_is_named(case: dict[str, t.Any], tmp_path: pathlib.Path) -> None:
    # -S leaves site-packages out, so that only the linked libraries can be imported.
    for library in case["present"]:
        package = pathlib.Path(sys.modules[library].__file__ or "").parent
        (tmp_path / library).symlink_to(package)
    done = subprocess.run(
        [sys.executable, "-S", "-c", case["program"]],
        env={"PYTHONPATH": f"{COLLECTIONS}:{tmp_path}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "MissingLibraryError" in done.stderr, done.stderr
    for part in case["named"]:
        assert part in done.stderr

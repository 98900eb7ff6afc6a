# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Search all that a run shows for each password and each hash."""

from __future__ import annotations

import json
import secrets
import shutil
import typing as t
from pathlib import Path

import pytest
from passlib.hash import sha512_crypt

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from .conftest import Run

HERE = Path(__file__).parent
CORPUS = HERE.parent / "corpus"
FORMATS = {
    "json": {
        "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
        "ANSIBLE_INJECT_INVOCATION": "1",
        "ANSIBLE_DISPLAY_TRACEBACK": "always",
    },
    "yaml": {"ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml"},
    "minimal": {"ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.minimal"},
}
# Each format with another connection, with and without pipelining: the options of a module too go through standard
# input of ssh, or not.
CONNECTIONS = {"json": ("local", "false"), "yaml": ("ssh", "true"), "minimal": ("ssh", "false")}
PLACES = {"standard output", "standard error", "process list", "log", "localhost"}


@pytest.fixture
def playbooks(tmp_path: Path) -> Path:
    """Return a copy of the playbooks, in a path that has no password in it."""
    return Path(shutil.copytree(HERE / "plays", tmp_path / "playbooks"))


def write_variables(path: Path, **variables: object) -> Path:
    """Write variables to a file, where no process list shows them."""
    path.write_text(json.dumps(variables), encoding="utf-8")
    return path


def fill_odd(directory: Path, misplaced: str) -> Path:
    """Make a directory whose lines have a password where none belongs."""
    directory.mkdir()
    for path in (HERE / "odd").iterdir():
        text = path.read_text(encoding="utf-8").replace("MISPLACED", misplaced)
        (directory / path.name).write_text(text, encoding="utf-8")
    return directory


def spellings(text: str) -> set[str]:
    """Return a text as it is, and as JSON and YAML and Python write it."""
    return {text, json.dumps(text)[1:-1], repr(text)[1:-1], text.replace("'", "''")}


def parts(password_hash: str) -> Iterator[str]:
    """Yield a hash without its scheme, its salt and its digest."""
    plain = password_hash.partition("}")[2]
    yield plain
    yield from plain.rpartition("$")[0].split("$")[-1:]
    yield plain.rpartition("$")[2]


def hashes_in(directory: Path) -> set[str]:
    """Return the hashes of all accounts and master accounts, and of those in the backups."""
    return {
        line.split("|")[1]
        for pattern in ("postfix-accounts.cf*", "dovecot-masters.cf*")
        for path in directory.glob(pattern)
        for line in path.read_text(encoding="utf-8").splitlines()
        if "|" in line
    }


@pytest.fixture
def ssh(tmp_path: Path) -> dict[str, str]:
    """Return settings by which Ansible reaches this machine as if by ssh."""
    program = Path(shutil.copy(HERE / "ssh.sh", tmp_path / "ssh"))
    program.chmod(0o755)
    return {"ANSIBLE_SSH_EXECUTABLE": str(program), "ANSIBLE_SSH_TRANSFER_METHOD": "piped"}


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_shows_a_password_or_a_hash(
    name: str, ssh: dict[str, str], tmp_path: Path, playbooks: Path, run: Run
) -> None:
    connection, pipelining = CONNECTIONS[name]
    config_dir = tmp_path / "config"
    shutil.copytree(CORPUS / "documented", config_dir)
    misplaced = f"Misplaced-{secrets.token_hex(8)}"
    odd_dir = fill_odd(tmp_path / "odd", misplaced)
    first, second = secrets.token_urlsafe(), f"{secrets.token_hex(8)} '\"\\ü{{"
    passwords = ["secret", "bad-password", first, second]
    given_hash = "{SHA512-CRYPT}" + sha512_crypt.hash(first)
    variables = write_variables(
        tmp_path / "variables.json",
        ansible_connection=connection,
        config_dir=str(config_dir),
        odd_dir=str(odd_dir),
        export_dir=str(tmp_path / "export"),
        misplaced=misplaced,
        first=first,
        second=second,
        passwords=passwords,
        given_hash=given_hash,
    )
    hashes = hashes_in(config_dir) | {given_hash}

    vault_password = tmp_path / "vault-password"
    vault_password.write_text(secrets.token_hex(), encoding="utf-8")

    environment = {
        **FORMATS[name],
        **ssh,
        "ANSIBLE_PIPELINING": pipelining,
        "ANSIBLE_VAULT_PASSWORD_FILE": str(vault_password),
    }
    observed = run(playbooks / "all.yml", variables, environment)

    written = hashes_in(config_dir) - hashes
    assert len(written) >= len(passwords)
    assert observed.texts.keys() >= PLACES
    needles = {spelling for text in passwords for spelling in spellings(text)}
    needles |= {misplaced, misplaced.lower()}
    needles |= {part for each in hashes | written for part in parts(each)}
    found = {needle: observed.holding(needle) for needle in needles - {"secret"}}
    assert {needle: places for needle, places in found.items() if places} == {}
    # The test password is a part of names, such as that of dms_secrets.
    assert observed.holding_word("secret") == []
    plain = tmp_path / "export" / "plain" / "localhost" / "dms_secrets.yml"
    assert "vault_dms_accounts" in plain.read_text()
    plain.unlink()
    exported = "".join(p.read_text() for p in tmp_path.glob("export/**/*") if p.is_file())
    assert exported.count("dms_host_accounts") == 3
    assert exported.count("$ANSIBLE_VAULT") == 1
    assert exported.count("<!DOCTYPE html>") == 2
    assert not [needle for needle in needles - {"secret"} if needle in exported]
    assert misplaced.lower() not in exported.lower()
    if connection == "ssh":
        assert "<localhost> SSH: EXEC" in observed.texts["standard output"]
        assert "stdout and stderr censored due to no log" in observed.texts["standard output"]


@pytest.mark.parametrize("name", FORMATS)
def test_the_search_finds_what_is_shown(name: str, tmp_path: Path, playbooks: Path, run: Run) -> None:
    shown = "{SHA512-CRYPT}" + sha512_crypt.hash(secrets.token_urlsafe())
    variables = write_variables(tmp_path / "variables.json", shown=shown)

    observed = run(playbooks / "control.yml", variables, FORMATS[name])

    for part in parts(shown):
        places = set(observed.holding(part))
        assert places >= observed.texts.keys() & {*PLACES, "syslog"} - {"standard error"}

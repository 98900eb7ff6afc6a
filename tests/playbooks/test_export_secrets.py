# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Export directories with their hashes, and make them anew from that. No run shows a hash, which Fleet sees to."""

from __future__ import annotations

import os
import re
import typing as t

import pytest
import yaml

from ansible_collections.mailops.dms.tests.playbooks.runs import DATA, DIRECTORIES, Done, Fleet, data

if t.TYPE_CHECKING:
    from pathlib import Path

VAULT = ("-e", "dms_export_secrets=vault")
PLAIN = ("-e", "dms_export_secrets=plain", "-e", "dms_export_plain_secrets=true")
EMPTY = ("-e", '{"dms_config_dir": "{{ inventory_dir }}/empty/{{ inventory_hostname }}"}')


def secret_of(fleet: Fleet, name: str = "first") -> tuple[str, str]:
    """Make a file with a vault password, and return the options that name it."""
    path = fleet.directory / f"{name}-password"
    path.write_text(f"secret of {name}\n", encoding="utf-8")
    return "--vault-id", f"{name}@{path}"


def export(fleet: Fleet, hosts: str, *options: str) -> Done:
    return fleet.run("export", hosts, *VAULT, *options)


def exported(fleet: Fleet, host: str, name: str = "dms_secrets.yml") -> Path:
    return fleet.directory / "host_vars" / host / name


def hashes(directory: Path) -> dict[str, str]:
    """Return the hash of each account."""
    text = (directory / "postfix-accounts.cf").read_text(encoding="utf-8", errors="surrogateescape")
    columns = [line.lstrip("\ufeff").split("|") for line in text.splitlines() if "|" in line and line.strip()[0] != "#"]
    return {each[0].strip().lower(): each[1].strip() for each in columns}


def entries(path: Path) -> dict[str, str]:
    """Return the lines of the other files that hold secrets, by their keys."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return {
        re.split(r"[\s|]+", line)[0]: re.sub(r"\s+", " ", line) for line in lines if line.strip() and line[0] != "#"
    }


def plain_secrets(fleet: Fleet, host: str) -> t.Any:
    return yaml.safe_load(exported(fleet, host).read_text(encoding="utf-8"))


def test_an_empty_directory_gets_the_same_hashes(fleet: Fleet) -> None:
    secret = secret_of(fleet)
    before = {host: fleet.state(host) for host in DIRECTORIES}
    done = export(fleet, "directories", *secret)
    assert done.status == 0, done.output
    for host in DIRECTORIES:
        assert exported(fleet, host).read_text(encoding="utf-8").startswith("$ANSIBLE_VAULT;1.2;AES256;first\n")
        assert exported(fleet, host).stat().st_mode & 0o777 == 0o600
        assert "$6$" not in exported(fleet, host, "dms.yml").read_text(encoding="utf-8")

    done = fleet.run("provision", "directories", *secret)
    assert done.status == 0, done.output
    assert {host: fleet.state(host) for host in DIRECTORIES} == before

    for host in DIRECTORIES:
        (fleet.directory / "empty" / host).mkdir(parents=True)
    done = fleet.run("provision", "directories", *secret, *EMPTY)
    assert done.status == 0, done.output
    for host in DIRECTORIES:
        made, original = hashes(fleet.directory / "empty" / host), hashes(fleet.config(host))
        assert made
        assert made == {address: original[address] for address in made}
        comments = exported(fleet, host, "dms.yml").read_text(encoding="utf-8").partition("\ndms_host_accounts")[0]
        assert [address for address in original if address not in made and address not in comments] == []
        for name in ("dovecot-masters.cf", "postfix-sasl-password.cf"):
            lines, made_lines = entries(fleet.config(host) / name), entries(fleet.directory / "empty" / host / name)
            assert made_lines == {key: lines[key] for key in made_lines}
            assert [key for key in lines if key not in made_lines and key not in comments] == []


def test_a_second_export_changes_nothing(fleet: Fleet) -> None:
    secret = secret_of(fleet)
    assert export(fleet, "documented", *secret).status == 0
    before = exported(fleet, "documented").read_bytes()
    done = export(fleet, "documented", *secret)
    assert done.count("documented", "changed") == 0
    assert exported(fleet, "documented").read_bytes() == before


def test_whoever_changed_a_password_keeps_it(fleet: Fleet) -> None:
    secret = secret_of(fleet)
    assert export(fleet, "documented", *secret).status == 0
    path = fleet.config("documented") / "postfix-accounts.cf"
    path.write_text("hello@example.com|{SHA512-CRYPT}$6$othersalt$" + "." * 86 + "\n", encoding="utf-8")
    before = path.read_bytes()
    assert fleet.run("provision", "documented", *secret).status == 0
    assert path.read_bytes() == before


def test_what_ansible_would_take_for_a_template_is_marked(fleet: Fleet) -> None:
    secret = secret_of(fleet)
    path = fleet.config("documented") / "postfix-accounts.cf"
    path.write_text("hello@example.com|{PLAIN}it's{{6*7}}{%x\n", encoding="utf-8")
    assert export(fleet, "documented", *secret).status == 0
    (fleet.directory / "empty" / "documented").mkdir(parents=True)
    done = fleet.run("provision", "documented", *secret, *EMPTY)
    assert done.status == 0, done.output
    assert hashes(fleet.directory / "empty" / "documented") == {"hello@example.com": "{PLAIN}it's{{6*7}}{%x"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (VAULT, "There is no vault secret to encrypt with."),
        (("-e", "dms_export_secrets=plain"), "dms_export_secrets is plain, so hashes would be written as they are."),
        (("-e", "dms_export_secrets=yes"), "value of dms_export_secrets must be one of"),
    ],
)
def test_nothing_is_written_by_chance(fleet: Fleet, options: tuple[str, ...], message: str) -> None:
    done = fleet.run("export", "documented", *options)
    assert done.status == 2
    assert message in done.output
    assert not (fleet.directory / "host_vars").exists()


def test_a_plain_file_is_written_where_that_is_accepted(fleet: Fleet) -> None:
    done = fleet.run("export", "documented", *PLAIN)
    assert done.status == 0, done.output
    assert plain_secrets(fleet, "documented") == {"vault_dms_accounts": hashes(fleet.config("documented"))}
    assert exported(fleet, "documented").stat().st_mode & 0o777 == 0o600

    done = export(fleet, "documented", *secret_of(fleet))
    assert done.status == 2
    assert "dms_secrets.yml contains something else." in done.output
    assert export(fleet, "documented", *secret_of(fleet), "-e", "dms_export_overwrite=true").status == 0
    assert exported(fleet, "documented").read_bytes().startswith(b"$ANSIBLE_VAULT;")


def test_a_file_that_others_can_read_is_closed(fleet: Fleet) -> None:
    assert fleet.run("export", "documented", *PLAIN).status == 0
    path = exported(fleet, "documented")
    before = path.read_bytes()
    path.chmod(0o644)

    assert fleet.run("export", "documented", *PLAIN, "--check").count("documented", "changed") == 1
    assert path.stat().st_mode & 0o777 == 0o644
    assert fleet.run("export", "documented", *PLAIN).count("documented", "changed") == 1
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_bytes() == before
    assert fleet.run("export", "documented", *PLAIN).count("documented", "changed") == 0


def test_what_is_no_file_is_not_written(fleet: Fleet) -> None:
    (fleet.directory / "directory").mkdir()
    (fleet.directory / "link").symlink_to("nowhere")
    (fleet.directory / "loop").symlink_to("loop")
    os.mkfifo(fleet.directory / "pipe")
    for overwrite in ("true", "false"):
        done = fleet.run_with(str(DATA / "secrets.yml"), "--inventory", "inventory.yml", "-e", f"overwrite={overwrite}")
        assert done.status == 0, done.output
        for place, sentence in data("no-files.yml").items():
            assert f"{fleet.directory / place if place else 'dest'} {sentence}" in done.output
        assert done.count("documented", "changed") == 0
        assert "Errno" not in done.output
    assert sorted(path.name for path in fleet.directory.iterdir() if "dms_secrets" in path.name) == []


def test_one_of_several_vault_ids_is_chosen(fleet: Fleet) -> None:
    secrets = [*secret_of(fleet), *secret_of(fleet, "second")]
    done = export(fleet, "documented", *secrets)
    assert done.status == 2
    assert "several vault ids to encrypt with: first, second." in done.output
    done = export(fleet, "documented", *secrets, "-e", "dms_export_vault_id=third")
    assert done.status == 2
    assert "There is no vault id third, but first, second." in done.output
    assert not (fleet.directory / "host_vars").exists()
    done = export(fleet, "documented", *secrets, "-e", "dms_export_vault_id=second")
    assert done.status == 0, done.output
    assert exported(fleet, "documented").read_bytes().startswith(b"$ANSIBLE_VAULT;1.2;AES256;second\n")


def test_a_file_of_another_secret_stays(fleet: Fleet) -> None:
    assert export(fleet, "documented", *secret_of(fleet)).status == 0
    before = exported(fleet, "documented").read_bytes()
    # Ansible itself would decrypt the variables of the host.
    elsewhere = ("-e", f"dms_export_dir={fleet.directory / 'elsewhere'}")
    (fleet.directory / "host_vars").rename(fleet.directory / "elsewhere")
    done = export(fleet, "documented", *secret_of(fleet, "second"), *elsewhere)
    assert done.status == 2
    assert "dms_secrets.yml contains something else." in done.output
    assert (fleet.directory / "elsewhere" / "documented" / "dms_secrets.yml").read_bytes() == before


def test_check_mode_writes_nothing(fleet: Fleet) -> None:
    done = export(fleet, "documented", *secret_of(fleet), "--check", "--diff")
    assert done.status == 0, done.output
    assert not (fleet.directory / "host_vars").exists()

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages of real audits."""

from __future__ import annotations

import shutil
import typing as t
from pathlib import Path

import yaml

from ansible_collections.mailops.dms.tests.support import playbooks

if t.TYPE_CHECKING:
    from collections.abc import Mapping

HERE = Path(__file__).parent
DATA = HERE / "data"
HASH = "{SHA512-CRYPT}$6$W4rxRQwI6HNMt9n3$" + "." * 86
VARIABLES = {
    "ansible_connection": "local",
    "ansible_python_interpreter": "{{ ansible_playbook_python }}",
    "dms_config_dir": "{{ inventory_dir }}/config/{{ inventory_hostname }}",
}


def audited(directory: Path, hosts: Mapping[str, Path], *options: str) -> Path:
    """Audit hosts that have copies of config directories, and return the page.

    Beside them there is one without a directory, and one that cannot be reached.
    """
    others = {
        "missing": {},
        "unreachable": {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1},
    }
    inventory = {"all": {"vars": VARIABLES, "hosts": {**{name: {} for name in hosts}, **others}}}
    (directory / "inventory.yml").write_text(yaml.safe_dump(inventory, sort_keys=False), encoding="utf-8")
    for name, source in hosts.items():
        shutil.copytree(source, directory / "config" / name)
    page = directory / "audit.html"
    done = playbooks.run(
        directory,
        "mailops.dms.audit",
        "-i",
        "inventory.yml",
        "-e",
        f"dms_report={page}",
        *options,
    )
    assert page.is_file(), done.stdout + done.stderr
    return page


def fill(directory: Path, addresses: int) -> Path:
    """Make a config directory with many addresses: accounts, and one alias to each."""
    directory.mkdir(parents=True)
    names = [f"{number}@d{number % 10}.example.com" for number in range(addresses // 2)]
    contents = {
        "postfix-accounts.cf": [f"user{name}|{HASH}" for name in names],
        "postfix-virtual.cf": [f"alias{name} user{name}" for name in names],
        "postfix-regexp.cf": [r"/^shop-[a-z]+@d1\.example\.com$/ user1@d1.example.com"],
        "dovecot-quotas.cf": [f"user{name}:5120M" for name in names],
    }
    for name, lines in contents.items():
        (directory / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return directory

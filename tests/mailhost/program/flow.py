# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Let mail flow to accounts and let them log in, at a steady rate, until a file appears.

Usage: flow.py STOP-FILE [H13] <ACCOUNTS

ACCOUNTS is JSON from an address to its password. What was refused, bounced or lost, each
login that failed and each time an account was missing in the config directory is printed,
and the exit status is 1. How often each file was replaced is counted. With H13, the mail
server has this hazard: while it writes its own files anew, users are missing there, which
nobody who writes to the config directory can prevent. What failed in such a moment is then
counted apart.
"""

from __future__ import annotations

import json
import sys
import time
import uuid
from pathlib import Path
from typing import NamedTuple

import host

PAUSE_SECONDS = 0.2
# How long a process may still use what it read in a rebuild before it is told to read again.
RELOAD_SECONDS = 3


class Failure(NamedTuple):
    """Something that did not work, and the earliest and the latest time of it."""

    began: float
    ended: float
    text: str


class Flow:
    """The mail and the logins of a run."""

    def __init__(self, accounts: dict[str, str], *, excused: bool) -> None:
        self.accounts = accounts
        self.excused = excused
        self.subject = f"flow {uuid.uuid4().hex}"
        self.sent: dict[str, Failure] = {}
        self.tried = 0
        self.files = host.inodes()
        self.changes = dict.fromkeys(host.FILES, 0)
        self.failures: list[Failure] = []
        self.wrong: list[str] = []

    def step(self, address: str) -> None:
        """Send a message to an account, let it log in, and look for it in its file."""
        self.tried += 1
        self.count_changes()
        began = time.time()
        identifier = host.send(address, f"{self.subject} {self.tried}")
        if identifier:
            text = f"mail to {address} bounces"
            self.sent[identifier] = Failure(began, time.time(), text)
        else:
            self.fail(began, f"mail to {address} is refused")
        began = time.time()
        if not gets_in(address, self.accounts[address]):
            self.fail(began, f"{address} cannot log in")
        content = (host.CONFIG / "postfix-accounts.cf").read_text(encoding="utf-8")
        if f"{address}|" not in content or not content.endswith("\n"):
            self.wrong.append(f"{address} is missing in the config directory")

    def count_changes(self) -> None:
        """Count the files that were replaced since the last time."""
        files = host.inodes()
        for name in host.FILES:
            self.changes[name] += files[name] != self.files[name]
        self.files = files

    def fail(self, began: float, text: str) -> None:
        """Note a failure that has just ended."""
        self.failures.append(Failure(began, time.time(), text))

    def finish(self) -> None:
        """Look for each message that was sent."""
        self.count_changes()
        host.wait_for_delivery()
        bounced = host.outcomes(self.sent, status="bounced")
        delivered = host.outcomes(self.sent, status="sent")
        for identifier, (began, ended, text) in self.sent.items():
            for delay in bounced[identifier].values():
                self.failures.append(Failure(began + delay, ended + delay, text))
            if not bounced[identifier] and not delivered[identifier]:
                self.wrong.append(f"{text} or is lost")
        arrived = host.mailboxes(self.subject)
        if len(arrived) != sum(map(len, delivered.values())):
            self.wrong.append(f"{len(arrived)} messages are in the mailboxes")

    def report(self) -> str | None:
        """Print the counts, and return the failures that docker-mailserver does not explain."""
        rebuilds = host.rebuilds()
        excused = [
            failure
            for failure in self.failures
            if self.excused
            and any(began <= failure.ended and failure.began <= ended + RELOAD_SECONDS for began, ended in rebuilds)
        ]
        wrong = self.wrong + [
            f"{failure.text}, {gap(failure, rebuilds):.2f} s from a rebuild"
            for failure in self.failures
            if failure not in excused
        ]
        print(
            f"{self.tried} messages and logins, {len(rebuilds)} rebuilds in"
            f" {sum(ended - began for began, ended in rebuilds):.1f} s, {len(excused)} failures in them,"
            f" {len(wrong)} others, changes: {json.dumps(self.changes)}"
        )
        return "\n".join(wrong) or None


def gets_in(address: str, password: str) -> bool:
    """Tell whether an account logs in; who is sent away again and again does not."""
    try:
        return host.gets_in("imap", address, password)
    except host.UnavailableError:
        return False


def gap(failure: Failure, rebuilds: list[tuple[float, float]]) -> float:
    """Return how far a failure is from the nearest rebuild."""
    return min(max(began - failure.ended, failure.began - ended) for began, ended in rebuilds)


def main() -> None:
    stop = Path(sys.argv[1])
    flow = Flow(json.load(sys.stdin), excused="H13" in sys.argv[2:])
    while not stop.exists():
        for address in flow.accounts:
            flow.step(address)
            time.sleep(PAUSE_SECONDS)
    host.settle()
    flow.finish()
    sys.exit(flow.report())


if __name__ == "__main__":
    main()

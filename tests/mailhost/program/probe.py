# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare what a mail host does with what is expected of it.

Usage: probe.py settle, or probe.py check <EXPECTED

EXPECTED is JSON: logins, from an address to its password, routes, from an address to
those who get its mail, and quotas, from an address to its quota. What differs is printed,
and the exit status is 1.
"""

from __future__ import annotations

import json
import sys
import uuid
from typing import Any

import host


def logins(expected: dict[str, str]) -> list[str]:
    """Try each password at each account."""
    wrong = []
    for address in expected:
        for password in sorted(set(expected.values())):
            right = password == expected[address]
            if host.log_in(address, password) != right:
                verb = "does not log in with its own" if right else "logs in with another's"
                wrong.append(f"{address} {verb} password")
    return wrong


def routes(expected: dict[str, list[str]]) -> list[str]:
    """Send mail to each address and look where it is afterwards.

    A recipient is the address of a mailbox, or of somebody elsewhere, or "refused" where
    Postfix does not accept the mail, or "bounced ADDRESS".
    """
    run = f"probe {uuid.uuid4().hex}"
    queued = {address: host.send(address, f"{run} {address}") for address in expected}
    host.wait_for_delivery()
    found = host.mailboxes(run)
    outside = {message["queue_id"]: message["recipients"] for message in host.queue()}
    bounced = host.outcomes(queued.values(), status="bounced")
    wrong = []
    for address, recipients in expected.items():
        identifier = queued[address]
        arrived = found.get(f"{run} {address}", [])
        arrived += [recipient["address"] for recipient in outside.get(identifier, [])]
        arrived += [f"bounced {recipient}" for recipient in bounced[identifier]]
        arrived += [] if identifier else ["refused"]
        if sorted(arrived) != sorted(recipients):
            wrong.append(f"{address} goes to {sorted(arrived)} instead of {sorted(recipients)}")
    return wrong


def quotas(expected: dict[str, dict[str, str]]) -> list[str]:
    """Ask Dovecot for the quota of each account."""
    wrong = []
    names = {"limit", "grace"} if host.has_graces() else {"limit"}
    for address, declared in expected.items():
        wanted = {name: declared[name] for name in names & declared.keys()}
        found = host.quota(address)
        if found != wanted:
            wrong.append(f"{address} has the quota {found} instead of {wanted}")
    return wrong


CHECKS: dict[str, Any] = {"logins": logins, "routes": routes, "quotas": quotas}


def main() -> None:
    host.settle()
    if sys.argv[1] == "check":
        expected = json.load(sys.stdin)
        wrong = [text for name, check in CHECKS.items() for text in check(expected[name])]
        if wrong:
            sys.exit("\n".join(wrong))
        print(", ".join(f"{len(expected[name])} {name}" for name in CHECKS), "as expected")


if __name__ == "__main__":
    main()

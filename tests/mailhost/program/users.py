# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare what users can do on a mail host with what is expected of it.

Usage: users.py check <EXPECTED, or users.py send SUBJECT ADDRESS...

EXPECTED is JSON: doors, from a name that logs in to its password and the doors that are
open to it, readers, a list of login, password and subject with whether a message with it
is found, submissions, a list of login, password, sender and recipient with the reply, and
outside, such a list with the server outside that gets the message, and as whom it was sent
there, or with why it stays. What differs is printed, and the exit status is 1.
"""

from __future__ import annotations

import json
import smtplib
import sys
import uuid
from pathlib import Path
from typing import Any

import host

OUTSIDE = Path("/var/log/outside.log")
PASSED = "accepted"


def doors(expected: dict[str, dict[str, Any]]) -> list[str]:
    """Try each name at each door."""
    wrong = []
    for name, wanted in expected.items():
        found = [door for door in host.DOORS if host.gets_in(door, name, wanted["password"])]
        if found != wanted["open"]:
            wrong.append(f"{name} gets in by {found} instead of {wanted['open']}")
        if any(host.gets_in(door, name, f"{wanted['password']} ") for door in host.DOORS):
            wrong.append(f"{name} gets in with a wrong password")
    return wrong


def readers(expected: list[dict[str, Any]]) -> list[str]:
    """Look whether those who log in find a message in the inbox."""
    wrong = []
    for wanted in expected:
        found = host.read_by_imap(wanted["login"], wanted["password"], wanted["subject"])
        if (found > 0) != wanted["reads"]:
            wrong.append(f"{wanted['login']} finds {found} messages {wanted['subject']!r}")
    return wrong


def submissions(expected: list[dict[str, str]]) -> list[str]:
    """Hand in messages, and compare the replies."""
    wrong = []
    for wanted in expected:
        reply = submit(wanted, f"submission {uuid.uuid4().hex}")
        if wanted["reply"] not in reply:
            wrong.append(f"{wanted['sender']} to {wanted['recipient']} gets {reply!r} instead of {wanted['reply']!r}")
    return wrong


def submit(message: dict[str, str], subject: str) -> str:
    """Hand in a message; return the reply of a refusal."""
    try:
        host.submit(message["login"], message["password"], message["sender"], message["recipient"], subject)
    except smtplib.SMTPRecipientsRefused as error:
        return "; ".join(f"{code} {text.decode()}" for code, text in error.recipients.values())
    except smtplib.SMTPResponseException as error:
        return f"{error.smtp_code} {error.smtp_error!r}"
    return PASSED


def outside(expected: list[dict[str, str]]) -> list[str]:
    """Hand in messages to the outside, and look which server got them, and as whom."""
    subjects = {f"outside {uuid.uuid4().hex}": wanted for wanted in expected}
    wrong = [reply for subject, wanted in subjects.items() if (reply := submit(wanted, subject)) != PASSED]
    host.wait_for_delivery()
    arrived = events_of(set(subjects))
    for subject, wanted in subjects.items():
        found = arrived.get(subject)
        way = f"{found['server']} as {found['user'] or 'nobody'}" if found else delay(wanted["sender"])
        if way != wanted["way"] and (found or wanted["way"] not in way):
            wrong.append(f"{wanted['sender']} to {wanted['recipient']}: {way} instead of {wanted['way']}")
    return wrong


def delay(sender: str) -> str:
    """Return why messages of a sender are in the queue."""
    messages = [message for message in host.queue() if message["sender"] == sender]
    reasons = [recipient.get("delay_reason", "") for message in messages for recipient in message["recipients"]]
    return f"stays: {'; '.join(reasons)}"


def events_of(subjects: set[str]) -> dict[str, dict[str, str]]:
    """Return for each message that has arrived outside how it came."""
    events = map(json.loads, OUTSIDE.read_text(encoding="utf-8").splitlines()) if OUTSIDE.exists() else ()
    return {event["subject"]: event for event in events if event.get("subject") in subjects}


CHECKS: dict[str, Any] = {"doors": doors, "readers": readers, "submissions": submissions, "outside": outside}


def main() -> None:
    host.settle()
    if sys.argv[1] == "send":
        for address in sys.argv[3:]:
            host.send(address, sys.argv[2])
        host.wait_for_delivery()
        return
    expected = json.load(sys.stdin)
    wrong = [text for name, declared in expected.items() for text in CHECKS[name](declared)]
    if wrong:
        sys.exit("\n".join(wrong))
    print(", ".join(f"{len(declared)} {name}" for name, declared in expected.items()), "as expected")


if __name__ == "__main__":
    main()

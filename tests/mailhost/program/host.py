# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask the mail host that this runs on: its queue, its log, its mailboxes and its users."""

from __future__ import annotations

import contextlib
import hashlib
import imaplib
import json
import os
import poplib
import re
import smtplib
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from email.message import EmailMessage
from pathlib import Path
from typing import Any, TypeVar

CONFIG = Path("/tmp/docker-mailserver")
CHECKSUMS = Path("/tmp/docker-mailserver-config-chksum")
ACTIVITY = Path("/var/log/mailhost.log")
# What changes are counted of
FILES = ("postfix-accounts.cf", "postfix-virtual.cf", "postfix-regexp.cf", "dovecot-quotas.cf")
# What the change detector watches
WATCHED = (*FILES, "dovecot-masters.cf", "postfix-relaymap.cf", "postfix-sasl-password.cf")
SMTP, POP3, IMAP, SUBMISSION = 25, 110, 143, 587
PAUSE_SECONDS = 0.1
CLIENT_SECONDS = 30
ACCEPTED = 250
# With such a reply a server of SMTP asks to come again.
UNAVAILABLE = range(400, 500)
# Of other refusals, Dovecot says that they are for a moment.
REFUSED = re.compile(r"\[(AUTHENTICATIONFAILED|AUTHORIZATIONFAILED|CONTACTADMIN)\]")
REFUSED_FOR_A_MOMENT = re.compile(r"\[(SYS/TEMP|IN-USE)\]|EOF")
STATUS = re.compile(r" (?P<id>[0-9A-Za-z]+): to=<(?P<to>[^>]*)>,.* delay=(?P<delay>[0-9.]+),.* status=(?P<status>\w+) ")

AnswerType = TypeVar("AnswerType")


class UnavailableError(Exception):
    """The mail server asks to come again, as it does while it starts anew after a change."""


class RefusedLoginError(Exception):
    """The mail server does not let somebody in."""


def come_again(attempt: Callable[[], AnswerType]) -> AnswerType:
    """Return the answer to an attempt that is made, for a while, until there is one."""
    end = time.monotonic() + CLIENT_SECONDS
    while True:
        try:
            return attempt()
        except UnavailableError:
            if time.monotonic() > end:
                raise
        time.sleep(PAUSE_SECONDS)


def output(*command: str) -> str:
    """Return what a command that has to succeed prints."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def ask_dovecot(*command: str) -> subprocess.CompletedProcess[str]:
    """Return how doveadm ends and what it prints, as soon as it reaches Dovecot."""

    def attempt() -> subprocess.CompletedProcess[str]:
        answer = subprocess.run(["doveadm", *command], check=False, capture_output=True, text=True)
        # A refused login has the status EX_NOPERM too, but then Dovecot says why. doveadm 2.3 crashes where it cannot list users.
        unreached = answer.returncode == os.EX_NOPERM and not answer.stdout
        if unreached or answer.returncode == os.EX_TEMPFAIL or answer.returncode < 0:
            raise UnavailableError(answer.stderr)
        return answer

    return come_again(attempt)


def json_of_dovecot(*command: str) -> Any:
    """Return what doveadm, which has to succeed, prints as JSON."""
    answer = ask_dovecot("-f", "json", *command)
    answer.check_returncode()
    return json.loads(answer.stdout or "[]")


def inodes() -> dict[str, int | None]:
    """Return the inode of each file that is there: it is another one in a replaced file."""
    paths = {name: CONFIG / name for name in FILES}
    return {n: p.stat().st_ino if p.exists() else None for n, p in paths.items()}


def listens(port: int) -> bool:
    """Tell whether somebody accepts connections on a port."""
    with socket.socket() as connection:
        return connection.connect_ex(("127.0.0.1", port)) == 0


def has_applied_files() -> bool:
    """Tell whether the mail server has applied the files as they are now."""
    present = [CONFIG / name for name in WATCHED if (CONFIG / name).exists()]
    lines = [f"{hashlib.sha512(path.read_bytes()).hexdigest()}  {path}" for path in present]
    if not lines or not CHECKSUMS.exists():
        return False
    return set(lines) <= set(CHECKSUMS.read_text(encoding="utf-8").splitlines())


def settle() -> None:
    """Wait until the mail server runs and has applied the files."""
    while not (has_applied_files() and listens(SMTP) and listens(IMAP)):
        time.sleep(PAUSE_SECONDS)


def new_message(address: str, subject: str) -> EmailMessage:
    """Return a message."""
    message = EmailMessage()
    message["From"] = "probe@example.invalid"
    message["To"] = address
    message["Subject"] = subject
    message.set_content("A probe.\n")
    return message


def submit(login: str, password: str, sender: str, recipient: str, subject: str) -> None:
    """Log in and hand a message in, as mail programs do; a refusal is an error of smtplib."""
    message = new_message(recipient, subject).as_bytes()

    def attempt() -> None:
        with submission() as client:
            client.login(login, password)
            client.sendmail(sender, [recipient], message)

    come_again(lambda: by_smtp(attempt))


def by_smtp(attempt: Callable[[], AnswerType]) -> AnswerType:
    """Return the answer to an attempt to speak SMTP. Raises UnavailableError where the server asks to come again."""
    try:
        return attempt()
    except smtplib.SMTPResponseException as error:
        if error.smtp_code in UNAVAILABLE:
            raise UnavailableError(str(error)) from error
        raise
    except smtplib.SMTPRecipientsRefused as error:
        if any(code in UNAVAILABLE for code, dummy in error.recipients.values()):
            raise UnavailableError(str(error)) from error
        raise
    except OSError as error:
        raise UnavailableError(str(error)) from error


def submission() -> smtplib.SMTP:
    """Return a connection to where users hand in mail, encrypted unless docker-mailserver has no certificate."""
    client = smtplib.SMTP("127.0.0.1", SUBMISSION)
    client.ehlo()
    if client.has_extn("starttls"):
        context = ssl.create_default_context()
        context.check_hostname = False
        # Every host has one of its own.
        context.verify_mode = ssl.CERT_NONE
        client.starttls(context=context)
    return client


def send(address: str, subject: str) -> str:
    """Send a message by SMTP; return its queue id, or "" where the address is refused.

    It has no sender, so that a bounce of it disappears. Who is asked to come again does so for a while, as any server.
    """
    message = new_message(address, subject).as_bytes()
    try:
        return come_again(lambda: by_smtp(lambda: _offer(address, message)))
    except UnavailableError:
        return ""


def _offer(address: str, message: bytes) -> str:
    """Return the queue id of a message, "" where the mail server refuses it. Raises UnavailableError."""
    with smtplib.SMTP("127.0.0.1") as client:
        client.ehlo()
        client.mail("")
        code, reply = client.rcpt(address)
        if code == ACCEPTED:
            code, reply = client.data(message)
        if code in UNAVAILABLE:
            raise UnavailableError(reply.decode())
        return reply.decode().rsplit(" ", 1)[1] if code == ACCEPTED else ""


def queue() -> list[dict[str, Any]]:
    """Return the messages in Postfix's queue."""
    return [json.loads(line) for line in output("postqueue", "-j").splitlines()]


def wait_for_delivery() -> None:
    """Wait until each message in the queue was tried.

    One that came while Postfix read its configuration anew waits for the next look at
    the queue. One without recipients was never accepted.
    """
    output("postqueue", "-f")
    while any(message["queue_name"] != "deferred" and message["recipients"] for message in queue()):
        time.sleep(PAUSE_SECONDS)


def mail_log() -> list[re.Match[str]]:
    """Return what became of each recipient of each message."""
    candidates = [Path("/var/log/mail.log"), Path("/var/log/mail/mail.log")]
    path = next(path for path in candidates if path.exists())
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return [match for line in lines if (match := STATUS.search(line))]


def outcomes(identifiers: Iterable[str], *, status: str) -> dict[str, dict[str, float]]:
    """Return for each message for whom that was the end, and how many seconds it took."""
    found: dict[str, dict[str, float]] = {identifier: {} for identifier in identifiers}
    for match in mail_log():
        if match["id"] in found and match["status"] == status:
            found[match["id"]][match["to"]] = float(match["delay"])
    return found


def mailboxes(subject: str) -> dict[str, list[str]]:
    """Return for each subject that begins so in whose mailboxes it is."""
    rows = json_of_dovecot("fetch", "-A", "user guid hdr.subject", "HEADER", "Subject", subject)
    found: dict[str, list[str]] = {}
    # A user whose name is listed twice is asked twice.
    messages = {(row.get("username", row.get("user")), row["guid"]): row["hdr.subject"] for row in rows}
    for (user, dummy), found_subject in messages.items():
        found.setdefault(found_subject, []).append(user)
    return found


def log_in(address: str, password: str) -> bool:
    """Tell whether Dovecot accepts a password."""
    return ask_dovecot("auth", "test", address, password).returncode == 0


@contextlib.contextmanager
def imap(address: str, password: str) -> Iterator[imaplib.IMAP4]:
    """Give a mail client that is logged in. Raises RefusedLoginError and UnavailableError."""
    try:
        with imaplib.IMAP4("127.0.0.1", IMAP, timeout=CLIENT_SECONDS) as client:
            client.login(address, password)
            yield client
    except (imaplib.IMAP4.error, OSError) as error:
        if REFUSED.search(str(error)):
            raise RefusedLoginError(str(error)) from error
        raise UnavailableError(str(error)) from error


def log_in_by_imap(address: str, password: str) -> bool:
    """Tell whether a mail client gets in."""
    try:
        with imap(address, password):
            return True
    except RefusedLoginError:
        return False


def log_in_by_pop3(address: str, password: str) -> bool:
    """Tell whether a mail client gets in by POP3."""
    try:
        with contextlib.closing(poplib.POP3("127.0.0.1", POP3, timeout=CLIENT_SECONDS)) as client:
            client.user(address)
            client.pass_(password)
    except poplib.error_proto as error:
        if REFUSED_FOR_A_MOMENT.search(str(error)):
            raise UnavailableError(str(error)) from error
        return False
    except OSError as error:
        raise UnavailableError(str(error)) from error
    return True


def log_in_by_submission(address: str, password: str) -> bool:
    """Tell whether a mail client gets in to hand in mail."""

    def attempt() -> bool:
        with submission() as client:
            client.login(address, password)
        return True

    try:
        return by_smtp(attempt)
    except smtplib.SMTPAuthenticationError:
        return False


DOORS: Mapping[str, Callable[[str, str], bool]] = {
    "imap": log_in_by_imap,
    "pop3": log_in_by_pop3,
    "submission": log_in_by_submission,
}


def gets_in(door: str, address: str, password: str) -> bool:
    """Tell whether somebody gets in by a door; who is sent away for a moment comes again."""
    return come_again(lambda: DOORS[door](address, password))


def read_by_imap(address: str, password: str, subject: str) -> int:
    """Return how many messages with a subject a mail client finds in the inbox; 0 too where it does not get in."""

    def attempt() -> int:
        with imap(address, password) as client:
            client.select("INBOX", readonly=True)
            dummy, found = client.search(None, "SUBJECT", f'"{subject}"')
            return len(found[0].split())

    try:
        return come_again(attempt)
    except RefusedLoginError:
        return 0


def quota(address: str) -> dict[str, str]:
    """Return the limit in KiB, "-" for none, and the grace if the user has one of its own."""
    rows = json_of_dovecot("quota", "get", "-u", address)
    fields = json_of_dovecot("user", address)
    known: Mapping[str, str] = {field["field"]: field["value"] for field in fields}
    result = {"limit": next(row["limit"] for row in rows if row["type"] == "STORAGE")}
    if "quota_storage_grace" in known:
        result["grace"] = known["quota_storage_grace"]
    return result


def has_graces() -> bool:
    """Tell whether a user can have a grace of its own, as since Dovecot 2.4."""
    return not output("dovecot", "--version").startswith("2.3")


def rebuilds() -> list[tuple[float, float]]:
    """Return from when to when the mail server wrote its own files anew."""
    if not ACTIVITY.exists():
        return []
    events = map(json.loads, ACTIVITY.read_text(encoding="utf-8").splitlines())
    return [(event["began"], event["time"]) for event in events if event["event"] == "changed"]

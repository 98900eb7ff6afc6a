# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Be docker-mailserver for a test: the first process of a mail host.

Reads the config directory when it starts, and again whenever it has changed. What it
did stands in /var/log/mailhost.log, a line of JSON for each time.

Usage: dms.py GENERATION
With MAILHOST_WITHOUT_H13 in the environment, it replaces each of its own files in one step. What leaves the host stays
in its queue, where a test can read to whom it would go, but with MAILHOST_SENDS_OUTSIDE.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path
from types import FrameType

from derive import ACCOUNTS, CHANGE, START, MisconfiguredError, is_startable
from write import VHOST, VIRTUAL, Writer

CONFIG = Path("/tmp/docker-mailserver")
CHECKSUMS = Path("/tmp/docker-mailserver-config-chksum")
NEW_CHECKSUMS = CHECKSUMS.with_name(f"{CHECKSUMS.name}.new")
LOCK = CONFIG / "check-for-changes.sh.lock"
LOG = Path("/var/log/mailhost.log")
MAIN = Path("/etc/postfix/main.cf")
HERE = Path(__file__).parent

# What is watched; the files that Postfix reads by itself are not.
WATCHED = (
    "postfix-accounts.cf",
    "postfix-virtual.cf",
    "postfix-regexp.cf",
    "postfix-aliases.cf",
    "postfix-relaymap.cf",
    "postfix-sasl-password.cf",
    "dovecot-quotas.cf",
    "dovecot-masters.cf",
)
POLL_SECONDS = 2
STALE_SECONDS = 60
ACCOUNT_ATTEMPTS = 120
QUEUED = "defer_transports = smtp"

# The port where users hand in their mail, and programs outside of a directory where names could not be looked up.
SERVICES = (
    ("-M", "submission/inet=submission inet n - n - - smtpd"),
    ("-P", "submission/inet/syslog_name=postfix/submission"),
    ("-P", "submission/inet/smtpd_tls_security_level=encrypt"),
    ("-P", "submission/inet/smtpd_sasl_auth_enable=yes"),
    ("-P", "submission/inet/smtpd_reject_unlisted_recipient=no"),
    ("-P", "submission/inet/smtpd_client_restrictions=permit_sasl_authenticated,reject"),
    ("-P", "submission/inet/smtpd_relay_restrictions=permit_sasl_authenticated,reject"),
    ("-P", "submission/inet/smtpd_sender_restrictions=$mua_sender_restrictions"),
    ("-F", "*/*/chroot=n"),
)


def run(*command: str) -> None:
    """Run a command that has to succeed."""
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def sends_outside() -> bool:
    """Tell whether mail leaves the host."""
    return "MAILHOST_SENDS_OUTSIDE" in os.environ


def log(event: str, **details: object) -> None:
    """Write what happened, for the tests to read."""
    with LOG.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"event": event, "time": time.time(), **details}) + "\n")


def checksums() -> str:
    """Return a line with checksum and path for each watched file that is there."""
    lines = []
    for name in WATCHED:
        path = CONFIG / name
        if path.is_file():
            lines.append(f"{hashlib.sha512(path.read_bytes()).hexdigest()}  {path}\n")
    return "".join(lines)


def take_lock(identity: str) -> None:
    """Wait until nobody else holds the lock, or only holds it for too long."""
    while True:
        try:
            if LOCK.read_text(encoding="utf-8").strip() == identity:
                return
            if time.time() - LOCK.stat().st_mtime >= STALE_SECONDS:
                LOCK.unlink()
        except FileNotFoundError:
            LOCK.write_text(f"{identity}\n", encoding="utf-8")
            continue
        time.sleep(1)


def release_lock(identity: str) -> None:
    """Remove the lock if it is still ours."""
    if LOCK.exists() and LOCK.read_text(encoding="utf-8").strip() == identity:
        LOCK.unlink()


def override_settings() -> None:
    """Let the config directory override settings of Postfix, which happens at the start alone."""
    override = CONFIG / "postfix-main.cf"
    if override.exists():
        with MAIN.open("ab") as file:
            file.write(override.read_bytes())
        settings = subprocess.run(["postconf", "-n"], check=True, capture_output=True).stdout
        MAIN.write_bytes(settings)


def start(writer: Writer) -> None:
    """Configure Postfix and Dovecot, wait for an account, and start them."""
    dovecot = "dovecot-2.4.conf" if writer.generation >= 16 else "dovecot-2.3.conf"
    Path("/etc/dovecot/dovecot.conf").write_bytes((HERE / dovecot).read_bytes())
    MAIN.write_bytes((HERE / "main.cf").read_bytes())
    for option, service in SERVICES:
        run("postconf", option, service)
    if not sends_outside():
        run("postconf", QUEUED)
    for path in (VHOST, VIRTUAL):
        path.touch()
    for dummy in range(ACCOUNT_ATTEMPTS):
        if is_startable(writer.files.get(ACCOUNTS, b"")):
            break
        time.sleep(1)
    else:
        raise MisconfiguredError("there is no account")
    writer.start()
    writer.publish()
    override_settings()
    CHECKSUMS.write_text(checksums(), encoding="utf-8")
    run("postfix", "start")
    run("dovecot")
    log("started")


def apply_changes(writer: Writer, before: str, after: str) -> None:
    """Rebuild what depends on the files that have new content; one that is gone is no such file."""
    changed = [line for line in after.splitlines() if line not in before.splitlines()]
    names = {Path(line.split("  ", 1)[1]).name for line in changed}
    began = time.time()
    writer.change(names)
    writer.publish()
    run("postfix", "reload")
    run("doveadm", "reload")
    log("changed", files=sorted(names), began=began)


def reap() -> None:
    """Collect the processes whose parents are gone."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return


def watch(writer: Writer) -> None:
    """Compare the files with those of the last time, for ever.

    What they are compared with is replaced when all that depends on them has been done.
    """
    writer.script = CHANGE
    identity = uuid.uuid4().hex
    while True:
        time.sleep(POLL_SECONDS)
        reap()
        before, after = CHECKSUMS.read_text(encoding="utf-8"), checksums()
        NEW_CHECKSUMS.write_text(after, encoding="utf-8")
        if after != before:
            take_lock(identity)
            apply_changes(writer, before, after)
            release_lock(identity)
            NEW_CHECKSUMS.replace(CHECKSUMS)


def stop(signal_number: int, _frame: FrameType | None) -> None:
    """End as the first process of a container has to be told to."""
    log("stopped", signal=signal_number)
    sys.exit(0)


def shut_down_on_signal() -> None:
    """End when told to, which docker-mailserver does when it shuts down."""
    signal.signal(signal.SIGTERM, stop)


def main() -> None:
    shut_down_on_signal()
    whole = "MAILHOST_WITHOUT_H13" in os.environ
    writer = Writer(CONFIG, int(sys.argv[1]), START, whole=whole)
    try:
        start(writer)
        watch(writer)
    except MisconfiguredError as error:
        log("shut down", reason=str(error))
        sys.exit(f"shut down: {error}")


if __name__ == "__main__":
    main()

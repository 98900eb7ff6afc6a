# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run docker-mailserver's own scripts for a test, as the first process of a mail host.

It starts what start-mailserver.sh would, but for the filters, and leaves the rest to
check-for-changes.sh. What happened stands in /var/log/mailhost.log, as dms.py writes it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import install
from derive import ACCOUNTS
from dms import CHECKSUMS, CONFIG, QUEUED, log, reap, run, sends_outside, shut_down_on_signal

DOVECOT = Path("/etc/dovecot/local.conf")
DETECTOR = str(install.COMMANDS / "check-for-changes.sh")
CHANGE_DETECTED = "Change detected"
PAUSE_SECONDS = 0.05

FUNCTIONS = (
    "_setup_vmail_id",
    "_setup_dovecot",
    "_setup_dovecot_sieve",
    "_setup_dovecot_quota",
    "_setup_dovecot_local_user",
    "_setup_dovecot_inet_protocols",
    "_setup_ssl",
    "_setup_mailname",
    "_setup_postfix_early",
    "_setup_spoof_protection",
    "_setup_postfix_late",
    "_chown_var_mail_if_necessary",
    "_prepare_for_change_detection",
)
POSTFIX = (
    "inet_interfaces = loopback-only",
    "maillog_file = /var/log/mail.log",
    # There is no network to ask for names.
    "smtp_dns_support_level = disabled",
)
# Tests try many wrong passwords from one address.
DOVECOT_SETTINGS = """\
log_path = /var/log/dovecot.log
auth_failure_delay = 0
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
"""


class Detector:
    """The change detector, and when it has begun to handle a change."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            ["bash", DETECTOR],
            env=install.ENVIRONMENT,
            cwd="/",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.began = 0.0

    def listen(self) -> None:
        """Note when it tells that it has found a change."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if CHANGE_DETECTED in line:
                self.began = time.time()


def start() -> None:
    """Set Postfix and Dovecot up as docker-mailserver does, and start them."""
    install.install()
    # The two minutes that docker-mailserver waits for an account are little on a busy machine.
    while not (CONFIG / ACCOUNTS).exists():
        time.sleep(PAUSE_SECONDS)
        reap()
    subprocess.run(install.command(*FUNCTIONS), check=False, env=install.ENVIRONMENT, cwd="/")
    for setting in POSTFIX if sends_outside() else (*POSTFIX, QUEUED):
        run("postconf", setting)
    run("postconf", "-M", "postlog/unix-dgram=postlog unix-dgram n - n - 1 postlogd")
    DOVECOT.write_text(DOVECOT_SETTINGS, encoding="utf-8")
    run("postfix", "start")
    run("dovecot")
    log("started")


def watch() -> None:
    """Let the change detector run, and log when it has replaced its checksums."""
    detector = Detector()
    threading.Thread(target=detector.listen, daemon=True).start()
    inode = CHECKSUMS.stat().st_ino
    while detector.process.poll() is None:
        time.sleep(PAUSE_SECONDS)
        reap()
        if CHECKSUMS.stat().st_ino != inode:
            inode = CHECKSUMS.stat().st_ino
            log("changed", began=detector.began)


def main() -> None:
    if os.getpid() != 1:
        sys.exit("scripts.py is the first process of a container of its own.")
    shut_down_on_signal()
    start()
    watch()
    log("shut down", reason="the change detector has ended")


if __name__ == "__main__":
    main()

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Put docker-mailserver's own scripts and settings where its image has them.

They come from the directory target of a checkout, which is mounted into the container.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from postfix import VARIABLES

SOURCE = Path("/opt/docker-mailserver")
COMMANDS = Path("/usr/local/bin")
SETUP = Path(__file__).with_name("setup.sh")
HOSTNAME = "mail.example.com"

# What copies where; the directories are those of the image.
COPIES = {
    COMMANDS: ("bin/*", "scripts/*.sh", "scripts/startup/*.sh", "scripts/helpers", "scripts/startup/setup.d"),
    Path("/etc/dovecot"): ("dovecot/dovecot-*.conf.ext",),
    Path("/etc/dovecot/conf.d"): ("dovecot/*.inc", "dovecot/*.conf", "dovecot/auth-*.conf.ext"),
    Path("/etc/postfix"): ("postfix/main.cf", "postfix/master.cf"),
    Path("/etc/postfix/maps"): ("postfix/*.pcre",),
}
DIRECTORIES = ("/etc/dms", "/etc/supervisor/conf.d", "/tmp/docker-mailserver", "/var/log/mail")

# No filters, which are no part of what is tested, and nothing but the loopback.
ENVIRONMENT = {
    "DMS_RELEASE": "edge",
    "DOVECOT_INET_PROTOCOLS": "ipv4",
    "ENABLE_AMAVIS": "0",
    "ENABLE_OPENDKIM": "0",
    "ENABLE_OPENDMARC": "0",
    "ENABLE_POP3": "1",
    "ENABLE_POLICYD_SPF": "0",
    "ENABLE_SRS": "0",
    "ENABLE_UPDATE_CHECK": "0",
    "OVERRIDE_HOSTNAME": HOSTNAME,
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "POSTFIX_INET_PROTOCOLS": "ipv4",
    **{name: os.environ[name] for name in VARIABLES if name in os.environ},
}


def install() -> None:
    """Copy what the image would have, and add the user that owns the mail."""
    for directory in DIRECTORIES:
        Path(directory).mkdir(parents=True, exist_ok=True)
    for target, patterns in COPIES.items():
        target.mkdir(parents=True, exist_ok=True)
        for pattern in patterns:
            for path in SOURCE.glob(pattern):
                if path.is_dir():
                    shutil.copytree(path, target / path.name, copy_function=shutil.copyfile, dirs_exist_ok=True)
                else:
                    # Not with the mode that a checkout may have
                    shutil.copyfile(path, target / path.name)
    for path in COMMANDS.iterdir():
        path.chmod(0o755)
    for name in ("/etc/postfix/dhparams.pem", "/etc/dovecot/dh.pem"):
        shutil.copyfile(SOURCE / "shared" / "ffdhe4096.pem", name)
    Path("/etc/aliases").write_bytes(b"")
    subprocess.run(["useradd", "--uid", "5000", "--home-dir", "/home/docker", "docker"], check=True)


def command(*functions: str) -> list[str]:
    """Return the command that calls functions of docker-mailserver's start, under its name."""
    return ["bash", "-c", f'source {SETUP} "$@"', "start-mailserver.sh", *functions]

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Derive what docker-mailserver sets in Postfix: restrictions, relays and their credentials.

As in derive.py, nothing is repaired that docker-mailserver leaves broken.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Protocol

SEND = "postfix-send-access.cf"
RECEIVE = "postfix-receive-access.cf"
RELAYS = "postfix-relaymap.cf"
CREDENTIALS = "postfix-sasl-password.cf"
# What decides about the domains, for which there may be a relay
OF_DOMAINS = {"postfix-accounts.cf", "postfix-virtual.cf"}

DIRECTORY = "/tmp/docker-mailserver"
RELAY_MAP = "/etc/postfix/relayhost_map"
DOMAINS = "/etc/postfix/vhost"
PASSWORDS = "/etc/postfix/sasl_passwd"

# The variables of docker-mailserver that are about relays
VARIABLES = ("DEFAULT_RELAY_HOST", "RELAY_HOST", "RELAY_PASSWORD", "RELAY_PORT", "RELAY_USER")
# The tables that are put before a list of restrictions
RESTRICTIONS = {
    SEND: ("dms_smtpd_sender_restrictions", "check_sender_access"),
    RECEIVE: ("smtpd_recipient_restrictions", "check_recipient_access"),
}
WITH_CREDENTIALS = {
    "smtp_sasl_password_maps": f"texthash:{PASSWORDS}",
    "smtp_sasl_auth_enable": "yes",
    "smtp_sasl_security_options": "noanonymous",
    "smtp_tls_security_level": "encrypt",
}
# Two words, of which the first one begins no comment
PAIR = re.compile(r"\s*[^#\s]\S*\s+\S", re.ASCII)
BLANKS = " \t"


class Derivation(Protocol):
    """What has been derived of the other files."""

    files: MutableMapping[str, bytes]
    domains: list[str]

    def text(self, name: str) -> str:
        """Return the content of a file, as text."""

    def valid_lines(self, name: str, files: MutableMapping[str, bytes] | None = None) -> Iterator[str]:
        """Give the lines of a file that are neither blank nor a comment, after a repair of it."""


class PostfixSettings:
    """What docker-mailserver sets in Postfix, for a derivation of the other files."""

    def __init__(self, derivation: Derivation, environment: Mapping[str, str]) -> None:
        """Take the derivation, and the variables of docker-mailserver."""
        self.derivation = derivation
        self.variables = {name: environment.get(name, "") for name in VARIABLES}
        self.settings: dict[str, str] = {}
        self.prepended: dict[str, str] = {}
        """What is put before the value of a setting"""

        self.relays: str | None = None
        """The table of relays, if there is one"""

        self.credentials: str | None = None
        """The table of credentials, if there is one"""

    @property
    def default_relay(self) -> str:
        """The relay of all domains of the mail server."""
        return f"[{self.variables['RELAY_HOST']}]:{self.variables['RELAY_PORT'] or 25}"

    def start(self) -> None:
        """Set everything, as at the start of the mail server, after the derivation."""
        for name, (setting, check) in RESTRICTIONS.items():
            if name in self.derivation.files:
                self.prepended[setting] = f"{check} texthash:{DIRECTORY}/{name}"
        if self.variables["DEFAULT_RELAY_HOST"]:
            self.settings["relayhost"] = self.variables["DEFAULT_RELAY_HOST"]
        self.create_relays()

    def change(self, changed: set[str]) -> None:
        """Set anew what depends on files that have other content than before."""
        if changed & {*OF_DOMAINS, RELAYS, CREDENTIALS}:
            self.create_relays()

    def create_relays(self) -> None:
        """Make the table of relays, and that of credentials if there are any."""
        if RELAYS not in self.derivation.files and not self.has_default():
            return
        self.create_credentials()
        self.relays = self.declared_relays()
        if self.variables["RELAY_HOST"]:
            self.add_default_relays()
        self.settings["sender_dependent_relayhost_maps"] = f"texthash:{RELAY_MAP}"

    def has_default(self) -> bool:
        """Tell whether a variable names a relay."""
        return bool(self.variables["DEFAULT_RELAY_HOST"] or self.variables["RELAY_HOST"])

    def create_credentials(self) -> None:
        """Make the table of credentials, whose mere existence demands TLS of all that leaves."""
        user, password = self.variables["RELAY_USER"], self.variables["RELAY_PASSWORD"]
        if CREDENTIALS not in self.derivation.files and not (user and password):
            return
        self.credentials = "".join(f"{line}\n" for line in self.derivation.valid_lines(CREDENTIALS))
        if CREDENTIALS in self.derivation.files:
            self.settings["smtp_sender_dependent_authentication"] = "yes"
        if self.has_default() and user and password:
            relay = self.variables["DEFAULT_RELAY_HOST"] or self.default_relay
            self.credentials += f"{relay}    {user}:{password}\n"
        self.settings.update(WITH_CREDENTIALS)

    def declared_relays(self) -> str:
        """Return the lines of the file that name a relay, of which the last one may have no end."""
        content = self.derivation.files.get(RELAYS, b"").decode("latin-1")
        return "".join(line for line in re.findall("[^\n]*\n|[^\n]+", content) if PAIR.match(line))

    def add_default_relays(self) -> None:
        """Add each domain of the mail server that has no line and is not excluded."""
        for domain in self.read_domains():
            declared = self.derivation.text(RELAYS)
            if not (
                is_found(f"^@{domain}\\s+", self.relays or "", "-E") or is_found(f"^\\s*@{domain}\\s*$", declared, "-s")
            ):
                self.relays = f"{self.relays or ''}@{domain}    {self.default_relay}\n"

    def read_domains(self) -> list[str]:
        """Return the domains as they are read from their list, which is repaired like a file."""
        content = "".join(f"{domain}\n" for domain in self.derivation.domains)
        files = {DOMAINS: content.encode("latin-1")}
        found = [line.strip(BLANKS) for line in self.derivation.valid_lines(DOMAINS, files)]
        self.derivation.domains = files[DOMAINS].decode("latin-1").split("\n")[:-1]
        return found


def is_found(pattern: str, text: str, option: str) -> bool:
    """Tell whether grep finds a pattern in a text."""
    command = [b"grep", b"-q", option.encode(), pattern.encode("latin-1")]
    return subprocess.run(command, check=False, input=text.encode("latin-1"), capture_output=True).returncode == 0

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the mail server in a container says of itself: its variables and the settings of Postfix, without any secret."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from .._errors import RefusedError
from .._mailserver.settings import NEWEST_VERSION, Settings
from .checksums import LIST
from .container import NotRunningError

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Mapping

    from .container import Container

# No other variable leaves the container: the others may be secret, such as RELAY_PASSWORD.
VARIABLES = (
    "ACCOUNT_PROVISIONER",
    "DEFAULT_RELAY_HOST",
    "DMS_RELEASE",
    "ENABLE_QUOTAS",
    "RELAY_HOST",
    "RELAY_PORT",
    "SMTP_ONLY",
    "SPOOF_PROTECTION",
)

PARAMETERS = (
    "mua_sender_restrictions",
    "mydestination",
    "myhostname",
    "myorigin",
    "propagate_unmatched_extensions",
    "recipient_delimiter",
    "smtpd_recipient_restrictions",
    "smtpd_sender_restrictions",
    "virtual_alias_domains",
    "virtual_alias_maps",
    "virtual_mailbox_domains",
    "virtual_mailbox_maps",
)

# DMS writes the variables with their defaults into its own file, which counts more. A NUL ends each part.
_SCRIPT = """
list=$1 variables=$2
shift 2
{ env; cat /etc/dms-settings 2>/dev/null; } | grep -E "^($variables)="
printf '\\000'
postconf -x "$@" 2>/dev/null
printf '\\000'
[ ! -f "$list" ] || echo ready
exit 0
"""

_RELEASE = re.compile(r"v?(?P<numbers>[0-9]+(\.[0-9]+)*)")
_QUOTED = re.compile(r"'(?P<text>.*)'")


@dataclasses.dataclass(frozen=True)
class Description:
    """A mail server as it describes itself."""

    variables: Mapping[str, str]
    """The variables of DMS, among those in `VARIABLES`."""

    parameters: Mapping[str, str]
    """The settings of Postfix, among those in `PARAMETERS`; empty where Postfix is not set up yet."""

    is_ready: bool
    """Whether DMS has set up the mail server."""

    def variable(self, name: str, default: str = "") -> str:
        """Return a variable of DMS, or its default where it is not set."""
        return self.variables.get(name) or default

    def is_on(self, name: str, default: str = "0") -> bool:
        """Whether a variable that switches something on does so."""
        return self.variable(name, default) == "1"

    @property
    def dms_version(self) -> str | None:
        """The release of DMS, None where the image is none, as that of C(edge)."""
        found = _RELEASE.fullmatch(self.variable("DMS_RELEASE"))
        return found["numbers"] if found else None

    @property
    def hostname(self) -> str:
        """The host name of Postfix."""
        return self.parameters["myhostname"]

    @property
    def recipient_delimiter(self) -> str:
        """What separates an address from its extension."""
        return self.parameters["recipient_delimiter"]

    @property
    def quotas_enabled(self) -> bool:
        """Whether DMS sets quotas, and makes logins of aliases for them."""
        return self.is_on("ENABLE_QUOTAS", "1")

    @property
    def settings(self) -> Settings:
        """What findings and routes depend on, as the mail server has it."""
        return Settings(
            dms_version=self.dms_version or NEWEST_VERSION,
            quotas_enabled=self.quotas_enabled,
            hostname=self.hostname,
            recipient_delimiter=self.recipient_delimiter,
        )

    def facts(self) -> dict[str, t.Any]:
        """Return what a playbook may want to know."""
        return {
            "hostname": self.hostname,
            "recipient_delimiter": self.recipient_delimiter,
            "dms_version": self.dms_version,
            "quotas_enabled": self.quotas_enabled,
            "spoof_protection": self.is_on("SPOOF_PROTECTION"),
            "relay": {
                "host": self.variable("RELAY_HOST"),
                "port": self.variable("RELAY_PORT"),
                "default_host": self.variable("DEFAULT_RELAY_HOST"),
            },
        }


def describe(container: Container) -> Description:
    """Ask a mail server what it is like.

    Raises RefusedError for one that does not read the files, and NotRunningError for one that is still starting.
    """
    output = container.execute(_SCRIPT, LIST, "|".join(VARIABLES), *PARAMETERS)
    return checked(read_description(output), container.name)


def read_description(output: bytes) -> Description:
    """Return what a mail server has answered."""
    variables, parameters, ready = [*output.decode("utf-8", "replace").split("\0"), "", ""][:3]
    return Description(_read(variables, "="), _read(parameters, " ="), bool(ready.strip()))


def checked(description: Description, name: str) -> Description:
    """Return the description of a mail server that works with the files.

    Raises RefusedError and NotRunningError as `describe` does.
    """
    provisioner = description.variable("ACCOUNT_PROVISIONER", "FILE")
    if provisioner != "FILE":
        raise RefusedError(
            f"the container {name} has ACCOUNT_PROVISIONER={provisioner}, so docker-mailserver does not take accounts from"
            " the config directory; set it to FILE, or do without container"
        )
    if description.is_on("SMTP_ONLY"):
        raise RefusedError(
            f"the container {name} has SMTP_ONLY=1, so docker-mailserver makes no accounts of the files and runs no"
            " Dovecot; remove that variable, or do without container"
        )
    if not description.is_ready or not description.parameters.get("myhostname"):
        raise NotRunningError(
            "starting",
            f"the container {name} is still starting: docker-mailserver has not set up the mail server yet; raise timeout,"
            " and look at the log of the container if that takes minutes (without an account it does not start)",
        )
    return description


def _read(text: str, separator: str) -> dict[str, str]:
    """Return the values of lines; the last one of a name counts."""
    found = {}
    for line in text.splitlines():
        name, dummy, value = line.partition(separator)
        quoted = _QUOTED.fullmatch(value)
        found[name] = quoted["text"] if quoted else value.strip()
    return found

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the mail server is like, as far as the files do not tell."""

from __future__ import annotations

import dataclasses
import functools
import re

from .._errors import RefusedError
from .._text import bounded_number, in_quotes

DEFAULT_HOSTNAME = "mail.example.com"
"""The host name that the documentation of DMS uses."""

DEFAULT_DELIMITER = "+"
NEWEST_VERSION = "16.0.1"
_NUMBERS = re.compile(r"v?([0-9]+(?:\.[0-9]+)*)")

# The release in which aliases are read word by word, and Dovecot is 2.4.
_SIXTEEN = (16,)
_FOURTEEN = (14,)
_REJECTING = (16, 0, 0)
_LARGEST_NUMBER = 9999


@dataclasses.dataclass(frozen=True)
class Settings:
    """The release of DMS, its variables, and settings of Postfix."""

    dms_version: str = NEWEST_VERSION
    quotas_enabled: bool = True
    hostname: str | None = None
    """The host name of the mail server, None where it is not known."""

    domains: tuple[str, ...] | None = None
    """The domains that are ours, None where the files say it."""

    recipient_delimiter: str = DEFAULT_DELIMITER
    """The characters of which each begins an extension; empty where there are none."""

    @property
    def folded_hostname(self) -> str:
        """The host name, folded; empty where it is not known."""
        return (self.hostname or "").lower()

    @functools.cached_property
    def version(self) -> tuple[int, ...]:
        """The release as numbers. Raises RefusedError for anything else."""
        found = _NUMBERS.fullmatch(self.dms_version.strip())
        if not found:
            raise RefusedError(
                f"dms_version {in_quotes(self.dms_version)} is not a release of"
                " docker-mailserver; write its number, such as 15.1.0"
            )
        return tuple(bounded_number(number, _LARGEST_NUMBER) for number in found[1].split("."))

    def check(self) -> None:
        """Raise RefusedError for a setting that says nothing that can be used."""
        dummy = self.version

    @property
    def is_sixteen(self) -> bool:
        """Whether DMS reads aliases word by word, with Dovecot 2.4 (v16 and later)."""
        return self.version >= _SIXTEEN

    @property
    def reads_its_repair(self) -> bool:
        """Whether DMS takes for an account what it says of a missing newline (v14.0 to v15.1)."""
        return _FOURTEEN <= self.version < _SIXTEEN

    @property
    def rejects_without_login(self) -> bool:
        """Whether mail to an alias that is no login is rejected (v16.0.0 alone)."""
        return self.version == _REJECTING and self.quotas_enabled

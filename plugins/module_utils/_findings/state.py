# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a finding is, and what all checks are given."""

from __future__ import annotations

import dataclasses
import functools
import re
import typing as t

from .._errors import RefusedError
from .._mailserver.expansion import Expansion
from .._mailserver.logins import AliasLogin, FoundQuota, alias_logins, found_quotas
from .._mailserver.reading import AccountsFile, AliasesFile, QuotasFile, RulesFile, present_text
from .._text import in_quotes

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Mapping

    from .._tables.directory import Tables

SEVERITIES = ("outage", "wrong", "warn", "info")
"""From the worst to the mildest."""

NEWEST_VERSION = "16.0.1"
_NUMBERS = re.compile(r"v?([0-9]+(?:\.[0-9]+)*)")

# The release in which aliases are read word by word, and Dovecot is 2.4.
_SIXTEEN = (16,)
_REJECTING = (16, 0, 0)


class Finding(t.NamedTuple):
    """One hazard that was found. It never holds a password or a hash."""

    id: str
    severity: str
    file: str
    line: int | None
    """Line in the file as it would be written, None for the file as a whole."""

    entry: str
    message: str
    """What happens, as one sentence."""

    advice: str
    """What to do, as one sentence."""


class Hit(t.NamedTuple):
    """What a check found; its id and its usual severity are known by the table."""

    file: str
    line: int | None
    entry: str
    message: str
    advice: str
    severity: str | None = None
    """Where it is milder than the severity of the check."""


@dataclasses.dataclass(frozen=True)
class Options:
    """What the mail server is like, as far as the files do not tell."""

    dms_version: str = NEWEST_VERSION
    quotas_enabled: bool = True
    hostname: str | None = None
    """The host name of the mail server, None where it is not known."""

    domains: tuple[str, ...] | None = None
    """The domains that are ours, None where the files say it."""

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
        return tuple(int(number) for number in found[1].split("."))

    def check(self) -> None:
        """Raise RefusedError for an option that says nothing that can be used."""
        dummy = self.version

    @property
    def is_sixteen(self) -> bool:
        """Whether DMS reads aliases word by word, with Dovecot 2.4 (v16 and later)."""
        return self.version >= _SIXTEEN

    @property
    def rejects_without_login(self) -> bool:
        """Whether mail to an alias that is no login is rejected (v16.0.0 alone)."""
        return self.version == _REJECTING and self.quotas_enabled


class State:
    """A config directory as all checks see it: read once, and only where asked for."""

    def __init__(self, tables: Tables, options: Options | None = None, modes: Mapping[str, int] | None = None) -> None:
        """Take tables as they are now, edits included, and the file modes by name."""
        self.tables = tables
        self.options = options or Options()
        self.modes = modes or {}

    @functools.cached_property
    def accounts(self) -> AccountsFile:
        """The accounts."""
        table = self.tables.accounts
        return AccountsFile(table.file_name, present_text(table))

    @functools.cached_property
    def aliases(self) -> AliasesFile:
        """The aliases."""
        table = self.tables.aliases
        return AliasesFile(table.file_name, present_text(table))

    @functools.cached_property
    def quotas(self) -> QuotasFile:
        """The quotas."""
        table = self.tables.quotas
        return QuotasFile(table.file_name, present_text(table))

    @functools.cached_property
    def rules(self) -> RulesFile:
        """The regex aliases."""
        table = self.tables.regex_aliases
        return RulesFile(table.file_name, present_text(table))

    @functools.cached_property
    def vhost(self) -> dict[str, str]:
        """The folded domains that DMS makes local, each as it was first spelled."""
        spelled: dict[str, str] = {}
        for spelling in (*self.accounts.domains, *self.aliases.domains):
            spelled.setdefault(spelling.lower(), spelling)
        return spelled

    @functools.cached_property
    def alias_logins(self) -> list[AliasLogin]:
        """The logins that DMS makes of aliases."""
        return alias_logins(self)

    @functools.cached_property
    def found_quotas(self) -> list[FoundQuota]:
        """What DMS finds in the quotas for each account."""
        return found_quotas(self)

    @functools.cached_property
    def expansion(self) -> Expansion:
        """What Postfix makes of addresses, one step at a time."""
        return Expansion(self.aliases, self.rules, self.accounts, self.options.hostname)

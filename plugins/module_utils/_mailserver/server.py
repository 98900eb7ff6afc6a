# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The mail server that the files of a config directory make: each of them read once."""

from __future__ import annotations

import functools
import itertools
import typing as t

from .._tables.accounts import AccountTable
from .._tables.aliases import AliasTable
from .._tables.quotas import QuotaTable
from .._tables.regex_aliases import RegexAliasTable
from .accounts import AccountsFile
from .aliases import AliasesFile
from .domains import Domains
from .lookups import Lookups
from .places import place_of
from .quotas import QuotasFile
from .regex_aliases import RegexAliasesFile
from .router import Router
from .settings import DEFAULT_HOSTNAME, Settings
from .syntax import Syntax, from_text

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Mapping

    from .files import File
    from .logins import AliasLogins, FoundQuota
    from .places import Place
    from .regex_aliases import Rule
    from .router import Route
    from .walks import Failure

    AnyFile = t.TypeVar("AnyFile", bound=File[t.Any])


class MailServer:
    """What DMS, Postfix and Dovecot make of the files; each part when it is first asked for."""

    def __init__(
        self,
        contents: Mapping[str, bytes | None],
        settings: Settings | None = None,
        modes: Mapping[str, int] | None = None,
        other: MailServer | None = None,
    ) -> None:
        """Take the bytes of the files by file name, and the modes of those that are there.

        What `other`, a state with the same settings, has read is not read again.
        """
        self.settings = settings or Settings()
        self.modes = modes or {}
        self._syntax = other and other.syntax
        self.accounts: AccountsFile = _file(
            AccountsFile, AccountTable.file_name, contents, other.accounts if other else None
        )
        self.aliases: AliasesFile = _file(AliasesFile, AliasTable.file_name, contents, other.aliases if other else None)
        self.quotas: QuotasFile = _file(QuotasFile, QuotaTable.file_name, contents, other.quotas if other else None)
        self.regex_aliases: RegexAliasesFile = _file(
            RegexAliasesFile, RegexAliasTable.file_name, contents, other.regex_aliases if other else None
        )

    def changed(self, contents: Mapping[str, bytes | None]) -> MailServer:
        """Return the mail server with other contents of the files."""
        return MailServer(contents, self.settings, self.modes, self)

    @functools.cached_property
    def syntax(self) -> Syntax:
        """How Postfix reads the text of addresses here."""
        hostname = from_text(self.settings.hostname or DEFAULT_HOSTNAME)
        return self._syntax or Syntax(hostname, self.settings.recipient_delimiter)

    @functools.cached_property
    def domains(self) -> Domains:
        """Whose domains are whose."""
        hostname = from_text(self.settings.hostname or DEFAULT_HOSTNAME)
        return Domains((*self.accounts.domains, *self.aliases.domains), hostname)

    @functools.cached_property
    def lookups(self) -> Lookups:
        """What addresses are replaced by, one step at a time."""
        return Lookups(self.aliases, self.regex_aliases, self.syntax, self.domains)

    @functools.cached_property
    def matched(self) -> dict[str, Rule]:
        """The regex alias that applies to each account and recipient, where one does."""
        rules = self.regex_aliases.rules
        if rules:
            values = {entry[1] for entry in self.aliases.entries if entry is not None}
            values.update(rule.value for rule in rules if len(rule.pieces) == 1)
            recipients = itertools.chain.from_iterable(map(self.syntax.addresses, values))
            self.lookups.know({*self.accounts.by_address, *recipients})
        return self.lookups.matched

    @functools.cached_property
    def router(self) -> Router:
        """The routes of addresses."""
        return Router(self)

    def route(self, address: str) -> Route:
        """Return where mail to an address goes, as `Router.route` does."""
        return self.router.route(address)

    def place_of(self, recipient: str) -> Place:
        """Return what becomes of a final recipient."""
        return place_of(recipient, self.domains, self.accounts, self.syntax)

    @functools.cached_property
    def failures(self) -> list[Failure]:
        """The expansions that Postfix gives up, so that it defers the mail."""
        from .loops import failures

        return failures(self)

    @functools.cached_property
    def alias_logins(self) -> AliasLogins:
        """The logins that DMS makes of aliases."""
        from .logins import alias_logins

        return alias_logins(self)

    @functools.cached_property
    def found_quotas(self) -> list[FoundQuota]:
        """What DMS finds in the quotas for each account."""
        from .logins import found_quotas

        return found_quotas(self)


def _file(kind: type[AnyFile], name: str, contents: Mapping[str, bytes | None], other: AnyFile | None) -> AnyFile:
    content = contents.get(name)
    if other is not None and other.content == content:
        return other
    return kind(name, content, other)

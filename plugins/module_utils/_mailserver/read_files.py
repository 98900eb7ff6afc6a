# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of one state of the config directory, each read as its readers do."""

from __future__ import annotations

import functools
import typing as t

from .._tables.accounts import AccountTable
from .._tables.aliases import AliasTable
from .._tables.masters import MasterTable
from .._tables.quotas import QuotaTable
from .._tables.regex_aliases import RegexAliasTable
from .._tables.relay_credentials import RelayCredentialTable
from .._tables.relays import RelayTable
from .._tables.restrictions import ReceiveAccessTable, SendAccessTable
from .access import AccessFile
from .accounts import AccountsFile
from .aliases import AliasesFile
from .domains import Domains
from .files import File
from .masters import MastersFile
from .quotas import QuotasFile
from .regex_aliases import RegexAliasesFile
from .relays import RelayCredentialsFile, RelaysFile
from .settings import DEFAULT_HOSTNAME, Settings
from .syntax import Syntax, from_text

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Mapping

AnyFile = t.TypeVar("AnyFile", bound=File[t.Any])


class _Row(t.Generic[AnyFile]):
    """A file among the attributes of `ReadFiles`: how its readers read it, and its name."""

    def __init__(self, kind: type[AnyFile], name: str) -> None:
        self._kind = kind
        self.name = name

    def __get__(self, state: ReadFiles, owner: type[ReadFiles]) -> AnyFile:
        file = state.files.get(self.name)
        if file is None:
            file = state.files[self.name] = self._read(state)
        return t.cast("AnyFile", file)

    def _read(self, state: ReadFiles) -> AnyFile:
        content = state.contents.get(self.name)
        other = self.__get__(state.other, ReadFiles) if state.other else None
        if other is not None and other.content == content:
            return other
        return self._kind(self.name, content, other)


class ReadFiles:
    """The files, each read when it is first asked for, and what they say of domains."""

    accounts = _Row(AccountsFile, AccountTable.file_name)
    aliases = _Row(AliasesFile, AliasTable.file_name)
    quotas = _Row(QuotasFile, QuotaTable.file_name)
    regex_aliases = _Row(RegexAliasesFile, RegexAliasTable.file_name)
    send_access = _Row(AccessFile, SendAccessTable.file_name)
    receive_access = _Row(AccessFile, ReceiveAccessTable.file_name)
    masters = _Row(MastersFile, MasterTable.file_name)
    relays = _Row(RelaysFile, RelayTable.file_name)
    relay_credentials = _Row(RelayCredentialsFile, RelayCredentialTable.file_name)

    def __init__(
        self,
        contents: Mapping[str, bytes | None],
        settings: Settings | None = None,
        modes: Mapping[str, int] | None = None,
        other: ReadFiles | None = None,
    ) -> None:
        """Take the bytes of the files by file name, and the modes of those that are there.

        What `other`, a state with the same settings, has read is not read again.
        """
        self.settings = settings or Settings()
        self.modes = modes or {}
        self.contents = contents
        self.other = other
        self.files: dict[str, File[t.Any]] = {}
        """The files that were asked for, by their names."""

        self._syntax: Syntax | None = other.syntax if other else None

    @property
    def all_files(self) -> list[File[t.Any]]:
        """Every file, read or not yet."""
        rows = (row for row in vars(ReadFiles).values() if isinstance(row, _Row))
        return [row.__get__(self, ReadFiles) for row in rows]

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

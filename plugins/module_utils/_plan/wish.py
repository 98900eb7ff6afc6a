# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The wish of one run: all wanted entries, and what the bulk options say of the rest."""

from __future__ import annotations

import dataclasses
import fnmatch
import typing as t

from .._errors import Refusal, RefusedError
from .._kinds.kind import tables_of
from .._mailserver.settings import DEFAULT_DELIMITER

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Sequence

    from .._kinds.account import WantedAccount
    from .._kinds.alias import WantedAlias
    from .._kinds.kind import AnyKind, Options, Wanted
    from .._kinds.quota import WantedQuota
    from .._tables.directory import AnyTable


@dataclasses.dataclass
class Wish:
    """All that one run should bring about."""

    kinds: Sequence[AnyKind] = ()
    """The kinds of which entries are wanted or removed, in the order of sections."""

    entries: dict[str, list[t.Any]] = dataclasses.field(default_factory=dict)
    """Section -> its wanted entries."""

    sections: frozenset[str] = frozenset()
    """The sections that the user gave; the others are only touched by the rules."""

    prune: frozenset[str] = frozenset()
    """The sections from which entries that are not wanted are removed."""

    prune_keep: tuple[str, ...] = ()
    """Shell patterns of the keys that `prune` spares."""

    prune_limit: int | None = None
    """How many entries of one section `prune` may take; None is any number."""

    allow_no_accounts: bool = False
    compares_routes: bool = False
    """Whether the run tells which routes it changes."""

    recipient_delimiter: str = DEFAULT_DELIMITER
    """What separates an address from its extension."""

    warnings: list[str] = dataclasses.field(default_factory=list)

    @property
    def tables(self) -> tuple[type[AnyTable], ...]:
        """The files that the run reads, in the order in which additions are written."""
        return tables_of(self.kinds)

    @property
    def file_names(self) -> list[str]:
        """The names of the files that the run reads."""
        return [table.file_name for table in self.tables]

    def wanted(self, section: str) -> Sequence[Wanted]:
        """Return the wanted entries of a section."""
        return self.entries.get(section, ())

    # --- the entries that rules are about

    @property
    def accounts(self) -> Sequence[WantedAccount]:
        """The wanted accounts."""
        return self.entries.get("accounts", ())

    @property
    def aliases(self) -> Sequence[WantedAlias]:
        """The wanted aliases."""
        return self.entries.get("aliases", ())

    @property
    def quotas(self) -> Sequence[WantedQuota]:
        """The wanted quotas."""
        return self.entries.get("quotas", ())

    @property
    def kept_addresses(self) -> set[str]:
        """The old addresses that are aliases of the renamed accounts, be it since an earlier run."""
        followed = (account.followed for account in self.accounts if account.present)
        return {address for address, *dummy in filter(None, followed)}

    def is_kept(self, key: str) -> bool:
        """Whether `prune` spares a key."""
        return any(fnmatch.fnmatchcase(key.lower(), pattern.lower()) for pattern in self.prune_keep)


def wish_of_entry(kind: AnyKind, options: Options, misread: Sequence[str] = ()) -> Wish:
    """Return the wish for one entry, from the options of its own module.

    `misread` says of each option that was given something else than text what it is.
    """
    refuse_misread(kind, options, "", misread)
    wanted = kind.wanted(options, "")
    moves_mail = kind.moves_mail(wanted)
    kinds: Sequence[AnyKind] = (kind,)
    if moves_mail:
        # Only what goes along needs the other kinds, and their files.
        from .._kinds.kinds import KINDS

        kinds = KINDS
    companions = {other.section: [companion] for other, companion in kind.companions(wanted, options)}
    return Wish(
        kinds=kinds,
        entries={kind.section: [wanted], **companions},
        sections=frozenset([kind.section]),
        allow_no_accounts=options.get("allow_no_accounts", False),
        compares_routes=moves_mail,
        recipient_delimiter=options.get("recipient_delimiter", DEFAULT_DELIMITER),
    )


def refuse_misread(kind: AnyKind, options: Options, origin: str, reasons: Sequence[str]) -> None:
    """Raise RefusedError where options of an entry were given something else than text."""
    if reasons:
        raise RefusedError(*(Refusal(reason, origin, kind.noun, kind.shown_key(options)) for reason in reasons))

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the files make of single addresses and logins."""

from __future__ import annotations

import functools
import itertools
import typing as t

from .lookups import Lookups
from .places import place_of
from .read_files import ReadFiles

if t.TYPE_CHECKING:  # pragma: no cover
    from .logins import AliasLogins, FoundQuota
    from .places import Place
    from .regex_aliases import Rule


class State(ReadFiles):
    """What addresses are replaced by, and which logins and quotas there are."""

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

    def place_of(self, recipient: str) -> Place:
        """Return what becomes of a final recipient."""
        return place_of(recipient, self.domains, self.accounts, self.syntax)

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

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All kinds of entries, and the options of the bulk module that come of them.

A run of a module of one entry does not import this file, for it needs no other kind.
"""

from __future__ import annotations

import typing as t

from .account import ACCOUNT
from .alias import ALIAS
from .kind import guard_options, tables_of
from .master import MASTER
from .quota import QUOTA
from .regex_alias import REGEX_ALIAS
from .relay import RELAY
from .relay_credential import RELAY_CREDENTIAL
from .restriction import RESTRICTION

if t.TYPE_CHECKING:  # pragma: no cover
    from .._tables.directory import AnyTable
    from .kind import AnyKind, Spec

KINDS: tuple[AnyKind, ...] = (ACCOUNT, ALIAS, REGEX_ALIAS, QUOTA, RESTRICTION, MASTER, RELAY, RELAY_CREDENTIAL)
"""In the order of the sections."""

SECTION_NAMES = [kind.section for kind in KINDS]

TABLES: tuple[type[AnyTable], ...] = tables_of(KINDS)
"""All files, in the order in which additions are written."""

FILE_NAMES = tuple(table.file_name for table in TABLES)


def sections_options() -> Spec:
    """Return the argument spec of the sections, and of all guards, which an entry may override."""
    spec: Spec = {kind.section: _section_option(kind) for kind in KINDS}
    spec["prune"] = {"type": "list", "elements": "str", "choices": SECTION_NAMES}
    for kind in KINDS:
        spec.update(guard_options({**kind.guards, **kind.run_guards}))
    return spec


def _section_option(kind: AnyKind) -> dict[str, t.Any]:
    overrides: Spec = {guard: {"type": "bool"} for guard in kind.guards}
    options = {**kind.entry_options(), **overrides, **kind.section_options}
    return {"type": "list", "elements": "dict", "options": options}

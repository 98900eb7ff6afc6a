# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What a module reports: as text that JSON can carry, and without any secret."""

from __future__ import annotations

import typing as t

from ansible_collections.mailops.dms.plugins.module_utils._secrets import (
    without_hashes,
)
from ansible_collections.mailops.dms.plugins.module_utils._wish import SECTION_NAMES

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Mapping, Sequence

    from ansible.module_utils.basic import AnsibleModule

_SECRETS = ("password", "password_hash")
_MOST_WARNINGS = 20


def printable(text: str) -> str:
    """Return a text of a file as it may be reported: as JSON, and without any hash."""
    text = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return without_hashes(text)


def warn(module: AnsibleModule, warnings: Sequence[str]) -> None:
    """Report warnings, but no more than one reads."""
    for sentence in warnings[:_MOST_WARNINGS]:
        module.warn(printable(sentence))
    if len(warnings) > _MOST_WARNINGS:
        module.warn(f"{len(warnings) - _MOST_WARNINGS} more warnings like these")


def without_secrets(params: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return the options as they may be shown; long lists are only counted."""
    shown = dict(params)
    for name in _SECRETS:
        if shown.get(name) is not None:
            shown[name] = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
    for name in SECTION_NAMES:
        if shown.get(name):
            shown[name] = f"{len(shown[name])} entries"
    return shown

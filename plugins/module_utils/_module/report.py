# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a module reports: as text that JSON can carry, and without any secret."""

from __future__ import annotations

import functools
import os
import traceback
import typing as t

from .._plan.moves import mailbox_of
from .._secrets import without_columns, without_hashes
from .._warnings import RunWarning, in_order, most_important, summary

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable, Mapping, Sequence

    from ansible.module_utils.basic import AnsibleModule

    from .._kinds.kind import Spec
    from .._plan.plan import Plan
    from .._tables.directory import AnyTable

    Shown = Mapping[str, Callable[[str], str]]

# What Ansible shows in the place of an option that is not logged.
_HIDDEN_OPTION = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
_MOST_WARNINGS = 20


def printable(text: str) -> str:
    """Return a text of a file as it may be reported: as JSON, and without any hash."""
    text = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return without_hashes(text)


def as_json(value: t.Any) -> t.Any:
    """Return a value with every text of it as JSON can carry it, and without any hash."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {name: as_json(each) for name, each in value.items()}
    if isinstance(value, list):
        return [as_json(each) for each in value]
    return value


def printable_recipient(text: str) -> str:
    """Return an alias or a recipient as it may be reported: nothing behind a C(|)."""
    return printable(without_columns(text))


def shown_changes(plan: Plan) -> dict[str, dict[str, list[str]]]:
    """Return the keys of the entries that a plan changes, as a result names them.

    What stood in the file may be no address, but a password in its place: it is named by
    the line that it had. What is new had none, and is shown as far as it may be.
    """
    tables = {file.table.section: file.table for file in plan.files}

    @functools.cache
    def read(section: str) -> list[AnyTable]:
        changed = (file.table for file in plan.files if file.table.section == section)
        return [type(table)(table.content) for table in changed]

    def named(section: str, key: str) -> str:
        shown = printable(tables[section].shown_key(key))
        if shown == key:
            return shown
        return next((table.line_of(key) for table in read(section) if key in table), shown)

    return {
        section: {kind: [named(section, key) for key in keys] for kind, keys in changes._asdict().items()}
        for section, changes in plan.changes.items()
    }


def shown_renames(plan: Plan) -> list[dict[str, str]]:
    """Return the accounts that a plan renames, with the directories of their mail in the container."""
    return [
        {"old_address": old, "address": new, "old_mailbox": mailbox_of(old), "mailbox": mailbox_of(new)}
        for old, new in plan.renamed.items()
    ]


def warn(module: AnsibleModule, warnings: Sequence[RunWarning]) -> None:
    """Report warnings, the worst first, but no more than one reads."""
    ordered = in_order(warnings, module.params["allow"] or ())
    told, cut = most_important(ordered, _MOST_WARNINGS)
    for warning in told:
        module.warn(printable(warning.render()))
    if cut:
        module.warn(summary(cut))


def without_secrets(params: Mapping[str, t.Any], spec: Spec, shown: Shown) -> dict[str, t.Any]:
    """Return the options as they may be shown; lists of entries are only counted.

    An option that is not in the argument spec may be a misspelled password. `shown` has how
    to show those that are options of text and may hold a secret all the same.
    """
    return {
        name: value if value is None else _shown_option(value, spec.get(name, {"no_log": True}), shown.get(name))
        for name, value in params.items()
    }


def _shown_option(value: t.Any, option: Mapping[str, t.Any], show: Callable[[str], str] | None) -> t.Any:
    if option.get("no_log"):
        return _HIDDEN_OPTION
    if "state" in option.get("options", ()):  # a section
        return f"{len(value)} entries" if isinstance(value, list) else _HIDDEN_OPTION
    if isinstance(value, list):
        return [_shown_option(each, option, show) for each in value]
    if isinstance(value, str):
        return printable(show(value) if show else value)
    return _HIDDEN_OPTION if show else value


def unexpected(error: Exception) -> dict[str, str]:
    """Return what to report of an exception that nobody expected: never its text.

    A text may hold whatever was being worked on. That of an error of the system holds
    a path.
    """
    kind = type(error).__name__
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{os.path.basename(frames[-1].filename)} line {frames[-1].lineno}"
    text = f": {error}" if isinstance(error, OSError) else ""
    lines = "".join(traceback.format_list(frames))
    return {
        "msg": f"an unexpected {kind} in {place} ended the run{text}; check what the files contain now, and report this",
        "exception": f"Traceback, without the text of the exception:\n{lines}{kind}",
    }

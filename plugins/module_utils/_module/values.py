# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values of options as a playbook gives them, before Ansible makes text of them.

YAML reads C(yes) as a boolean and C(0123) as the number 83. Ansible makes C(True) and
C(83) of them where an option takes text, which nobody has written.
"""

from __future__ import annotations

import typing as t

from ansible.module_utils.common.validation import check_type_dict, check_type_list

from .._errors import RefusedError

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Collection, Iterator, Mapping

    Values = Mapping[str, t.Any]
    Spec = Mapping[str, Mapping[str, t.Any]]

_TEXT_TYPES = ("str", "path")


class Misread(t.NamedTuple):
    """What is wrong with options that were given something else than text."""

    options: list[str]
    """A phrase for each option of the task itself."""

    entries: dict[tuple[str, int], list[str]]
    """The same for the entries of lists, by the option and the position in it."""

    def refuse_options(self) -> None:
        """Raise RefusedError where an option of the task itself is no text."""
        if self.options:
            raise RefusedError(*self.options)


def misread_values(values: Values, spec: Spec, numeric: Collection[str], hidden: Collection[str]) -> Misread:
    """Return what is no text where an option takes text; never the value of a secret.

    `values` are what the module was given, which must fit the argument spec. `numeric` and
    `hidden` are the names of options of text that may be numbers, and that may hold a secret.
    """
    entries = {}
    for name, option in spec.items():
        if "options" in option and values.get(name) is not None:
            for index, given in enumerate(check_type_list(values[name])):
                entry = check_type_dict(given)
                found = list(_misread_options(entry, option["options"], numeric, hidden))
                if found:
                    entries[name, index] = found
    return Misread(list(_misread_options(values, spec, numeric, hidden)), entries)


def trim_lists(values: dict[str, t.Any], spec: Spec) -> None:
    """Take the blanks around the elements of all lists of text away.

    They come from a list that was written as one text, with commas and blanks.
    """
    for name, option in spec.items():
        given = values.get(name)
        if given is None:
            continue
        if "options" in option:
            for entry in given:
                trim_lists(entry, option["options"])
        elif option.get("elements") == "str":
            values[name] = [element.strip(" \t") for element in given]


def _misread_options(values: Values, spec: Spec, numeric: Collection[str], hidden: Collection[str]) -> Iterator[str]:
    for name, option in spec.items():
        given = values.get(name)
        if given is None or "options" in option or (name in numeric and _is_number(given)):
            continue
        is_hidden = bool(option.get("no_log")) or name in hidden
        if option["type"] in _TEXT_TYPES or not isinstance(given, list):
            if option.get("elements", option["type"]) in _TEXT_TYPES:
                yield from _misread_value(name, given, is_hidden)
        elif option.get("elements") in _TEXT_TYPES:
            for index, element in enumerate(given):
                yield from _misread_value(f"{name}[{index}]", element, is_hidden)


def _misread_value(name: str, value: object, hidden: bool) -> Iterator[str]:
    if isinstance(value, str):
        return
    if isinstance(value, (list, dict)):
        kind = "a list" if isinstance(value, list) else "a mapping"
        yield f"{name} is {kind}; give a single text"
    elif value is None:
        yield f"{name} is empty; give it a text, or remove it"
    else:
        yield (
            f"{name} is {_described(value, hidden)}, because that is how YAML reads it without quotes; put it in"
            " quotes where it is defined"
        )


def _described(value: object, hidden: bool) -> str:
    kind = "number" if _is_number(value) else "boolean"
    return f"a {kind}" if hidden else f"the {kind} {str(value).lower()}"


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)

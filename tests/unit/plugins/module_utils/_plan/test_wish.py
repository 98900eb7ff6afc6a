# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One entry is one wish, by its own module or in the list of the bulk module."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailops.dms.plugins.module_utils._errors import RefusedError
from ansible_collections.mailops.dms.plugins.module_utils._kinds.wanted import Wanted
from ansible_collections.mailops.dms.plugins.module_utils._plan.wish import (
    SECTION_NAMES,
    Desired,
    desired_entries,
    desired_entry,
)
from ansible_collections.mailops.dms.tests.support import strategies, wishes

ENTRIES = {
    "accounts": strategies.accounts,
    "aliases": strategies.aliases,
    "regex_aliases": strategies.regex_aliases,
    "quotas": strategies.quotas,
}


def without_origin(desired: Desired, section: str) -> list[Wanted]:
    """Return the wanted entries of a section as if nobody had written them."""
    return [dataclasses.replace(w, origin="") for w in desired.wanted(section)]


@pytest.mark.parametrize("section", SECTION_NAMES)
@given(st.data())
def test_one_entry_is_the_same_wish_everywhere(section: str, data: st.DataObject) -> None:
    entry = data.draw(ENTRIES[section].filter(len))[0]
    bulk = wishes.complete({section: [entry]})
    guards = {name: bulk[name] for name in wishes.GUARDS}
    given_to_module = {k: v for k, v in bulk[section][0].items() if v is not None}
    defaults: dict[str, t.Any] = dict.fromkeys(bulk[section][0])
    single = desired_entry(section, {**defaults, **guards, **given_to_module})
    many = desired_entries(bulk)
    assert without_origin(single, section) == without_origin(many, section)
    assert [w.origin for w in single.wanted(section)] == [""]
    assert [w.origin for w in many.wanted(section)] == [f"{section}[0]"]
    assert single.sections == many.sections == {section}


@pytest.mark.parametrize("case", wishes.load("regex-recipients.yml"), ids=repr)
def test_recipients_of_regex_aliases(case: dict[str, str]) -> None:
    entry = {"pattern": case["pattern"], "recipients": [case["given"]]}
    desired = wishes.wish({"regex_aliases": [entry]})
    assert desired.regex_aliases[0].recipients == (case["written"],)


def test_no_secret_is_part_of_a_representation() -> None:
    entry = {"address": "a@example.com", "password": "bad-password"}
    other = {"address": "b@example.com", "password_hash": strategies.HASH}
    desired = wishes.wish({"accounts": [entry, other]})
    assert "bad-password" not in repr(desired)
    assert strategies.HASH not in repr(desired)


def test_a_single_module_names_no_list() -> None:
    options = wishes.complete({"quotas": [{"address": "a@b c", "quota": "1G"}]})
    with pytest.raises(RefusedError) as caught:
        desired_entry("quotas", options["quotas"][0])
    assert str(caught.value).startswith("quota '<hidden>': ")

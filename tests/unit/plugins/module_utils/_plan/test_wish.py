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
from ansible_collections.mailops.dms.plugins.module_utils._kinds.kind import Kind, Wanted, defaults_of
from ansible_collections.mailops.dms.plugins.module_utils._kinds.kinds import KINDS
from ansible_collections.mailops.dms.plugins.module_utils._kinds.quota import QUOTA
from ansible_collections.mailops.dms.plugins.module_utils._plan.wish import Wish, wish_of_entry
from ansible_collections.mailops.dms.tests.support import strategies, wishes


def without_origin(desired: Wish, section: str) -> list[Wanted]:
    """Return the wanted entries of a section as if nobody had written them."""
    return [dataclasses.replace(w, origin="") for w in desired.wanted(section)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.section)
@given(st.data())
def test_one_entry_is_the_same_wish_everywhere(kind: Kind[t.Any, t.Any], data: st.DataObject) -> None:
    entry = data.draw(getattr(strategies, kind.section).filter(len))[0]
    own = {name: value for name, value in entry.items() if name not in kind.section_options and value is not None}
    single = wish_of_entry(kind, {**defaults_of(kind.module_options()), **own})
    many = wishes.wish({kind.section: [entry]})
    assert without_origin(single, kind.section) == without_origin(many, kind.section)
    assert [w.origin for w in single.wanted(kind.section)] == [""]
    assert [w.origin for w in many.wanted(kind.section)] == [f"{kind.section}[0]"]
    assert single.sections == many.sections == {kind.section}


@pytest.mark.parametrize("case", wishes.load("regex-recipients.yml"), ids=repr)
def test_recipients_of_regex_aliases(case: dict[str, str]) -> None:
    entry = {"pattern": case["pattern"], "recipients": [case["given"]]}
    desired = wishes.wish({"regex_aliases": [entry]})
    assert [wanted.recipients for wanted in desired.entries["regex_aliases"]] == [(case["written"],)]


def test_no_secret_is_part_of_a_representation() -> None:
    entry = {"address": "a@example.com", "password": "bad-password"}
    other = {"address": "b@example.com", "password_hash": strategies.HASH}
    desired = wishes.wish({"accounts": [entry, other]})
    assert "bad-password" not in repr(desired)
    assert strategies.HASH not in repr(desired)


def test_a_single_module_names_no_list() -> None:
    options = wishes.complete({"quotas": [{"address": "a@b c", "quota": "1G"}]})
    with pytest.raises(RefusedError) as caught:
        wish_of_entry(QUOTA, options["quotas"][0])
    assert str(caught.value).startswith("quota '<hidden>': ")

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses and sizes: what they fold to. What is refused stands in refused-options.yml."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailops.dms.plugins.module_utils import _addresses
from ansible_collections.mailops.dms.plugins.module_utils._errors import RefusedError
from ansible_collections.mailops.dms.tests.dms import readers
from ansible_collections.mailops.dms.tests.support import wishes

FOLDS: dict[str, Callable[[str], str]] = {
    "account": _addresses.fold_account,
    "alias": _addresses.fold_alias,
    "recipient": _addresses.fold_recipient,
    "domain": _addresses.fold_domain,
}


@pytest.mark.parametrize("case", wishes.load("addresses.yml")["folded"], ids=repr)
def test_folded(case: dict[str, str]) -> None:
    assert FOLDS[case["kind"]](case["given"]) == case["folded"]


@pytest.mark.parametrize("case", wishes.load("addresses.yml")["refused"], ids=repr)
def test_refused(case: dict[str, str]) -> None:
    with pytest.raises(RefusedError):
        FOLDS[case["kind"]](case["given"])


@pytest.mark.parametrize("case", wishes.load("addresses.yml")["domains"], ids=repr)
def test_domain_of(case: dict[str, str]) -> None:
    assert _addresses.domain_of(case["address"]) == case["domain"]


@pytest.mark.parametrize("kind", FOLDS)
@given(st.text(max_size=80))
def test_whatever_is_accepted_is_one_safe_word(kind: str, given_text: str) -> None:
    try:
        folded = FOLDS[kind](given_text)
    except RefusedError:
        return
    assert folded.isascii()
    assert folded.isprintable()
    assert not re.search(r'[\s,:;<>()\[\]\\|"%!]', folded)
    assert folded.count("@") <= 1
    assert not folded.startswith(("#", "/", "-"))
    assert FOLDS[kind](folded) == folded


@pytest.mark.parametrize("case", wishes.load("sizes.yml"), ids=repr)
def test_size(case: dict[str, str | int]) -> None:
    size = _addresses.parse_size(str(case["given"]))
    assert size == case["bytes"]
    assert _addresses.render_size(size) == case["written"]
    if not str(case["given"]).isdecimal():
        assert _addresses.parse_quota(str(case["given"])) == size


@given(st.integers(0, (1 << 63) - 1))
def test_written_sizes_are_read_as_meant(size: int) -> None:
    written = _addresses.render_size(size)
    assert re.fullmatch(r"0|[1-9][0-9]*[BkMGT]", written)
    assert _addresses.parse_size(written) == size
    assert _addresses.parse_quota(written) == size
    assert readers.quota_bytes(written.encode()) == size
    # The grace of a quota is a tenth of its number, which must not be nothing (H46).
    assert size < 10 or int(re.sub("[^0-9]", "", written)) >= 10

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The imitations of docker-mailserver, on directories of which its own scripts have told what they make of them."""

from __future__ import annotations

import pytest

from ansible_collections.mailops.dms.tests.support import derivations

CASES = derivations.cases_of_data()


@pytest.mark.parametrize("generation", [15, 16])
@pytest.mark.parametrize("name", CASES)
def test_mail_host(name: str, generation: int) -> None:
    derived = derivations.of_case(CASES[name], generation)
    summaries = [derivations.summary(*step) for step in zip(derived, CASES[name].directories)]
    assert summaries == derivations.expected(name)[generation]


@pytest.mark.parametrize("generation", [15, 16])
@pytest.mark.parametrize("name", CASES)
def test_server_of_the_unit_tests(name: str, generation: int) -> None:
    expected = derivations.expected(name)[generation][0]
    for part, value in derivations.of_server(CASES[name], generation)[0].items():
        assert value == expected[part]

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the routes against what is known of Postfix."""

from __future__ import annotations

import pytest

from ansible_collections.mailops.dms.tests.support import route_cases

CASES = [*route_cases.load_cases("vectors.yml", "regressions.yml"), *route_cases.limit_cases()]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_vector(case: route_cases.RouteCase) -> None:
    router = route_cases.router(case.aliases, case.regex_aliases)
    found = {address: route_cases.outcome(router.route(address)) for address in case.routes}
    expected = {address: sorted(route) if isinstance(route, list) else route for address, route in case.routes.items()}
    assert found == expected

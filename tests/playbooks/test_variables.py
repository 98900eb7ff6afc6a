# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Give the role variables as users write them, mistakes among them."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.mailops.dms.tests.playbooks.runs import Fleet, data

HOST = "documented"


def unbroken(text: str) -> str:
    """Return a text without the places where its lines break."""
    return " ".join(text.replace("\\n", " ").split())


@pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in data("variables.yml")])
def test_what_a_user_writes(fleet: Fleet, case: dict[str, t.Any]) -> None:
    variables = fleet.directory / "variables.json"
    variables.write_text(json.dumps(case["variables"]), encoding="utf-8")
    if "aliases" in case:
        lines = [f"a{n}@example.com hello@example.com" for n in range(case["aliases"])]
        path = fleet.config(HOST) / "postfix-virtual.cf"
        path.write_text("\n".join([*lines, ""]), encoding="utf-8")

    options = ("-e", f"@{variables}", *case.get("options", []))
    done = fleet.run(case["playbook"], HOST, *options)

    output = unbroken(done.output)
    assert done.status == case["status"], done.output
    if "changed" in case:
        assert done.count(HOST, "changed") == case["changed"], done.output
    for text in case.get("shows", []):
        shown = unbroken(text.replace("{{ directory }}", str(fleet.directory)))
        assert shown in output or json.dumps(shown)[1:-1] in output, done.output
    for text in case.get("hides", []):
        assert text not in output, done.output

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""React to what the role has changed."""

from __future__ import annotations

import json
import re

from ansible_collections.mailops.dms.tests.playbooks.runs import DATA, Done, Fleet

HOST = "documented"
ALIASES = ["tales@example.com", "bare"]
TOPIC = "RUNNING HANDLER [Tell the monitoring]"


def provision(fleet: Fleet, *options: str) -> Done:
    """Run the play of a user."""
    done = fleet.run_with(str(DATA / "handlers.yml"), "-i", "inventory.yml", *options)
    assert done.status == 0, done.output
    return done


def test_tasks_and_handlers_know_what_the_role_changed(fleet: Fleet) -> None:
    done = provision(fleet)
    result = done.messages("Show the result")[HOST]
    assert result["changed"]
    assert result["added"] == ALIASES
    assert ALIASES[0] in result["routes"]
    assert any("bare" in warning for warning in result["warnings"])
    assert TOPIC in done.output
    assert done.messages("Tell the monitoring")[HOST] == ALIASES

    done = provision(fleet)
    assert not done.messages("Show the result")[HOST]["changed"]
    assert TOPIC not in done.output
    assert done.count(HOST, "changed") == 0


def test_a_check_run_notifies_as_a_real_one(fleet: Fleet) -> None:
    assert TOPIC in provision(fleet, "--check").output


def reactions(fleet: Fleet, restrict: list[str], *options: str) -> list[str]:
    """Return the handlers that run where an account gets restrictions."""
    variables = json.dumps({"dms_restrictions": [{"address": "hello@example.com", "restrict": restrict}]})
    done = fleet.run_with(str(DATA / "topics.yml"), "-i", "inventory.yml", "-e", variables, *options)
    assert done.status == 0, done.output
    return re.findall(r"RUNNING HANDLER \[(Reload Postfix|Create the container anew)\]", done.output)


def test_handlers_know_what_the_mail_server_needs(fleet: Fleet) -> None:
    assert reactions(fleet, ["send"], "--check") == ["Create the container anew"]
    assert reactions(fleet, ["send"]) == ["Create the container anew"]
    assert reactions(fleet, ["send"]) == []
    assert reactions(fleet, ["receive"]) == ["Reload Postfix", "Create the container anew"]
    assert reactions(fleet, []) == ["Reload Postfix"]


def test_all_modules_take_the_defaults_of_one_group(fleet: Fleet) -> None:
    done = provision(fleet)
    accounts = done.messages("Show the accounts")[HOST]
    assert accounts == ["hello@example.com", "new@example.com"]
    assert done.count(HOST, "changed") == 5

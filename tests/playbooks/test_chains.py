# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A play whose tasks build on each other passes its check run as it passes the real one."""

from __future__ import annotations

from ansible_collections.mailops.dms.tests.playbooks.runs import DATA, Fleet

PLAYBOOK = str(DATA / "joiner-and-leaver.yml")
TASKS = 6
WARNING = "a real run would refuse this, unless an earlier task of this play"


def test_one_joins_and_one_leaves(fleet: Fleet) -> None:
    before = fleet.state("documented")
    done = fleet.run(PLAYBOOK, "documented", "--check", "--diff")
    assert done.status == 0, done.output
    assert done.count("documented", "changed") == TASKS
    assert WARNING in " ".join(done.output.split())
    assert fleet.state("documented") == before

    done = fleet.run(PLAYBOOK, "documented")
    assert done.status == 0, done.output
    assert done.count("documented", "changed") == TASKS
    assert WARNING not in " ".join(done.output.split())

    done = fleet.run(PLAYBOOK, "documented", "--check")
    assert done.count("documented", "changed") == 0, done.output


def test_a_host_that_is_new(fleet: Fleet) -> None:
    done = fleet.run(PLAYBOOK, "missing", "--check", "--diff")
    assert done.status == 0, done.output
    assert done.count("missing", "changed") == TASKS - 2
    assert "does not exist; create it" in " ".join(done.output.split())
    assert not fleet.config("missing").exists()

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What walks through the files comes to a stated end, within little memory.

Each case runs in a process that is refused more memory than that.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import typing as t

import pytest

from ansible_collections.mailops.dms.tests.support import wishes
from ansible_collections.mailops.dms.tests.support.modules import COLLECTIONS

Case = dict[str, t.Any]

MEMORY = 512 * 1024 * 1024
CASES: list[Case] = wishes.load("bounded.yml")

PROGRAM = """
import json, sys
from ansible_collections.mailops.dms.plugins.module_utils._findings.checks import find
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.server import MailServer

given = json.load(sys.stdin)
server = MailServer({name: text.encode() for name, text in given["files"].items()})
routes = map(server.route, given["addresses"])
json.dump(
    {
        "found": [[f.id, f.file, f.line, f.message] for f in find(server)],
        "routes": [[r.address, r.error or r.recipients, r.reason] for r in routes],
    },
    sys.stdout,
)
"""


def _content(lines: list[dict[str, t.Any]]) -> str:
    """Return the content of a file as the data describes it."""
    return "".join(
        wishes.repeated(line["line"].replace("{n}", str(n)).replace("{next}", str(n + 1))) + "\n"
        for line in lines
        for n in range(line.get("times", 1))
    )


def _limit_memory() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_end(case: Case) -> None:
    files = {
        wishes.ALIASES: _content(case.get("aliases", [])),
        wishes.REGEX_ALIASES: _content(case.get("regex_aliases", [])),
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps({"files": files, "addresses": list(case["routes"])}),
        env={"PYTHONPATH": COLLECTIONS},
        preexec_fn=_limit_memory,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout)
    found = [finding[:3] for finding in told["found"] if finding[0] in ("H08", "H09")]
    assert found == case["found"]
    routes = {address: route for address, route, dummy in told["routes"]}
    assert routes == case["routes"]
    # To be read by people, however long the addresses are.
    sentences = [finding[3] for finding in told["found"]]
    sentences += [reason for *dummy, reason in told["routes"] if reason]
    assert all(len(sentence) < 2000 for sentence in sentences)

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How often a run reads the files: what is counted are calls, not seconds."""

from __future__ import annotations

import collections
import sys
import typing as t

import pytest

from ansible_collections.mailops.dms.plugins.module_utils._findings.checks import find
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.files import File
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.server import MailServer
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.syntax import Syntax, tokenize
from ansible_collections.mailops.dms.plugins.module_utils._tables.table import Table
from ansible_collections.mailops.dms.tests.support import collisions, strategies, wishes

if t.TYPE_CHECKING:
    import types
    from collections.abc import Callable

LINES = 200


class Calls(collections.Counter[str]):
    """How often some functions were called."""

    def __init__(self, **functions: Callable[..., object]) -> None:
        """Take the functions by the name under which they are counted."""
        super().__init__()
        self._names = {t.cast("t.Any", function).__code__: name for name, function in functions.items()}
        self.lines = 0
        """How many lines were read of which a file did not know anything."""

    def __enter__(self) -> Calls:
        sys.setprofile(self._note)
        return self

    def __exit__(self, *dummy: object) -> None:
        sys.setprofile(None)

    def _note(self, frame: types.FrameType, event: str, argument: object) -> None:
        if event != "call":
            return
        name = self._names.get(frame.f_code)
        if name:
            self[name] += 1
        if frame.f_code.co_name == "_read" and "lines" in frame.f_locals:
            self.lines += len(frame.f_locals["lines"])


def directory(separator: str) -> wishes.Contents:
    """Return a directory with many lines of each file."""
    users = [f"user{n}@example.com" for n in range(LINES)]
    return {
        wishes.ACCOUNTS: "".join(f"{user}|{strategies.HASH}\n" for user in users).encode(),
        wishes.QUOTAS: "".join(f"{user}:5120M\n" for user in users).encode(),
        wishes.ALIASES: "".join(f"to-{user}{separator}{user}\n" for user in users).encode(),
        wishes.REGEX_ALIASES: "".join(f"/^list{n}@example\\.com$/ {user}\n" for n, user in enumerate(users)).encode(),
    }


@pytest.fixture(params=[" ", "   "], ids=["plain", "odd"])
def contents(request: pytest.FixtureRequest) -> wishes.Contents:
    """Give a directory whose aliases are written in one way or another."""
    return directory(request.param)


def test_a_run_reads_each_file_once(contents: wishes.Contents) -> None:
    new = {"alias": "new@example.com", "recipients": ["user1@example.com"]}
    with Calls(tables=Table.__init__, files=File.__init__, tokens=tokenize) as calls:
        outcome = collisions.run({"aliases": [new]}, contents)
    assert outcome.plan.changes["aliases"].added == ["new@example.com"]
    assert calls["tables"] == len(wishes.FILE_NAMES)
    # The files before, and the one that changes behind it.
    assert calls["files"] == len(wishes.FILE_NAMES) + 1
    assert calls["tokens"] == 1  # the host name
    # Each line of the files, and the one that is new.
    assert calls.lines == 4 * LINES + 1


def test_what_is_known_of_a_list_of_recipients_is_kept() -> None:
    before = MailServer({wishes.ALIASES: b"a@x.org B <b@x.org>\n"})
    find(before)
    after = before.changed({wishes.ALIASES: b"z@x.org b@x.org\na@x.org B <b@x.org>\n"})
    with Calls(lists=Syntax.addresses_by_tokens) as calls:
        assert {finding.entry for finding in find(after) if finding.id == "H33"} == {"a@x.org", "z@x.org"}
    assert calls["lists"] == 0


def test_a_changed_file_is_read_as_if_it_were_new() -> None:
    files = [
        b"", b"\n", b"a@x.org b@x.org\n", b"a@x.org b@x.org\n  c@x.org\n# d\n", b"# d\na@x.org b@x.org\n",
        b"\xef\xbb\xbfa@x.org b@x.org\n", b"a@x.org b@x.org\r\nc@x.org d@x.org\r\n", b"a@x.org b@x.org\na@x.org b@x.org",
    ]  # fmt: skip
    for one in files:
        for other in files:
            before = MailServer({wishes.ALIASES: one})
            assert list(before.aliases.physical) is not None
            after = before.changed({wishes.ALIASES: other})
            new = MailServer({wishes.ALIASES: other})
            assert after.aliases.entries == new.aliases.entries
            assert list(after.aliases.physical) == list(new.aliases.physical)
            assert find(after) == find(new)

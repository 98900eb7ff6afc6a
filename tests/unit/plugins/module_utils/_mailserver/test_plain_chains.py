# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An alias that is taken for one that ends is expanded to its end by Postfix, and no loop is missed for it."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.mailops.dms.plugins.module_utils._mailserver.aliases import Alias
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.expansion import (
    Expansion,
    ExpansionError,
    TemporaryError,
)
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.limits import MOST_RECIPIENTS
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.plain_chains import without_ending_ones
from ansible_collections.mailops.dms.plugins.module_utils._mailserver.server import MailServer
from ansible_collections.mailops.dms.tests.support import wishes

SIX_HUNDRED = ",".join(f"n{n}@z" for n in range(600))
LONG = f"{'l' * MOST_RECIPIENTS}@x"

local_parts = st.sampled_from(["a", "b", "c", "d", "B", "a+t", "b+t", "a..b", ".a", "b."])
addresses = st.builds("{}@{}".format, local_parts, st.sampled_from(["x", "x", "y", "mail.example.com"]))
keys = st.one_of(
    addresses.map(str.lower), st.sampled_from(["@x", "@y", "a", "b", '"a"@x', '"a..b"@x', '".a"@x', '"b."@y', LONG])
)
recipients = st.one_of(addresses, addresses, st.sampled_from(["a", "@y", '"a"@x', "a@x b@x", "a%x", LONG]))
values = st.one_of(st.lists(recipients, min_size=1, max_size=3).map(",".join), st.just(SIX_HUNDRED))
rules = st.sampled_from(["", "/^b@y$/ a@x\n", "/^[cd]@/ a@x,b@x\n", '/^"/ a@x\n'])


def left_of(aliases: dict[str, str], rules: str) -> tuple[MailServer, list[Alias]]:
    """Return the server that some files make, and the aliases that are not known to end."""
    content = "".join(f"{key} {value}\n" for key, value in aliases.items())
    server = MailServer({wishes.ALIASES: content.encode(), wishes.REGEX_ALIASES: rules.encode()})
    every = [Alias(number, *entry) for number, entry in enumerate(server.aliases.entries, 1) if entry]
    return server, without_ending_ones(server, every)


@given(st.dictionaries(keys, values, max_size=7), rules)
@example({"a@x": "b@y", "@y": "c@z"}, "/^b@y$/ a@x\n")
@example({"a": "b@mail.example.com", "b": "a@mail.example.com"}, "")
@example({"a@x": SIX_HUNDRED, "b@x": SIX_HUNDRED, "c@x": "a@x,b@x"}, "")
@example({"a@x": "b@x", '"a"@x': "c@z", "b@x": '"a"@x'}, "")
@example({"a@x": "b@x", "@x": "c@z", "b@x": "a+t@x"}, "")
@example({"a@x": LONG, LONG: "b@x"}, "")
@example({"a@x": "a..b@x", '"a..b"@x': "a@x"}, "")
@example({"a@x": ".b@x"}, '/^"/ a@x\n')
def test_those_that_end_do(aliases: dict[str, str], rules: str) -> None:
    server, left = left_of(aliases, rules)
    not_known = {alias.number for alias in left}
    for key, number in server.aliases.numbers.items():
        (address,) = server.syntax.addresses(f"somebody{key}" if key[0] == "@" else key)
        found = server.lookups.of(address).found
        # Another alias may have the same address with the name of the host.
        if number not in not_known and found and (found.file, found.line) == (wishes.ALIASES, number):
            assert len(Expansion(server.lookups.of, address).run()) <= MOST_RECIPIENTS


short_values = st.lists(recipients.filter(lambda recipient: recipient != LONG), min_size=1, max_size=3).map(",".join)


@given(st.dictionaries(keys, short_values, max_size=7), rules)
@example({"a@x": "a..b@x", '"a..b"@x': "a@x"}, "")
@example({"a@x": ".a@x", '".a"@x': "a@x"}, "")
@example({"a@x": "b.@y", '"b."@y': "a@x"}, "")
@example({LONG: "b+t@x", "b@x": "c@z", "a@x": LONG}, "")
def test_no_file_with_a_loop_is_taken_for_one_without(aliases: dict[str, str], rules: str) -> None:
    server, dummy = left_of(aliases, rules)
    starts = [address for key in server.aliases.numbers if key[0] != "@" for address in server.syntax.addresses(key)]
    if any(is_given_up(server, address) for address in starts):
        assert server.failures


def is_given_up(server: MailServer, address: str) -> bool:
    """Tell whether Postfix gives up the expansion of an address."""
    try:
        Expansion(server.lookups.of, address).run()
    except ExpansionError:
        return True
    except TemporaryError:
        return False
    return False


@pytest.mark.parametrize(
    ("aliases", "left"),
    [
        ({"a@x": "b@x", "b@x": "c@x,d@x", "c@x": "e@z"}, set()),
        ({"a@x": "a@x,b@x", "b@x": "B@x", "@y": "b@x"}, set()),
        ({"a@x": "b@y", "@y": "c@x"}, set()),
        ({"a@x": "b@x", "b@x": "c@x", "c@x": "b@x", "d@x": "d@z"}, {"a@x", "b@x", "c@x"}),
    ],
)
def test_short_chains_are_known_to_end(aliases: dict[str, str], left: set[str]) -> None:
    assert {alias.key for alias in left_of(aliases, "")[1]} == left

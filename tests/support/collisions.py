# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Directories and wishes whose logins are parts of each other, as `grep` finds them."""

from __future__ import annotations

import typing as t

from hypothesis import strategies as st

from ansible_collections.mailops.dms.plugins.module_utils._mailserver.settings import Settings
from ansible_collections.mailops.dms.plugins.module_utils._plan.hazards import allowed_by_wish, check_plan
from ansible_collections.mailops.dms.plugins.module_utils._plan.plan import Plan, make_plan
from ansible_collections.mailops.dms.plugins.module_utils._plan.servers import servers_of
from ansible_collections.mailops.dms.plugins.module_utils._plan.wish import Wish
from ansible_collections.mailops.dms.plugins.module_utils._warnings import in_order
from ansible_collections.mailops.dms.tests.support import wishes

LOCAL_PARTS = ("a", "ba", "cba", "a.a", "a-a", "aba", "a.b.a", "a.bba", "acbba", "a_a")
DOMAINS = ("x.com", "x.com.au", "y-x.com", "xxcom")
VERSIONS = st.sampled_from(["16.0.1", "15.1.0"])

addresses = st.builds("{}@{}".format, st.sampled_from(LOCAL_PARTS), st.sampled_from(DOMAINS))
_alias_keys = st.sampled_from([f"alias{n}@x.com" for n in range(3)])
_catch_alls = st.sampled_from([f"@{domain}" for domain in DOMAINS[:2]])
_mostly_present = st.sampled_from(["present", "present", "present", "absent"])


class Outcome(t.NamedTuple):
    """What came of an accepted run."""

    plan: Plan
    after: wishes.Contents
    warnings: list[str]


def run(
    given: wishes.Options,
    contents: wishes.Contents,
    *,
    allow: tuple[str, ...] = (),
    options: Settings | None = None,
    predict: bool = False,
) -> Outcome:
    """Do what a module does but for the disk: plan, and refuse what brings a hazard."""
    desired = wishes.wish(given)
    plan = make_plan(desired, contents, predict)
    warnings = list(plan.warnings)
    if plan.files:
        allowed = {*allow, *allowed_by_wish(desired, contents)}
        warnings += check_plan(
            servers_of(contents, plan.after, options or Settings()),
            plan,
            allowed,
            (lambda: _alone(desired)) if predict else None,
        )
    told = [warning.render() for warning in in_order(warnings, allow)]
    return Outcome(plan, dict(plan.after), told)


def _alone(desired: Wish) -> wishes.Contents:
    """Return what a wish makes of an empty directory."""
    empty = dict.fromkeys(wishes.FILE_NAMES)
    return dict(make_plan(desired, empty, predict=True).after)


def hash_of(address: str) -> str:
    """Return a text that stands for the hash of one account."""
    return "{CRYPT}" + address.replace("@", "-at-")


def _unique(
    entries: st.SearchStrategy[wishes.Options], key: str, most: int = 4
) -> st.SearchStrategy[list[wishes.Options]]:
    return st.lists(entries, max_size=most, unique_by=lambda entry: entry[key])


def _account(address: str, state: str) -> wishes.Options:
    return {"address": address, "password_hash": hash_of(address), "state": state, "allow_alias_overlap": True}


def _alias(key: str, recipients: list[str], state: str) -> wishes.Options:
    return {"alias": key, "recipients": recipients, "state": state, "allow_account_overlap": True}


accounts = _unique(st.builds(_account, addresses, _mostly_present), "address", 5)
quotas = _unique(
    st.fixed_dictionaries(
        {
            "address": addresses,
            "quota": st.sampled_from(["10M", "11M", "12M"]),
            "state": _mostly_present,
            "require_account": st.just(False),
        }
    ),
    "address",
)
_recipients = st.lists(addresses, min_size=1, max_size=2, unique=True)
aliases = _unique(st.builds(_alias, _alias_keys, _recipients, _mostly_present), "alias")
any_aliases = _unique(
    st.builds(
        _alias,
        st.one_of(_alias_keys, addresses, _catch_alls),
        st.lists(st.one_of(addresses, _alias_keys), min_size=1, max_size=2, unique=True),
        _mostly_present,
    ),
    "alias",
)
_pruned = st.lists(st.sampled_from(["accounts", "quotas", "aliases"]), max_size=1)


def _wishes(of_aliases: st.SearchStrategy[list[wishes.Options]]) -> st.SearchStrategy[wishes.Options]:
    return st.fixed_dictionaries(
        {}, optional={"accounts": accounts, "quotas": quotas, "aliases": of_aliases, "prune": _pruned}
    )


_in_chains = st.builds("{}@{}".format, st.sampled_from(LOCAL_PARTS), st.sampled_from(["x.com", "xxcom"]))
options = _wishes(aliases)
any_options = _wishes(any_aliases)


@st.composite
def chains(draw: st.DrawFn) -> wishes.Options:
    """Draw a wish for accounts of which most are parts of each other."""
    logins = draw(st.lists(_in_chains, min_size=1, max_size=5, unique=True))
    chosen = draw(st.lists(st.sampled_from(logins), min_size=1, max_size=3))
    return {
        "accounts": [_account(login, "present") for login in logins],
        "aliases": [_alias(f"alias{n}@x.com", [login], "present") for n, login in enumerate(chosen)],
    }


def _spelled(forms: list[str]) -> st.SearchStrategy[str]:
    """Return lines for addresses: forms with the address and with its hash."""
    spelling = st.sampled_from([str, str, str, str, str.upper])
    return st.builds(
        lambda address, spell, form: form.format(spell(address), hash_of(address)),
        addresses,
        spelling,
        st.sampled_from(forms),
    )


_PLAIN_ACCOUNT = ["{0}|{1}"] * 6
_PLAIN_QUOTA = ["{0}:10M"] * 5
_account_lines = _spelled([*_PLAIN_ACCOUNT, "#{0}|{1}", "# see {0}", " {0}|{1}", "{0}", "{0}|{1}|mail=x:{0}"])
_quota_lines = _spelled([*_PLAIN_QUOTA, "#{0}:9M", "{0}:", "# old {0}:7M", " {0}:3M"])
_alias_lines = st.builds(
    lambda key, recipients, form: form.format(key, ",".join(recipients)),
    st.one_of(_alias_keys, addresses, _catch_alls),
    _recipients,
    st.sampled_from([*["{0} {1}"] * 6, "  {0} {1}", "#{0} {1}", "{0}", "{0} {1},\n  c@x.com"]),
)


def _files(lines: st.SearchStrategy[str]) -> st.SearchStrategy[bytes]:
    return st.lists(lines, max_size=7).map(lambda drawn: "".join(f"{line}\n" for line in drawn).encode())


directories: st.SearchStrategy[wishes.Contents] = st.fixed_dictionaries(
    {
        wishes.ACCOUNTS: _files(_account_lines),
        wishes.QUOTAS: _files(_quota_lines),
        wishes.ALIASES: _files(_alias_lines),
        wishes.REGEX_ALIASES: st.none(),
    }
)

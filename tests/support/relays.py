# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Generated relays and credentials: lines of files, and entries of playbooks."""

from __future__ import annotations

import typing as t

from hypothesis import strategies as st

SENDERS = ("example.com", "example.org", "anna@example.com")
HOSTS = ("smtp.example.net", "mail.example.net", "192.0.2.1")
PORTS = (25, 587)
USERS = ("relay-user", "anna@example.com", "API.key")
PASSWORDS = ("secret", "sec:ret", "se cret #1", '"\\/&|', "{PLAIN", "p\u00e4ss")

_keys = st.sampled_from(
    [*(f"@{name}" if "@" not in name else name for name in SENDERS), "@Example.ORG", "Anna@example.com"]
)
_hosts = st.builds("[{}]:{}".format, st.sampled_from([*HOSTS, "SMTP.example.net"]), st.sampled_from(PORTS))
_between = st.sampled_from([" ", "\t", "    "])
_DOMAINS = st.sampled_from([f"@{name}" for name in (*SENDERS[:2], "example.net", "example.edu")])
_credentials = st.builds("{}:{}".format, st.sampled_from(USERS), st.sampled_from(PASSWORDS[:5]))

RELAY_LINES = st.one_of(
    st.builds("{}{}{}".format, _keys, _between, _hosts),
    st.builds("{}{}".format, _keys, st.sampled_from(["", " ", " \t"])),
    st.builds(
        lambda key, host, form: form.format(key, host),
        _keys,
        _hosts,
        st.sampled_from(
            [
                " {0} {1}",
                "{0} # no relay",
                "{0} {1} # first",
                "{0} {1}, {1}",
                "{0} smtp.example.net",
                "{0} dunno",
                "example.com {1}",
                '"{0}" {1}',
                "#{0} {1}",
            ]
        ),
    ),
)
# Few senders, each once, so that what is edited meets lines that begin with a blank.
INDENTED_RELAYS = st.lists(
    st.tuples(_DOMAINS, st.sampled_from(["{0} [smtp.example.net]:587", "{0}", "  {0} [mail.example.net]:25"])),
    unique_by=lambda drawn: drawn[0],
    min_size=3,
).map(lambda drawn: "".join(f"{form.format(key)}\n" for key, form in drawn).encode())
CREDENTIAL_LINES = st.one_of(
    st.builds("{}{}{}".format, st.one_of(_keys, _hosts), _between, _credentials),
    st.builds(
        lambda key, value, form: form.format(key, value),
        st.one_of(_keys, _hosts),
        _credentials,
        st.sampled_from(
            [
                " {0} {1}",
                "{0}",
                "{0} secret",
                "{0} :secret",
                "{0} relay-user:",
                "{0}:{1}",
                "{1} {0}",
                '"{0}" {1}',
                "#{0} {1}",
                "smtp.example.net {1}\t ",
            ]
        ),
    ),
)

_state = st.sampled_from(["present", "present", "absent"])
_of_host = {"host": st.sampled_from(HOSTS), "port": st.sampled_from(PORTS)}
_relay = {"sender": st.sampled_from([*SENDERS, "Example.com", "@example.org"]), "state": _state}
_of_user = {"user": st.sampled_from(USERS), "password": st.sampled_from(PASSWORDS), "state": _state}


def key_of(entry: dict[str, t.Any]) -> str:
    """Return what an entry of either kind is known by in its file."""
    if entry.get("sender") is None:
        return f"[{entry['host']}]:{entry['port']}"
    sender: str = entry["sender"].lower()
    return sender if "@" in sender else f"@{sender}"


RELAYS = st.lists(
    st.one_of(
        st.fixed_dictionaries({**_relay, **_of_host}), st.fixed_dictionaries({**_relay, "direct": st.just(value=True)})
    ),
    unique_by=key_of,
    max_size=3,
)
CREDENTIALS = st.lists(
    st.one_of(
        st.fixed_dictionaries({"sender": _relay["sender"], **_of_user}), st.fixed_dictionaries({**_of_host, **_of_user})
    ),
    unique_by=key_of,
    max_size=3,
)

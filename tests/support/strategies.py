# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Generated files and wishes: what years of hand edits and any playbook may hold."""

from __future__ import annotations

import typing as t

from hypothesis import strategies as st

from ansible_collections.mailops.dms.plugins.module_utils._kinds.kinds import SECTION_NAMES
from ansible_collections.mailops.dms.tests.support import relays as relay_entries
from ansible_collections.mailops.dms.tests.support import wishes

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
HASH = "{SHA512-CRYPT}$6$W4rxRQwI6HNMt9n3$riCi5/OqUxnU8eZsOlZwoCnrNgu1gBGPkJc.ER.LhJCu7sOg9i1kBrRIistlBIp938GdBgMlYuoXYUU5A4Qiv0"

# Few names, so that wishes and files meet; none is a part of another (hazard H22).
LOGINS = ("anna", "bernd", "carl", "dora", "emil")
DOMAINS = ("example.com", "example.org")
ADDRESSES = tuple(f"{login}@{domain}" for login in LOGINS for domain in DOMAINS)
EXTERNAL = ("ext1@example.net", "ext2@example.net", "Ext3@example.net")
ALIASES = tuple(f"{name}@{domain}" for name in ("info", "all") for domain in DOMAINS)
# Extra fields that let nobody log in, as this collection writes them and as others do.
LOCKED = ("allow_nets=192.0.2.1/32", "allow_nets=192.0.2.1/32 a=b|c", "a=b  allow_nets=192.0.2.1/32")
# The second may hide a secret beside the networks.
NETWORKS = ("allow_nets=10.0.0.0/8", "allow_nets=10.0.0.0/8 userdb_acl_key=1")
# What grows where the alias or the rule is applied to it again.
EXTENDED = ("anna+copy@example.com", "info+all@example.org")
GROWING = ("$1@example.com", "x$1@example.com", "$1+copy@example.org")
MASTERS = ("admin", "backup", "it.support")
PATTERNS = (r"^sales-[0-9]+@example\.com$", r"^x/y@", "^bounce", "a|b", "[/]@")

_PIECES = (
    b"\n", b"\r\n", b"\r", b"\t", b" ", BYTE_ORDER_MARK, b"\xff", b"\xf6", b"\0",
    b"#", b"|", b":", b"/", b",", b'"', b"\\", b"!", b"if ", b"endif", b"\x0c", b"\x85",
    b"anna@example.com", b"@example.com", b"5G", b"\xe2\x80\xa8",
)  # fmt: skip

any_bytes: st.SearchStrategy[bytes] = st.one_of(
    st.binary(max_size=200), st.lists(st.sampled_from(_PIECES), max_size=30).map(b"".join)
)

_spelled = st.sampled_from(ADDRESSES + ALIASES).flatmap(
    lambda address: st.sampled_from([address, address.upper(), address.title()])
)
_targets = st.lists(
    st.sampled_from(ADDRESSES + ALIASES + EXTERNAL + EXTENDED + ("j\xf6rg@example.org",)),
    min_size=1,
    max_size=3,
    unique=True,
)
_between = st.sampled_from([",", ", ", " ,", " ", ",\n   ", ",\n# still\n\t"])
_recipient_list = st.builds(lambda separator, targets: separator.join(targets), _between, _targets)
_noise = st.sampled_from(
    ["", "   ", "\t", "# comment", "   # indented comment", "#old@example.com|gone",
     "\x0c", "gar\xffbage", "-"]
)  # fmt: skip
_master_names = st.sampled_from([*MASTERS, "Backup"])
_sizes = st.sampled_from(["", "0", "5G", "5120M", "5g", " 1G", "1.5G", "12k", "1:2", "7"])

_lines = {
    wishes.ACCOUNTS: st.one_of(
        st.builds(lambda login: f"{login}|{HASH}", _spelled),
        st.builds(
            lambda login, fields: f"{login}|{HASH}|{fields}",
            _spelled,
            st.sampled_from(["userdb_mail=maildir:/var/mail/x", "", "a=b|c", " ", *LOCKED, *NETWORKS]),
        ),
        st.builds(lambda login: f"#{login}|{HASH}", _spelled),
        st.builds(
            lambda login, form: form.format(login, HASH),
            _spelled,
            st.sampled_from(["{0}", "{0}|", " {0}|{1}", "{0} |{1}", "|{1}"]),
        ),
    ),
    wishes.ALIASES: st.one_of(
        st.builds(
            lambda key, separator, value: f"{key}{separator}{value}",
            _spelled,
            st.sampled_from([" ", "\t", "   "]),
            _recipient_list,
        ),
        st.builds(
            lambda key, form: form.format(key),
            _spelled,
            st.sampled_from(
                [
                    "{0}",
                    "@example.com {0}",
                    "{0}: a@b",
                    "{0}, a@b",
                    " {0} a@b",
                    '"{0}" a@b',
                    "{0} a@b # c",
                    '{0} "A, B" <a@b>',
                    "{0} {0},anna+copy@example.com,info+all@example.org",
                    "@example.com {0}",
                ]
            ),
        ),
    ),
    wishes.REGEX_ALIASES: st.one_of(
        st.builds(
            lambda pattern, flags, value: f"/{pattern.replace('/', chr(92) + '/')}/{flags} {value}",
            st.sampled_from(PATTERNS),
            st.sampled_from(["", "i", "ms"]),
            _recipient_list,
        ),
        st.builds(
            lambda pattern, targets: f"/{pattern}/ {','.join(targets)}",
            st.sampled_from([r"^(.*)@example\.com$", "(.+)@", "^(a[a-z]*)@"]),
            st.lists(st.sampled_from(GROWING), min_size=1, max_size=3),
        ),
        st.sampled_from(
            [
                "if /@example/\n/^bounce/ a@b\nendif",
                "!/^a/ b@c",
                "|^b@| c@d",
                "/^c/",
                "foo@x y@z",
                "/open",
                "endif",
                "/^d/\n  a@b",
                "/^e/zz a@b",
            ]
        ),
    ),
    **dict.fromkeys(
        (wishes.SEND_ACCESS, wishes.RECEIVE_ACCESS),
        st.one_of(
            st.builds(
                lambda key, separator, action: f"{key}{separator}{action}",
                _spelled,
                st.sampled_from([" ", "\t", " \t\t "]),
                st.sampled_from(["REJECT", "REJECT", "reject", "REJECT moved away", "OK", "550 no"]),
            ),
            st.builds(
                lambda key, form: form.format(key),
                _spelled,
                st.sampled_from(
                    [
                        "{0}",
                        " {0} REJECT",
                        "{0}, REJECT",
                        "{0}: REJECT",
                        "{0}\n REJECT",
                        "{0} REJECT\n  with a text",
                        "{0} REJECT # left",
                        '"{0}" REJECT',
                        "@example.com REJECT",
                        "example.com OK",
                        "anna@ REJECT",
                    ]
                ),
            ),
        ),
    ),
    wishes.MASTERS: st.one_of(
        st.builds(lambda name: f"{name}|{HASH}", _master_names),
        st.builds(lambda name: f"#{name}|{HASH}", _master_names),
        st.builds(
            lambda name, form: form.format(name, HASH),
            _master_names,
            st.sampled_from(["{0}", "{0}|", " {0}|{1}", "{0} |{1}", "|{1}", "{0}|{1}|rest", "{0}:x|{1}", "{0}@x|{1}"]),
        ),
    ),
    wishes.QUOTAS: st.one_of(
        st.builds(lambda login, size: f"{login}:{size}", _spelled, _sizes),
        st.builds(lambda login: f"#{login}:3G", _spelled),
        st.builds(lambda login: f" {login}:3G", _spelled),
        _spelled,
    ),
    wishes.RELAYS: relay_entries.RELAY_LINES,
    wishes.RELAY_CREDENTIALS: relay_entries.CREDENTIAL_LINES,
}


@st.composite
def shaped(draw: st.DrawFn, file_name: str) -> bytes:
    """Draw a file as people leave it: duplicates, tabs, CRLF, a mark, no last newline."""
    lines = draw(st.lists(st.one_of(_lines[file_name], _noise), max_size=10))
    end = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    text = end.join("\n".join(lines).split("\n"))
    last = draw(st.sampled_from([end, end, ""])) if lines else ""
    mark = draw(st.sampled_from([b"", b"", b"", BYTE_ORDER_MARK]))
    return mark + (text + last).encode("latin-1")


@st.composite
def directories(draw: st.DrawFn) -> wishes.Contents:
    """Draw the contents of a config directory, some of its files absent."""
    return {name: draw(st.one_of(st.none(), shaped(name))) for name in wishes.FILE_NAMES}


def _optional(
    required: dict[str, st.SearchStrategy[t.Any]], optional: dict[str, st.SearchStrategy[t.Any]]
) -> st.SearchStrategy[dict[str, t.Any]]:
    return st.fixed_dictionaries(required, optional=optional)


_state = st.sampled_from(["present", "present", "absent"])
_recipients = st.lists(st.sampled_from(ADDRESSES + ALIASES + EXTERNAL), min_size=1, max_size=3, unique=True)

_account = {
    "address": st.sampled_from(ADDRESSES),
    "password_hash": st.sampled_from([HASH, "{CRYPT}nhWSu/RfoB.GE"]),
    "state": _state,
}
_account_extras = {
    "extra_fields": st.sampled_from(["", "userdb_mail=maildir:/var/mail/y"]),
    "update_password": st.sampled_from(["always", "on_create"]),
    "locked": st.booleans(),
}
_entries_of_account = {
    "aliases": st.lists(st.sampled_from((*ALIASES, "@example.org")), unique=True),
    "quota": st.sampled_from(["5G", "0"]),
    "restrict": st.lists(st.sampled_from(["send", "receive"]), unique=True),
}


def _accounts(extras: dict[str, st.SearchStrategy[t.Any]]) -> st.SearchStrategy[list[wishes.Options]]:
    return st.lists(_optional(_account, extras), unique_by=lambda entry: str(entry["address"]), max_size=3)


accounts = _accounts(_account_extras)
aliases = st.lists(
    _optional(
        {"alias": st.sampled_from(ALIASES + ADDRESSES + ("@example.com",)), "recipients": _recipients, "state": _state},
        {"append": st.booleans(), "protect_accounts": st.booleans()},
    ),
    unique_by=lambda entry: entry["alias"],
    max_size=3,
)
# Somebody whom no file knows, and who becomes somebody else.
NEW_ADDRESSES = ("nora@example.com", "nora@example.net")
movers = st.fixed_dictionaries(
    {"address": st.sampled_from(NEW_ADDRESSES), "renamed_from": st.sampled_from(ADDRESSES)},
    optional={"keep_old_address": st.booleans(), "quota": st.just("5G"), "locked": st.booleans()},
)
leavers = st.fixed_dictionaries(
    {
        "address": st.sampled_from(ADDRESSES),
        "state": st.just("absent"),
        "successor": st.sampled_from(ADDRESSES + ALIASES + EXTERNAL),
    },
    optional={"aliases": st.lists(st.sampled_from(ALIASES), min_size=1, max_size=2, unique=True)},
)
aliases_of_levels = st.lists(
    st.fixed_dictionaries(
        {
            "alias": st.sampled_from(ALIASES[:2]),
            "recipients": _recipients,
            "append": st.sampled_from([False, True, True]),
        }
    ),
    max_size=3,
)
regex_aliases = st.lists(
    _optional(
        {"pattern": st.sampled_from(PATTERNS), "recipients": _recipients, "state": _state},
        {
            "flags": st.sampled_from(["", "i", "sm"]),
            "position": st.sampled_from(["first", "last", *(f"before:{other}" for other in PATTERNS)]),
        },
    ),
    unique_by=lambda entry: entry["pattern"],
    max_size=3,
)
quotas = st.lists(
    st.fixed_dictionaries(
        {
            "address": st.sampled_from(ADDRESSES),
            "quota": st.sampled_from(["5G", "5120M", "0", "unlimited", "100 MiB", "7k"]),
            "state": _state,
        }
    ),
    unique_by=lambda entry: entry["address"],
    max_size=3,
)

relays = relay_entries.RELAYS
relay_credentials = relay_entries.CREDENTIALS
restrictions = st.lists(
    st.fixed_dictionaries(
        {
            "address": st.sampled_from(ADDRESSES + ALIASES),
            "restrict": st.lists(st.sampled_from(["send", "receive"]), min_size=1, unique=True),
            "state": _state,
        }
    ),
    unique_by=lambda entry: str(entry["address"]),
    max_size=3,
)
masters = st.lists(
    _optional(
        {
            "name": st.sampled_from(MASTERS),
            "password_hash": st.sampled_from([HASH, "{CRYPT}nhWSu/RfoB.GE"]),
            "state": _state,
        },
        {"update_password": st.sampled_from(["always", "on_create"])},
    ),
    unique_by=lambda entry: str(entry["name"]),
    max_size=3,
)

options: st.SearchStrategy[wishes.Options] = st.fixed_dictionaries(
    {},
    optional={
        "accounts": _accounts({**_account_extras, **_entries_of_account}),
        "aliases": st.one_of(aliases, aliases_of_levels),
        "regex_aliases": regex_aliases,
        "quotas": quotas,
        "restrictions": restrictions,
        "masters": masters,
        "relays": relays,
        "relay_credentials": relay_credentials,
        "prune": st.lists(st.sampled_from(SECTION_NAMES), unique=True),
        "prune_keep": st.lists(st.sampled_from(["anna@*", "@*", "info@example.com"])),
        "prune_limit": st.integers(0, 5),
        "allow_no_accounts": st.booleans(),
        "allow_alias_overlap": st.booleans(),
        "allow_account_overlap": st.booleans(),
        "protect_accounts": st.booleans(),
        "require_account": st.booleans(),
    },
)

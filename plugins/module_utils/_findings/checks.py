# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of all checks, and how they are run."""

from __future__ import annotations

import collections
import contextlib
import gc
import typing as t

from . import (
    access,
    accounts,
    alias_logins,
    aliases,
    files,
    hashes,
    masters,
    overlaps,
    quotas,
    relay_credentials,
    relays,
    routes,
)
from .finding import SEVERITIES, Finding, Hit

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable, Collection, Iterable, Iterator

    from .._mailserver.server import MailServer

ENTRY = "entry"
"""The entry alone has the hazard, whatever stands beside it."""

ENTRIES = "entries"
"""Several entries have it together, whatever stands beside them."""

FILES = "files"
"""One more entry may introduce it or keep it away."""


class Check(t.NamedTuple):
    """One hazard: how bad it is at worst, what it is called, and who looks for it."""

    severity: str
    title: str
    functions: tuple[Callable[[MailServer], Iterable[Hit]], ...]
    rests_on: str = ENTRY
    """Whether an entry has the hazard by itself; it matters where one is refused."""


CHECKS: dict[str, Check] = {
    "H01": Check(
        "outage",
        "The same alias or restriction twice",
        (aliases.duplicate_keys, access.duplicate_keys),
        rests_on=ENTRIES,
    ),
    "H02": Check("outage", "The same account twice", (accounts.duplicate_logins,), rests_on=ENTRIES),
    "H03": Check(
        "outage",
        "A comment above an account names the recipient of an alias",
        (alias_logins.comment_names_recipient,),
        rests_on=FILES,
    ),
    "H04": Check(
        "outage",
        "A word among the recipients is in a comment of the accounts",
        (alias_logins.comment_holds_word,),
        rests_on=FILES,
    ),
    "H05": Check("outage", "An alias without recipients", (alias_logins.without_recipient,)),
    "H06": Check("outage", "An account without a hash", (accounts.without_hash,), rests_on=FILES),
    "H07": Check("warn", "A domain in two spellings", (aliases.spellings_of_domains, relays.spellings_of_senders)),
    "H08": Check("outage", "Aliases that point to each other", (routes.cycles,), rests_on=ENTRIES),
    "H09": Check(
        "outage", "A regex alias that has no recipients or matches its own result", (routes.rules_without_end,)
    ),
    "H11": Check("outage", "No account at all", (accounts.without_accounts,), rests_on=FILES),
    "H20": Check(
        "wrong",
        "An alias becomes a login with the password of another account",
        (alias_logins.foreign_password,),
        rests_on=FILES,
    ),
    "H21": Check(
        "wrong",
        "An alias points to an account that is commented out",
        (alias_logins.password_of_disabled,),
        rests_on=FILES,
    ),
    "H22": Check("wrong", "An account gets the quota of another", (quotas.foreign_quotas,), rests_on=FILES),
    "H23": Check("wrong", "A comment sets a quota", (quotas.commented_quotas,), rests_on=FILES),
    "H24": Check(
        "wrong", "A continuation line makes a foreign domain local", (aliases.continuation_lines,), rests_on=FILES
    ),
    "H25": Check(
        "wrong",
        "An alias, a regex alias or a restriction begins with a blank",
        (aliases.indented_aliases, routes.indented_rules, access.indented_restrictions),
    ),
    "H26": Check("wrong", "An account begins with a blank", (accounts.indented,)),
    "H27": Check("wrong", "Blanks around the columns of an account", (accounts.blanks_around_columns,)),
    "H28": Check("wrong", "A domain that may not be yours", (aliases.foreign_domains,)),
    "H29": Check("wrong", "A pattern that matches addresses of other domains", (routes.unanchored_rules,)),
    "H30": Check("wrong", "A catch-all takes the mail of an account", (overlaps.swallowed_accounts,), rests_on=FILES),
    "H31": Check("warn", "A regex alias takes mail with an extension from an alias", (routes.rules_before_tags,)),
    "H32": Check(
        "warn",
        "An alias takes the mail of an account",
        (overlaps.overridden_accounts, overlaps.accounts_taken_by_rules),
    ),
    "H33": Check("warn", "A recipient that does not exist", (routes.dead_ends,)),
    "H34": Check("warn", "A recipient without a domain", (aliases.bare_recipients, routes.bare_recipients_of_rules)),
    "H35": Check("wrong", "A comment after recipients", (aliases.inline_comments, routes.comments_of_rules)),
    "H36": Check("warn", "A key that no address matches", (aliases.keys_without_match,)),
    "H37": Check(
        "wrong",
        "Upper case",
        (accounts.upper_case_logins, aliases.upper_case_keys, quotas.upper_case_quotas, access.upper_case_keys),
    ),
    "H38": Check("wrong", "A character that Dovecot refuses", (accounts.odd_characters,)),
    "H39": Check("wrong", "An account with a '+'", (accounts.extension_in_login,)),
    "H40": Check("wrong", "An account that is not an address", (accounts.no_mailbox,)),
    "H41": Check("wrong", "Two '@' or quotes in an address", (accounts.two_at_signs, aliases.split_keys)),
    "H42": Check("wrong", "A colon or a blank inside the columns of an account", (accounts.shifted_columns,)),
    "H43": Check("warn", "A weak password scheme", (hashes.weak_schemes,)),
    "H44": Check("warn", "Extra fields that Dovecot reads differently", (accounts.extra_fields,)),
    "H45": Check("wrong", "A quota that is not read", (quotas.unreadable_sizes,)),
    "H46": Check("warn", "A quota without grace", (quotas.small_numbers,)),
    "H47": Check("wrong", "The host name as a mail domain", (accounts.accounts_of_host, aliases.aliases_of_host)),
    "H48": Check("info", "Aliases that are logins", (alias_logins.logins_of_aliases,)),
    "H49": Check("warn", "An alias that DMS v16.0.0 rejects", (alias_logins.rejected_aliases,)),
    "H52": Check("outage", "Line endings other than a newline", (files.line_ends,)),
    "H57": Check("info", "Blanks in a list of recipients", (aliases.blanks_in_lists,)),
    "H60": Check("warn", "An alias that the CLI cannot edit", (aliases.keys_that_break_the_cli,)),
    "H61": Check("info", "A restriction that the CLI removes with another one", (access.prefixes_of_others,)),
    "H62": Check(
        "outage",
        "A relay or its credentials on a line that is read otherwise",
        (relays.duplicate_keys, relays.indented_lines, relays.inline_comments),
    ),
    "H63": Check("wrong", "A master account that is not one", (masters.misread_masters,)),
    "H65": Check("wrong", "A file that others may read or write", (files.modes,)),
    "H70": Check(
        "outage",
        "A mail domain that Postfix treats as a virtual alias domain",
        (routes.domains_of_aliases,),
        rests_on=ENTRIES,
    ),
    "H71": Check("outage", "A domain that breaks the list of mail domains", (aliases.entries_that_are_no_domains,)),
    "H72": Check(
        "outage",
        "An address that Postfix bounces at once",
        (routes.invalid_addresses, alias_logins.options_of_grep),
    ),
    "H73": Check("warn", "An account that is locked for IMAP and POP3 alone", (accounts.half_locked,)),
    "H74": Check("wrong", "A hash that Dovecot cannot read", (hashes.unusable_hashes,)),
    "H75": Check("warn", "A file without credentials that requires TLS", (relay_credentials.empty_credentials,)),
    "H76": Check("wrong", "A star used as a wildcard", (aliases.starred_catch_alls,)),
    "H77": Check("outage", "A NUL byte", (files.binary_files,)),
    "H78": Check("wrong", "A hash that costs too much to verify", (hashes.costly_hashes,)),
    "H79": Check("warn", "A pattern that was not tried on all addresses", (routes.patterns_not_tried,)),
    "H80": Check("warn", "A line that is too long to be read", (files.long_lines,)),
    "H90": Check("wrong", "A restriction of a whole domain that has no effect", (access.whole_domains,)),
    "H91": Check("wrong", "A restriction that has no effect", (access.without_effect,)),
    "H92": Check("info", "A master account, which can read every mailbox", (masters.masters,)),
    "H93": Check("warn", "An alias leads to a restricted recipient", (access.ways_around,), rests_on=FILES),
    "H95": Check(
        "warn", "A relay without credentials", (relay_credentials.relays_without_credentials,), rests_on=FILES
    ),
    "H96": Check("warn", "Credentials that no relay uses", (relay_credentials.unused_credentials,), rests_on=FILES),
    "H97": Check(
        "wrong",
        "A line of the relays or the credentials that is never used",
        (relays.senders_without_match, relay_credentials.unusable_credentials),
    ),
    "H98": Check("warn", "A relay on a port with TLS from the start", (relays.ports_with_tls_at_once,)),
    "H99": Check("outage", "A relay that Postfix cannot read", (relays.broken_destinations,)),
}
"""Every hazard that can be seen in the files."""


def find(
    server: MailServer, severities: Collection[str] = SEVERITIES, identities: Collection[str] = CHECKS.keys()
) -> list[Finding]:
    """Return the findings of some severities and ids, by file, line and id.

    Only what can give one of these is looked for.
    """
    mildest = max(map(SEVERITIES.index, severities), default=-1)
    found: list[Finding] = []
    with _without_garbage_collection():
        for identity, check in CHECKS.items():
            wanted = SEVERITIES.index(check.severity) <= mildest
            if wanted and identity in identities:
                found += _run(identity, check, server)
    return sorted(
        (finding for finding in found if finding.severity in severities),
        key=lambda f: (f.file, f.line or 0, f.id, f.entry),
    )


def _run(identity: str, check: Check, server: MailServer) -> Iterator[Finding]:
    for function in check.functions:
        for hit in function(server):
            yield Finding(identity, hit.severity or check.severity, *hit[:5])


@contextlib.contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Keep Python from looking for cycles among the lines, again and again: none is."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def added(before: Iterable[Finding], after: Iterable[Finding]) -> list[Finding]:
    """Return the findings that a change adds; lines may have moved meanwhile."""
    known = collections.defaultdict(list)
    for finding in before:
        known[_identity(finding)].append(SEVERITIES.index(finding.severity))
    return [
        finding
        for finding in sorted(after, key=lambda f: SEVERITIES.index(f.severity))
        if not _take_known(known[_identity(finding)], finding)
    ]


def introduced(before: Iterable[Finding], after: Iterable[Finding]) -> list[Finding]:
    """Return the findings that say something new; lines may have moved meanwhile.

    This is finer than `added`: one that names another recipient is a new one. It is for mild
    findings, none of which names another line in its message.
    """
    before, after = list(before), list(after)
    known = set(map(_statement, before))
    number = collections.Counter(map(_matter, after))
    number.subtract(map(_matter, before))
    return [f for f in after if _statement(f) not in known and number[_matter(f)] > 0]


def _statement(finding: Finding) -> tuple[str, str, str, str]:
    return (*_matter(finding), finding.entry)


def _matter(finding: Finding) -> tuple[str, str, str]:
    """Return what is said, of whatever entry: its other entries may take its place."""
    return finding.id, finding.file, finding.message


def _take_known(severities: list[int], finding: Finding) -> bool:
    """Whether the finding was there before, at least as bad; each counts once."""
    present = SEVERITIES.index(finding.severity)
    worse = [severity for severity in severities if severity <= present]
    if worse:
        severities.remove(max(worse))
    return bool(worse)


def _identity(finding: Finding) -> tuple[str, str, str]:
    return finding.id, finding.file, finding.entry

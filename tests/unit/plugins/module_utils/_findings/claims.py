# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each finding says of the mail server, as a question to what DMS would do.

The answer is yes where the finding is among those of a directory, and no where it is not.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.mailops.dms.tests.dms import readers, server
from ansible_collections.mailops.dms.tests.support import wishes

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from ansible_collections.mailops.dms.tests.support.finding_cases import Case

ANNA = "anna@example.com"
BERND = "bernd@example.com"
INFO = "info@example.com"
NOBODY = "nobody@example.com"


def shuts_down(case: Case) -> bool:
    """Whether the mail server shuts down."""
    return case.server.shut_down


def has_account_without_mail(case: Case) -> bool:
    """Whether mail to one of the accounts does not reach its mailbox."""
    return not all(map(case.server.receives, case.logins()))


def size(case: Case, address: str) -> str | None:
    """Return the quota that Dovecot reads for an account."""
    user = case.server.user(address)
    return server.quota_read(user.size) if user else None


def has_foreign_password(case: Case) -> bool:
    """Whether the password of mytest lets somebody in as info."""
    stored = case.server.hash_of(INFO)
    return stored is not None and stored == case.server.hash_of("mytest@example.com")


def has_unknown_field(case: Case) -> bool:
    """Whether Dovecot does not know an extra field."""
    fields = [line.split("|")[2] for line in case.lines(wishes.ACCOUNTS)]
    version = case.options.version
    return any(server.unknown_fields(text, version) for text in fields)


def is_left_by_the_cli(case: Case) -> bool:
    """Whether the CLI leaves the second recipient in the list."""
    value = case.lines(wishes.ALIASES)[0].partition(" ")[2]
    return "ext@example.org" in server.left_by_the_cli(value, "ext@example.org")


def breaks_sed(case: Case) -> bool:
    """Whether the CLI cannot name the alias."""
    return not server.is_read_by_sed(case.lines(wishes.ALIASES)[0].split()[0])


def has_no_grace(case: Case) -> bool:
    """Whether the quota of anna has a grace of nothing."""
    return (server.grace(size(case, ANNA) or "") or "").startswith("0")


def has_unknown_scheme(case: Case) -> bool:
    """Whether the hash of bernd begins with a scheme that Dovecot does not know."""
    scheme = (case.server.hash_of(BERND) or "").partition("}")[0]
    return scheme.upper() != "{SHA512-CRYPT"


def lets_locked_send(case: Case) -> bool:
    """Whether Dovecot tells Postfix to accept the password of somebody whom it lets in nowhere else.

    As it was seen with Dovecot 2.3.19 and 2.4.1, whatever the value of the field is.
    """
    fields = [user.fields.split(" ") for user in case.server.users]
    names = [{field.partition("=")[0] for field in each} for each in fields]
    return any("nologin" in each and "allow_nets" not in each for each in names)


def takes_long(case: Case) -> bool:
    """Whether the hash of bernd has a thousand times the rounds of a common one."""
    found = re.search(r"rounds=([0-9]+)", case.server.hash_of(BERND) or "")
    return found is not None and int(found[1]) > 1000 * 656_000


def lets_a_master_in(case: Case) -> bool:
    """Whether Dovecot finds a master account by a name that somebody may enter, with a hash that it reads."""
    return any(
        server.LOGIN_CHARACTERS.fullmatch(name)
        and password_hash.startswith("{SHA512-CRYPT}$6$")
        and "|" not in password_hash
        for name, password_hash in server.masters(case.contents[wishes.MASTERS] or b"").items()
        if name == name.lower()
    )


def relay(case: Case, sender: str) -> str:
    """Return the relay that Postfix finds for a sender, empty where there is none."""
    found = readers.relays(case.contents.get(wishes.RELAYS) or b"").of_sender(sender.encode())
    return (found or b"").decode()


def credentials(case: Case) -> readers.PairMap:
    """Return the credentials that Postfix has."""
    return readers.credentials(case.contents.get(wishes.RELAY_CREDENTIALS) or b"")


def logs_in(case: Case, sender: str) -> bool:
    """Whether Postfix finds credentials for a sender or its relay."""
    found = credentials(case)
    return found.of_sender(sender.encode()) is not None or relay(case, sender).encode() in found.values


def requires_tls_for_nothing(case: Case) -> bool:
    """Whether DMS finds the file of the credentials, but Postfix nothing in it."""
    return wishes.RELAY_CREDENTIALS in case.contents and not credentials(case).values


def is_used(case: Case, key: str) -> bool:
    """Whether the credentials of a key are used for mail that a relay takes."""
    return bool(relay(case, f"somebody{key}"))


def ends_delivery(case: Case) -> bool:
    """Whether smtp(8) ends with an error where it reads the relay of anna."""
    host, bracket, port = relay(case, ANNA).removeprefix("[").partition("]:")
    return not (bracket and port.isdecimal() and 0 < int(port) < 2**16 and re.fullmatch(r"[a-z0-9.-]+", host))


CLAIMS: dict[str, Callable[[Case], bool]] = {
    "H01": lambda case: case.route("sales@example.com").error == "temporary",
    "H02": lambda case: case.server.has_duplicate_mailbox(),
    "H03": shuts_down,
    "H04": shuts_down,
    "H05": shuts_down,
    "H06": shuts_down,
    "H07": lambda case: len({domain.lower() for domain in case.server.relayed}) < len(case.server.relayed),
    "H08": lambda case: case.route(INFO).error is not None,
    "H09": lambda case: case.route("news@example.com").error is not None,
    "H11": shuts_down,
    "H20": has_foreign_password,
    "H21": lambda case: case.server.hash_of(INFO) is not None,
    "H22": lambda case: size(case, "test@example.com") == "100M",
    "H23": lambda case: size(case, ANNA) == "100M",
    "H24": lambda case: "example.org" in case.server.domains,
    "H25": lambda case: not case.route(INFO).path,
    "H26": has_account_without_mail,
    "H27": has_account_without_mail,
    "H28": lambda case: not case.server.domains <= set(case.options.domains or ()),
    "H29": lambda case: bool(case.route("test1@example.com.example.net").path),
    "H30": lambda case: BERND not in case.route(BERND).recipients,
    "H31": lambda case: case.route("info+x@example.com").recipients == (ANNA,),
    "H32": lambda case: ANNA not in case.route(ANNA).recipients,
    "H33": lambda case: bool(case.route(INFO).unknown),
    "H34": lambda case: bool(case.route(INFO).local),
    "H35": lambda case: len(case.route(INFO).recipients) > 1,
    "H36": lambda case: not case.route(INFO).path,
    "H37": has_account_without_mail,
    "H38": has_account_without_mail,
    "H39": has_account_without_mail,
    "H40": lambda case: any("//" in user.home for user in case.server.users),
    "H41": lambda case: "home" in case.server.domains,
    "H42": lambda case: case.server.hash_of(BERND) is None,
    "H43": lambda case: case.server.hash_of(BERND) == "{PLAIN}secret",
    "H44": has_unknown_field,
    "H45": lambda case: size(case, ANNA) == "50",
    "H46": has_no_grace,
    "H47": lambda case: case.options.hostname in case.server.domains,
    "H48": lambda case: case.server.hash_of(INFO) is not None,
    "H49": lambda case: case.options.version == (16, 0, 0) and case.server.user(INFO) is None,
    "H52": lambda case: wishes.ACCOUNTS in case.server.edited,
    "H57": is_left_by_the_cli,
    "H60": breaks_sed,
    "H61": lambda case: (
        not any("anna" in line for line in server.left_by_restrict_del(case.lines(wishes.SEND_ACCESS), ANNA))
    ),
    "H63": lambda case: not lets_a_master_in(case),
    "H62": lambda case: bool(readers.relays(case.contents[wishes.RELAYS] or b"").duplicates),
    "H65": lambda case: bool(case.modes[wishes.ACCOUNTS] & 0o004),
    "H70": lambda case: ANNA in case.route(ANNA).unknown,
    "H71": lambda case: case.route(ANNA).error == "temporary",
    "H72": lambda case: "ext@example..org" in case.route(INFO).unknown,
    "H73": lets_locked_send,
    "H74": has_unknown_scheme,
    "H75": requires_tls_for_nothing,
    "H76": lambda case: NOBODY in case.route(NOBODY).unknown,
    "H77": lambda case: case.route(ANNA).accounts == (),
    "H78": takes_long,
    "H79": lambda case: any(case.route(login).unsure for login in case.logins()),
    "H80": lambda case: bool(case.route("list@example.com").unsure),
    "H90": lambda case: case.route(ANNA).error is None,
    "H91": lambda case: case.route(ANNA).error is None,
    "H92": lets_a_master_in,
    "H93": lambda case: ANNA in case.route(INFO).accounts,
    "H95": lambda case: not logs_in(case, "bernd@example.org"),
    "H96": lambda case: not is_used(case, "@example.org"),
    "H97": lambda case: not relay(case, ANNA),
    "H98": lambda case: relay(case, ANNA).endswith(":465"),
    "H99": ends_delivery,
}

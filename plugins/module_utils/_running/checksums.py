# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The list in which the change detector of DMS keeps what it has done.

It has the SHA-512 of each watched file, and is replaced when all that depends on the files has been done
(target/scripts/check-for-changes.sh and helpers/change-detection.sh): a file that has the sum of the list was taken up.
"""

from __future__ import annotations

import hashlib
import re
import typing as t

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Collection, Mapping

    Contents = Mapping[str, "bytes | None"]

DIRECTORY = "/tmp/docker-mailserver"
"""The config directory in the container."""

LIST = "/tmp/docker-mailserver-config-chksum"
"""The list, which is there as soon as DMS has set up the mail server."""

WATCHED = (
    "postfix-accounts.cf",
    "postfix-virtual.cf",
    "postfix-regexp.cf",
    "postfix-aliases.cf",
    "postfix-relaymap.cf",
    "postfix-sasl-password.cf",
    "dovecot-quotas.cf",
    "dovecot-masters.cf",
)
"""The files of the config directory that are in the list where they exist."""

MADE_OF = {
    "postfix-accounts.cf": "/etc/postfix/vmailbox",
    "postfix-virtual.cf": "/etc/postfix/virtual",
    "postfix-regexp.cf": "/etc/postfix/regexp",
    "dovecot-masters.cf": "/etc/dovecot/masterdb",
}
"""What DMS makes of some watched files, which is empty where it has made nothing (helpers/aliases.sh and accounts.sh)."""

# As sha512sum(1) prints it
_LINE = re.compile(rf"(?P<sum>[0-9a-f]{{128}}) [ *]{re.escape(DIRECTORY)}/(?P<name>[^/]+)")


def read_list(output: bytes) -> dict[str, str]:
    """Return the sum of each file of the config directory that the list has, by its name."""
    lines = output.decode("utf-8", "replace").splitlines()
    return {match["name"]: match["sum"] for match in map(_LINE.fullmatch, lines) if match}


def not_taken_up(contents: Contents, sums: Mapping[str, str]) -> list[str]:
    """Return the names of the watched files that DMS has not handled as they are, given their contents."""
    return [name for name in WATCHED if _sum_of(contents.get(name)) != sums.get(name)]


def still_in_effect(contents: Contents, filled: Collection[str]) -> list[str]:
    """Return the names of the files that are gone while DMS goes on with what it has made of them (hazard H51).

    `filled` are those in C(MADE_OF) that are not empty: the change detector sees no difference where a file goes.
    """
    return [name for name, made in MADE_OF.items() if contents.get(name) is None and made in filled]


def _sum_of(content: bytes | None) -> str | None:
    return None if content is None else hashlib.sha512(content).hexdigest()

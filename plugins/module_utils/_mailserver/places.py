# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of a final recipient, as trivial-rewrite(8) and Dovecot see it."""

from __future__ import annotations

import typing as t

from .domains import DomainListError, is_valid
from .limits import LONGEST_ADDRESS
from .syntax import is_plain, joined, quoted, rewritten, tokenize

if t.TYPE_CHECKING:  # pragma: no cover
    from .domains import Domains
    from .syntax import Syntax, Token

    class Mailboxes(t.Protocol):
        """Who has a mailbox."""

        def receives(self, address: str) -> bool: ...


_ROUTING = "@!%"


class Place(t.NamedTuple):
    """What becomes of a final recipient."""

    kind: str
    """One of C(account), C(unknown), C(local), C(external) and C(invalid): the last one bounces at once."""

    address: str
    """The address to which it is delivered, in its internal form, routing operators resolved."""

    base: str
    """The same, folded and without extension, by which Dovecot delivers."""

    error: DomainListError | None = None
    """Why it cannot be told: then mail is deferred."""

    @property
    def domain(self) -> str:
        """The folded domain of the address."""
        return self.address.rpartition("@")[2].lower()


def place_of(recipient: str, domains: Domains, accounts: Mailboxes, syntax: Syntax) -> Place:
    """Return what becomes of a final recipient."""
    address = _resolved(recipient, domains)
    base = syntax.split_extension(address)[0].lower()
    dummy, at, domain = address.rpartition("@")
    if at and not is_valid(domain):
        return Place("invalid", address, base)
    try:
        if not at or domains.is_local(domain):
            kind = "local"
        elif not domains.is_ours(domain.lower()):
            kind = "external"
        else:
            kind = "account" if accounts.receives(base) else "unknown"
    except DomainListError as error:
        return Place("unknown", address, base, error)
    # Looked at last: where the domain cannot be looked up, mail is deferred (trivial-rewrite(8), resolve.c).
    return Place("invalid" if address.startswith("-") else kind, address, base)


def _resolved(address: str, domains: Domains) -> str:
    """Return an address as trivial-rewrite(8) resolves it: without names of the host before others.

    What stands behind them may hold routing operators (C(user%domain), C(domain!user)), in
    quotes too (postconf(5), resolve_dequoted_address). What is longer than any address is
    taken as it is.
    """
    if len(address) > LONGEST_ADDRESS or (is_plain(address) and not domains.is_local(address.rpartition("@")[2])):
        return address
    tokens = tokenize(quoted(address))
    host: list[Token] = []
    for dummy in range(len(address) + 100):
        tokens = _without_end(tokens)
        at = _last(tokens, "@")
        if at is not None:
            domain = joined(tokens[at + 1 :])
            if domain and not domains.is_local(domain):
                return joined(tokens)
            tokens, host = tokens[:at], tokens[at:]
        if _last(tokens, _ROUTING) is None:
            cracked = _cracked(tokens)
            if cracked is None:
                break
            tokens = cracked
        tokens = rewritten(tokens)
    return joined([*tokens, *host])


def _without_end(tokens: list[Token]) -> list[Token]:
    """Return an address without a dot at the end of its domain."""
    ends = len(tokens) > 1 and tokens[-1].is_operator(".") and not tokens[-2].is_operator(".@")
    return tokens[:-1] if ends and _last(tokens, "@") is not None else tokens


def _last(tokens: list[Token], operators: str) -> int | None:
    """Return the index of the last of some operators."""
    return next((index for index in range(len(tokens) - 1, -1, -1) if tokens[index].is_operator(operators)), None)


def _cracked(tokens: list[Token]) -> list[Token] | None:
    """Return what stands in quotes where it has routing operators, else None."""
    if len(tokens) != 1 or tokens[0].kind != "quoted":
        return None
    text = tokens[0].text
    for operator in "@%!":
        local_part, found, rest = text.rpartition(operator)
        if found:
            return tokenize(text if operator == "!" else quoted(f"{local_part}@{rest}"))
    return None

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a user wants to have in the files: options made into checked, folded entries.

The options are those of the modules, as plain mappings, so that the bulk module and
the single ones come to the same entries.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from .._addresses import (
    check_alias_without_star,
    check_recipient_without_star,
    fold_account,
    fold_alias,
    fold_recipient,
    parse_quota,
)
from .._errors import RefusedError
from .._secrets import HIDDEN, shown_login
from .._tables.regex_aliases import FLAGS, Position, split_rule
from .._text import in_quotes

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable, Mapping, Sequence

    Options = Mapping[str, t.Any]

_GROUP_IN_RECIPIENT = re.compile(r"\$(?:(\$)|([0-9]+)|\{([0-9]+)\}|\(([0-9]+)\))")


@dataclasses.dataclass(frozen=True)
class Wanted:
    """What every wanted entry has."""

    origin: str
    """Where the user wrote it, such as C(aliases[3]); empty for a module of one entry."""

    present: bool

    @property
    def key(self) -> str:
        """The folded name of the entry."""
        raise NotImplementedError


@dataclasses.dataclass(frozen=True)
class WantedAccount(Wanted):
    """An account that shall or shall not be there."""

    address: str
    password: str | None = dataclasses.field(repr=False)
    password_hash: str | None = dataclasses.field(repr=False)
    update_password: bool
    extra_fields: str | None
    """None keeps what is there, the empty text takes the column away."""

    allow_alias_overlap: bool

    @property
    def key(self) -> str:
        """The address."""
        return self.address


@dataclasses.dataclass(frozen=True)
class WantedAlias(Wanted):
    """An alias that shall or shall not be there."""

    alias: str
    recipients: tuple[str, ...]
    append: bool
    allow_account_overlap: bool
    protect_accounts: bool

    @property
    def key(self) -> str:
        """The alias."""
        return self.alias


@dataclasses.dataclass(frozen=True)
class WantedRegexAlias(Wanted):
    """A regex alias that shall or shall not be there."""

    pattern: str
    flags: str
    recipients: tuple[str, ...]
    position: Position | None
    warning: str | None

    @property
    def key(self) -> str:
        """The pattern."""
        return self.pattern


@dataclasses.dataclass(frozen=True)
class WantedQuota(Wanted):
    """A quota that shall or shall not be there."""

    address: str
    size: int
    """Bytes; 0 is unlimited."""

    require_account: bool

    @property
    def key(self) -> str:
        """The address."""
        return self.address


def refusal(noun: str, key: str, origin: str, reason: object) -> RefusedError:
    """Return the error for one entry: where it was written, what it is, what is wrong."""
    where = f"{origin}: " if origin else ""
    return RefusedError(f"{where}{noun} {in_quotes(key)}: {reason}")


def wanted_account(options: Options, origin: str) -> WantedAccount:
    """Return the wanted account of the options of C(dms_account)."""
    given = options["address"]
    try:
        address = fold_account(given)
        _check_account(options)
    except RefusedError as error:
        raise refusal("account", _shown_address(given), origin, error) from None
    return WantedAccount(
        origin=origin,
        present=_is_present(options),
        address=address,
        password=options["password"],
        password_hash=options["password_hash"],
        update_password=options["update_password"] == "always",
        extra_fields=options["extra_fields"],
        allow_alias_overlap=options["allow_alias_overlap"],
    )


def _shown_address(given: str) -> str:
    """Return an address of an account as a refusal names it.

    What is none may be a password that stands in the wrong option.
    """
    return given if shown_login(given) == given else HIDDEN


def _check_account(options: Options) -> None:
    # Imported where it is needed, for every module takes the time to be read.
    from .._passwords import check_hash, check_password

    password, password_hash = options["password"], options["password_hash"]
    if password is not None and password_hash is not None:
        raise RefusedError("give password or password_hash, not both")
    if password is not None:
        check_password(password)
    if password_hash is not None:
        check_hash(password_hash)
    extra_fields = options["extra_fields"] or ""
    if not (extra_fields.isascii() and extra_fields.isprintable()):
        raise RefusedError(
            "extra_fields has a newline or another character outside printable ASCII;"
            " write the fields in one line with blanks between them (hazard H44)"
        )


def wanted_alias(options: Options, origin: str) -> WantedAlias:
    """Return the wanted alias of the options of C(dms_alias)."""
    given = options["alias"]
    try:
        alias = fold_alias(given)
        if _is_present(options):
            check_alias_without_star(alias)
        recipients = _recipients(options, fold_recipient)
    except RefusedError as error:
        raise refusal("alias", given, origin, error) from None
    return WantedAlias(
        origin=origin,
        present=_is_present(options),
        alias=alias,
        recipients=recipients,
        append=options["append"],
        allow_account_overlap=options["allow_account_overlap"],
        protect_accounts=options["protect_accounts"],
    )


def wanted_regex_alias(options: Options, origin: str) -> WantedRegexAlias:
    """Return the wanted regex alias of the options of C(dms_regex_alias)."""
    from .._mailserver.patterns import compile_pattern

    given = options["pattern"]
    try:
        pattern, flags = _split_pattern(given, options["flags"])
        position = _position(options["position"])
        recipients: tuple[str, ...] = ()
        warning = None
        if _is_present(options):
            compiled = compile_pattern(pattern, flags)
            warning = compiled.warning
            recipients = _recipients(options, lambda text: _fold_regex_recipient(text, compiled.groups))
    except RefusedError as error:
        raise refusal("regex alias", given, origin, error) from None
    return WantedRegexAlias(
        origin=origin,
        present=_is_present(options),
        pattern=pattern,
        flags=flags,
        recipients=recipients,
        position=position,
        warning=warning,
    )


def wanted_quota(options: Options, origin: str) -> WantedQuota:
    """Return the wanted quota of the options of C(dms_quota)."""
    given = options["address"]
    try:
        address = fold_account(given)
        if options["quota"] is None and _is_present(options):
            raise RefusedError("quota is missing; give a size, or state absent")
        size = 0 if options["quota"] is None else parse_quota(options["quota"])
    except RefusedError as error:
        raise refusal("quota", _shown_address(given), origin, error) from None
    return WantedQuota(
        origin=origin,
        present=_is_present(options),
        address=address,
        size=size,
        require_account=options["require_account"],
    )


def _is_present(options: Options) -> bool:
    return bool(options["state"] == "present")


def _recipients(options: Options, fold: Callable[[str], str]) -> tuple[str, ...]:
    given: Sequence[str] = options["recipients"] or ()
    if not given and _is_present(options):
        raise RefusedError("recipients are missing; name one or more, or state absent")
    positions: dict[str, int] = {}
    folded = []
    for index, recipient in enumerate(given):
        try:
            folded.append(fold(recipient))
            if _is_present(options):
                check_recipient_without_star(folded[-1])
        except RefusedError as error:
            raise RefusedError(f"recipients[{index}] {in_quotes(recipient)}: {error}") from None
        first = positions.setdefault(folded[-1].lower(), index)
        if first != index:
            raise RefusedError(
                f"recipients[{first}] and recipients[{index}] are the same"
                f" ({in_quotes(folded[-1])}); take one of them away"
            )
    return tuple(folded)


def _split_pattern(given: str, flags: str | None) -> tuple[str, str]:
    """Return the pattern without delimiters, and its flags in alphabetical order."""
    if not (given.isascii() and given.isprintable()):
        raise RefusedError(
            "a newline, a control character or one outside ASCII cannot stand in a"
            " pattern; no address that DMS takes has one"
        )
    if re.match(r"!\s*/|if\s*!?\s*/|endif\s*$", given):
        raise RefusedError("negated and conditional rules are kept, but not written; edit them by hand")
    pattern = given
    if given.startswith("/"):
        rule = split_rule(given)
        if rule is None or rule.value or rule.separator:
            raise RefusedError(
                "it begins with '/' but is no /pattern/flags; end it with '/', or write a '/' at its beginning as '\\/'"
            )
        if rule.flags and flags is not None:
            raise RefusedError("give the flags behind the pattern or in flags, not both")
        pattern, flags = rule.pattern, rule.flags or flags
    flags = flags or ""
    if not pattern:
        raise RefusedError("the pattern is empty and would match every address")
    if len(set(flags)) != len(flags) or not set(flags) <= set(FLAGS):
        raise RefusedError(f"the flags {in_quotes(flags)} are not known to Postfix; use each of {FLAGS} once at most")
    return pattern, "".join(sorted(flags))


def _fold_regex_recipient(text: str, groups: int) -> str:
    for found in _GROUP_IN_RECIPIENT.finditer(text):
        number = next(filter(None, found.groups()))
        if number != "$" and not 1 <= int(number) <= groups:
            raise RefusedError(
                f"{found[0]} names a group, but the pattern has {groups}, so Postfix"
                " would skip the rule; correct one of them"
            )
    plain = _GROUP_IN_RECIPIENT.sub("x", text)
    if "$" in plain:
        raise RefusedError("write $$ for a dollar sign, $1 or ${1} for a group")
    folded = fold_recipient(plain)
    return folded if plain == text else text


def _position(given: str | None) -> Position | None:
    if given is None:
        return None
    if given in ("first", "last"):
        return Position(given)
    kind, dummy, pattern = given.partition(":")
    if kind not in ("before", "after") or not pattern:
        raise RefusedError(
            f"the position {in_quotes(given)} is not known; write first, last, before:PATTERN or after:PATTERN"
        )
    return Position(kind, _split_pattern(pattern, None)[0])

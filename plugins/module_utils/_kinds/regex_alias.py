# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Regex aliases: patterns of addresses whose mail goes to others."""

from __future__ import annotations

import dataclasses
import graphlib
import re
import typing as t

from .._addresses import fold_recipient
from .._errors import MissingEntryError, RefusedError, refusal
from .._tables.regex_aliases import Position, RegexAlias, RegexAliasTable, delimit
from .._tables.rules import FLAGS, split_rule
from .._text import bounded_number, in_quotes
from .._warnings import RunWarning
from .kind import Kind, Wanted
from .recipients import in_order_of, replaced, wanted_recipients

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable, Iterable, Mapping

    from .._tables.directory import Tables
    from .draft import Draft
    from .kind import Options

_GROUP_IN_RECIPIENT = re.compile(r"\$(?:(\$)|([0-9]+)|\{([0-9]+)\}|\(([0-9]+)\))")


@dataclasses.dataclass(frozen=True)
class WantedRegexAlias(Wanted):
    """A regex alias that should or should not be there."""

    flags: str
    recipients: tuple[str, ...]
    position: Position | None
    warning: str | None


class RegexAliasKind(Kind[WantedRegexAlias, RegexAlias]):
    """The regex aliases in C(postfix-regexp.cf)."""

    tables = (RegexAliasTable,)
    key = "pattern"
    options: t.ClassVar = {
        "pattern": {"type": "str", "required": True},
        "flags": {"type": "str"},
        "recipients": {"type": "list", "elements": "str"},
        "position": {"type": "str"},
    }
    plain_parts = ("recipients",)

    def _wanted(self, options: Options, origin: str, present: bool) -> WantedRegexAlias:
        pattern, flags = _split_pattern(options["pattern"], options["flags"])
        position = _position(options["position"])
        recipients: tuple[str, ...] = ()
        warning = None
        if present:
            from .._mailserver.patterns import compile_pattern

            compiled = compile_pattern(pattern, flags)
            warning = compiled.warning
            recipients = wanted_recipients(
                options["recipients"], present, lambda text: _fold_regex_recipient(text, compiled.groups)
            )
        return WantedRegexAlias(
            origin=origin,
            present=present,
            key=pattern,
            flags=flags,
            recipients=recipients,
            position=position,
            warning=warning,
        )

    def in_order(self, entries: list[WantedRegexAlias]) -> list[WantedRegexAlias]:
        """Return regex aliases so that each stands behind the one it is positioned by.

        Raises RefusedError for positions that cannot all be given.
        """
        positioned = {e.key: e for e in entries if e.present and e.position is not None}
        _refuse_same_end(positioned.values())
        order: graphlib.TopologicalSorter[str] = graphlib.TopologicalSorter()
        for entry in positioned.values():
            order.add(entry.key, *_positioned_by(entry, positioned))
        try:
            keys = list(order.static_order())
        except graphlib.CycleError as error:
            first, second, *dummy = error.args[1]
            raise refusal(
                self.noun,
                first,
                positioned[first].origin,
                f"its position and that of {positioned[second].origin} depend on each other; position only one of them"
                " before or after the other",
            ) from None
        others = [entry for entry in entries if entry.key not in positioned]
        return others + [positioned[key] for key in keys]

    def put(self, draft: Draft, wanted: WantedRegexAlias) -> None:
        table = draft.tables.regex_aliases
        if not wanted.present:
            table.remove(wanted.key)
            return
        if wanted.warning:
            draft.warnings.append(RunWarning(wanted.warning))
        present = table.find(wanted.key)
        recipients = in_order_of(present.recipients if present else (), wanted.recipients)
        regex_alias = RegexAlias(wanted.key, wanted.flags, recipients)
        if wanted.position:
            try:
                table.put_at(regex_alias, wanted.position)
                return
            except MissingEntryError as error:
                draft.refuse(error, wanted.origin)
        if not table.holds(regex_alias):
            table.put(regex_alias)

    def renamed(self, draft: Draft, addresses: Mapping[str, str]) -> None:
        table = draft.tables.regex_aliases
        found = [(each, replaced(each.recipients, draft.renamed_recipients)) for each in table.entries()]
        for regex_alias, recipients in found:
            if recipients != regex_alias.recipients:
                table.put(dataclasses.replace(regex_alias, recipients=recipients))

    def declaring(self, tables: Tables) -> Callable[[RegexAlias], dict[str, t.Any]]:
        return self._declared

    def _declared(self, regex_alias: RegexAlias) -> dict[str, t.Any]:
        options: dict[str, t.Any] = {
            "pattern": delimit(regex_alias.pattern),
            "recipients": list(regex_alias.recipients),
        }
        if regex_alias.flags:
            options["flags"] = regex_alias.flags
        return options

    def described(self, entry: RegexAlias) -> dict[str, t.Any]:
        return {"pattern": entry.pattern, "flags": entry.flags, "recipients": list(entry.recipients)}


def _split_pattern(given: str, flags: str | None) -> tuple[str, str]:
    """Return the pattern without delimiters, and its flags in alphabetical order."""
    if not (given.isascii() and given.isprintable()):
        raise RefusedError(
            "a pattern cannot contain a newline, a control character or a non-ASCII character, and no address that"
            " DMS accepts has one; remove it"
        )
    if re.match(r"!\s*/|if\s*!?\s*/|endif\s*$", given):
        raise RefusedError(
            "this collection keeps negated and conditional rules, but does not write them; edit them by hand"
        )
    pattern = given
    if given.startswith("/"):
        rule = split_rule(given)
        if rule is None or rule.value or rule.separator:
            raise RefusedError(
                "it begins with '/' but is not of the form /pattern/flags; end it with '/', or write a '/' at its"
                " beginning as '\\/'"
            )
        if rule.flags and flags is not None:
            raise RefusedError("give the flags after the pattern or in flags, not both")
        pattern, flags = rule.pattern, rule.flags or flags
    flags = flags or ""
    if not pattern:
        raise RefusedError("the pattern is empty and would match every address; write one")
    if len(set(flags)) != len(flags) or not set(flags) <= set(FLAGS):
        raise RefusedError(f"Postfix does not know the flags {in_quotes(flags)}; use only {FLAGS}, each at most once")
    return pattern, "".join(sorted(flags))


def _fold_regex_recipient(text: str, groups: int) -> str:
    for found in _GROUP_IN_RECIPIENT.finditer(text):
        number = next(filter(None, found.groups()))
        if number != "$" and not 1 <= bounded_number(number, groups) <= groups:
            raise RefusedError(
                f"the pattern has no group {found[0]} (it has {groups} in all), so Postfix would skip the rule;"
                " correct one of them"
            )
    plain = _GROUP_IN_RECIPIENT.sub("x", text)
    if "$" in plain:
        raise RefusedError("write $$ for a dollar sign, and $1 or ${1} for a group")
    folded = fold_recipient(plain)
    return folded if plain == text else text


def _position(given: str | None) -> Position | None:
    if given is None:
        return None
    if given in ("first", "last"):
        return Position(given)
    kind, dummy, pattern = given.partition(":")
    if kind not in ("before", "after") or not pattern:
        raise RefusedError(f"{in_quotes(given)} is not a position; write first, last, before:PATTERN or after:PATTERN")
    return Position(kind, _split_pattern(pattern, None)[0])


def _positioned_by(entry: WantedRegexAlias, positioned: Mapping[str, WantedRegexAlias]) -> list[str]:
    """Return the key of the other regex alias if this run positions it too."""
    position = entry.position
    other = positioned.get(position.pattern) if position else None
    if position is None or other is None or other.position is None or other is entry:
        return []
    ends = {"before": "first", "after": "last"}
    if other.position.kind == ends.get(position.kind):
        raise refusal(
            "regex alias",
            entry.key,
            entry.origin,
            f"it cannot be placed {position.kind} {other.origin}, which should be placed {other.position.kind}; change"
            " one of the two positions",
        )
    return [other.key]


def _refuse_same_end(entries: Iterable[WantedRegexAlias]) -> None:
    first: dict[str, WantedRegexAlias] = {}
    for entry in entries:
        if entry.position and not entry.position.pattern:
            other = first.setdefault(entry.position.kind, entry)
            if other is not entry:
                raise RefusedError(
                    f"{other.origin} and {entry.origin} should both be placed {entry.position.kind}; position one of"
                    " them before or after another regex alias"
                )


REGEX_ALIAS = RegexAliasKind()

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a kind of entry is: all that is known of it beside the grammar of its file.

A kind knows nothing of Ansible. Its options are those of its module, as plain mappings, and an
entry of a section of the bulk module comes to the same wanted entry.
"""

from __future__ import annotations

import abc
import dataclasses
import typing as t

from .._errors import RefusedError, refusal
from .._secrets import HIDDEN, shown_login, without_columns
from .._tables.directory import MAIL_TABLES
from .._tables.entry import Entry

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable, Mapping, Sequence

    from .._errors import Refusals
    from .._tables.directory import AnyTable, Tables
    from .._tables.section import Section
    from .draft import Draft

    Options = Mapping[str, t.Any]
    Spec = dict[str, dict[str, t.Any]]


RESTRICT_OPTION: dict[str, t.Any] = {"type": "list", "elements": "str", "choices": ["send", "receive"]}
"""What an address may not do: an option of a restriction, and of an account that carries one."""


@dataclasses.dataclass(frozen=True)
class Wanted:
    """What every wanted entry has."""

    origin: str
    """Where the user wrote it, such as C(aliases[3]); empty for a module of one entry."""

    present: bool
    key: str
    """The folded name of the entry."""


WantedType = t.TypeVar("WantedType", bound=Wanted)
EntryType = t.TypeVar("EntryType", bound=Entry)


class Kind(abc.ABC, t.Generic[WantedType, EntryType]):
    """One kind of entry. All kinds stand in one list, C(kinds.py)."""

    tables: t.ClassVar[tuple[type[AnyTable], ...]]
    """The files that hold the entries: more than one where each has a part of them."""

    beside: t.ClassVar[tuple[type[AnyTable], ...]] = MAIL_TABLES
    """The other files that a run for its entries reads, because rules compare them."""

    key: t.ClassVar[str]
    """The option that an entry is known by."""

    options: t.ClassVar[Spec]
    """The options of an entry besides C(state), as in an argument spec."""

    guards: t.ClassVar[Mapping[str, bool]] = {}
    """What protects from a mistake, with its default; an entry of a section may override it."""

    run_guards: t.ClassVar[Mapping[str, bool]] = {}
    """The same for what is asked of a whole run."""

    section_options: t.ClassVar[Spec] = {}
    """The options that only an entry of a section has, for entries of other kinds that it carries."""

    shown_options: t.ClassVar[Mapping[str, Callable[[str], str]]] = {}
    """How the options are shown in which a secret may stand, be it by mistake."""

    numeric_options: t.ClassVar[frozenset[str]] = frozenset()
    """The options, of text, in which a number is what its text says, or is refused for what it says."""

    secret: t.ClassVar[str] = ""
    """The option with the secret of an entry, which has an attribute of that name; empty where entries have none."""

    hides_secret_alone: t.ClassVar[bool] = False
    """Whether C(hidden_part) is about the secret and about nothing else."""

    stays_with_old_address: t.ClassVar[bool] = False
    """Whether an entry of the address of an account stays where that becomes an alias of the renamed account."""

    rests_on_others: t.ClassVar[bool] = False
    """Whether what stays of the entries depends on what there is going to be of the other kinds."""

    plain_parts: t.ClassVar[tuple[str, ...]] = ()
    """The texts of an entry, and lists of them, where no secret belongs."""

    def entry_options(self) -> Spec:
        """Return the argument spec of an entry, guards aside."""
        return {**self.options, "state": {"type": "str", "choices": ["present", "absent"], "default": "present"}}

    def module_options(self) -> Spec:
        """Return the argument spec of the module of one entry, but for what all modules have."""
        return {**self.entry_options(), **guard_options({**self.guards, **self.run_guards})}

    @property
    def section(self) -> str:
        """The name of the section in options and results."""
        return self.tables[0].section

    @property
    def noun(self) -> str:
        """What one entry is called in messages."""
        return self.tables[0].noun

    def section_in(self, tables: Tables) -> Section[EntryType]:
        """Return the entries of the kind in the tables of a directory."""
        return tables.of(self.tables[0])

    # --- from options to the file

    def wanted(self, options: Options, origin: str) -> WantedType:
        """Return the wanted entry of options. Raises RefusedError for those that cannot be."""
        try:
            return self._wanted(options, origin, options["state"] == "present")
        except RefusedError as error:
            raise refusal(self.noun, self.shown_key(options), origin, error) from None

    def shown_key(self, options: Options) -> str:
        """Return what an entry is known by as a refusal of its options may show it."""
        return self.shown_options.get(self.key, str)(options[self.key])

    @abc.abstractmethod
    def _wanted(self, options: Options, origin: str, present: bool) -> WantedType:
        """Return the wanted entry; a refusal need not say which entry it is about."""

    def companions(self, wanted: WantedType, guards: Mapping[str, t.Any]) -> Sequence[tuple[AnyKind, t.Any]]:
        """Return the entries of other kinds that come with a wanted one, if it moves mail, given the guards of the run."""
        return ()

    def moves_mail(self, wanted: WantedType) -> bool:
        """Whether other entries go along with a wanted one, so that a run for it alone is like one of many entries."""
        return False

    def joined(self, entries: list[WantedType], refusals: Refusals) -> list[WantedType]:
        """Return the entries of a section with those joined that may stand in several lists."""
        return entries

    def in_order(self, entries: list[WantedType]) -> list[WantedType]:
        """Return the entries in the order in which they are put. Raises RefusedError."""
        return entries

    def prepared(self, draft: Draft, entries: Sequence[WantedType]) -> Sequence[WantedType]:
        """Return the entries with what is found out for all of them at once."""
        return entries

    @abc.abstractmethod
    def put(self, draft: Draft, wanted: WantedType) -> None:
        """Edit the table so that it has the entry, or has it not. Raises RefusedError."""

    def renamed(self, draft: Draft, addresses: Mapping[str, str]) -> None:
        """Edit the table so that what it has of accounts goes with them, given the new address of each old one.

        It is called before anything is put. Raises RefusedError.
        """

    def kept_by_rules(self, tables: Tables, unwanted: set[str]) -> set[str]:
        """Return the keys of the entries that nobody wants, but that are there for the sake of an account."""
        return set()

    # --- from the file to options and results

    def is_declared(self, tables: Tables, key: str) -> bool:
        """Whether an entry has options of its own, and does not come with another one."""
        return True

    @abc.abstractmethod
    def declaring(self, tables: Tables) -> Callable[[EntryType], dict[str, t.Any]]:
        """Return what makes the options that declare an entry of a directory.

        They have no password and no hash, and leave out what has its default. Raises
        RefusedError for an entry that no options declare.
        """

    def secret_options(self, entry: EntryType) -> dict[str, t.Any]:
        """Return the options that declare the secret of an entry, where it has none yet: whoever changed it since keeps it."""
        if not self.secret:
            return {}
        only_new = {"update_password": "on_create"} if "update_password" in self.options else {}
        return {self.secret: getattr(entry, self.secret), **only_new}

    @abc.abstractmethod
    def described(self, entry: EntryType) -> dict[str, t.Any]:
        """Return an entry as C(dms_info) reports it."""

    def hides(self, table: Section[EntryType], key: str) -> bool:
        """Whether an entry of the file has what may be a secret where none belongs."""
        if table.shown_key(key) != key:
            return True
        entry = table.entry(key)
        parts = [getattr(entry, name) for name in self.plain_parts]
        texts = [text for part in parts for text in ((part,) if isinstance(part, str) else part)]
        return any(without_columns(text) != text for text in texts)

    def hidden_part(self, entry: EntryType) -> str:
        """Return, as a part of a sentence, what of an entry may be a secret and so is not shown; empty for nothing."""
        return ""


AnyKind = Kind[t.Any, t.Any]


def tables_of(kinds: Sequence[AnyKind]) -> tuple[type[AnyTable], ...]:
    """Return the files that a run for entries of some kinds reads, in the order in which additions are written."""
    beside = (table for kind in kinds for table in kind.beside)
    own = (table for kind in kinds for table in kind.tables)
    return tuple(dict.fromkeys([*beside, *own]))


def guard_options(guards: Mapping[str, bool]) -> Spec:
    """Return the argument spec of guards."""
    return {name: {"type": "bool", "default": default} for name, default in guards.items()}


def defaults_of(spec: Spec) -> dict[str, t.Any]:
    """Return what Ansible fills in for the options that a task does not name."""
    return {name: option.get("default") for name, option in spec.items()}


def shown_address(given: str) -> str:
    """Return the address of an account, as an option has it, as it may be shown.

    What is none may be a password that stands in the wrong option.
    """
    return given if shown_login(given) == given else HIDDEN

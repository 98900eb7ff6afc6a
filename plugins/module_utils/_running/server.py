# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where mail goes on the running mail server: the steps of cleanup(8) and trivial-rewrite(8), with its own maps.

No mail is sent. The lookups that the files answer elsewhere are answered by Postfix and Dovecot here; the order of the
lookups and what is made of their results are the same.
"""

from __future__ import annotations

import functools
import typing as t

from .._mailserver.domains import Domains
from .._mailserver.lookups import NOTHING, Found, Lookup, Lookups, partial_keys, replaced
from .._mailserver.places import place_of
from .._mailserver.router import Route, Router
from .._mailserver.state import State
from .._mailserver.syntax import Syntax, from_bytes, from_text, quoted
from .access import restricts
from .asking import EXACT, LOGINS, Answers, Login, Question, UnansweredError
from .maps import entries_of, has_patterns, split
from .mounts import ACCESS_FILES

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from .._mailserver.places import Place
    from .checksums import Contents
    from .container import Container
    from .description import Description

# A step of an expansion is a round of questions, and so is the place of its end.
_MOST_ROUNDS = 60

# Prints the lists of domains that Postfix reads from files.
_SCRIPT = 'for file in "$@"; do grep -Ev "^[[:space:]]*(#|$)" "$file"; done; exit 0'


class AskedLookups(Lookups):
    """What addresses are replaced by, one step at a time, as the running Postfix answers."""

    def __init__(
        self, answers: Answers, description: Description, server: State, note_place: Callable[[str], None]
    ) -> None:
        """Take what was answered so far, what the addresses depend on, and what notes the questions of a final one."""
        super().__init__(server.aliases, server.regex_aliases, server.syntax, server.domains)
        parameters = description.parameters
        self._answers = answers
        self._note_place = note_place
        self._maps = entries_of(parameters.get("virtual_alias_maps", "")).maps
        self._fixed = [name for name in self._maps if not has_patterns(name)]
        self._alias_domains = entries_of(parameters.get("virtual_alias_domains", ""))
        self._propagates = "virtual" in split(parameters.get("propagate_unmatched_extensions", ""))

    def of(self, address: str) -> Lookup:
        """Return what an address in its internal form is replaced by. Raises UnansweredError.

        What will be asked of the results is noted, for all of them together.
        """
        questions = self._questions(address)
        self._answers.note(question for question, dummy in questions)
        for question, extension in questions:
            lookup = self._answer(question, address, extension if self._propagates else "")
            if lookup:
                for result in lookup.results:
                    self._answers.note(question for question, dummy in self._questions(result))
                return lookup
        self._note_place(address)
        return NOTHING

    def _questions(self, address: str) -> list[tuple[Question, str]]:
        """Return what is asked of an address in this order, each with the extension that the key lacks."""
        keys = partial_keys(address, self._syntax, self._domains)
        whole = [(Question(each, quoted(address)), "") for each in self._maps]
        return [*whole, *((Question(each, key), extension) for key, extension in keys for each in self._fixed)]

    def _answer(self, question: Question, address: str, extension: str) -> Lookup | None:
        value = self._answers.value(question)
        found = Found(question.map_name, 0, question.key)
        complaint = self._answers.complaints.get(question.map_name)
        if complaint:
            return Lookup(found, temporary=f"Postfix cannot use {question.map_name}: {complaint}")
        if value is None:
            return None
        results = replaced(from_text(value), address, extension, self._syntax) if value else ()
        if not results:
            return Lookup(found, temporary=f"{question.map_name} has no address for {question.key}")
        return Lookup(found, results)

    def of_bare_domain(self, domain: str) -> Lookup:
        """Return what Postfix finds for a folded domain alone among the aliases (hazard H70). Raises UnansweredError."""
        if domain in self._alias_domains.names:
            return Lookup(Found("virtual_alias_domains", 0, domain))
        questions = self.questions_of_bare_domain(domain)
        self._answers.note(questions)
        for question in questions:
            if self._answers.value(question) is not None:
                return Lookup(Found(question.map_name, 0, domain))
        return NOTHING

    def questions_of_bare_domain(self, domain: str) -> list[Question]:
        """Return what is asked of a domain alone."""
        return [Question(name, domain, EXACT) for name in self._alias_domains.maps]


class AskedDomains(Domains):
    """The domains of the running Postfix."""

    def __init__(self, answers: Answers, description: Description, listed: Iterable[str]) -> None:
        """Take the domains of its lists, and what was answered so far."""
        parameters = description.parameters
        lists = entries_of(parameters.get("virtual_mailbox_domains", ""))
        super().__init__((*lists.names, *listed), description.hostname)
        self._of_host = {name.lower() for name in entries_of(parameters.get("mydestination", "")).names}
        self._answers = answers
        self._maps = lists.maps

    def may_be_ours(self, domain: str) -> bool:
        return bool(self._maps) or super().may_be_ours(domain)

    def is_ours(self, domain: str) -> bool:
        questions = self.questions(domain)
        self._answers.note(questions)
        return super().is_ours(domain) or any(self._answers.value(question) is not None for question in questions)

    def questions(self, domain: str) -> list[Question]:
        """Return what is asked of a folded domain."""
        return [Question(name, domain) for name in self._maps]


class AskedMailboxes:
    """Who has a mailbox on the running mail server."""

    def __init__(self, answers: Answers, description: Description) -> None:
        """Take what was answered so far, and the maps that Postfix has."""
        self._answers = answers
        self._maps = entries_of(description.parameters.get("virtual_mailbox_maps", "")).maps

    def receives(self, address: str) -> bool:
        """Whether Postfix accepts mail for a folded address, and Dovecot knows it. Raises UnansweredError."""
        *questions, login = self.questions(address)
        self._answers.note([*questions, login])
        listed = [self._answers.value(question) is not None for question in questions]
        exists = self._answers.login(address).exists
        broken = any(name in self._answers.complaints for name in self._maps)
        return any(listed) and exists and not broken

    def questions(self, address: str) -> list[Question]:
        """Return what is asked of a folded address, Dovecot last."""
        return [*(Question(name, address) for name in self._maps), Question(LOGINS, address)]


class AskedServer(State):
    """The running mail server, as far as it has answered."""

    def __init__(self, answers: Answers, description: Description, contents: Contents, listed: Iterable[str]) -> None:
        """Take what was answered so far, what the mail server is like, and the domains of its lists.

        Of the `contents` of the config directory it reads what Postfix itself reads there: the restrictions.
        """
        read = {name: contents.get(name) for name in ACCESS_FILES if restricts(description, name)}
        super().__init__(read, description.settings)
        self._answers = answers
        self._description = description
        self._listed = tuple(listed)

    @functools.cached_property
    def syntax(self) -> Syntax:
        origin = self._description.parameters.get("myorigin") or self._description.hostname
        return Syntax(from_text(origin), self.settings.recipient_delimiter)

    @functools.cached_property
    def domains(self) -> AskedDomains:
        return AskedDomains(self._answers, self._description, self._listed)

    @functools.cached_property
    def lookups(self) -> AskedLookups:
        return AskedLookups(self._answers, self._description, self, self._note_place)

    @functools.cached_property
    def mailboxes(self) -> AskedMailboxes:
        """Who has a mailbox."""
        return AskedMailboxes(self._answers, self._description)

    def place_of(self, recipient: str) -> Place:
        return place_of(recipient, self.domains, self.mailboxes, self.syntax)

    def _note_place(self, recipient: str) -> None:
        """Note what will be asked to tell what becomes of a final recipient."""
        base = self.syntax.split_extension(recipient)[0].lower()
        domain = recipient.rpartition("@")[2].lower()
        self._answers.note(self.domains.questions(domain))
        self._answers.note(self.lookups.questions_of_bare_domain(domain))
        if self.domains.may_be_ours(domain):
            self._answers.note(self.mailboxes.questions(base))


class Replies(t.NamedTuple):
    """What the running mail server does with addresses and logins."""

    routes: Mapping[str, Route]
    logins: Mapping[str, Login]


def ask_server(
    container: Container,
    description: Description,
    contents: Contents,
    addresses: Iterable[str],
    logins: Sequence[str],
) -> Replies:
    """Return the route of each address, and what Dovecot says of each login.

    `contents` are those of the files in the config directory that Postfix reads itself.

    Raises RefusedError for what is no address, and where the mail server does not answer.
    """
    answers = Answers()
    router = Router(AskedServer(answers, description, contents, _listed_domains(container, description)))
    given = list(dict.fromkeys(addresses))
    waiting = given
    routes: dict[str, Route] = {}
    answers.note(Question(LOGINS, from_text(login)) for login in logins)
    for dummy in range(_MOST_ROUNDS):
        unanswered = []
        for address in waiting:
            try:
                routes[address] = router.route(address)
            except UnansweredError:
                unanswered.append(address)
        waiting = unanswered
        if not answers.has_open_questions:
            break
        answers.ask(container)
    # What grows with each step is given up by Postfix too, after more of them.
    routes.update((address, Route(address, (), (), error="limit")) for address in waiting)
    return Replies(
        {address: routes[address] for address in given}, {login: answers.login(from_text(login)) for login in logins}
    )


def _listed_domains(container: Container, description: Description) -> list[str]:
    files = entries_of(description.parameters.get("virtual_mailbox_domains", "")).files
    if not files:
        return []
    return from_bytes(container.execute(_SCRIPT, *files)).split("\n")

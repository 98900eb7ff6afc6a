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
from .._mailserver.syntax import Syntax, from_text, quoted
from .asking import EXACT, LOGINS, Answers, Login, Question, UnansweredError
from .maps import entries_of, has_patterns, split

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable, Mapping, Sequence

    from .._mailserver.places import Place
    from .container import Container
    from .description import Description

# A step of an expansion is a round of questions, and so is the place of its end.
_MOST_ROUNDS = 60

# Prints the lists of domains that Postfix reads from files.
_SCRIPT = 'for file in "$@"; do grep -Ev "^[[:space:]]*(#|$)" "$file"; done; exit 0'


class AskedLookups(Lookups):
    """What addresses are replaced by, one step at a time, as the running Postfix answers."""

    def __init__(self, answers: Answers, description: Description, server: State) -> None:
        """Take what was answered so far, and what the addresses depend on."""
        super().__init__(server.aliases, server.regex_aliases, server.syntax, server.domains)
        parameters = description.parameters
        self._answers = answers
        self._maps = entries_of(parameters.get("virtual_alias_maps", "")).maps
        self._fixed = [name for name in self._maps if not has_patterns(name)]
        self._alias_domains = entries_of(parameters.get("virtual_alias_domains", ""))
        self._propagates = "virtual" in split(parameters.get("propagate_unmatched_extensions", ""))

    def of(self, address: str) -> Lookup:
        """Return what an address in its internal form is replaced by. Raises UnansweredError."""
        name = quoted(address)
        keys = partial_keys(address, self._syntax, self._domains)
        whole = [Question(each, name) for each in self._maps]
        parts = [(Question(each, key), extension) for key, extension in keys for each in self._fixed]
        self._answers.note([*whole, *(question for question, dummy in parts)])
        for question, extension in [*((question, "") for question in whole), *parts]:
            lookup = self._answer(question, address, extension if self._propagates else "")
            if lookup:
                return lookup
        return NOTHING

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
        questions = [Question(name, domain, EXACT) for name in self._alias_domains.maps]
        self._answers.note(questions)
        for question in questions:
            if self._answers.value(question) is not None:
                return Lookup(Found(question.map_name, 0, domain))
        return NOTHING


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
        questions = [Question(name, domain) for name in self._maps]
        self._answers.note(questions)
        return super().is_ours(domain) or any(self._answers.value(question) is not None for question in questions)


class AskedMailboxes:
    """Who has a mailbox on the running mail server."""

    def __init__(self, answers: Answers, description: Description) -> None:
        """Take what was answered so far, and the maps that Postfix has."""
        self._answers = answers
        self._maps = entries_of(description.parameters.get("virtual_mailbox_maps", "")).maps

    def receives(self, address: str) -> bool:
        """Whether Postfix accepts mail for a folded address, and Dovecot knows it. Raises UnansweredError."""
        questions = [Question(name, address) for name in self._maps]
        self._answers.note([*questions, Question(LOGINS, address)])
        listed = [self._answers.value(question) is not None for question in questions]
        exists = self._answers.login(address).exists
        broken = any(name in self._answers.complaints for name in self._maps)
        return any(listed) and exists and not broken


class AskedServer(State):
    """The running mail server, as far as it has answered."""

    def __init__(self, answers: Answers, description: Description, listed: Iterable[str]) -> None:
        """Take what was answered so far, what the mail server is like, and the domains of its lists."""
        super().__init__({}, description.settings)
        self._answers = answers
        self._description = description
        self._listed = tuple(listed)

    @functools.cached_property
    def syntax(self) -> Syntax:
        origin = self._description.parameters.get("myorigin") or self._description.hostname
        return Syntax(from_text(origin), self.settings.recipient_delimiter)

    @functools.cached_property
    def domains(self) -> Domains:
        return AskedDomains(self._answers, self._description, self._listed)

    @functools.cached_property
    def lookups(self) -> Lookups:
        return AskedLookups(self._answers, self._description, self)

    @functools.cached_property
    def mailboxes(self) -> AskedMailboxes:
        """Who has a mailbox."""
        return AskedMailboxes(self._answers, self._description)

    def place_of(self, recipient: str) -> Place:
        return place_of(recipient, self.domains, self.mailboxes, self.syntax)


class Replies(t.NamedTuple):
    """What the running mail server does with addresses and logins."""

    routes: Mapping[str, Route]
    logins: Mapping[str, Login]


def ask_server(
    container: Container, description: Description, addresses: Iterable[str], logins: Sequence[str]
) -> Replies:
    """Return the route of each address, and what Dovecot says of each login.

    Raises RefusedError for what is no address, and where the mail server does not answer.
    """
    answers = Answers()
    router = Router(AskedServer(answers, description, _listed_domains(container, description)))
    given = list(dict.fromkeys(addresses))
    waiting = given
    routes: dict[str, Route] = {}
    answers.note(Question(LOGINS, login) for login in logins)
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
    return Replies({address: routes[address] for address in given}, {login: answers.login(login) for login in logins})


def _listed_domains(container: Container, description: Description) -> list[str]:
    files = entries_of(description.parameters.get("virtual_mailbox_domains", "")).files
    if not files:
        return []
    return [from_text(line) for line in container.execute(_SCRIPT, *files).decode("utf-8", "replace").splitlines()]

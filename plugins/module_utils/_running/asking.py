# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Questions to the running Postfix and Dovecot, many in one command, and their answers.

A question is noted where its answer is needed and not known. All that were noted are asked together, and the work is done
again with what is known then: an address that leads to others needs as many rounds as there are steps.
"""

from __future__ import annotations

import re
import typing as t

from .._errors import RefusedError
from .._mailserver.syntax import from_bytes, to_bytes, to_text
from .container import FailedCommandError

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable, Sequence

    from .container import Container

EXACT = "-f"
"""The option of postmap(1) with which a map is asked without folding, as trivial-rewrite(8) does."""

FOLDED = ""
LOGINS = "logins"
"""What is asked about logins instead of a map."""

# The arguments come in threes: the number of the group of questions, an option of postmap and the map, or "logins". What is
# read has a line for each question: the number of its group, a blank, and the key. For each group comes what was found, a
# NUL, what postmap complains of, and a NUL. A password is no field of a user, and the others of its fields are left out.
_SCRIPT = """
questions=$(cat)
exec 3>&1
while [ $# -gt 0 ]; do
  keys=$(printf '%s\\n' "$questions" | sed -n "s/^$1 //p")
  if [ "$3" = logins ]; then
    printf '%s\\n' "$keys" | while IFS= read -r user; do
      fields=$(doveadm user -- "$user" 2>/dev/null </dev/null)
      printf '%s %s\\n' "$?" "$user"
      printf '%s\\n' "$fields" | sed -nE 's/^(quota_rule|quota_storage_size)[[:space:]]+/\\t/p'
    done
    complaints=
  else
    complaints=$({ printf '%s\\n' "$keys" | postmap ${2:+"$2"} -q - "$3" >&3; } 2>&1)
  fi
  printf '\\000%s\\000' "$complaints"
  shift 3
done
exit 0
"""

# What postmap only warns of, and what makes the map useless to the daemons of Postfix
_DUPLICATE = re.compile(r"duplicate entry")
_USELESS = re.compile(r"(fatal|error|panic): (?P<reason>.*)")

# sysexits.h, as doveadm-user(1) uses it
_NO_USER = 67


class Question(t.NamedTuple):
    """A key to be looked up in a map, or a login, in its internal form: each byte beyond ASCII is a surrogate."""

    map_name: str
    key: str
    option: str = FOLDED


class Login(t.NamedTuple):
    """What Dovecot says of a login."""

    exists: bool
    quota: str | None = None
    """The size that its quota has, as it is written."""


class UnansweredError(Exception):
    """An answer is needed that is not known yet; the question was noted."""


class Answers:
    """What the running mail server has answered so far."""

    def __init__(self) -> None:
        """Begin without any."""
        self._found: dict[Question, str | None] = {}
        self._logins: dict[str, Login] = {}
        self._open: dict[Question, None] = {}
        self.complaints: dict[str, str] = {}
        """Why the daemons of Postfix cannot use a map, by its name."""

    def value(self, question: Question) -> str | None:
        """Return what a map has for a key, None for nothing. Raises UnansweredError."""
        if question not in self._found:
            self._open[question] = None
            raise UnansweredError
        return self._found[question]

    def login(self, address: str) -> Login:
        """Return what Dovecot says of a login. Raises UnansweredError."""
        if address not in self._logins:
            self._open[Question(LOGINS, address)] = None
            raise UnansweredError
        return self._logins[address]

    def note(self, questions: Iterable[Question]) -> None:
        """Note what will be needed together with something else."""
        self._open.update(dict.fromkeys(question for question in questions if not self._knows(question)))

    def _knows(self, question: Question) -> bool:
        return question.key in self._logins if question.map_name == LOGINS else question in self._found

    @property
    def has_open_questions(self) -> bool:
        """Whether questions were noted that nobody has asked yet."""
        return bool(self._open)

    def ask(self, container: Container) -> None:
        """Ask all that was noted, in one command.

        Raises RefusedError where the answers are not understood, and FailedCommandError where Dovecot does not answer.
        """
        groups: dict[tuple[str, str], list[Question]] = {}
        for question in self._open:
            groups.setdefault((question.option, question.map_name), []).append(question)
        arguments = [text for number, group in enumerate(groups) for text in (str(number), *group)]
        lines = [f"{number} {question.key}" for number, group in enumerate(groups.values()) for question in group]
        data = to_bytes("".join(f"{line}\n" for line in lines))
        parts = from_bytes(container.execute(_SCRIPT, *arguments, data=data)).split("\0")
        if len(parts) != 2 * len(groups) + 1:
            raise RefusedError(
                f"what Postfix and Dovecot answer in the container {container.name} is not understood; report this"
            )
        for number, ((dummy, map_name), questions) in enumerate(groups.items()):
            if map_name == LOGINS:
                self._logins.update(_read_logins(parts[2 * number], container.name))
            else:
                self._found.update(_read_values(parts[2 * number], questions))
                self._note_complaint(map_name, parts[2 * number + 1])
        self._open.clear()

    def _note_complaint(self, map_name: str, complaints: str) -> None:
        useless = _USELESS.search(complaints)
        if useless:
            self.complaints[map_name] = to_text(useless["reason"].strip())
        elif _DUPLICATE.search(complaints):
            self.complaints[map_name] = "the same key is in it twice (hazard H01)"


def _read_values(output: str, questions: Sequence[Question]) -> dict[Question, str | None]:
    """Return the values by their questions; postmap prints those that it finds, in the order of the questions."""
    found: dict[Question, str | None] = {}
    lines = iter(output.split("\n"))
    line = next(lines, "")
    for question in questions:
        key, tab, value = line.partition("\t")
        is_answer = bool(tab) and key == question.key
        found[question] = value if is_answer else None
        if is_answer:
            line = next(lines, "")
    return found


def _read_logins(output: str, name: str) -> dict[str, Login]:
    logins: dict[str, Login] = {}
    user = ""
    for line in output.split("\n"):
        if line.startswith("\t"):
            logins[user] = logins[user]._replace(quota=line.strip().removeprefix("*:bytes=") or None)
        elif line:
            status, dummy, user = line.partition(" ")
            if int(status) not in (0, _NO_USER):
                raise DovecotError(
                    f"Dovecot in the container {name} does not answer whether {to_text(user)} is a login (doveadm user ends with"
                    f" the status {status}); look at its log"
                )
            logins[user] = Login(int(status) == 0)
    return logins


class DovecotError(FailedCommandError):
    """Dovecot cannot answer at the moment."""

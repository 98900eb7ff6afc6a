# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read of the answers of Postfix and Dovecot."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
import yaml

from ansible_collections.mailops.dms.plugins.module_utils._errors import RefusedError
from ansible_collections.mailops.dms.plugins.module_utils._running.asking import (
    LOGINS,
    Answers,
    DovecotError,
    Login,
    Question,
    UnansweredError,
)
from ansible_collections.mailops.dms.plugins.module_utils._running.container import Container, Finished

DATA = pathlib.Path(__file__).parents[3] / "data" / "running"
RECORDED = yaml.safe_load((DATA / "answers.yml").read_text(encoding="utf-8"))

ALIASES = "texthash:/etc/postfix/virtual"
RULES = "pcre:/etc/postfix/regexp"
MISSING = "texthash:/etc/postfix/nosuch"
QUESTIONS = (
    Question(ALIASES, "team@example.com"),
    Question(ALIASES, "nobody@example.com"),
    Question(RULES, "shop-a@example.com"),
    Question(MISSING, "a@example.com"),
    Question(LOGINS, "anna@example.com"),
    Question(LOGINS, "nobody@example.com"),
    Question(LOGINS, "bernd@example.com"),
)


def answered(parts: list[str], questions: t.Iterable[Question] = QUESTIONS) -> Answers:
    """Return answers that were read of recorded output."""
    output = "\0".join(parts).encode()
    answers = Answers()
    answers.note(questions)
    answers.ask(Container(lambda command, data: Finished(0, output, b""), "podman", "mailserver"))
    return answers


@pytest.mark.parametrize("case", RECORDED, ids=lambda case: str(case["generation"]))
def test_answers_are_those_of_their_questions(case: dict[str, t.Any]) -> None:
    answers = answered(case["parts"])

    assert not answers.has_open_questions
    assert answers.value(QUESTIONS[0]) == "sales@example.com,bernd@example.com"
    assert answers.value(QUESTIONS[1]) is None
    assert answers.value(QUESTIONS[2]) == "team@example.com"
    assert answers.login("anna@example.com") == Login(True, "5120M")
    assert answers.login("nobody@example.com") == Login(False)
    assert answers.login("bernd@example.com") == Login(True)
    assert answers.complaints == {MISSING: "open database /etc/postfix/nosuch: No such file or directory"}


def test_a_question_without_an_answer_is_noted() -> None:
    answers = Answers()
    for look in (lambda: answers.value(QUESTIONS[0]), lambda: answers.login("anna@example.com")):
        with pytest.raises(UnansweredError):
            look()
    assert answers.has_open_questions


def test_a_duplicate_makes_a_map_useless_although_postmap_answers() -> None:
    warning = 'postmap: warning: /etc/postfix/virtual, line 2: duplicate entry: "a@example.com"'
    answers = answered(["a@example.com\tb@example.com\n", warning, ""], [Question(ALIASES, "a@example.com")])

    assert "hazard H01" in answers.complaints[ALIASES]


def test_a_key_that_begins_like_another_one_keeps_its_own_answer() -> None:
    questions = [Question(ALIASES, key) for key in ("a", "a@example.com", "@example.com")]
    answers = answered(["a@example.com\tx@example.com\n@example.com\t\n", "", ""], questions)

    assert [answers.value(question) for question in questions] == [None, "x@example.com", ""]


def test_dovecot_that_does_not_answer_is_no_answer() -> None:
    with pytest.raises(DovecotError, match="ends with the status 75"):
        answered(["75 anna@example.com\n", "", ""], [Question(LOGINS, "anna@example.com")])


def test_an_answer_that_lacks_a_part_is_refused() -> None:
    with pytest.raises(RefusedError, match="is not understood"):
        answered(["", ""], [QUESTIONS[0]])

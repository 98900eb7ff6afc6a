# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is generated of the findings.

The example of a hazard is the first case of its kind in the data of the unit tests, and what is said of it is what its check
says.
"""

from __future__ import annotations

import re
import typing as t
from collections.abc import Iterator

from .layout import list_table, paragraph
from .source import Check, GenerationError, Source

_TEXTS = "scripts/documentation/findings.yml"
_CASES = "tests/unit/data/findings.yml"
_FIELDS = {"cause", "since", "until", "more"}
_SINCE = "v15"
_NEWEST = "v16"
_SHOWN = 120
_REPEATED_SHOWN = 50
_MARKUP = re.compile(r"([\\*`|_])")
_REPEATED = re.compile(r"<(.[^<]*?)\*([0-9]+)>", re.DOTALL)


def table(source: Source) -> list[str]:
    """Return the table of all findings."""
    rows = [(f"`{c.identity} <#{c.identity.lower()}>`__", f"``{c.severity}``", c.title) for c in source.checks]
    lines = list_table(("Number", "Severity", "Hazard"), rows, (10, 15, 75))
    return [f"These {len(source.checks)} hazards are looked for:", "", *lines]


def sections(source: Source) -> list[str]:
    """Return a section for each finding.

    Raises GenerationError for a finding without a text or an example, and for a text without a finding.
    """
    texts = source.yaml_of(_TEXTS)
    known = {check.identity for check in source.checks}
    if needless := sorted(set(texts) - known):
        raise GenerationError(f"{_TEXTS}: there is no hazard {', '.join(needless)}; correct or remove it")
    cases: dict[str, list[_Case]] = {}
    for case in _cases(source):
        cases.setdefault(case.hazard, []).append(case)
    lines = []
    for check in source.checks:
        lines += _section(check, _text_of(check, texts), cases.get(check.identity, []))
    return lines[:-1]


def _text_of(check: Check, texts: dict[str, t.Any]) -> dict[str, t.Any]:
    text: dict[str, t.Any] = texts.get(check.identity) or {}
    if "cause" not in text:
        raise GenerationError(f"{_TEXTS}: {check.identity} has no cause; say why the mail server does that")
    if wrong := sorted(set(text) - _FIELDS):
        raise GenerationError(f"{_TEXTS}: {check.identity} has {', '.join(wrong)}; the fields are {sorted(_FIELDS)}")
    return text


class _Case(t.NamedTuple):
    """A directory with a hazard, or one without it."""

    hazard: str
    files: dict[str, str | None]
    conditions: list[str]
    finding: t.Any
    """What its check says, if the directory has the hazard"""


def _cases(source: Source) -> Iterator[_Case]:
    """Yield the directories that the unit tests try for the hazards."""
    # As in Source: the code is that of the checkout for which all this is generated.
    from ansible_collections.mailops.dms.tests.support.finding_cases import Case

    for given in source.yaml_of(_CASES):
        if "hazard" in given:
            case = Case(given)
            found = [finding for finding in case.find() if finding.id == case.hazard] if case.has_hazard else [None]
            conditions = [f"``{name}: {value}``" for name, value in given.get("options", {}).items()]
            conditions += [f"the mode ``{mode}`` of ``{name}``" for name, mode in given.get("modes", {}).items()]
            yield _Case(given["hazard"], given.get("files", {}), conditions, found[0])


def _section(check: Check, text: dict[str, t.Any], cases: list[_Case]) -> list[str]:
    having = [case for case in cases if case.finding]
    free = [case for case in cases if not case.finding]
    if not having or not free:
        raise GenerationError(f"{_CASES}: {check.identity} needs a case that has the hazard, and one that does not")
    example, counterpart = having[0], free[0]
    title = f"{check.identity}: {check.title}"
    since, until = text.get("since", _SINCE), text.get("until", _NEWEST)
    releases = f"{since} to {until}" if since != until else since
    finding = example.finding
    where = f"line {finding.line} of ``{finding.file}``" if finding.line else f"``{finding.file}``"
    lines = [
        *(".. raw:: html", "", f'    <span id="{check.identity.lower()}"></span>', ""),
        *(title, "^" * len(title), ""),
        *(f"``{check.severity}``, shown on docker-mailserver {releases}", ""),
        *(*paragraph(text["cause"]), ""),
        *_files(example.files, example.conditions),
        *(*paragraph(f"**What happens** ({where}): {_plain(finding.message)}"), ""),
        *(*paragraph(f"**Remedy**: {_plain(finding.advice)}"), ""),
    ]
    for more in text.get("more", []):
        lines += [*paragraph(more), ""]
    changed = {name: content for name, content in counterpart.files.items() if example.files.get(name) != content}
    same = [condition for condition in counterpart.conditions if condition not in example.conditions]
    if changed or same:
        lines += ["Without it:", "", *_files(changed, same)]
    return lines


def _files(files: dict[str, str | None], conditions: list[str]) -> Iterator[str]:
    """Yield the lines that show the files of an example."""
    for name, content in files.items():
        if content is None:
            yield from (f"There is no ``{name}``.", "")
            continue
        yield from (".. code-block:: text", f"    :caption: {name}", "")
        for line in content.removesuffix("\n").split("\n"):
            yield f"    {_visible(line)}" if line else ""
        yield ""
    if conditions:
        yield from (*paragraph(f"With {', '.join(conditions)}."), "")


def _visible(line: str) -> str:
    """Return a line of a file as it is shown: what cannot be seen by its escape, and no hash at its full length."""
    text = _REPEATED.sub(lambda match: f"{match[1][:_REPEATED_SHOWN]}... ({match[2]} times)", line)
    text = text.replace("$HASH", "$6$...")
    text = "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
    return f"{text[:_SHOWN]}..." if len(text) > _SHOWN else text


def _plain(text: str) -> str:
    """Return a sentence in which nothing is markup."""
    return _MARKUP.sub(r"\\\1", text)

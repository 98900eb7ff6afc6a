# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is derived from config directories, in one form for docker-mailserver's scripts and both imitations.

A derivation is a mapping: the lines of mailboxes, users, master users, domains, relays and
credentials, the two copies, what is set in Postfix, the files after the repairs, and
whether the mail server shuts down. A line that was logged, and then read as an account,
is `(logged)`, since it holds the time.
"""

from __future__ import annotations

import json
import pathlib
import re
import typing as t

import yaml

from ansible_collections.mailops.dms.tests.dms import server
from ansible_collections.mailops.dms.tests.mailhost.program import derive, postfix

DATA = pathlib.Path(__file__).parents[1] / "unit" / "data" / "derived"
Directory = dict[str, bytes]
Derived = dict[str, t.Any]

# The time at which a script has logged something
LOGGED = re.compile(r"@?\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+00:00 ")
HEADER = "# "


class Case(t.NamedTuple):
    """A config directory at the start, and after changes of it, for a mail server with some variables."""

    directories: list[Directory]
    environment: dict[str, str]


def lines(text: t.Iterable[str]) -> list[str]:
    """Return lines of which those that were logged are alike."""
    return ["(logged)" if LOGGED.match(line) else line for line in text]


def of_scripts(answers: list[dict[str, t.Any]]) -> list[Derived]:
    """Return what docker-mailserver's own scripts have derived, up to where they shut it down."""
    found = []
    for answer in answers:
        derived = {name: text.split("\n")[:-1] for name, text in answer["derived"].items()}
        if derived["mailboxes"] and derived["mailboxes"][0].startswith(HEADER):
            del derived["mailboxes"][0]
        found.append(
            {
                **{name: lines(derived[name]) for name in ("mailboxes", "users", "masters", "domains")},
                **{name: lines(answer["derived"][name].split("\n")) for name in ("relays", "credentials")},
                **{name: answer["derived"][name] for name in ("aliases", "regex_aliases")},
                "settings": answer["settings"],
                "files": answer["files"],
                "shuts_down": answer["shuts_down"],
            }
        )
        if answer["shuts_down"]:
            break
    return found


def of_derivation(derivation: derive.Derivation, settings: postfix.PostfixSettings, *, shuts_down: bool) -> Derived:
    """Return what the mail hosts derive."""
    return {
        "mailboxes": lines(derivation.mailboxes),
        "users": lines(user.line for user in derivation.users),
        "masters": lines(derivation.masters),
        "domains": lines(derivation.domains),
        "relays": lines((settings.relays or "").split("\n")),
        "credentials": lines((settings.credentials or "").split("\n")),
        "settings": {**settings.settings, **settings.prepended},
        "aliases": derivation.aliases.decode("latin-1"),
        "regex_aliases": derivation.regex_aliases.decode("latin-1"),
        "files": {name: content.decode("latin-1") for name, content in derivation.files.items()},
        "shuts_down": shuts_down,
    }


def of_case(case: Case, generation: int) -> list[Derived]:
    """Return what the mail hosts derive at the start, and from each directory that follows."""
    derivation = derive.Derivation(dict(case.directories[0]), generation, derive.START)
    settings = postfix.PostfixSettings(derivation, case.environment)
    try:
        derivation.start()
    except derive.MisconfiguredError:
        return [of_derivation(derivation, settings, shuts_down=True)]
    settings.start()
    found = [of_derivation(derivation, settings, shuts_down=False)]
    known = dict(derivation.files)
    for files in case.directories[1:]:
        derivation.files, derivation.script = dict(files), derive.CHANGE
        changed = {name for name, content in files.items() if known.get(name) != content}
        try:
            derivation.change(changed)
        except derive.MisconfiguredError:
            return [*found, of_derivation(derivation, settings, shuts_down=True)]
        settings.change(changed)
        found.append(of_derivation(derivation, settings, shuts_down=False))
        known = files
    return found


def of_server(case: Case, generation: int) -> list[Derived]:
    """Return what the mail server of the unit tests has after its start."""
    begun = server.start(case.directories[0], server.Settings((generation, 1, 0)))
    users = lines(user.line for user in begun.users)
    return [{"mailboxes": lines(begun.mailboxes), "users": users, "shuts_down": begun.shut_down}]


def imitations(case: Case, generation: int) -> dict[str, list[Derived]]:
    """Return what each imitation makes of a case, step by step."""
    return {"mail host": of_case(case, generation), "unit tests": of_server(case, generation)}


def differences(expected: Derived, actual: Derived) -> str:
    """Tell in what a derivation differs from an expected one, if it has that part."""
    return "".join(
        f"  {name}: {expected[name]!r}\n  {' ' * len(name)}  {value!r}\n"
        for name, value in actual.items()
        if value != expected[name]
    )


def cases_of_data() -> dict[str, Case]:
    """Return the cases that are kept, by their names."""
    return {path.name: read_case(path) for path in sorted(DATA.iterdir())}


def read_case(path: pathlib.Path) -> Case:
    """Return a case: the directories at the start and after a change, and the variables if there are any."""
    variables = path / "environment.yml"
    environment = yaml.safe_load(variables.read_text(encoding="utf-8")) if variables.exists() else {}
    steps = [step for step in (path / "start", path / "change") if step.exists()]
    return Case(list(map(read, steps)), environment)


def read(directory: pathlib.Path) -> Directory:
    """Return the files of a config directory."""
    return {path.name: path.read_bytes() for path in sorted(directory.glob("*.cf"))}


# --- what is expected of the directories

EXPECTED = "expected.yml"
PARTS = ("shuts_down", "repaired", "mailboxes", "users", "domains")
# Parts that most cases have nothing of
RARE_PARTS = ("masters", "relays", "credentials", "settings")
LICENCE = """\
---
# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""


def summary(derived: Derived, before: Directory) -> Derived:
    """Return what is kept of a derivation: the copies follow from the files that were repaired."""
    texts = {name: content.decode("latin-1") for name, content in before.items()}
    changed = sorted(name for name, text in texts.items() if derived["files"][name] != text)
    rare = {name: derived[name] for name in RARE_PARTS if any(derived[name])}
    repaired = [derived["files"][name] for name in changed]
    return {**{name: derived.get(name) for name in PARTS}, "repaired": repaired, **rare}


def expected(name: str) -> dict[int, list[Derived]]:
    """Return what each generation derives in a case, step by step."""
    found: dict[int, list[Derived]] = yaml.safe_load((DATA / name / EXPECTED).read_text(encoding="utf-8"))
    return found


def write_expected(name: str, of_generations: dict[int, list[Derived]]) -> None:
    """Keep what each generation derives in a case."""
    text = LICENCE
    for generation, steps in of_generations.items():
        text += f"{generation}:\n"
        for step in steps:
            text += f"  - shuts_down: {json.dumps(step['shuts_down'])}\n"
            for part, value in step.items():
                if isinstance(value, list):
                    text += f"    {part}:{'' if value else ' []'}\n"
                    text += "".join(f"      - {json.dumps(line)}\n" for line in value)
            for part, value in step.items():
                if isinstance(value, dict):
                    text += f"    {part}:\n"
                    text += "".join(f"      {name}: {json.dumps(setting)}\n" for name, setting in sorted(value.items()))
    (DATA / name / EXPECTED).write_text(text, encoding="utf-8")

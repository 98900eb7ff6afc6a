# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is derived from config directories, in one form for docker-mailserver's scripts and both imitations.

A derivation is a mapping: the lines of mailboxes, users and domains, the two copies, the
files after the repairs, and whether the mail server shuts down. A line that was logged,
and then read as an account, is `(logged)`, since it holds the time.
"""

from __future__ import annotations

import json
import pathlib
import re
import typing as t

import yaml

from ansible_collections.mailops.dms.tests.dms import server
from ansible_collections.mailops.dms.tests.mailhost.program import derive

DATA = pathlib.Path(__file__).parents[1] / "unit" / "data" / "derived"
Directories = list[dict[str, bytes]]
Derived = dict[str, t.Any]

# The time at which a script has logged something
LOGGED = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+00:00 ")
HEADER = "# "


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
                **{name: lines(derived[name]) for name in ("mailboxes", "users", "domains")},
                **{name: answer["derived"][name] for name in ("aliases", "regex_aliases")},
                "files": answer["files"],
                "shuts_down": answer["shuts_down"],
            }
        )
        if answer["shuts_down"]:
            break
    return found


def of_derivation(derivation: derive.Derivation, *, shuts_down: bool) -> Derived:
    """Return what the mail hosts derive."""
    return {
        "mailboxes": lines(derivation.mailboxes),
        "users": lines(user.line for user in derivation.users),
        "domains": lines(derivation.domains),
        "aliases": derivation.aliases.decode("latin-1"),
        "regex_aliases": derivation.regex_aliases.decode("latin-1"),
        "files": {name: content.decode("latin-1") for name, content in derivation.files.items()},
        "shuts_down": shuts_down,
    }


def of_directories(directories: Directories, generation: int) -> list[Derived]:
    """Return what the mail hosts derive at the start, and from each directory that follows."""
    derivation = derive.Derivation(dict(directories[0]), generation, derive.START)
    try:
        derivation.start()
    except derive.MisconfiguredError:
        return [of_derivation(derivation, shuts_down=True)]
    found = [of_derivation(derivation, shuts_down=False)]
    known = dict(derivation.files)
    for files in directories[1:]:
        derivation.files, derivation.script = dict(files), derive.CHANGE
        try:
            derivation.change({name for name, content in files.items() if known.get(name) != content})
        except derive.MisconfiguredError:
            return [*found, of_derivation(derivation, shuts_down=True)]
        found.append(of_derivation(derivation, shuts_down=False))
        known = files
    return found


def of_server(directories: Directories, generation: int) -> list[Derived]:
    """Return what the mail server of the unit tests has after its start."""
    begun = server.start(directories[0], server.Settings((generation, 1, 0)))
    users = lines(user.line for user in begun.users)
    return [{"mailboxes": lines(begun.mailboxes), "users": users, "shuts_down": begun.shut_down}]


def imitations(directories: Directories, generation: int) -> dict[str, list[Derived]]:
    """Return what each imitation makes of a case, step by step."""
    return {
        "mail host": of_directories(directories, generation),
        "unit tests": of_server(directories, generation),
    }


def differences(expected: Derived, actual: Derived) -> str:
    """Tell in what a derivation differs from an expected one, if it has that part."""
    return "".join(
        f"  {name}: {expected[name]!r}\n  {' ' * len(name)}  {value!r}\n"
        for name, value in actual.items()
        if value != expected[name]
    )


def directories_of_data() -> dict[str, Directories]:
    """Return the cases that are kept as directories, by their names."""
    return {case.name: list(map(read, steps_of(case))) for case in sorted(DATA.iterdir())}


def steps_of(case: pathlib.Path) -> list[pathlib.Path]:
    """Return the directories of a case: at the start, and after a change."""
    return [path for path in (case / "start", case / "change") if path.exists()]


def read(directory: pathlib.Path) -> dict[str, bytes]:
    """Return the files of a config directory."""
    return {path.name: path.read_bytes() for path in sorted(directory.glob("*.cf"))}


# --- what is expected of the directories

EXPECTED = "expected.yml"
PARTS = ("shuts_down", "repaired", "mailboxes", "users", "domains")
LICENCE = """\
---
# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""


def summary(derived: Derived, before: dict[str, bytes]) -> Derived:
    """Return what is kept of a derivation: the copies follow from the files that were repaired."""
    texts = {name: content.decode("latin-1") for name, content in before.items()}
    changed = sorted(name for name, text in texts.items() if derived["files"][name] != text)
    return {**{name: derived.get(name) for name in PARTS}, "repaired": [derived["files"][name] for name in changed]}


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
            for part in PARTS[1:]:
                text += f"    {part}:{'' if step[part] else ' []'}\n"
                text += "".join(f"      - {json.dumps(line)}\n" for line in step[part])
    (DATA / name / EXPECTED).write_text(text, encoding="utf-8")

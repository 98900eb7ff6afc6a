# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write what stands in several places for Ansible's sake, each from its one source.

Usage: .venv/bin/python scripts/generate.py [--check] [CHECKOUT]

What is generated stands between two comments, "begin generated: NAME" and "end generated", in the syntax of the file.
NAME is one of REGIONS. With --check nothing is written: the files that are out of date are named, and the exit status
is 1.
"""

from __future__ import annotations

import argparse
import re
import sys
import typing as t
from collections.abc import Iterator
from pathlib import Path

from documentation import collection, findings, role, speed
from documentation.source import GenerationError, Source

# What is generated from others that are generated comes after them.
FILES = ("plugins/**/*.py", "meta/*.yml", "roles/**/*.yml", "roles/**/*.md", "docs/**/*.rst", "README.md")

REGIONS: dict[str, t.Callable[[Source], list[str]]] = {
    "backups": collection.backups,
    "changes": collection.changes,
    "content": collection.content,
    "entries": collection.entries,
    "secret options": role.secret_options,
    "finding titles": role.finding_titles,
    "findings": findings.table,
    "findings by number": findings.sections,
    "action groups": collection.action_groups,
    "playbooks": collection.playbooks,
    "renamed": collection.renamed,
    "sections": collection.sections,
    "server": collection.server,
    "speed": speed.table,
    "role defaults": role.defaults,
    "role entries": role.entries,
    "role options": role.options,
    "role lists": role.lists,
    "role names": role.names,
    "role task": role.task,
    "role variables": role.variables,
}

_REGION = re.compile(
    r"^(?P<indent> *)(?P<begin>\S+ begin generated: (?P<name>[a-z ]*[a-z]).*\n)"
    r"(?P<text>(?:.*\n)*?)"
    r"(?P<end> *\S+ end generated.*\n)",
    re.MULTILINE,
)
# Where a comment needs blank lines around it, so that it is none of the text.
_SPACED = (".md", ".rst")


def generate(checkout: Path) -> Iterator[tuple[Path, str]]:
    """Yield each file with generated regions that is out of date, and its text as it should be.

    Raises GenerationError for a region without a generator, and for a generator without a region.
    """
    source = Source(checkout)
    unused = set(REGIONS)
    for path in (path for pattern in FILES for path in sorted(checkout.glob(pattern))):
        text = source.text(path)

        def region(match: re.Match[str], path: Path = path) -> str:
            if match["name"] not in REGIONS:
                raise GenerationError(f"{path.relative_to(checkout)}: there is no generator for '{match['name']}'")
            unused.discard(match["name"])
            lines = [f"{match['indent']}{line}" if line else "" for line in REGIONS[match["name"]](source)]
            if path.suffix in _SPACED:
                lines = ["", *lines, ""]
            return "".join([match["indent"], match["begin"], *(f"{line}\n" for line in lines), match["end"]])

        generated = _REGION.sub(region, text)
        if generated != text:
            source.replace(path, generated)
            yield path, generated
    if unused:
        raise GenerationError(f"no file has a region for: {', '.join(sorted(unused))}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Write what stands in several places, from its one source.")
    parser.add_argument("--check", action="store_true", help="name the files that are out of date, and write nothing")
    parser.add_argument("checkout", nargs="?", type=Path, default=Path(__file__).resolve().parents[1])
    arguments = parser.parse_args()
    try:
        out_of_date = list(generate(arguments.checkout))
    except GenerationError as error:
        sys.exit(str(error))
    for path, text in out_of_date:
        if arguments.check:
            print(f"{path.relative_to(arguments.checkout)} is out of date; run 'make generate'")
        else:
            path.write_text(text, encoding="utf-8")
            print(f"{path.relative_to(arguments.checkout)} is written")
    sys.exit(arguments.check and len(out_of_date) > 0)


if __name__ == "__main__":
    main()

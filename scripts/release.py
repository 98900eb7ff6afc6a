# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Release the version that galaxy.yml names, up to what only a maintainer can do.

Usage: .venv/bin/python scripts/release.py [CHECKOUT]

Turns the fragments into the changelog, builds the collection, imports it as Galaxy does, and commits the changelog.
Where that commit is already there, everything else is done again. Nothing is tagged, pushed or published.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import yaml

SEMANTIC = re.compile(r"(\d+)\.(\d+)\.(\d+)")
CHANGELOG = ("changelogs", "CHANGELOG.md", "CHANGELOG.rst")
VERSION_ADDED = re.compile(r"^\s*version_added: (\S+)$", re.MULTILINE)


class ReleaseError(Exception):
    """Why there cannot be a release yet, and what to do about it."""


class Release:
    """The next release of a checkout."""

    def __init__(self, checkout: Path) -> None:
        """Read the version from galaxy.yml.

        Raises ReleaseError for a version that is not three numbers.
        """
        self.checkout = checkout
        galaxy = yaml.safe_load((checkout / "galaxy.yml").read_text(encoding="utf-8"))
        self.version: str = galaxy["version"]
        if not SEMANTIC.fullmatch(self.version):
            raise ReleaseError(f"galaxy.yml: the version '{self.version}' is not MAJOR.MINOR.PATCH; correct it")
        self.artifact = (
            checkout / ".build" / "release" / f"{galaxy['namespace']}-{galaxy['name']}-{self.version}.tar.gz"
        )

    def run(self, *command: str) -> str:
        """Run a command in the checkout, and return what it prints.

        Raises ReleaseError with the whole output if it fails.
        """
        done = subprocess.run(
            command, cwd=self.checkout, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        if done.returncode:
            raise ReleaseError(f"{' '.join(command)} failed:\n{done.stdout.strip()}")
        return done.stdout

    def check_tree(self) -> None:
        """Raise ReleaseError if something is not committed, or if the version has its tag."""
        if changed := self.run("git", "status", "--porcelain"):
            raise ReleaseError(f"Commit or remove these first, since a release is made of commits:\n{changed.rstrip()}")
        if self.run("git", "tag", "--list", self.version):
            raise ReleaseError(f"{self.version} has a tag, so it was released; raise the version in galaxy.yml")

    def check_documented_versions(self) -> None:
        """Raise ReleaseError if something is said to come with a later version."""
        for directory in ("plugins", "roles"):
            for path in sorted((self.checkout / directory).rglob("*")):
                if path.suffix in (".py", ".yml"):
                    self._check_documented_versions(path)

    def _check_documented_versions(self, path: Path) -> None:
        for named in VERSION_ADDED.findall(path.read_text(encoding="utf-8")):
            if _numbers(named) > _numbers(self.version):
                raise ReleaseError(
                    f"{path.relative_to(self.checkout)}: version_added is {named}, but galaxy.yml has {self.version};"
                    " correct the one that is wrong"
                )

    def write_changelog(self) -> bool:
        """Turn the fragments into the changelog of the version, and return whether there were any.

        Raises ReleaseError if the changelog and the fragments do not fit the version.
        """
        directory = self.checkout / "changelogs"
        releases = yaml.safe_load((directory / "changelog.yaml").read_text(encoding="utf-8"))["releases"]
        fragments = sorted(path.name for path in (directory / "fragments").glob("*.yml"))
        if self.version in releases:
            if fragments:
                raise ReleaseError(
                    f"changelogs/changelog.yaml: {self.version} is written, but there are new fragments"
                    f" ({', '.join(fragments)}); raise the version in galaxy.yml"
                )
            return False
        if later := [name for name in releases if _numbers(name) > _numbers(self.version)]:
            raise ReleaseError(
                f"galaxy.yml: the version {self.version} is older than {later[-1]}, which was released; raise it"
            )
        if not fragments:
            raise ReleaseError("changelogs/fragments: nothing says what is new; write a fragment")
        self.run("antsibull-changelog", "lint")
        self.run("antsibull-changelog", "release", "--reload-plugins")
        return True

    def check_changelog(self) -> None:
        """Raise ReleaseError if the changelog for readers is not what its data says."""
        written = [self.checkout / name for name in CHANGELOG[1:]]
        before = [path.read_text(encoding="utf-8") for path in written]
        self.run("antsibull-changelog", "generate")
        if before != [path.read_text(encoding="utf-8") for path in written]:
            raise ReleaseError("CHANGELOG.md or CHANGELOG.rst was out of date, and is now written anew; commit it")

    def build(self) -> None:
        """Build the collection, and import it as Galaxy does."""
        self.run("ansible-galaxy", "collection", "build", "--force", "--output-path", str(self.artifact.parent))
        self.run("scripts/check-import", str(self.artifact))

    def commit(self) -> None:
        """Commit the changelog."""
        self.run("git", "add", "--all", "--", *CHANGELOG)
        self.run("git", "commit", "--quiet", "--message", f"Release {self.version}", "--", *CHANGELOG)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, SEMANTIC.findall(version)[0]))


def make(release: Release) -> None:
    """Make a release, step by step.

    Raises ReleaseError with what keeps it from being made.
    """
    release.check_tree()
    release.check_documented_versions()
    new = release.write_changelog()
    try:
        release.check_changelog()
        release.build()
    except ReleaseError as error:
        undo = "To begin anew: git checkout -- changelogs && git clean --force CHANGELOG.md CHANGELOG.rst"
        raise ReleaseError(f"{error}\n{undo}" if new else str(error)) from None
    if new:
        release.commit()


def main() -> None:
    checkout = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[1]).resolve()
    try:
        release = Release(checkout)
        make(release)
    except ReleaseError as error:
        sys.exit(str(error))
    print(
        f"{release.version} is ready: its changelog is committed, and Galaxy would import the collection."
        " As soon as all tests have passed on this commit:\n"
        f"  git tag --annotate {release.version} --message 'Release {release.version}'\n"
        f"  git push origin HEAD {release.version}\n"
        f"  ansible-galaxy collection publish {release.artifact.relative_to(checkout)}\n"
        "and raise the version in galaxy.yml with the next change."
    )


if __name__ == "__main__":
    main()

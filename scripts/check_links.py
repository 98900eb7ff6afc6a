# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find links that lead to nothing, in the built site and in the texts that link to it.

Usage: .venv/bin/python scripts/check_links.py SITE [CHECKOUT]

Looked at are links within the site, and links to where the site and the repository are published: their pages, anchors
and files must be in SITE and CHECKOUT. No other link is followed.
"""

from __future__ import annotations

import html.parser
import re
import sys
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

PUBLISHED = "https://mailops.github.io/mailops.dms/"
REPOSITORY = re.compile(r"https://github\.com/mailops/mailops\.dms/(?:blob|edit|tree)/main/")
# Where the texts of the checkout may link to either of them.
TEXTS = ("*.md", "*.yml", ".github/**/*", "docs/**/*", "playbooks/*", "plugins/**/*.py", "roles/**/*")
ABSOLUTE = re.compile(r"https://(?:mailops\.github\.io|github\.com/mailops)/[^\s)\"'<>`\]]+(?<![.,:;])")
# A link of Markdown, in the line or defined below, to a file of the checkout
RELATIVE = re.compile(r"\]\((?!\w+:|#)([^)\s]+)\)|^\[[^]]+\]: (?!\w+:|#)(\S+)$", re.MULTILINE)

# Written by the first release
OF_A_RELEASE = ("CHANGELOG.md", "CHANGELOG.rst")


class Page(html.parser.HTMLParser):
    """The anchors of a page, and where it links to."""

    def __init__(self, text: str) -> None:
        """Read the page."""
        super().__init__()
        self.anchors = {""}
        self.links: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take down what a tag defines and refers to."""
        for name, value in attrs:
            if name == "id" or (name == "name" and tag == "a"):
                self.anchors.add(value or "")
            elif name in ("href", "src") and value:
                self.links.add(value)


class Links:
    """The links of a built site and of the checkout that it is built from."""

    def __init__(self, site: Path, checkout: Path) -> None:
        """Read all pages of the site."""
        self.site = site.resolve()
        self.checkout = checkout.resolve()
        pages = sorted(self.site.rglob("*.html"))
        self.pages = {path: Page(path.read_text(encoding="utf-8")) for path in pages}

    def dead(self) -> Iterator[str]:
        """Yield a sentence for each link that leads to nothing."""
        for path, page in self.pages.items():
            for link in sorted(page.links):
                if reason := self.fault(link, path):
                    yield f"{path.relative_to(self.site)}: the link {link} leads to nothing: {reason}"
        for path in sorted({path for pattern in TEXTS for path in self.checkout.glob(pattern) if path.is_file()}):
            for link in self.links_of_text(path):
                if reason := self.fault(link, path):
                    yield f"{path.relative_to(self.checkout)}: the link {link} leads to nothing: {reason}"

    @staticmethod
    def links_of_text(path: Path) -> list[str]:
        """Return the links of a text that are to be looked at."""
        text = path.read_bytes().decode("utf-8", "replace")
        found = set(ABSOLUTE.findall(text))
        if path.suffix == ".md":
            found.update(first or second for first, second in RELATIVE.findall(text))
        return sorted(found)

    def fault(self, link: str, where: Path) -> str | None:
        """Return what is wrong with a link, if it is one that can be looked at here."""
        if match := REPOSITORY.match(link):
            path = self.checkout / urllib.parse.urlsplit(link[match.end() :]).path
            return None if path.exists() or path.name in OF_A_RELEASE else "the repository has no such file"
        if link.startswith(PUBLISHED):
            link, where = link.removeprefix(PUBLISHED) or "index.html", self.site / "index.html"
        parts = urllib.parse.urlsplit(link)
        if parts.scheme or parts.netloc:
            return None
        target = (where.parent / urllib.parse.unquote(parts.path)).resolve() if parts.path else where
        if not target.exists():
            return "there is no such file"
        page = self.pages.get(target)
        if page and urllib.parse.unquote(parts.fragment) not in page.anchors:
            return f"the page has no anchor '{parts.fragment}'"
        return None


def main() -> None:
    checkout = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(__file__).parents[1]
    links = Links(Path(sys.argv[1]), checkout)
    dead = list(links.dead())
    print("\n".join(dead) if dead else f"{len(links.pages)} pages, and no dead link")
    sys.exit(len(dead) > 0)


if __name__ == "__main__":
    main()

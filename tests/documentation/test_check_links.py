# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Links that lead to nothing are found, and only those."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[2] / "scripts" / "check_links.py"
SITE = "https://mailops.github.io/mailops.dms/"
BLOB = "https://github.com/mailops/mailops.dms/blob/main/"

SOUND = [
    ("page.html", '<a href="other.html#h01">other</a>'),
    ("page.html", '<a href="sub/">a directory</a> <a href="#here">this</a><p id="here"></p>'),
    (
        "page.html",
        '<a href="https://example.com/nothing">elsewhere</a> <img src="data:,"> <a href="mailto:a@b">mail</a>',
    ),
    ("page.html", f'<a href="{BLOB}docs/text.md?plain=1#L1">source</a>'),
    ("README.md", f"[other]({SITE}other.html#h01), [site]({SITE}) and [text](docs/text.md#anything)\n\n[b]: docs\n"),
    ("roles/dms/tasks/main.yml", f"msg: see {SITE}other.html#h01.\n"),
]
DEAD = [
    ("page.html", '<a href="nowhere.html">x</a>', "nowhere.html", "there is no such file"),
    ("page.html", '<img src="no.svg">', "no.svg", "there is no such file"),
    ("page.html", '<a href="other.html#h02">x</a>', "other.html#h02", "the page has no anchor 'h02'"),
    ("page.html", '<a href="#h02">x</a>', "#h02", "the page has no anchor 'h02'"),
    ("page.html", f'<a href="{BLOB}gone.py">x</a>', f"{BLOB}gone.py", "the repository has no such file"),
    ("README.md", f"[x]({SITE}nowhere.html)", f"{SITE}nowhere.html", "there is no such file"),
    ("README.md", "[x](docs/nowhere.md)", "docs/nowhere.md", "there is no such file"),
    ("README.md", "[x]\n\n[x]: nowhere.md\n", "nowhere.md", "there is no such file"),
    ("plugins/a.py", f'"""See {SITE}other.html#h99."""', f"{SITE}other.html#h99", "the page has no anchor 'h99'"),
]


def check(directory: Path, name: str, text: str) -> subprocess.CompletedProcess[str]:
    """Run the program on a small site and checkout, of which one file holds the text."""
    site = directory / "site"
    checkout = directory / "checkout"
    (site / "sub").mkdir(parents=True)
    (site / "index.html").write_text("<h1>Index</h1>", encoding="utf-8")
    (site / "other.html").write_text('<h1 id="h01">Other</h1>', encoding="utf-8")
    (checkout / "docs").mkdir(parents=True)
    (checkout / "docs" / "text.md").write_text("text", encoding="utf-8")
    path = (site if name.endswith(".html") else checkout) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return subprocess.run(
        [sys.executable, str(PROGRAM), str(site), str(checkout)], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(("name", "text"), SOUND)
def test_a_sound_link_is_none(name: str, text: str, tmp_path: Path) -> None:
    done = check(tmp_path, name, text)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert done.stdout.endswith(" pages, and no dead link\n")


@pytest.mark.parametrize(("name", "text", "link", "reason"), DEAD)
def test_a_dead_link_is_one(name: str, text: str, link: str, reason: str, tmp_path: Path) -> None:
    done = check(tmp_path, name, text)
    assert (done.returncode, done.stdout) == (1, f"{name}: the link {link} leads to nothing: {reason}\n")

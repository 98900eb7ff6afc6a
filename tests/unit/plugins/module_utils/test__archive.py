# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Ansible sends in an archive is compiled once, and imported as without our doing."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys
import typing as t
import zipfile

ARCHIVE = pathlib.Path(__file__).parents[4] / "plugins" / "module_utils" / "_archive.py"

# Python warns of this whenever it compiles it.
WARNED = "found = 1 is 1\n"
FILES = {
    "sent/__init__.py": "",
    "sent/first.py": "",
    "sent/package/__init__.py": WARNED,
    "sent/package/module.py": WARNED + "from ..beside import name\n",
    "sent/beside.py": "name = __name__\n",
    "sent/broken.py": "def fail():\n    raise ValueError\n",
}
PROGRAM = """
import json, sys, traceback
sys.path.insert(0, sys.argv[1])
import sent.first
from sent.package import module
from sent import broken
try:
    from sent import missing
except ImportError as error:
    refused = str(error)
try:
    broken.fail()
except ValueError:
    raised = traceback.format_exc()
modules = [sys.modules[name] for name in ("sent.package", "sent.package.module", "sent.beside")]
facts = [[m.__file__, m.__package__, m.__spec__.origin, m.__spec__.has_location, m.__spec__.parent] for m in modules]
json.dump({"facts": facts, "paths": list(sys.modules["sent.package"].__path__), "name": module.name,
           "refused": refused, "raised": raised}, sys.stdout)
"""


def imported(path: pathlib.Path) -> tuple[dict[str, t.Any], int]:
    """Import what stands at a path; return what is to be seen of it, and how often Python warned."""
    done = subprocess.run(
        [sys.executable, "-B", "-W", "always", "-c", PROGRAM, str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), done.stderr.count("SyntaxWarning")


def archive(path: pathlib.Path, files: dict[str, str]) -> pathlib.Path:
    """Write an archive."""
    with zipfile.ZipFile(path, "w") as written:
        for name, text in files.items():
            written.writestr(name, text)
    return path


def test_files_of_an_archive_are_compiled_once(tmp_path: pathlib.Path) -> None:
    seen, warnings = imported(archive(tmp_path / "sent.zip", {**FILES, "sent/first.py": ARCHIVE.read_text()}))
    assert warnings == 2
    before, twice = imported(archive(tmp_path / "sent.zip", FILES))
    assert seen == before
    assert twice >= warnings


def test_files_of_a_directory_are_found_as_before(tmp_path: pathlib.Path) -> None:
    for name, text in {**FILES, "sent/first.py": ARCHIVE.read_text()}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    seen, warnings = imported(tmp_path)
    assert warnings == 2
    assert seen["name"] == "sent.beside"
    assert seen["facts"][0][0] == str(tmp_path / "sent" / "package" / "__init__.py")

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the Pythons of this machine that work.

Usage: .venv/bin/python scripts/pythons.py VERSION

Prints the path of a Python of that version, such as 3.9, or fails.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def works(python: Path, version: str) -> bool:
    """Tell whether an interpreter is of a version; a version manager's shim may fail."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        result = subprocess.run([python, "-c", code], check=False, capture_output=True, text=True)
    except OSError:
        return False
    return result.returncode == 0 and result.stdout.strip() == version


def find_python(version: str) -> Path | None:
    """Return a Python of a version, from PATH or from those that pyenv holds."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    directories = [*map(Path, os.get_exec_path()), *sorted(pyenv.glob(f"versions/{version}.*/bin"))]
    for directory in directories:
        python = directory / f"python{version}"
        if python.exists() and works(python, version):
            return python
    return None


def main() -> None:
    python = find_python(sys.argv[1])
    if python is None:
        sys.exit(f"No Python {sys.argv[1]} was found.")
    print(python)


if __name__ == "__main__":
    main()

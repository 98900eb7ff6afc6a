# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The libraries that a managed host may have to get, and how to say so."""

from __future__ import annotations

from ._errors import RefusedError

_PACKAGES = {
    "passlib": "python3-passlib (Debian, RHEL) or libpass (PyPI)",
    "bcrypt": "python3-bcrypt (Debian, RHEL) or bcrypt (PyPI)",
    "argon2": "python3-argon2 (Debian), python3-argon2-cffi (RHEL) or argon2-cffi (PyPI)",
}
"""The packages that have each library, as a sentence names them."""


class MissingLibraryError(RefusedError):
    """A Python library is missing on the managed host."""

    def __init__(self, library: str) -> None:
        """Say which library is missing."""
        super().__init__(
            f"password needs the Python library {library} on the managed host; install"
            f" {_PACKAGES[library]} for the Python interpreter that runs the module"
        )

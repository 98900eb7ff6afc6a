# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The libraries that a managed host may have to get, and how to say so."""

from __future__ import annotations

import typing as t

from ._errors import RefusedError


class Packages(t.NamedTuple):
    """What a Python library is called where it can be installed from."""

    debian: str
    red_hat: str
    pypi: str

    @property
    def of_systems(self) -> str:
        """The packages of the systems, as a sentence names them."""
        if self.debian == self.red_hat:
            return f"{self.debian} (Debian, RHEL)"
        return f"{self.debian} (Debian), {self.red_hat} (RHEL)"


_PACKAGES = {
    "passlib": Packages("python3-passlib", "python3-passlib", "libpass"),
    "bcrypt": Packages("python3-bcrypt", "python3-bcrypt", "bcrypt"),
    "argon2": Packages("python3-argon2", "python3-argon2-cffi", "argon2-cffi"),
}


class MissingLibraryError(RefusedError):
    """A Python library is missing on the managed host."""

    def __init__(self, library: str, purpose: str) -> None:
        """Say which library is missing and what it is needed for."""
        packages = _PACKAGES[library]
        super().__init__(
            f"{purpose} needs the Python library {library} on the managed host; install"
            f" {packages.of_systems} or"
            f" {packages.pypi} (PyPI) for the Python interpreter that runs the module"
        )

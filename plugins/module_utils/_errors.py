# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The one exception with which every layer refuses to go on."""

from __future__ import annotations


class RefusedError(Exception):
    """Something is refused; nothing has been written.

    The text is one sentence that names the entry (and the file and line where there
    is one), what is wrong and what to do. It never holds a password or a hash.
    """


class MissingDirectoryError(RefusedError):
    """The config directory does not exist."""

    def __init__(self, path: str) -> None:
        """Name the directory that is missing."""
        super().__init__(
            f"the config directory {path} does not exist; create it, or correct config_dir"
        )

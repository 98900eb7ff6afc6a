# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What check mode can tell of hashes where the libraries for them are missing."""

from __future__ import annotations

import typing as t

from .._libraries import MissingLibraryError
from .._passwords import hash_password, verifies
from .account_hashes import ANY_HASH

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Sequence


def predicted_hashes(pairs: Sequence[tuple[str, str]]) -> tuple[list[str], list[MissingLibraryError]]:
    """Return for each pair of password and stored hash the hash that may stand there.

    Where a library is missing, a stored hash is taken to fit. What is missing is
    returned too, each library once.
    """
    missing: dict[str, MissingLibraryError] = {}
    hashes = [_predicted_hash(*pair, missing) for pair in pairs]
    return hashes, list(missing.values())


def _predicted_hash(password: str, stored: str, missing: dict[str, MissingLibraryError]) -> str:
    try:
        if verifies(password, stored):
            return stored
        stored = ANY_HASH
        return hash_password(password)
    except MissingLibraryError as error:
        missing.setdefault(str(error), error)
        return stored

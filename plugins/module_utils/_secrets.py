# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Hide password hashes in whatever text of a file is shown, wherever they stand."""

from __future__ import annotations

import re

HIDDEN = "<hidden>"

# What the names of Dovecot's schemes have in common; a pattern may have braces as well.
_SCHEME = (
    r"\{[a-z0-9._-]*"
    r"(?:crypt|md5|sha|argon2|pbkdf2|scram|plain|clear|ntlm|lanman|otp|skey|rpa)"
    r"[a-z0-9._-]*\}"
)
# The formats of crypt(5): an identifier between dollar signs, and what follows it.
_CRYPT = r"\$(?:1|2[abxy]?|5|6|7|y|gy|sha1|argon2[a-z]*)\$[./a-z0-9$=,+_-]{8,}"
_HASH = re.compile(rf"({_SCHEME})[^\s|]+|{_CRYPT}", re.IGNORECASE)


def without_hashes(text: str) -> str:
    """Return a text with every hash hidden, the names of the schemes left in."""
    if "$" not in text and "{" not in text:
        return text
    return _HASH.sub(lambda found: (found[1] or "") + HIDDEN, text)

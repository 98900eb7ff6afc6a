# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far the expansion of an address is followed: as far as Postfix does, postconf(5)."""

from __future__ import annotations

MOST_STEPS = 1000
"""virtual_alias_recursion_limit: how often one recipient is replaced."""

MOST_RECIPIENTS = 1000
"""virtual_alias_expansion_limit: how many recipients one address may come to."""

LONGEST_ADDRESS = 1000
"""virtual_alias_address_length_limit, in bytes."""

LONGEST_QUOTED = 2 * LONGEST_ADDRESS
"""The same as it is written: in quotes, with a backslash before each character at most."""

MOST_LOOKUPS = 10_000
"""How many lookups one address is worth: our own limit.

Those of Postfix alone would let each of 1000 recipients be replaced 1000 times.
"""

LARGEST_RESULT = MOST_RECIPIENTS * LONGEST_ADDRESS
"""How many bytes one lookup may give: what is longer breaks one of the limits above."""

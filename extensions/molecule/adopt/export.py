# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Print the variables of the role that declare what a config directory holds.

Usage: export.py DIRECTORY
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from ansible_collections.mailops.dms.plugins.module_utils._export import (
    export_directory,
)

FILES = (
    "postfix-accounts.cf",
    "postfix-virtual.cf",
    "postfix-regexp.cf",
    "dovecot-quotas.cf",
)


def main() -> None:
    directory = Path(sys.argv[1])
    contents = {name: (directory / name).read_bytes() for name in FILES}
    export = export_directory(contents)
    variables = {
        f"dms_{section}": entries for section, entries in export.sections.items()
    }
    print(json.dumps({**variables, "left_out": export.left_out}, indent=2))


if __name__ == "__main__":
    main()

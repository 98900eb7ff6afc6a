#!/usr/bin/python
# Copyright: (c) 2026, mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.mailops.dms.plugins.module_utils._module.run import (
    run_entry_module,
)


def main() -> None:
    """Run the module."""
    run_entry_module("aliases")


if __name__ == "__main__":
    main()

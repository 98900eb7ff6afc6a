# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module that takes a list and does nothing: what Ansible itself takes for it."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule


def main() -> None:
    """Take the list."""
    module = AnsibleModule({"aliases": {"type": "list", "elements": "dict"}}, supports_check_mode=True)
    module.exit_json(changed=False)


if __name__ == "__main__":
    main()

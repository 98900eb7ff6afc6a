# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every module that writes can do."""

from __future__ import annotations


class ModuleDocFragment:
    """The attributes of all modules, of those that write and of those that do not."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
    details:
      - Nothing is created, not even the lock, so check mode works on a read-only directory.
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
    support: full
  platform:
    description: Target OS/families that can be operated against.
    support: full
    platforms: posix
"""

    WRITING = r"""
options: {}
attributes:
  action_group:
    description:
      - Use C(group/mailops.dms.dms) in C(module_defaults) to set defaults for all modules that write.
      - C(group/mailops.dms.server) also has M(mailops.dms.dms_info) and M(mailops.dms.dms_server). It is for the options that
        all modules share, which are O(config_dir), O(dms_version), O(quotas_enabled), O(hostname) and O(domains).
    support: full
    membership:
      - mailops.dms.dms
      - mailops.dms.server
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    support: full
    details:
      - Every hash is shown as V(<hidden>), and one that replaces another as V(<hidden, new>). Anything that may be a password in
        the wrong place is hidden as well.
      - If a file is larger than 32 KiB, only the changed lines and three lines around them are returned.
  safe_file_operations:
    description: Uses Ansible's strict file operation functions to ensure proper permissions and avoid data corruption.
    support: full
    details:
      - Each file is replaced as a whole, by a rename within its directory.
      - The functions used are stricter than those of Ansible, because the directory may belong to somebody else.
"""

    INFO = r"""
options: {}
attributes:
  action_group:
    description:
      - Use C(group/mailops.dms.server) in C(module_defaults) to set defaults for all modules. It is for the options that they
        share, which are O(config_dir), O(dms_version), O(quotas_enabled), O(hostname) and O(domains).
    support: full
    membership:
      - mailops.dms.server
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    support: N/A
"""

#!/usr/bin/python
# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dms_quota
short_description: Manage the quota of an account of docker-mailserver
version_added: 0.1.0
description:
  - Sets or removes the quota of one account in C(dovecot-quotas.cf) in the config directory of docker-mailserver.
  - An account without a quota of its own has the default from docker-mailserver's C(POSTFIX_MAILBOX_SIZE_LIMIT).
author:
  - mailops.dms contributors (!UNKNOWN)
extends_documentation_fragment:
  - ansible.builtin.files
  - mailops.dms._attributes
  - mailops.dms._attributes.writing
  - mailops.dms._options
  - mailops.dms._server
  - mailops.dms._options.require_account
options:
  address:
    description:
      - The address of the account.
    type: str
    required: true
  quota:
    description:
      - A whole number with V(B), V(k), V(M), V(G) or V(T), or V(KiB) to V(TiB), such as V(5G) or V(512 MiB). Units are binary,
        as in Dovecot.
      - V(0) or V(unlimited) removes the limit. Any other number without a unit is refused. A size below 1 MiB is written with
        a warning.
      - Required with O(state=present). Sizes are compared by value, so V(5G) leaves V(5120M) as it is.
      - A size is written in a unit in which it has at least three digits, such as V(5120M) for V(5G), because Dovecot allows a
        grace of a tenth of the number, rounded down.
    type: str
  state:
    description:
      - Whether the quota should exist.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: mailops.dms.dms_account
    description: Manages the account itself.
  - module: mailops.dms.dms_config
    description: Manages many entries at once.
"""

EXAMPLES = r"""
- name: Limit a mailbox to five gibibytes
  mailops.dms.dms_quota:
    config_dir: /srv/mailserver/config
    address: hello@example.com
    quota: 5G

- name: Give an account an unlimited mailbox
  mailops.dms.dms_quota:
    config_dir: /srv/mailserver/config
    address: hello@example.com
    quota: unlimited

- name: Return an account to the default quota of the server
  mailops.dms.dms_quota:
    config_dir: /srv/mailserver/config
    address: hello@example.com
    state: absent
"""

RETURN = r"""
# begin generated: changes
changes:
  description:
    - The addresses of the entries that the task adds, changes and removes, or would in check mode, by section. Entries
      of other sections are among them where a rule requires it, such as the quota of a removed account or the identity
      aliases that come with a catch-all.
  returned: success
  type: dict
  contains:
    accounts:
      description: The lists RV(ignore:added), RV(ignore:changed) and RV(ignore:removed) of accounts.
      returned: by M(mailops.dms.dms_account), M(mailops.dms.dms_alias), M(mailops.dms.dms_regex_alias),
        M(mailops.dms.dms_quota), M(mailops.dms.dms_restriction), M(mailops.dms.dms_relay),
        M(mailops.dms.dms_relay_credential) and M(mailops.dms.dms_config)
      type: dict
      sample: {"added": [], "changed": [], "removed": []}
    aliases:
      description: The lists RV(ignore:added), RV(ignore:changed) and RV(ignore:removed) of aliases.
      returned: by M(mailops.dms.dms_account), M(mailops.dms.dms_alias), M(mailops.dms.dms_regex_alias),
        M(mailops.dms.dms_quota), M(mailops.dms.dms_restriction), M(mailops.dms.dms_relay),
        M(mailops.dms.dms_relay_credential) and M(mailops.dms.dms_config)
      type: dict
      sample: {"added": [], "changed": [], "removed": []}
    regex_aliases:
      description: The lists RV(ignore:added), RV(ignore:changed) and RV(ignore:removed) of patterns of the regex
        aliases.
      returned: by M(mailops.dms.dms_account), M(mailops.dms.dms_alias), M(mailops.dms.dms_regex_alias),
        M(mailops.dms.dms_quota), M(mailops.dms.dms_restriction), M(mailops.dms.dms_relay),
        M(mailops.dms.dms_relay_credential) and M(mailops.dms.dms_config)
      type: dict
      sample: {"added": [], "changed": [], "removed": []}
    quotas:
      description: The lists RV(ignore:added), RV(ignore:changed) and RV(ignore:removed) of quotas.
      returned: by M(mailops.dms.dms_account), M(mailops.dms.dms_alias), M(mailops.dms.dms_regex_alias),
        M(mailops.dms.dms_quota), M(mailops.dms.dms_restriction), M(mailops.dms.dms_relay),
        M(mailops.dms.dms_relay_credential) and M(mailops.dms.dms_config)
      type: dict
      sample: {"added": [], "changed": [], "removed": []}
    restrictions:
      description: The lists RV(ignore:added), RV(ignore:changed) and RV(ignore:removed) of restrictions.
      returned: by M(mailops.dms.dms_restriction) and M(mailops.dms.dms_config)
      type: dict
      sample: {"added": [], "changed": [], "removed": []}
    masters:
      description: The lists RV(ignore:added), RV(ignore:changed) and RV(ignore:removed) of names of the master
        accounts.
      returned: by M(mailops.dms.dms_master) and M(mailops.dms.dms_config)
      type: dict
      sample: {"added": [], "changed": [], "removed": []}
    relays:
      description: The lists RV(ignore:added), RV(ignore:changed) and RV(ignore:removed) of relays.
      returned: by M(mailops.dms.dms_relay), M(mailops.dms.dms_relay_credential) and M(mailops.dms.dms_config)
      type: dict
      sample: {"added": [], "changed": [], "removed": []}
    relay_credentials:
      description: The lists RV(ignore:added), RV(ignore:changed) and RV(ignore:removed) of relay credentials.
      returned: by M(mailops.dms.dms_relay), M(mailops.dms.dms_relay_credential) and M(mailops.dms.dms_config)
      type: dict
      sample: {"added": [], "changed": [], "removed": []}
# end generated
# begin generated: server
reload_needed:
  description:
    - Whether the task changes a file, or would in check mode, that neither the change detector of docker-mailserver nor
      Postfix looks at again by itself. The change counts for every new connection after C(postfix reload) in the
      container.
  returned: success
  type: bool
  sample: false
restart_needed:
  description:
    - Whether the task creates a file, or would in check mode, that docker-mailserver only takes notice of while it sets
      up a new container. The file has no effect until the container is created anew, as by C(docker compose up --detach
      --force-recreate).
  returned: success
  type: bool
  sample: false
# end generated
# begin generated: backups
backup_files:
  description: The paths of the backups.
  returned: when O(backup=true) and a file changed
  type: list
  elements: str
  sample: [/srv/mailserver/config/postfix-virtual.cf.4711.2026-11-22@20:15:59~]
# end generated
"""

from ansible_collections.mailops.dms.plugins.module_utils import _archive  # noqa: F401 # pylint: disable=unused-import
from ansible_collections.mailops.dms.plugins.module_utils._kinds.quota import QUOTA
from ansible_collections.mailops.dms.plugins.module_utils._module.run import run_entry_module


def main() -> None:
    """Run the module."""
    run_entry_module(QUOTA)


if __name__ == "__main__":
    main()

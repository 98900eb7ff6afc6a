#!/usr/bin/python
# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dms_alias
short_description: Manage an alias or a catch-all of docker-mailserver
version_added: 0.1.0
description:
  - Adds, changes or removes one alias in C(postfix-virtual.cf) in the config directory of docker-mailserver.
  - An alias of one address is placed above the catch-all of its domain, which is the order that docker-mailserver
    documents.
author:
  - mailops.dms contributors (!UNKNOWN)
extends_documentation_fragment:
  - ansible.builtin.files
  - mailops.dms._attributes
  - mailops.dms._attributes.writing
  - mailops.dms._options
  - mailops.dms._server
  - mailops.dms._options.allow_account_overlap
  - mailops.dms._options.protect_accounts
options:
  alias:
    description:
      - The address of the alias, V(user@domain), or V(@domain) for a catch-all, which takes the mail for all addresses of
        the domain that have no alias of their own. V(*@domain) is refused, because Postfix does not treat C(*) as a
        wildcard.
      - A V(user) without a domain is accepted with a warning, because it only matches in the domain of the host name.
    type: str
    required: true
  recipients:
    description:
      - The addresses that the mail goes to. Required with O(state=present).
      - They are the complete list, unless O(append=true). An alias that has them in another order is left as it is.
      - With O(state=absent), only these recipients are removed, and the alias along with its last recipient.
    type: list
    elements: str
  append:
    description:
      - Whether to add O(recipients) to those that the alias already has.
    type: bool
    default: false
  state:
    description:
      - Whether the alias should exist.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: mailops.dms.dms_config
    description: Manages many entries at once.
  - module: mailops.dms.dms_regex_alias
    description: Manages aliases for all addresses that match a pattern.
"""

EXAMPLES = r"""
- name: Send the mail of an alias to an account and to an address elsewhere
  mailops.dms.dms_alias:
    config_dir: /srv/mailserver/config
    alias: sales@example.com
    recipients:
      - hello@example.com
      - sales@example.org

- name: Add a recipient to the existing ones
  mailops.dms.dms_alias:
    config_dir: /srv/mailserver/config
    alias: sales@example.com
    recipients:
      - archive@example.org
    append: true

- name: Remove one recipient
  mailops.dms.dms_alias:
    config_dir: /srv/mailserver/config
    alias: sales@example.com
    recipients:
      - archive@example.org
    state: absent

- name: Take the mail for all other addresses of a domain, except for its accounts
  mailops.dms.dms_alias:
    config_dir: /srv/mailserver/config
    alias: "@example.com"
    recipients:
      - hello@example.com

- name: Remove an alias
  mailops.dms.dms_alias:
    config_dir: /srv/mailserver/config
    alias: sales@example.com
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
from ansible_collections.mailops.dms.plugins.module_utils._kinds.alias import ALIAS
from ansible_collections.mailops.dms.plugins.module_utils._module.run import run_entry_module


def main() -> None:
    """Run the module."""
    run_entry_module(ALIAS)


if __name__ == "__main__":
    main()

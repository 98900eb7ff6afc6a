#!/usr/bin/python
# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dms_restriction
short_description: Manage who may not send or receive mail with docker-mailserver
version_added: 0.1.0
description:
  - Adds or removes the lines of one address in C(postfix-send-access.cf) and C(postfix-receive-access.cf) in the config
    directory of docker-mailserver, as C(setup email restrict) does.
  - V(send) rejects mail whose sender in the envelope is the address, from whoever sends it. It does not keep the account from
    sending with another sender, which is what C(SPOOF_PROTECTION=1) of docker-mailserver does.
  - V(receive) rejects mail to the address, as the sender names it. Postfix looks before it looks up aliases, so mail that an
    alias sends on to the address still arrives. A warning names these aliases (hazard H93).
  - Postfix reads both files only if they were there when docker-mailserver set up its container, which
    RV(restart_needed) tells, and reads them again after C(postfix reload), which RV(reload_needed) tells. A file that is there is
    never deleted, because Postfix would answer every mail with an error.
  - Only lines with the action C(REJECT) for a whole address are managed. Lines for a domain, or with another action such as
    C(OK) or C(550), stay as they are, and an address that has such a line is refused.
author:
  - mailops.dms contributors (!UNKNOWN)
extends_documentation_fragment:
  - ansible.builtin.files
  - mailops.dms._attributes
  - mailops.dms._attributes.writing
  - mailops.dms._options
  - mailops.dms._server
options:
  address:
    description:
      - The whole address, which need not be an account. It is written in lower case.
      - A domain is refused. Postfix never looks up V(@example.com) in these files (hazard H90).
    type: str
    required: true
  restrict:
    description:
      - What the address may not do. With O(state=present) this is all of it, so what is not listed is allowed again, and an
        empty list removes the restriction.
      - With O(state=absent) what is listed is allowed again, and without this option both.
      - Required with O(state=present).
    type: list
    elements: str
    choices: [send, receive]
  state:
    description:
      - Whether the restriction should exist.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: mailops.dms.dms_account
    description: Manages the account.
  - module: mailops.dms.dms_config
    description: Manages many entries at once.
"""

EXAMPLES = r"""
- name: Make sure that nobody sends as a list, which only receives
  mailops.dms.dms_restriction:
    config_dir: /srv/mailserver/config
    address: list@example.com
    restrict:
      - send

- name: Reject mail to an account that only sends, and let it send
  mailops.dms.dms_restriction:
    config_dir: /srv/mailserver/config
    address: noreply@example.com
    restrict:
      - receive

- name: Let the list send again
  mailops.dms.dms_restriction:
    config_dir: /srv/mailserver/config
    address: list@example.com
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
from ansible_collections.mailops.dms.plugins.module_utils._kinds.restriction import RESTRICTION
from ansible_collections.mailops.dms.plugins.module_utils._module.run import run_entry_module


def main() -> None:
    """Run the module."""
    run_entry_module(RESTRICTION)


if __name__ == "__main__":
    main()

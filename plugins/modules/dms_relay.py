#!/usr/bin/python
# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dms_relay
short_description: Manage the relay of a sender in docker-mailserver
version_added: 0.1.0
description:
  - Adds, changes or removes in C(postfix-relaymap.cf), in the config directory of docker-mailserver, the relay through which
    the mail of a domain or of an address leaves.
  - A relay that is set by C(RELAY_HOST) or C(DEFAULT_RELAY_HOST) in the environment of the container is not in this file and
    stays as it is. It applies to all senders that have no relay here.
author:
  - mailops.dms contributors (!UNKNOWN)
extends_documentation_fragment:
  - ansible.builtin.files
  - mailops.dms._attributes
  - mailops.dms._attributes.writing
  - mailops.dms._options
  - mailops.dms._server
options:
  sender:
    description:
      - The domain of the senders, such as V(example.com), or one address. An address has precedence over its domain.
    type: str
    required: true
  host:
    description:
      - The name or the IP address of the relay, without brackets. Required with O(state=present), unless O(direct=true).
      - It is written in brackets, as by C(setup relay add-domain), so that no MX records are looked up.
    type: str
  port:
    description:
      - The port of the relay. There is a warning about those on which TLS begins with the connection, such as V(465), because
        Postfix expects STARTTLS.
    type: int
    default: 25
  direct:
    description:
      - Whether the mail of the sender leaves without a relay.
      - A domain is written as by C(setup relay exclude-domain), which excludes it from C(RELAY_HOST), but not from
        C(DEFAULT_RELAY_HOST). An address is written with C(DUNNO), which excludes it from both.
    type: bool
    default: false
  state:
    description:
      - Whether the relay should exist.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: mailops.dms.dms_relay_credential
    description: Manages the user and the password for a relay.
  - module: mailops.dms.dms_config
    description: Manages many entries at once.
  - ref: ansible_collections.mailops.dms.docsite.relays
    description: Relays, credentials, and what they mean for the rest of the mail.
"""

EXAMPLES = r"""
- name: Send the mail of a domain through a relay
  mailops.dms.dms_relay:
    config_dir: /srv/mailserver/config
    sender: example.com
    host: smtp.example.net
    port: 587

- name: Send the mail of one address through another relay
  mailops.dms.dms_relay:
    config_dir: /srv/mailserver/config
    sender: newsletter@example.com
    host: bulk.example.net
    port: 2525

- name: Send the mail of a domain without a relay
  mailops.dms.dms_relay:
    config_dir: /srv/mailserver/config
    sender: example.org
    direct: true

- name: Remove the relay of an address
  mailops.dms.dms_relay:
    config_dir: /srv/mailserver/config
    sender: newsletter@example.com
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
from ansible_collections.mailops.dms.plugins.module_utils._kinds.relay import RELAY
from ansible_collections.mailops.dms.plugins.module_utils._module.run import run_entry_module


def main() -> None:
    """Run the module."""
    run_entry_module(RELAY)


if __name__ == "__main__":
    main()

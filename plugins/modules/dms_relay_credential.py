#!/usr/bin/python
# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dms_relay_credential
short_description: Manage the credentials for a relay of docker-mailserver
version_added: 0.1.0
description:
  - Adds, changes or removes in C(postfix-sasl-password.cf), in the config directory of docker-mailserver, the user and the
    password with which Postfix logs in to a relay.
  - The passwords are in the file as they are, so a new file gets the mode V(0600). An existing file keeps its mode, and
    M(mailops.dms.dms_info) finds one that others may read (hazard H65).
  - As soon as the file exists and a relay is set, docker-mailserver requires TLS of every server that mail is sent to, with or
    without a relay. An empty file has the same effect (hazard H75), and there is a warning when the last credentials are
    removed.
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
      - The domain of the senders for whom the credentials are used, such as V(example.com), or one address. An address has
        precedence over its domain, and a sender over O(host).
      - Exactly one of O(sender) and O(host) is required.
    type: str
  host:
    description:
      - The name or the IP address of the relay for which the credentials are used, without brackets.
      - With O(port) it has to be the same as in M(mailops.dms.dms_relay), because Postfix compares both.
    type: str
  port:
    description:
      - The port of the relay. It only counts with O(host).
    type: int
    default: 25
  user:
    description:
      - The name of the user at the relay. Required with O(state=present). It cannot contain a colon.
    type: str
  password:
    description:
      - The password of the user at the relay. It is compared with the one in the file.
      - Required for new credentials and for another user. Without it, an existing password stays as it is.
      - A password that would not survive in a line of the file is refused, such as one that begins with a blank or contains a
        newline.
    type: str
  state:
    description:
      - Whether the credentials should exist.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: mailops.dms.dms_relay
    description: Manages the relay itself.
  - module: mailops.dms.dms_config
    description: Manages many entries at once.
  - ref: ansible_collections.mailops.dms.docsite.relays
    description: Relays, credentials, and what they mean for the rest of the mail.
"""

EXAMPLES = r"""
- name: Log in to the relay of a domain
  mailops.dms.dms_relay_credential:
    config_dir: /srv/mailserver/config
    sender: example.com
    user: example
    password: "{{ vault_relay_password }}"

- name: Log in to a relay, whoever the sender is
  mailops.dms.dms_relay_credential:
    config_dir: /srv/mailserver/config
    host: smtp.example.net
    port: 587
    user: example
    password: "{{ vault_relay_password }}"

- name: Remove the credentials of a domain
  mailops.dms.dms_relay_credential:
    config_dir: /srv/mailserver/config
    sender: example.com
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
from ansible_collections.mailops.dms.plugins.module_utils._kinds.relay_credential import RELAY_CREDENTIAL
from ansible_collections.mailops.dms.plugins.module_utils._module.run import run_entry_module


def main() -> None:
    """Run the module."""
    run_entry_module(RELAY_CREDENTIAL)


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dms_master
short_description: Manage a master account of docker-mailserver
version_added: 0.1.0
description:
  - Adds, changes or removes one master account in C(dovecot-masters.cf) in the config directory of docker-mailserver, as
    C(setup dovecot-master) does.
  - Whoever has the password of a master account can log in to every mailbox, with IMAP and POP3, and send mail as its account, with
    the login C(john.doe@example.com*NAME). A locked account is closed to it. The findings of M(mailops.dms.dms_info) list all master accounts (hazard H92).
  - A password is verified against the stored hash, so a second run changes nothing.
  - docker-mailserver takes up a change by itself, the first master account too. The file stays when its last master account
    is removed, because docker-mailserver would otherwise keep the ones that it knows (hazard H51).
author:
  - mailops.dms contributors (!UNKNOWN)
extends_documentation_fragment:
  - ansible.builtin.files
  - mailops.dms._attributes
  - mailops.dms._attributes.writing
  - mailops.dms._options
  - mailops.dms._server
requirements:
  - passlib or libpass on the managed host, for the O(password) of a master account whose hash in the file has a scheme that
    libcrypt of the system does not know, such as V({SSHA512}) or V({ARGON2ID})
options:
  name:
    description:
      - The name of the master account, which is no address. It is written in lower case and may contain V(a) to V(z), V(0) to
        V(9), V(.), V(-) and V(_).
    type: str
    required: true
  password:
    description:
      - The password in plain text. Put it in quotes unless it is the result of a template.
      - A password that ends with a newline or looks like a hash is refused.
      - The hash in the file is left alone if the password matches it, in any scheme that libcrypt or passlib can verify.
        Otherwise a new salted V({SHA512-CRYPT}) hash is written.
      - A master account that somebody has locked, with a V(!) or V(*) at the beginning of its hash, stays locked, with a
        warning.
      - A new master account needs O(password) or O(password_hash). They are mutually exclusive.
    type: str
  password_hash:
    description:
      - The hash with its scheme, such as V({SHA512-CRYPT}), as C(doveadm pw) or C(setup dovecot-master add) makes it.
      - It is compared literally and may have any scheme of Dovecot 2.3 and 2.4. A hash that they cannot read is refused, and
        so is one that takes too long to verify.
    type: str
  update_password:
    description:
      - V(always) sets the password whenever it does not match the stored hash, V(on_create) only for a new master account.
    type: str
    choices: [always, on_create]
    default: always
  state:
    description:
      - Whether the master account should exist.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: mailops.dms.dms_account
    description: Manages an account.
  - module: mailops.dms.dms_config
    description: Manages many entries at once.
"""

EXAMPLES = r"""
- name: Make sure that a migration tool can read every mailbox
  mailops.dms.dms_master:
    config_dir: /srv/mailserver/config
    name: migration
    password: "{{ vault_migration_password }}"

- name: Remove the master account when the migration is over
  mailops.dms.dms_master:
    config_dir: /srv/mailserver/config
    name: migration
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
from ansible_collections.mailops.dms.plugins.module_utils._kinds.master import MASTER
from ansible_collections.mailops.dms.plugins.module_utils._module.run import run_entry_module


def main() -> None:
    """Run the module."""
    run_entry_module(MASTER)


if __name__ == "__main__":
    main()

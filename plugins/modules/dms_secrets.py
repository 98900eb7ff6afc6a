#!/usr/bin/python
# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dms_secrets
short_description: Write the secrets of docker-mailserver into a file of vaulted variables on the controller
version_added: 0.1.0
description:
  - Reads the config directory of docker-mailserver on the managed host and writes the hashes of its accounts and master
    accounts and the passwords for its relays into a file of variables on the controller, encrypted by the vault that the play was
    started with. It is for migration and for recovery.
  - The file has a variable for each section, such as C(vault_dms_accounts), with the secret of each entry by its name.
  - RV(role_vars) declares the same entries for the role C(mailops.dms.dms), which adds the secrets from these variables. The
    role does all of this if its variable C(dms_export_secrets) is set.
  - No secret is in the result, in a diff or in a log, and the connection plugin C(ansible.builtin.ssh) shows none with C(-vvv). What
    other connection plugins show of the output of a module is not known, and with C(ANSIBLE_DEBUG), Ansible itself shows all of it.
    Nothing is written on the managed host.
author:
  - mailops.dms contributors (!UNKNOWN)
extends_documentation_fragment:
  - mailops.dms._attributes
attributes:
  action:
    description: Indicates this has a corresponding action plugin so some parts of the options can be executed on the controller.
    support: full
  async:
    description: Supports being used with the C(async) keyword.
    support: none
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    support: none
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
    support: full
    details:
      - A vaulted file is only written anew if what it holds differs, although each encryption looks different.
requirements:
  - Python >= 3.9 on the managed host
options:
  config_dir:
    description:
      - The config directory of docker-mailserver on the managed host.
    type: path
    required: true
  dest:
    description:
      - The file on the controller. Its directory must exist, except in check mode. Only its owner can read it, and
        a file that others can read is changed in that way even if it holds the same already.
    type: path
    required: true
  encrypt:
    description:
      - Whether to encrypt the file with the vault secret of the play, which comes from the options and settings of Ansible, such
        as C(--vault-id), C(--ask-vault-password) or C(ANSIBLE_VAULT_PASSWORD_FILE).
      - If this is V(false), the secrets are in the file as they are.
    type: bool
    default: true
  vault_id:
    description:
      - The vault id to encrypt with. It is needed if there are several, unless the setting C(vault_encrypt_identity) names one.
    type: str
  overwrite:
    description:
      - Whether to replace a file that holds something else.
    type: bool
    default: false
seealso:
  - module: mailops.dms.dms_info
    description: Reads the same without the hashes.
  - name: Ansible Vault
    description: How Ansible encrypts.
    link: https://docs.ansible.com/projects/ansible/latest/vault_guide/index.html
"""

EXAMPLES = r"""
- name: Keep the hashes of the accounts in the vault
  mailops.dms.dms_secrets:
    config_dir: /srv/mailserver/config
    dest: "{{ playbook_dir }}/dms_secrets.yml"
    overwrite: true
"""

RETURN = r"""
dest:
  description: The file on the controller.
  returned: success
  type: str
  sample: /home/admin/inventory/host_vars/mail1/dms_secrets.yml
role_vars:
  description:
    - The directory as variables of the role C(mailops.dms.dms), without the secrets. An account is only declared if its hash is
      in the file, and keeps a hash that it has by then.
    - They change nothing in this directory, and an empty one gets the same entries by them.
  returned: success
  type: dict
  sample: {"dms_accounts": [{"address": "john.doe@example.com", "update_password": "on_create"}], "dms_aliases": []}
declared:
  description:
    - For each section, the names in the file of the entries in RV(role_vars), in the same order. Null for an entry without a
      secret.
  returned: success
  type: dict
  sample: {"accounts": ["john.doe@example.com"], "aliases": []}
left_out:
  description:
    - A sentence for each entry that is not in RV(role_vars), such as an account whose hash Dovecot cannot read, or whose extra
      fields may hold a password and so cannot be shown. An empty directory does not get what is left out.
  returned: success
  type: list
  elements: str
  sample: []
"""

from ansible_collections.mailops.dms.plugins.module_utils import _archive  # noqa: F401 # pylint: disable=unused-import
from ansible_collections.mailops.dms.plugins.module_utils._module.secrets import run_secrets_module


def main() -> None:
    """Run the part of the module that runs on the managed host."""
    run_secrets_module()


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dms_config
short_description: Manage many accounts, aliases, restrictions and so on of docker-mailserver at once
version_added: 0.1.0
description:
  - Brings the config directory of docker-mailserver to the declared state in one task. Everything is read, checked and
    planned before anything is written, and a single refused entry stops the whole task. The error names the first 20
    refused entries.
  - The rules that span several files are applied to the final state, so an address may change from an alias to an account
    in one run.
  - A section that is not given is left alone. Entries that are not listed stay, unless O(prune) says otherwise.
  - An entry that is listed twice is refused with both positions. Only an alias may have several entries, if no more than one
    of them lacks O(aliases[].append=true). O(sources) tells which lists the positions refer to.
author:
  - mailops.dms contributors (!UNKNOWN)
extends_documentation_fragment:
  - ansible.builtin.files
  - mailops.dms._attributes
  - mailops.dms._attributes.writing
  - mailops.dms._entries
  - mailops.dms._options
  - mailops.dms._server
  - mailops.dms._options.allow_alias_overlap
  - mailops.dms._options.allow_no_accounts
  - mailops.dms._options.allow_account_overlap
  - mailops.dms._options.protect_accounts
  - mailops.dms._options.require_account
requirements:
  - passlib or libpass on the managed host, for the O(accounts[].password) of an account whose hash in the file has a scheme
    that libcrypt of the system does not know, such as V({SSHA512}) or V({ARGON2ID})
options:
  prune:
    description:
      - The sections from which unlisted entries are removed.
      - A section to prune must be given, if only as an empty list. If it is not given, it is left alone, with a warning.
      - Identity aliases that protect an account from a catch-all or a regex alias stay. So do the restrictions, the relay and the
        credentials of an address in O(accounts[].renamed_from) that is kept as an alias.
    type: list
    elements: str
    # begin generated: sections
    choices: [accounts, aliases, regex_aliases, quotas, restrictions, masters, relays, relay_credentials]
    # end generated
  prune_keep:
    description:
      - Shell patterns for the addresses and the patterns of regex aliases that O(prune) spares, such as V(*@example.org).
    type: list
    elements: str
  prune_limit:
    description:
      - How many entries O(prune) may remove from one section. If it would remove more, the task is refused.
      - 0 or more; any number if it is not set.
    type: int
  probe:
    description:
      - Addresses to compare the routes of, in addition to the accounts and aliases. If there are more than 1000 accounts and
        aliases, only those that change and those that lead to them are compared.
    type: list
    elements: str
  sources:
    description:
      - The lists that the sections were joined from, in the order of joining. An error then names the list that you wrote,
        such as C(office_aliases[0]) instead of C(aliases[2]).
      - The role C(mailops.dms.dms) sets this option itself.
    type: list
    elements: dict
    suboptions:
      name:
        description:
          - The name of the list. No two lists of a section may have the same.
        type: str
        required: true
      section:
        description:
          - The section that its entries belong to.
        type: str
        required: true
        # begin generated: sections
        choices: [accounts, aliases, regex_aliases, quotas, restrictions, masters, relays, relay_credentials]
        # end generated
      entries:
        description:
          - How many entries of the section come from it.
        type: int
        required: true
seealso:
  - module: mailops.dms.dms_account
    description: Manages one account.
  - module: mailops.dms.dms_alias
    description: Manages one alias.
  - module: mailops.dms.dms_regex_alias
    description: Manages one regex alias.
  - module: mailops.dms.dms_quota
    description: Manages one quota.
"""

EXAMPLES = r"""
- name: Manage some entries, and leave all others alone
  mailops.dms.dms_config:
    config_dir: /srv/mailserver/config
    accounts:
      - address: john.doe@example.com
        password: "{{ vault_john_password }}"
        quota: 5G
        aliases:
          - john@example.com
          - sales@example.com
      - address: jane.doe@example.com
        password: "{{ vault_jane_password }}"
        aliases:
          - sales@example.com
    aliases:
      - alias: office@example.com
        recipients:
          - jane.doe@example.com
          - office@example.org
    regex_aliases:
      - pattern: ^test[0-9]+@example\.com$
        recipients:
          - john.doe@example.com
    quotas:
      - address: jane.doe@example.com
        quota: unlimited

- name: Remove all unlisted aliases except those of another domain, but no more than ten
  mailops.dms.dms_config:
    config_dir: /srv/mailserver/config
    aliases:
      - alias: office@example.com
        recipients:
          - jane.doe@example.com
    prune:
      - aliases
    prune_keep:
      - "*@example.org"
    prune_limit: 10

- name: Join two lists, and let errors name the one that an entry is from
  mailops.dms.dms_config:
    config_dir: /srv/mailserver/config
    aliases: "{{ fleet_aliases + office_aliases }}"
    sources:
      - name: fleet_aliases
        section: aliases
        entries: "{{ fleet_aliases | length }}"
      - name: office_aliases
        section: aliases
        entries: "{{ office_aliases | length }}"
  vars:
    fleet_aliases:
      - alias: abuse@example.com
        recipients:
          - jane.doe@example.com
    office_aliases:
      - alias: desk@example.com
        recipients:
          - jane.doe@example.com

- name: Add a recipient to an alias and remove an account
  mailops.dms.dms_config:
    config_dir: /srv/mailserver/config
    accounts:
      - address: john.doe@example.com
        state: absent
    aliases:
      - alias: office@example.com
        recipients:
          - archive@example.org
        append: true
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
# begin generated: renamed
renamed:
  description: The accounts that the task renames, or would in check mode. Their mail stays in the old directory.
  returned: when an account is renamed
  type: list
  elements: dict
  contains:
    old_address:
      description: The address that the account had.
      returned: success
      type: str
      sample: jane.doe@example.com
    address:
      description: The address that it gets.
      returned: success
      type: str
      sample: jane.smith@example.com
    old_mailbox:
      description: The directory in the container that its mail is in.
      returned: success
      type: str
      sample: /var/mail/example.com/jane.doe
    mailbox:
      description: The directory in the container that its mail belongs in now.
      returned: success
      type: str
      sample: /var/mail/example.com/jane.smith
# end generated
routes:
  description:
    - The addresses the delivery of which changes, or would change in check mode. Nothing is compared if no file changes.
    - The addresses in O(probe) and all accounts and aliases are compared. If there are more than 1000 accounts and aliases,
      only those that change and those that lead to them are compared.
    - At most 1000 addresses are compared, those in O(probe) first. The diff tells how many more there were.
    - A catch-all is shown as V(any other address @example.com), for all addresses of its domain that have no alias of their
      own.
  returned: success
  type: list
  elements: dict
  contains:
    address:
      description: The address.
      returned: success
      type: str
      sample: sales@example.com
    before:
      description: The lists RV(ignore:recipients), RV(ignore:accounts) and RV(ignore:unknown), and RV(ignore:error).
      returned: success
      type: dict
      sample: {"recipients": ["sales@example.com"], "accounts": [], "unknown": ["sales@example.com"], "error": null}
    after:
      description: The same after the task.
      returned: success
      type: dict
      sample: {"recipients": ["john.doe@example.com"], "accounts": ["john.doe@example.com"], "unknown": [], "error": null}
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
from ansible_collections.mailops.dms.plugins.module_utils._module.run import run_bulk_module


def main() -> None:
    """Run the module."""
    run_bulk_module()


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dms_config
short_description: Manage many accounts, aliases, regex aliases and quotas of docker-mailserver at once
version_added: 0.1.0
description:
  - Brings the config directory of docker-mailserver to a wanted state in one task. Everything is read, checked and planned
    before anything is written, and a single refused entry stops the whole task. The error names the first 20 of
    those that are refused.
  - The rules that cross files are applied to the final state, so an address may turn from an alias into an account in one
    run.
  - A section that is not given is left alone. Entries that are not listed stay, unless O(prune) says otherwise.
  - The same entry twice in one list is refused with both positions, unless it is an alias that all but one of them append to.
    O(sources) tells which lists these are counted in.
author:
  - mailops.dms contributors (!UNKNOWN)
extends_documentation_fragment:
  - ansible.builtin.files
  - mailops.dms._attributes
  - mailops.dms._attributes.writing
  - mailops.dms._options
  - mailops.dms._server
  - mailops.dms._server.recipient_delimiter
  - mailops.dms._options.allow_alias_overlap
  - mailops.dms._options.allow_no_accounts
  - mailops.dms._options.allow_account_overlap
  - mailops.dms._options.protect_accounts
  - mailops.dms._options.require_account
requirements:
  - passlib or libpass on the managed host, for O(accounts[].password) of an account whose hash in the file libcrypt of the system does not
    know, such as V({SSHA512}) or V({ARGON2ID})
options:
  accounts:
    description:
      - The accounts. Their options are those of M(mailops.dms.dms_account), and O(accounts[].quota) and O(accounts[].aliases).
    type: list
    elements: dict
    suboptions:
      address:
        description:
          - The address of the account, which is also its login.
        type: str
        required: true
      password:
        description:
          - The password in plain text, in quotes unless it is the result of a template. The hash in the file is left alone when
            the password fits it, or when somebody has locked the account with a V(!) or V(*) at its beginning. A password that
            ends with a newline or looks like a hash is refused.
          - An account that is not there yet needs it or O(accounts[].password_hash). They exclude each other.
        type: str
      password_hash:
        description:
          - The hash with its scheme, compared literally. What Dovecot cannot read is refused, and so is a hash that takes too
            long to verify.
        type: str
      update_password:
        description:
          - V(always) sets the password where it does not fit, V(on_create) only for an account that is not there yet.
        type: str
        choices: [always, on_create]
        default: always
      extra_fields:
        description:
          - What stands in the third column, extra fields for Dovecot's user database.
          - Without this option what is there stays. An empty text takes the column away.
        type: str
      quota:
        description:
          - The quota of the account, as in M(mailops.dms.dms_quota). Without this option it is not touched.
        type: str
      aliases:
        description:
          - Aliases that point to the account, besides the recipients that they have in the file. One that several accounts name
            points to all of them.
          - Where O(prune) names V(aliases) and O(prune_keep) does not spare the alias, it points to the accounts that name it and
            to nobody else. Without O(prune), an alias that is taken away here keeps pointing to the account.
          - An alias that stands here must not stand in O(aliases).
        type: list
        elements: str
      state:
        description:
          - Whether the account shall be there.
        type: str
        choices: [present, absent]
        default: present
      allow_alias_overlap:
        description:
          - Overrides O(allow_alias_overlap) for this entry.
        type: bool
  aliases:
    description:
      - The aliases. Their options are those of M(mailops.dms.dms_alias).
      - Several entries of the same alias are one with all their recipients, where all but one of them have
        O(aliases[].append=true). Where one has not, nobody else remains a recipient.
    type: list
    elements: dict
    suboptions:
      alias:
        description:
          - The address of the alias, or V(@domain) for a catch-all.
        type: str
        required: true
      recipients:
        description:
          - The addresses that the mail goes to, the whole list unless O(aliases[].append=true).
          - With O(aliases[].state=absent), these recipients are taken away, and the alias with the last one.
        type: list
        elements: str
      append:
        description:
          - Whether O(aliases[].recipients) are added to those that are there.
        type: bool
        default: false
      state:
        description:
          - Whether the alias shall be there.
        type: str
        choices: [present, absent]
        default: present
      allow_account_overlap:
        description:
          - Overrides O(allow_account_overlap) for this entry.
        type: bool
      protect_accounts:
        description:
          - Overrides O(protect_accounts) for this entry.
        type: bool
  regex_aliases:
    description:
      - The regex aliases. Their options are those of M(mailops.dms.dms_regex_alias).
    type: list
    elements: dict
    suboptions:
      pattern:
        description:
          - The pattern, either bare or with delimiters and flags.
        type: str
        required: true
      flags:
        description:
          - The flags behind the pattern. Without this option there are none.
        type: str
      recipients:
        description:
          - The addresses that the mail goes to. V($1) stands for what the first group of the pattern matched.
        type: list
        elements: str
      position:
        description:
          - Where the regex alias shall stand, V(first), V(last), V(before:PATTERN) or V(after:PATTERN).
          - Without this option it stays where it is, and new ones come last, in the order of the list.
        type: str
      state:
        description:
          - Whether the regex alias shall be there.
        type: str
        choices: [present, absent]
        default: present
  quotas:
    description:
      - The quotas. Their options are those of M(mailops.dms.dms_quota).
    type: list
    elements: dict
    suboptions:
      address:
        description:
          - The address of the account.
        type: str
        required: true
      quota:
        description:
          - A whole number with a unit, such as V(5G), or V(0) or V(unlimited). Another number without a unit is refused.
        type: str
      state:
        description:
          - Whether the quota shall be there.
        type: str
        choices: [present, absent]
        default: present
      require_account:
        description:
          - Overrides O(require_account) for this entry.
        type: bool
  prune:
    description:
      - The sections of which every entry goes that is not listed.
      - A section that is pruned must be given, if only as an empty list. One that is not given is left alone, with a warning.
      - Identity aliases that protect an account from a catch-all stay.
    type: list
    elements: str
    choices: [accounts, aliases, regex_aliases, quotas]
  prune_keep:
    description:
      - Shell patterns of the addresses and patterns that O(prune) spares, such as V(*@example.org).
    type: list
    elements: str
  prune_limit:
    description:
      - How many entries of one section O(prune) may remove. Where it would be more, the task is refused.
    type: int
  probe:
    description:
      - Addresses to compare the routes of, besides the accounts and aliases that the task is about.
    type: list
    elements: str
  sources:
    description:
      - The variables that the sections were joined from, in the order of joining. An error then names the list that you wrote,
        such as C(office_aliases[0]) instead of C(aliases[2]).
      - The role C(mailops.dms.dms) gives it by itself.
    type: list
    elements: dict
    suboptions:
      name:
        description:
          - What the list is called.
        type: str
        required: true
      section:
        description:
          - The section that its entries are in.
        type: str
        required: true
        choices: [accounts, aliases, regex_aliases, quotas]
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
- name: Manage some entries and leave all others alone
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

- name: Remove every alias that is not listed, but those of another domain, and at most ten
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

- name: Join two lists, and have errors name the one that an entry is from
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
changes:
  description:
    - The addresses of the entries that the task adds, changes and removes, or would in check mode, by section. Entries of
      other sections are among them where a rule asks for it, such as the quota of a removed account.
  returned: success
  type: dict
  contains:
    accounts:
      description: The accounts, with the lists RV(ignore:added), RV(ignore:changed) and RV(ignore:removed).
      returned: success
      type: dict
      sample: {"added": [], "changed": [], "removed": []}
    aliases:
      description: The aliases, with the same lists.
      returned: success
      type: dict
      sample: {"added": [], "changed": [], "removed": []}
    quotas:
      description: The quotas, with the same lists.
      returned: success
      type: dict
      sample: {"added": [], "changed": [], "removed": []}
    regex_aliases:
      description: The patterns of the regex aliases, with the same lists.
      returned: success
      type: dict
      sample: {"added": [], "changed": [], "removed": []}
routes:
  description:
    - The addresses whose mail goes otherwise than before, or would in check mode. Compared are the accounts and aliases that change,
      the aliases that lead to them, and those in O(probe). At most 1000 are compared. A catch-all stands there
      as V(any other address @example.com), for all addresses of its domain that have no alias of their own.
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
backup_files:
  description: The paths of the backups.
  returned: when O(backup=true) and a file changed
  type: list
  elements: str
  sample: ["/srv/mailserver/config/postfix-virtual.cf.4711.2026-11-22@20:15:59~"]
"""

from ansible_collections.mailops.dms.plugins.module_utils._module.run import run_bulk_module


def main() -> None:
    """Run the module."""
    run_bulk_module()


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dms_regex_alias
short_description: Manage a regex alias of docker-mailserver
version_added: 0.1.0
description:
  - Adds, changes, moves or removes one regex alias in C(postfix-regexp.cf) in the config directory of docker-mailserver.
  - Postfix tries the regex aliases for every address that has no alias of its own, and the first match wins, so their
    order matters.
  - Rules between C(if) and C(endif) and negated rules are kept byte for byte, but not managed.
  - The pattern is compiled before it is written, with the PCRE2 library of the managed host if it has one, otherwise with
    Python, with a warning if the two may differ.
author:
  - mailops.dms contributors (!UNKNOWN)
extends_documentation_fragment:
  - ansible.builtin.files
  - mailops.dms._attributes
  - mailops.dms._attributes.writing
  - mailops.dms._options
  - mailops.dms._server
options:
  pattern:
    description:
      - The pattern, either bare, such as V(^test[0-9]+@example\\.com$), or with delimiters and flags, such as
        V(/^test[0-9]+@example\\.com$/).
      - An existing pattern is found whichever way it is written.
      - Without V(^) and V($) it may match any part of an address.
    type: str
    required: true
  flags:
    description:
      - The flags after the pattern, each of which toggles an option of Postfix. V(i), for example, makes the pattern
        case-sensitive.
      - Without this option there are none.
    type: str
  recipients:
    description:
      - The addresses that the mail goes to. Required with O(state=present).
      - V($1) or V(${1}) stands for what the first group of the pattern matched.
    type: list
    elements: str
  position:
    description:
      - Where to place the regex alias, V(first), V(last), or V(before:PATTERN) or V(after:PATTERN) with the pattern of
        another regex alias. Without this option it stays where it is, and a new one is placed last.
    type: str
  state:
    description:
      - Whether the regex alias should exist.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: mailops.dms.dms_alias
    description: Manages aliases for one address or a whole domain.
  - module: mailops.dms.dms_config
    description: Manages many entries at once.
  - name: Postfix PCRE tables
    description: Explains the patterns and flags.
    link: https://www.postfix.org/pcre_table.5.html
"""

EXAMPLES = r"""
- name: Send the mail for numbered addresses to one account
  mailops.dms.dms_regex_alias:
    config_dir: /srv/mailserver/config
    pattern: ^test[0-9]+@example\.com$
    recipients:
      - hello@example.com

- name: Send the mail for a family of addresses to the address that their names begin with
  mailops.dms.dms_regex_alias:
    config_dir: /srv/mailserver/config
    pattern: ^(info|sales)-.*@example\.com$
    recipients:
      - $1@example.com
    position: first

- name: Remove a regex alias
  mailops.dms.dms_regex_alias:
    config_dir: /srv/mailserver/config
    pattern: ^test[0-9]+@example\.com$
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
from ansible_collections.mailops.dms.plugins.module_utils._kinds.regex_alias import REGEX_ALIAS
from ansible_collections.mailops.dms.plugins.module_utils._module.run import run_entry_module


def main() -> None:
    """Run the module."""
    run_entry_module(REGEX_ALIAS)


if __name__ == "__main__":
    main()

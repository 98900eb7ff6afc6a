#!/usr/bin/python
# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dms_account
short_description: Manage an account of docker-mailserver
version_added: 0.1.0
description:
  - Adds, changes or removes one account in C(postfix-accounts.cf) in the config directory of docker-mailserver.
  - A password is verified against the stored hash, so a second run changes nothing.
  - Removing an account does what C(setup email del) is meant to do. Its quota is removed, and so is every mention of it as
    a recipient of an alias, along with each alias that has no recipient left, which a warning names. With O(successor),
    no alias is removed. Regex aliases that still point to it are reported, not changed. Mailbox data is never touched.
  - If there is no account of that address in the file, nothing is removed. A warning names the lines that still mention
    the address.
  - In a domain with a catch-all, a present account gets an identity alias (an alias that points to the account itself),
    because the catch-all would take its mail otherwise.
author:
  - mailops.dms contributors (!UNKNOWN)
extends_documentation_fragment:
  - ansible.builtin.files
  - mailops.dms._attributes
  - mailops.dms._attributes.writing
  - mailops.dms._options
  - mailops.dms._server
  - mailops.dms._options.allow_alias_overlap
  - mailops.dms._options.allow_no_accounts
requirements:
  - passlib or libpass on the managed host, for the O(password) of an account whose hash in the file has a scheme that libcrypt
    of the system does not know, such as V({SSHA512}) or V({ARGON2ID})
options:
  address:
    description:
      - The address of the account, which is also its login.
      - It is written in lower case, because docker-mailserver lets nobody log in to an account that is written in any other
        way.
        The part before the V(@) may contain V(a) to V(z), V(0) to V(9), V(.), V(-) and V(_). A Unicode domain is written in
        its V(xn--) form.
    type: str
    required: true
  password:
    description:
      - The password in plain text. Put it in quotes unless it is the result of a template.
      - A password that ends with a newline or looks like a hash is refused.
      - The hash in the file is left alone if the password matches it, in any scheme that libcrypt or passlib can verify. Otherwise a
        new salted V({SHA512-CRYPT}) hash is written.
      - An account that somebody has locked, with a V(!) or V(*) at the beginning of its hash, stays locked, with a warning.
      - A new account needs O(password) or O(password_hash). They are mutually exclusive.
    type: str
  password_hash:
    description:
      - The hash with its scheme, such as V({SHA512-CRYPT}), as C(doveadm pw) or C(setup email add) makes it.
      - It is compared literally and may have any scheme of Dovecot 2.3 and 2.4. A hash that they cannot read is refused, and
        so is one that takes too long to verify.
    type: str
  update_password:
    description:
      - V(always) sets the password whenever it does not match the stored hash, V(on_create) only for a new account.
    type: str
    choices: [always, on_create]
    default: always
  extra_fields:
    description:
      - The third column, which has extra fields for Dovecot's user database, separated by blanks. Without this option
        the column stays as it is. An empty text removes it.
      - The extra field of O(locked) is not part of it, and stays as it is.
    type: str
  locked:
    description:
      - Whether nobody can log in, by IMAP, POP3 or SMTP submission. Without this option a lock stays as it is.
      - Mail still arrives, and the hash stays in the file. A master account cannot open the mailbox either. A client that is
        connected already stays connected.
      - The lock is the extra field V(allow_nets=192.0.2.1/32), a network that nobody has an address of. Dovecot 2.3 and 2.4
        compare it at each login. An account with another C(allow_nets) among its extra fields cannot be locked.
      - docker-mailserver copies the lock to the logins that it makes of aliases. C(setup email update) drops it along with the
        other extra fields, and the next run of a task with V(true) restores it.
      - A V(!) or V(*) at the beginning of a hash is another lock, which this option neither sets nor removes.
    type: bool
  renamed_from:
    description:
      - The former address of the account. If there is an account of that address and none of O(address), it is renamed.
      - Its hash, its extra fields, its quota, its restrictions, a relay and credentials of its address go with it, and every
        mention of it as a recipient of an alias or a regex alias, with an extension or without. Its mail stays. A warning and
        RV(renamed) name the directory to move.
      - Once that is done, a second run changes nothing. If there are both accounts, the task is refused. If there is neither,
        the account is added, which needs O(password) or O(password_hash).
    type: str
  keep_old_address:
    description:
      - Whether the address in O(renamed_from) becomes an alias of the account, in addition to other recipients that the alias
        has. As long as the task is run, that alias is there.
      - V(false) gives the address up, or leaves it to another alias that you declare.
    type: bool
    default: true
  successor:
    description:
      - Who gets the mail of the account from now on, for O(state=absent). It may be any address, as a recipient of an alias.
      - The address of the account becomes an alias of the successor, in addition to other recipients that the alias has, and
        the successor takes its place as a recipient of other aliases. If the account has an alias of its own already, such as
        one that sends copies elsewhere, the other aliases stay as they are and lead to the successor through it.
      - As long as the task is run, that alias is there, even if the account was removed long ago.
      - The mail that the account has received so far stays in the container, and docker-mailserver lets the successor read it, if it
        is an account and quotas are enabled. A warning names the directory.
    type: str
  state:
    description:
      - Whether the account should exist.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: mailops.dms.dms_config
    description: Manages many entries at once.
  - module: mailops.dms.dms_quota
    description: Limits the size of a mailbox.
"""

EXAMPLES = r"""
- name: Make sure that an account exists
  mailops.dms.dms_account:
    config_dir: /srv/mailserver/config
    address: john.doe@example.com
    password: "{{ vault_john_password }}"

- name: Give a new account a password, and leave it to its owner from then on
  mailops.dms.dms_account:
    config_dir: /srv/mailserver/config
    address: jane.doe@example.com
    password: "{{ vault_jane_password }}"
    update_password: on_create

- name: Take over the hash of another server
  mailops.dms.dms_account:
    config_dir: /srv/mailserver/config
    address: postmaster@example.com
    password_hash: "{{ vault_postmaster_hash }}"

- name: Remove an account, its quota and every mention of it as a recipient
  mailops.dms.dms_account:
    config_dir: /srv/mailserver/config
    address: john.doe@example.com
    state: absent

- name: Let nobody log in, while mail still arrives
  mailops.dms.dms_account:
    config_dir: /srv/mailserver/config
    address: jane.doe@example.com
    locked: true

- name: Rename an account, and keep its old address as an alias
  mailops.dms.dms_account:
    config_dir: /srv/mailserver/config
    address: jane.smith@example.com
    renamed_from: jane.doe@example.com

- name: Remove an account, and give its mail to somebody else
  mailops.dms.dms_account:
    config_dir: /srv/mailserver/config
    address: jane.smith@example.com
    state: absent
    successor: postmaster@example.com
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
    - The addresses the delivery of which changes, or would change in check mode, as M(mailops.dms.dms_config) returns them.
  returned: when O(renamed_from) or O(successor) is given
  type: list
  elements: dict
  sample: []
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
from ansible_collections.mailops.dms.plugins.module_utils._kinds.account import ACCOUNT
from ansible_collections.mailops.dms.plugins.module_utils._module.run import run_entry_module


def main() -> None:
    """Run the module."""
    run_entry_module(ACCOUNT)


if __name__ == "__main__":
    main()

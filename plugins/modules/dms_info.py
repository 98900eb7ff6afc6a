#!/usr/bin/python
# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dms_info
short_description: Read the config directory of docker-mailserver, find what is wrong with it, and tell where mail goes
version_added: 0.1.0
description:
  - Returns what the config directory of docker-mailserver holds, the hazards in it, and how Postfix resolves addresses.
  - Nothing is written. No password and no hash is returned, only the scheme of a hash.
  - R(Findings, ansible_collections.mailops.dms.docsite.findings) lists all hazards that this module looks for.
author:
  - mailops.dms contributors (!UNKNOWN)
extends_documentation_fragment:
  - mailops.dms._attributes
  - mailops.dms._attributes.info
  - mailops.dms._server
requirements:
  - Python >= 3.9 on the managed host
options:
  config_dir:
    description:
      - The config directory of docker-mailserver on the managed host.
    type: path
    required: true
  resolve:
    description:
      - Addresses to resolve, to tell where their mail goes.
      - Patterns are matched with the PCRE2 library of the managed host. Without it, RV(routes[].unsure) names those that
        Postfix may match differently.
    type: list
    elements: str
  routing_table:
    description:
      - Whether to tell for each address of the directory what Postfix makes of it, as RV(routing_table).
      - It takes longer than all else that this module does, and is what the audit page of the role C(mailops.dms.dms) draws.
    type: bool
    default: false
seealso:
  - module: mailops.dms.dms_config
    description: Manages what this module reads.
"""

EXAMPLES = r"""
- name: Read a config directory
  mailops.dms.dms_info:
    config_dir: /srv/mailserver/config
  register: directory

- name: Stop if mail would be lost
  ansible.builtin.assert:
    that: directory.findings | selectattr('severity', 'in', ['outage', 'wrong']) | length == 0

- name: Ask where the mail for two addresses goes
  mailops.dms.dms_info:
    config_dir: /srv/mailserver/config
    resolve:
      - alias1@example.com
      - hello+lists@example.com
"""

RETURN = r"""
accounts:
  description: The accounts. If an account is in the file twice, only the first one is returned.
  returned: success
  type: list
  elements: dict
  contains:
    address:
      description: The address, folded.
      returned: success
      type: str
      sample: john.doe@example.com
    scheme:
      description: The scheme of the hash, or V(unknown) if Dovecot cannot tell.
      returned: success
      type: str
      sample: SHA512-CRYPT
    extra_fields:
      description: The third column without the lock. Null if there is none, or if it may hold a secret, which RV(left_out)
        tells.
      returned: success
      type: str
      sample: null
    locked:
      description: Whether nobody can log in, because V(allow_nets=192.0.2.1/32) is among the extra fields. A hash that is
        locked by a V(!) or V(*) is a finding (H74).
      returned: success
      type: bool
      sample: false
    line:
      description: The line in C(postfix-accounts.cf).
      returned: success
      type: int
      sample: 1
aliases:
  description: The aliases, as Postfix reads them.
  returned: success
  type: list
  elements: dict
  contains:
    alias:
      description: The key, folded.
      returned: success
      type: str
      sample: sales@example.com
    recipients:
      description: What it points to.
      returned: success
      type: list
      elements: str
      sample: [john.doe@example.com]
    line:
      description: The line in C(postfix-virtual.cf).
      returned: success
      type: int
      sample: 1
regex_aliases:
  description: The regex aliases, except for those that are negated or depend on a condition.
  returned: success
  type: list
  elements: dict
  contains:
    pattern:
      description: The pattern without its delimiters.
      returned: success
      type: str
      sample: ^test[0-9]+@example\.com$
    flags:
      description: The flags behind the pattern.
      returned: success
      type: str
      sample: ""
    recipients:
      description: What it points to.
      returned: success
      type: list
      elements: str
      sample: [john.doe@example.com]
    line:
      description: The line in C(postfix-regexp.cf).
      returned: success
      type: int
      sample: 1
quotas:
  description: The quotas.
  returned: success
  type: list
  elements: dict
  contains:
    address:
      description: The address of the account, folded.
      returned: success
      type: str
      sample: john.doe@example.com
    quota:
      description: The size as it is written.
      returned: success
      type: str
      sample: 5120M
    bytes:
      description: The size in bytes, V(0) for unlimited. Null if not every release of Dovecot can read the size.
      returned: success
      type: int
      sample: 5368709120
    line:
      description: The line in C(dovecot-quotas.cf).
      returned: success
      type: int
      sample: 1
restrictions:
  description: The addresses that may not send or not receive. Lines with another action than C(REJECT), or for more than one
    address, are not among them.
  returned: success
  type: list
  elements: dict
  contains:
    address:
      description: The address, folded.
      returned: success
      type: str
      sample: noreply@example.com
    restrict:
      description: What it may not do, V(send), V(receive) or both.
      returned: success
      type: list
      elements: str
      sample: [receive]
    lines:
      description: The line in C(postfix-send-access.cf) and that in C(postfix-receive-access.cf), null where it has none.
      returned: success
      type: dict
      sample: {"send": null, "receive": 1}
masters:
  description: The master accounts, which can read every mailbox.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The name, folded.
      returned: success
      type: str
      sample: migration
    scheme:
      description: The scheme of the hash, or V(unknown) if Dovecot cannot tell.
      returned: success
      type: str
      sample: SHA512-CRYPT
    line:
      description: The line in C(dovecot-masters.cf).
      returned: success
      type: int
      sample: 1
relays:
  description: The relays of senders.
  returned: success
  type: list
  elements: dict
  contains:
    sender:
      description: The domain or the address of the senders, folded.
      returned: success
      type: str
    host:
      description: The host of the relay. Null if there is none, or if it is not written as C([host]:port), as RV(left_out) tells.
      returned: success
      type: str
    port:
      description: The port of the relay. Null as for RV(relays[].host).
      returned: success
      type: int
    direct:
      description: Whether the mail of the sender leaves without a relay.
      returned: success
      type: bool
    line:
      description: The line in C(postfix-relaymap.cf).
      returned: success
      type: int
relay_credentials:
  description: The credentials for relays. No password is returned.
  returned: success
  type: list
  elements: dict
  contains:
    sender:
      description: The domain or the address of the senders, folded. Null if the credentials are those of a host.
      returned: success
      type: str
    host:
      description: The host of the relay. Null if the credentials are those of a sender.
      returned: success
      type: str
    port:
      description: The port of the relay. Null if the credentials are those of a sender or of a host with any port.
      returned: success
      type: int
    user:
      description: The user at the relay. Null if its name has a blank, because it may be a part of the password.
      returned: success
      type: str
    line:
      description: The line in C(postfix-sasl-password.cf).
      returned: success
      type: int
findings:
  description: The hazards, sorted by file and line.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The id of the hazard.
      returned: success
      type: str
      sample: H01
    severity:
      description:
        - V(outage) for what stops mail for everybody, V(wrong) for what harms somebody, V(warn) for what may do so, V(info)
          for what is good to know.
      returned: success
      type: str
      sample: outage
    file:
      description: The file.
      returned: success
      type: str
      sample: postfix-virtual.cf
    line:
      description: The line, or null if the finding is about the file as a whole.
      returned: success
      type: int
      sample: 3
    entry:
      description: The entry that the finding is about.
      returned: success
      type: str
      sample: sales@example.com
    message:
      description: What happens.
      returned: success
      type: str
      sample: The alias is in the file twice.
    advice:
      description: What to do.
      returned: success
      type: str
      sample: Remove one of the two lines.
routes:
  description: How Postfix resolves each address in O(resolve).
  returned: success
  type: list
  elements: dict
  contains:
    address:
      description: The address.
      returned: success
      type: str
      sample: sales@example.com
    recipients:
      description: The final recipients of its mail, sorted. Empty if there is an error.
      returned: success
      type: list
      elements: str
      sample: [john.doe@example.com]
    accounts:
      description: The accounts that receive its mail.
      returned: success
      type: list
      elements: str
      sample: [john.doe@example.com]
    unknown:
      description:
        - The recipients whose mail bounces.
        - They are in a domain of the mail server, but no account has them, or Postfix treats their domain as a virtual
          alias domain (hazard H70).
      returned: success
      type: list
      elements: str
      sample: []
    local:
      description: The recipients at the host name of the mail server, whose mail does not reach any mailbox.
      returned: success
      type: list
      elements: str
      sample: []
    external:
      description: The recipients for whom the mail leaves the server.
      returned: success
      type: list
      elements: str
      sample: []
    error:
      description:
        - V(loop), V(limit) or V(temporary) if Postfix gives up, V(restricted) if it rejects the mail because of
          C(postfix-receive-access.cf), otherwise null.
        - Restrictions are about the address that a sender names. An alias that leads to a restricted address is not restricted.
      returned: success
      type: str
      sample: null
    reason:
      description: A sentence that explains the error, or hazard H70.
      returned: success
      type: str
      sample: null
    unsure:
      description:
        - A sentence for each pattern that the managed host cannot match as Postfix does, and for each line that is too long
          to be read.
      returned: success
      type: list
      elements: str
      sample: []
    path:
      description: The lines that Postfix applies on the way, with RV(ignore:file), RV(ignore:line), RV(ignore:key) and
        RV(ignore:recipients).
      returned: success
      type: list
      elements: dict
      sample: [{"file": "postfix-virtual.cf", "line": 1, "key": "sales@example.com", "recipients": ["john.doe@example.com"]}]
routing_table:
  description:
    - What Postfix makes of each address at once, before the recipients are looked up in turn. A row for each account, each alias
      but catch-alls, each recipient, and each address that delivered mail comes to on the way; 100,000 at most.
    - RV(ignore:file), RV(ignore:line) and RV(ignore:key) are those of the line that stands for RV(ignore:address), or null, and
      RV(ignore:recipients) is what the line makes of it.
    - RV(ignore:place) is V(account), V(unknown), V(local) or V(external), like the lists in RV(routes), for an address that is final
      or among its own recipients, otherwise null.
    - RV(ignore:status) is V(delivered) if each of the final recipients gets its mail, V(undelivered) if one of them does not,
      V(deferred) if Postfix gives up, and V(unknown) if the directory takes too long to look all addresses up. RV(ignore:reason) is
      a sentence for all but the first, and RV(ignore:unsure) is like RV(routes[].unsure).
    - RV(ignore:refused) is a sentence if Postfix does not take mail whose sender names the address, because of
      C(postfix-receive-access.cf), otherwise null. What an alias sends to the address is not concerned.
  returned: if O(routing_table) is true
  type: list
  elements: dict
  sample: [{"address": "sales@example.com", "file": "postfix-virtual.cf", "line": 1, "key": "sales@example.com",
            "recipients": ["john.doe@example.com"], "place": null, "status": "delivered", "reason": null, "unsure": [],
            "refused": null}]
role_vars:
  description:
    - The directory as variables of the role C(mailops.dms.dms). Applied to the same directory, they change nothing.
    - They have no passwords, because no password and no hash is returned.
  returned: success
  type: dict
  sample: {"dms_accounts": [{"address": "john.doe@example.com"}], "dms_aliases": [], "dms_regex_aliases": [], "dms_quotas": [],
    "dms_restrictions": [], "dms_masters": [], "dms_relays": [], "dms_relay_credentials": []}
left_out:
  description:
    - A sentence for each entry that is not in RV(role_vars), because it cannot be declared without a change.
    - Also one for each entry that is not shown, or without a part that is, or may be, a password or a hash.
  returned: success
  type: list
  elements: str
  sample: []
"""

from ansible_collections.mailops.dms.plugins.module_utils import _archive  # noqa: F401 # pylint: disable=unused-import
from ansible_collections.mailops.dms.plugins.module_utils._module.info import run_info_module


def main() -> None:
    """Run the module."""
    run_info_module()


if __name__ == "__main__":
    main()

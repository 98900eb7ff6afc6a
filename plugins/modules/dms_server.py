#!/usr/bin/python
# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dms_server
short_description: Wait until the running docker-mailserver has taken up its config directory, and confirm what it does
version_added: 0.1.0
description:
  - Waits until docker-mailserver has taken up what the files of its config directory hold. docker-mailserver keeps the sum of each
    watched file that it has finished handling, and this module compares these sums with the files.
  - Then asks the running Postfix and Dovecot what they do with O(resolve) and O(logins), and fails if that is not what the files
    promise. No mail is sent and nobody logs in.
  - Also tells what the mail server is like, such as its host name, which no file of the config directory tells.
  - It runs commands in the container. None of them has a secret among its arguments, and no hash and no password is read from
    the container or returned. R(Confirmation, ansible_collections.mailops.dms.docsite.confirm) shows what it looks like.
author:
  - mailops.dms contributors (!UNKNOWN)
extends_documentation_fragment:
  - mailops.dms._attributes
  - mailops.dms._attributes.info
attributes:
  check_mode:
    details:
      - A check run waits for nothing, because it has written nothing, and reloads nothing.
requirements:
  - Python >= 3.9 on the managed host
  - docker or podman on the managed host, and the permission to run commands in the container
options:
  config_dir:
    description:
      - The config directory of docker-mailserver on the managed host. It must be what the container has mounted at
        C(/tmp/docker-mailserver).
    type: path
    required: true
  container:
    description:
      - The name or the id of the container in which docker-mailserver runs.
    type: str
    required: true
  runtime:
    description:
      - The command that manages the container. Without this option, the first of them that knows the container.
    type: str
    choices: [docker, podman]
  wait:
    description:
      - Whether to wait until the files are taken up. If not, what is not taken up yet is a warning.
    type: bool
    default: true
  timeout:
    description:
      - How many seconds to wait. docker-mailserver looks at the files every two seconds, and takes half a minute to rebuild 1600
        accounts with their aliases and quotas.
    type: float
    default: 120
  resolve:
    description:
      - Addresses whose routes are compared. The running Postfix is asked for each step, in the maps that its configuration names.
    type: list
    elements: str
  logins:
    description:
      - Addresses for which Dovecot is asked whether they are a login, and with which quota.
    type: list
    elements: str
  reload:
    description:
      - Whether Postfix may be reloaded if it has not read C(postfix-send-access.cf) or C(postfix-receive-access.cf) as they are.
        docker-mailserver does not watch these files.
      - Without this option, the module waits until no process of Postfix has an older state of them, and fails after O(timeout).
    type: bool
    default: false
  facts:
    description:
      - Whether to return what the mail server is like as facts too, as RV(ansible_facts.dms_server).
    type: bool
    default: false
  dms_version:
    description:
      - The release of docker-mailserver, such as V(15.1.0).
      - Like O(quotas_enabled), O(hostname) and O(recipient_delimiter), it is taken from the container unless it is given. If the
        container says otherwise, there is a warning, and what is given counts for what the files promise.
    type: str
  quotas_enabled:
    description:
      - Whether docker-mailserver runs with C(ENABLE_QUOTAS=1).
    type: bool
  hostname:
    description:
      - The host name of the mail server.
    type: str
  domains:
    description:
      - Has no effect here. It is an option so that C(module_defaults) of the group C(group/mailops.dms.server) can set it.
    type: list
    elements: str
  recipient_delimiter:
    description:
      - What separates an address from its extension.
    type: str
notes:
  - Run it on the host where the container runs, as a user who may run commands in it, for example with C(become).
  - It fails if the container does not run, if docker-mailserver does not take its accounts from the config directory
    (C(ACCOUNT_PROVISIONER) other than C(FILE), or C(SMTP_ONLY=1)), or if the config directory is mounted from elsewhere or file
    by file.
seealso:
  - module: mailops.dms.dms_config
    description: Manages the files.
  - module: mailops.dms.dms_info
    description: Tells what the files promise, without asking the mail server.
"""

EXAMPLES = r"""
- name: Wait until the mail server has taken up the files, and confirm some addresses
  mailops.dms.dms_server:
    config_dir: /srv/mailserver/config
    container: mailserver
    resolve:
      - sales@example.com
      - john.doe+lists@example.com
    logins:
      - john.doe@example.com

- name: Find out what the mail server is like
  mailops.dms.dms_server:
    config_dir: /srv/mailserver/config
    container: mailserver
    wait: false
    facts: true

- name: Resolve an address with the settings of the mail server
  mailops.dms.dms_info:
    config_dir: /srv/mailserver/config
    hostname: "{{ ansible_facts.dms_server.hostname }}"
    recipient_delimiter: "{{ ansible_facts.dms_server.recipient_delimiter }}"
    resolve:
      - root

- name: Let Postfix read the access files
  mailops.dms.dms_server:
    config_dir: /srv/mailserver/config
    container: mailserver
    reload: true
"""

RETURN = r"""
state:
  description:
    - V(running). If the module fails, it may also be V(absent) for a container that does not exist, V(stopped), or V(starting) if
      docker-mailserver has not set up the mail server yet.
  returned: success, and if the container is the reason of a failure
  type: str
  sample: running
taken_up:
  description: Whether the mail server works with the files as they are.
  returned: if the mail server could be asked
  type: bool
  sample: true
not_taken_up:
  description: The files that it does not work with yet.
  returned: if the mail server could be asked
  type: list
  elements: str
  sample: []
reasons:
  description:
    - A sentence for each reason for which RV(taken_up) is false. If the module waits, it fails with them, else they are warnings.
    - Among them are files that were removed while the mail server goes on with what they held, and restrictions that Postfix
      does not look up.
  returned: if the mail server could be asked
  type: list
  elements: str
  sample: []
waited:
  description: How many seconds the module has taken to find out.
  returned: if the mail server could be asked
  type: float
  sample: 2.1
routes:
  description: What the files promise for each address in O(resolve), and what the mail server does.
  returned: if the mail server could be asked
  type: list
  elements: dict
  contains:
    address:
      description: The address.
      returned: success
      type: str
      sample: sales@example.com
    confirmed:
      description: Whether both are the same. Null if it is not known what the files promise, which is a warning.
      returned: success
      type: bool
      sample: true
    files:
      description:
        - What the files promise. RV(ignore:recipients), RV(ignore:accounts), RV(ignore:unknown), RV(ignore:local),
          RV(ignore:external) and RV(ignore:error) are those of M(mailops.dms.dms_info).
      returned: success
      type: dict
      sample: {"recipients": ["john.doe@example.com"], "accounts": ["john.doe@example.com"], "unknown": [], "local": [],
        "external": [], "error": null}
    server:
      description: What the mail server does, in the same form.
      returned: success
      type: dict
      sample: {"recipients": ["john.doe@example.com"], "accounts": ["john.doe@example.com"], "unknown": [], "local": [],
        "external": [], "error": null}
logins:
  description: What the files promise for each address in O(logins), and what Dovecot says.
  returned: if the mail server could be asked
  type: list
  elements: dict
  contains:
    address:
      description: The address.
      returned: success
      type: str
      sample: john.doe@example.com
    confirmed:
      description: Whether both are the same.
      returned: success
      type: bool
      sample: true
    files:
      description: What the files promise, RV(ignore:exists) and RV(ignore:quota). The quota is null if there is none in the files.
      returned: success
      type: dict
      sample: {"exists": true, "quota": "5120M"}
    server:
      description: What Dovecot says, in the same form.
      returned: success
      type: dict
      sample: {"exists": true, "quota": "5120M"}
server:
  description:
    - What the mail server is like. The release is null for an image that is no release. The relay has no credentials.
  returned: if the mail server could be asked
  type: dict
  sample: {"container": "mailserver", "dms_version": "15.1.0", "hostname": "mail.example.com", "quotas_enabled": true,
    "recipient_delimiter": "+", "relay": {"default_host": "", "host": "", "port": ""}, "runtime": "docker",
    "spoof_protection": false}
ansible_facts:
  description: What the mail server is like, as facts.
  returned: if O(facts=true)
  type: dict
  contains:
    dms_server:
      description: The same as RV(server).
      returned: if O(facts=true)
      type: dict
      sample: {"container": "mailserver", "dms_version": "15.1.0", "hostname": "mail.example.com", "quotas_enabled": true,
        "recipient_delimiter": "+", "relay": {"default_host": "", "host": "", "port": ""}, "runtime": "docker",
        "spoof_protection": false}
"""

from ansible_collections.mailops.dms.plugins.module_utils import _archive  # noqa: F401 # pylint: disable=unused-import
from ansible_collections.mailops.dms.plugins.module_utils._module.server import run_server_module


def main() -> None:
    """Run the module."""
    run_server_module()


if __name__ == "__main__":
    main()

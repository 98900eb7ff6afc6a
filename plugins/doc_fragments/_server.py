# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What no file of the config directory tells about the mail server."""

from __future__ import annotations


class ModuleDocFragment:
    """The options that findings and routes depend on."""

    DOCUMENTATION = r"""
options:
  dms_version:
    description:
      - The release of docker-mailserver, such as V(15.1.0), because some findings depend on it. Without this option the
        newest release that this collection knows is assumed.
    type: str
  quotas_enabled:
    description:
      - Whether docker-mailserver runs with C(ENABLE_QUOTAS=1), which is its default.
    type: bool
    default: true
  hostname:
    description:
      - The host name of the mail server. Addresses without a domain are resolved in it.
    type: str
  domains:
    description:
      - Your mail domains. With this option, an account or an alias in any other domain is a finding. Without it, the domains
        in the files are assumed to be yours.
    type: list
    elements: str
  recipient_delimiter:
    description:
      - What separates an address from its extension, as in C(user+extension@example.com). An empty text means that there are
        no extensions.
    type: str
    default: "+"
"""

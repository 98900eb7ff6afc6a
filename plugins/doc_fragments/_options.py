# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules that write have in common."""

from __future__ import annotations


class ModuleDocFragment:
    """The options of all modules that write, and the guards of each section."""

    DOCUMENTATION = r"""
requirements:
  - Python >= 3.9 on the managed host
options:
  config_dir:
    description:
      - The config directory of docker-mailserver on the managed host, which the container mounts at
        C(/tmp/docker-mailserver).
      - It must exist, except in check mode, and an empty name is refused. A missing file is created in it as soon as it has
        an entry.
      - A symbolic link in the path is followed only if nobody but root and the user who runs the task can change it.
    type: path
    required: true
  backup:
    description:
      - Whether to keep a copy of each file that is about to change, in the same directory, with a random part and a timestamp
        in its name.
    type: bool
    default: false
  lock_timeout:
    description:
      - How many seconds to wait for others who are working on the same directory, such as another run of this collection, the
        change detector of docker-mailserver or a C(sed) of its command line tool. Without this option, 60 seconds and another
        20 milliseconds for each line of the files, but 15 minutes at most.
      - That is longer than docker-mailserver takes to rebuild its lists.
    type: float
  allow:
    description:
      - The ids of findings that are accepted, such as V(H20).
      - A task that would introduce a finding of the severity V(outage) or V(wrong) is refused, unless its id is listed here.
        A finding that was there before is only a warning, and so is one of the severity V(warn) that the task introduces.
        There is no warning about findings whose ids are listed here. R(Findings,
        ansible_collections.mailops.dms.docsite.findings) lists all ids.
    type: list
    elements: str
notes:
  - Check mode cannot see what earlier tasks of the same play would have done. What a real run refuses because of other
    entries in the files, such as a quota for a missing account, is therefore a warning in check mode. What is wrong with the
    declared entry itself is refused in check mode too.
  - In check mode a missing config directory is treated as an empty one. If a Python library is missing, check mode only says
    that the real run needs it, and assumes that a password matches the hash of an existing account.
  - A task that changes something shows up to 20 warnings, the worst first, and counts the others by the ids of their findings.
  - Lines that a task does not concern stay as they are, byte for byte, including comments and blank lines. When a file is
    written, CRLF becomes LF, a byte order mark is removed and the last line gets a newline. docker-mailserver would do the
    same.
  - A file is never deleted and never left at zero bytes, because docker-mailserver would not notice the change. An empty file
    holds one newline.
  - A new C(postfix-accounts.cf), C(dovecot-masters.cf) or C(postfix-sasl-password.cf) gets the mode V(0600) and any other
    file V(0644), unless O(mode) says otherwise. A replaced file keeps its owner and mode.
  - A line that cannot be understood is kept. It causes an error, which names the file and the line, only if the task needs
    it.
  - A key that is in a file twice is never edited. The error names both lines.
  - An option that takes text refuses a boolean, a number, a list and a mapping, because that is how YAML reads V(yes) and
    V(0123) without quotes. Only a quota of 0 and O(dms_version) may be numbers.
  - Blanks around the elements of a list are removed, as in V(a@example.com, b@example.com).
"""

    ALLOW_ALIAS_OVERLAP = r"""
options:
  allow_alias_overlap:
    description:
      - Whether an account may have the address of an alias.
      - The mail for such an account goes where the alias points, so this is refused by default, as in C(setup email add). An
        alias that points to nothing but the account itself is always allowed.
      - If the files already have both, the task only warns.
    type: bool
    default: false
"""

    ALLOW_NO_ACCOUNTS = r"""
options:
  allow_no_accounts:
    description:
      - Whether the last account may be removed.
      - Without any account, docker-mailserver shuts down after two minutes and does not start again.
    type: bool
    default: false
"""

    ALLOW_ACCOUNT_OVERLAP = r"""
options:
  allow_account_overlap:
    description:
      - Whether an alias may have the address of an account.
      - The mail for that account goes where the alias points, so this is refused by default, as in C(setup alias add). An
        alias that points to nothing but the account itself is always allowed.
      - If the files already have both, the task only warns.
    type: bool
    default: false
"""

    PROTECT_ACCOUNTS = r"""
options:
  protect_accounts:
    description:
      - For a catch-all, whether each account of its domain gets an identity alias (an alias that points to the account
        itself).
      - Without one, the catch-all takes the mail for the account, although the account exists.
      - An account whose mail a regex alias has taken so far, and still takes, gets none.
    type: bool
    default: true
"""

    REQUIRE_ACCOUNT = r"""
options:
  require_account:
    description:
      - Whether a quota for an address without an account is refused, as in C(setup quota set).
    type: bool
    default: true
"""

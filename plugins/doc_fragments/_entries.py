# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this doc fragment is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""The entries that dms_config takes."""

from __future__ import annotations


class ModuleDocFragment:
    """The options of dms_config that hold entries; scripts/generate.py says where the descriptions come from."""

    DOCUMENTATION = r"""
options:
  # begin generated: entries
  accounts:
    description:
      - The accounts. Their options are those of M(mailops.dms.dms_account), and O(accounts[].quota) and
        O(accounts[].aliases).
    type: list
    elements: dict
    suboptions:
      address:
        description:
          - The address of the account, which is also its login.
          - It is written in lower case, because docker-mailserver does not let anybody in whose account is written in
            another way. The part before the V(@) may have V(a) to V(z), V(0) to V(9), V(.), V(-) and V(_). A Unicode
            domain is written in its V(xn--) form.
        type: str
        required: true
      password:
        description:
          - The password in plain text. Put it in quotes, unless it is the result of a template.
          - One that ends with a newline or looks like a hash is refused.
          - The hash in the file is left alone when the password fits it, in any scheme that passlib can verify.
            Otherwise a new salted V({SHA512-CRYPT}) hash is written.
          - An account that somebody has locked, by a V(!) or V(*) at the beginning of its hash, stays locked, with a
            warning.
          - An account that is not there yet needs O(accounts[].password) or O(accounts[].password_hash). They exclude
            each other.
        type: str
      password_hash:
        description:
          - The hash with its scheme, such as V({SHA512-CRYPT}$6$...), which C(doveadm pw) or C(setup email add) makes.
          - It is compared literally and may have any scheme of Dovecot 2.3 and 2.4. What they cannot read is refused,
            and so is a hash that takes too long to verify.
        type: str
      update_password:
        description:
          - V(always) sets the password where it does not fit, V(on_create) only for an account that is not there yet.
        type: str
        choices: [always, on_create]
        default: always
      extra_fields:
        description:
          - What stands in the third column, extra fields for Dovecot's user database, with blanks between them.
          - Without this option what is there stays. An empty text takes the column away.
        type: str
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
      quota:
        description:
          - The quota of the account, as in M(mailops.dms.dms_quota). Without this option it is not touched.
        type: str
      aliases:
        description:
          - Aliases that point to the account, besides the recipients that they have in the file. One that several
            accounts name points to all of them.
          - Where O(prune) names V(aliases) and O(prune_keep) does not spare the alias, it points to the accounts that
            name it and to nobody else. Without O(prune), an alias that is taken away here keeps pointing to the
            account.
          - An alias that is listed here must not be listed in O(aliases).
        type: list
        elements: str
  aliases:
    description:
      - The aliases. Their options are those of M(mailops.dms.dms_alias).
      - Several entries of the same alias are one with all their recipients, if all but one of them have
        O(aliases[].append=true). If one has not, nobody else remains a recipient.
    type: list
    elements: dict
    suboptions:
      alias:
        description:
          - The address of the alias, V(user@domain), or V(@domain) for a catch-all, which takes the mail of all
            addresses of the domain that have no alias of their own. V(*@domain) is refused, because Postfix does not
            treat C(*) as a wildcard.
          - A V(user) without a domain is accepted with a warning, because it matches in the domain of the host name
            only.
        type: str
        required: true
      recipients:
        description:
          - The addresses that the mail goes to. Needed for O(aliases[].state=present).
          - They are the whole list, unless O(aliases[].append=true). An alias that has them in another order is left as
            it is.
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
          - The pattern, either bare, such as V(^test[0-9]+@example\\.com$), or with delimiters and flags, such as
            V(/^test[0-9]+@example\\.com$/).
          - A pattern that is there is found whichever way it is written.
          - Without V(^) and V($) it matches a part of any address.
        type: str
        required: true
      flags:
        description:
          - The flags behind the pattern, each of which turns an option of Postfix over. V(i) makes upper and lower case
            differ, for example.
          - Without this option there are none.
        type: str
      recipients:
        description:
          - The addresses that the mail goes to. Needed for O(regex_aliases[].state=present).
          - V($1) or V(${1}) stand for what the first group of the pattern matched.
        type: list
        elements: str
      position:
        description:
          - Where the regex alias shall stand, V(first), V(last), V(before:PATTERN) or V(after:PATTERN) with the pattern
            of another regex alias.
          - Without this option it stays where it is, and a new one comes last.
          - Several new ones come in the order of the list.
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
          - A whole number with V(B), V(k), V(M), V(G) or V(T), or V(KiB) to V(TiB), such as V(5G) or V(512 MiB). Units
            are binary, as in Dovecot.
          - V(0) or V(unlimited) takes the limit away. Any other number without a unit is refused. A size below 1 MiB is
            written with a warning.
          - Needed for O(quotas[].state=present). Sizes compare by value, so V(5G) leaves V(5120M) as it is.
          - A size is written in a unit in which it has two digits at least, V(5G) as V(5120M), because Dovecot gives a
            grace of a tenth of the number, rounded down.
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
  # end generated
"""

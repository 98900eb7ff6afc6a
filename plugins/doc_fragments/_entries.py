# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

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
        O(accounts[].aliases) and O(accounts[].restrict).
    type: list
    elements: dict
    suboptions:
      address:
        description:
          - The address of the account, which is also its login.
          - It is written in lower case, because docker-mailserver lets nobody log in to an account that is written in
            any other way. The part before the V(@) may contain V(a) to V(z), V(0) to V(9), V(.), V(-) and V(_). A
            Unicode domain is written in its V(xn--) form.
        type: str
        required: true
      password:
        description:
          - The password in plain text. Put it in quotes unless it is the result of a template.
          - A password that ends with a newline or looks like a hash is refused.
          - The hash in the file is left alone if the password matches it, in any scheme that libcrypt or passlib can
            verify. Otherwise a new salted V({SHA512-CRYPT}) hash is written.
          - An account that somebody has locked, with a V(!) or V(*) at the beginning of its hash, stays locked, with a
            warning.
          - A new account needs O(accounts[].password) or O(accounts[].password_hash). They are mutually exclusive.
        type: str
      password_hash:
        description:
          - The hash with its scheme, such as V({SHA512-CRYPT}), as C(doveadm pw) or C(setup email add) makes it.
          - It is compared literally and may have any scheme of Dovecot 2.3 and 2.4. A hash that they cannot read is
            refused, and so is one that takes too long to verify.
        type: str
      update_password:
        description:
          - V(always) sets the password whenever it does not match the stored hash, V(on_create) only for a new account.
        type: str
        choices: [always, on_create]
        default: always
      extra_fields:
        description:
          - The third column, which has extra fields for Dovecot's user database, separated by blanks. Without this
            option the column stays as it is. An empty text removes it.
          - The extra field of O(accounts[].locked) is not part of it, and stays as it is.
        type: str
      locked:
        description:
          - Whether nobody can log in, by IMAP, POP3 or SMTP submission. Without this option a lock stays as it is.
          - Mail still arrives, and the hash stays in the file. A master account cannot open the mailbox either. A
            client that is connected already stays connected.
          - The lock is the extra field V(allow_nets=192.0.2.1/32), a network that nobody has an address of. Dovecot 2.3
            and 2.4 compare it at each login. An account with another C(allow_nets) among its extra fields cannot be
            locked.
          - docker-mailserver copies the lock to the logins that it makes of aliases. C(setup email update) drops it
            along with the other extra fields, and the next run of a task with V(true) restores it.
          - A V(!) or V(*) at the beginning of a hash is another lock, which this option neither sets nor removes.
        type: bool
      renamed_from:
        description:
          - The former address of the account. If there is an account of that address and none of O(accounts[].address),
            it is renamed.
          - Its hash, its extra fields, its quota, its restrictions, a relay and credentials of its address go with it,
            and every mention of it as a recipient of an alias or a regex alias, with an extension or without. Its mail
            stays. A warning and RV(renamed) name the directory to move.
          - Once that is done, a second run changes nothing. If there are both accounts, the task is refused. If there
            is neither, the account is added, which needs O(accounts[].password) or O(accounts[].password_hash).
        type: str
      keep_old_address:
        description:
          - Whether the address in O(accounts[].renamed_from) becomes an alias of the account, in addition to other
            recipients that the alias has. As long as the task is run, that alias is there.
          - V(false) gives the address up, or leaves it to another alias that you declare.
        type: bool
        default: true
      successor:
        description:
          - Who gets the mail of the account from now on, for O(accounts[].state=absent). It may be any address, as a
            recipient of an alias.
          - The address of the account becomes an alias of the successor, in addition to other recipients that the alias
            has, and the successor takes its place as a recipient of other aliases. If the account has an alias of its
            own already, such as one that sends copies elsewhere, the other aliases stay as they are and lead to the
            successor through it.
          - As long as the task is run, that alias is there, even if the account was removed long ago.
          - The mail that the account has received so far stays in the container, and docker-mailserver lets the
            successor read it, if it is an account and quotas are enabled. A warning names the directory.
        type: str
      state:
        description:
          - Whether the account should exist.
        type: str
        choices: [present, absent]
        default: present
      allow_alias_overlap:
        description:
          - Overrides O(allow_alias_overlap) for this entry.
        type: bool
      quota:
        description:
          - The quota of the account, as in M(mailops.dms.dms_quota). Without this option it is left alone. For
            O(accounts[].state=absent) the option has no effect, and the quota is removed with the account.
        type: str
      aliases:
        description:
          - Aliases that point to the account, in addition to the recipients that they have in the file. An alias that
            several accounts list points to all of them.
          - If O(prune) includes V(aliases) and O(prune_keep) does not spare the alias, it points to the accounts that
            list it and to nobody else. Without O(prune), an alias that is no longer listed here keeps pointing to the
            account.
          - With O(accounts[].successor) they point to the successor instead. For O(accounts[].state=absent) without a
            successor the option has no effect.
          - An alias that is listed here must not be listed in O(aliases).
        type: list
        elements: str
      restrict:
        description:
          - What the account may not do, as in M(mailops.dms.dms_restriction). Without this option its restrictions are
            left alone, and an empty list removes them. For O(accounts[].state=absent) the option has no effect.
          - An address that has this option must not be listed in O(restrictions).
        type: list
        elements: str
        choices: [send, receive]
  aliases:
    description:
      - The aliases. Their options are those of M(mailops.dms.dms_alias).
      - Several entries of the same alias are combined into one with all their recipients. No more than one of them may
        lack O(aliases[].append=true), and if one does, the alias has no other recipients than theirs.
    type: list
    elements: dict
    suboptions:
      alias:
        description:
          - The address of the alias, V(user@domain), or V(@domain) for a catch-all, which takes the mail for all
            addresses of the domain that have no alias of their own. V(*@domain) is refused, because Postfix does not
            treat C(*) as a wildcard.
          - A V(user) without a domain is accepted with a warning, because it only matches in the domain of the host
            name.
        type: str
        required: true
      recipients:
        description:
          - The addresses that the mail goes to. Required with O(aliases[].state=present).
          - They are the complete list, unless O(aliases[].append=true). An alias that has them in another order is left
            as it is.
          - With O(aliases[].state=absent), only these recipients are removed, and the alias along with its last
            recipient.
        type: list
        elements: str
      append:
        description:
          - Whether to add O(aliases[].recipients) to those that the alias already has.
        type: bool
        default: false
      state:
        description:
          - Whether the alias should exist.
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
          - An existing pattern is found whichever way it is written.
          - Without V(^) and V($) it may match any part of an address.
        type: str
        required: true
      flags:
        description:
          - The flags after the pattern, each of which toggles an option of Postfix. V(i), for example, makes the
            pattern case-sensitive.
          - Without this option there are none.
        type: str
      recipients:
        description:
          - The addresses that the mail goes to. Required with O(regex_aliases[].state=present).
          - V($1) or V(${1}) stands for what the first group of the pattern matched.
        type: list
        elements: str
      position:
        description:
          - Where to place the regex alias, V(first), V(last), or V(before:PATTERN) or V(after:PATTERN) with the pattern
            of another regex alias. Without this option it stays where it is, and a new one is placed last.
          - Several new ones are placed in the order of the list.
        type: str
      state:
        description:
          - Whether the regex alias should exist.
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
          - V(0) or V(unlimited) removes the limit. Any other number without a unit is refused. A size below 1 MiB is
            written with a warning.
          - Required with O(quotas[].state=present). Sizes are compared by value, so V(5G) leaves V(5120M) as it is.
          - A size is written in a unit in which it has at least three digits, such as V(5120M) for V(5G), because
            Dovecot allows a grace of a tenth of the number, rounded down.
        type: str
      state:
        description:
          - Whether the quota should exist.
        type: str
        choices: [present, absent]
        default: present
      require_account:
        description:
          - Overrides O(require_account) for this entry.
        type: bool
  restrictions:
    description:
      - The restrictions. Their options are those of M(mailops.dms.dms_restriction).
    type: list
    elements: dict
    suboptions:
      address:
        description:
          - The whole address, which need not be an account. It is written in lower case.
          - A domain is refused. Postfix never looks up V(@example.com) in these files (hazard H90).
        type: str
        required: true
      restrict:
        description:
          - What the address may not do. With O(restrictions[].state=present) this is all of it, so what is not listed
            is allowed again, and an empty list removes the restriction.
          - With O(restrictions[].state=absent) what is listed is allowed again, and without this option both.
          - Required with O(restrictions[].state=present).
        type: list
        elements: str
        choices: [send, receive]
      state:
        description:
          - Whether the restriction should exist.
        type: str
        choices: [present, absent]
        default: present
  masters:
    description:
      - The master accounts. Their options are those of M(mailops.dms.dms_master).
    type: list
    elements: dict
    suboptions:
      name:
        description:
          - The name of the master account, which is no address. It is written in lower case and may contain V(a) to
            V(z), V(0) to V(9), V(.), V(-) and V(_).
        type: str
        required: true
      password:
        description:
          - The password in plain text. Put it in quotes unless it is the result of a template.
          - A password that ends with a newline or looks like a hash is refused.
          - The hash in the file is left alone if the password matches it, in any scheme that libcrypt or passlib can
            verify. Otherwise a new salted V({SHA512-CRYPT}) hash is written.
          - A master account that somebody has locked, with a V(!) or V(*) at the beginning of its hash, stays locked,
            with a warning.
          - A new master account needs O(masters[].password) or O(masters[].password_hash). They are mutually exclusive.
        type: str
      password_hash:
        description:
          - The hash with its scheme, such as V({SHA512-CRYPT}), as C(doveadm pw) or C(setup dovecot-master add) makes
            it.
          - It is compared literally and may have any scheme of Dovecot 2.3 and 2.4. A hash that they cannot read is
            refused, and so is one that takes too long to verify.
        type: str
      update_password:
        description:
          - V(always) sets the password whenever it does not match the stored hash, V(on_create) only for a new master
            account.
        type: str
        choices: [always, on_create]
        default: always
      state:
        description:
          - Whether the master account should exist.
        type: str
        choices: [present, absent]
        default: present
  relays:
    description:
      - The relays. Their options are those of M(mailops.dms.dms_relay).
    type: list
    elements: dict
    suboptions:
      sender:
        description:
          - The domain of the senders, such as V(example.com), or one address. An address has precedence over its
            domain.
        type: str
        required: true
      host:
        description:
          - The name or the IP address of the relay, without brackets. Required with O(relays[].state=present), unless
            O(relays[].direct=true).
          - It is written in brackets, as by C(setup relay add-domain), so that no MX records are looked up.
        type: str
      port:
        description:
          - The port of the relay. There is a warning about those on which TLS begins with the connection, such as
            V(465), because Postfix expects STARTTLS.
        type: int
        default: 25
      direct:
        description:
          - Whether the mail of the sender leaves without a relay.
          - A domain is written as by C(setup relay exclude-domain), which excludes it from C(RELAY_HOST), but not from
            C(DEFAULT_RELAY_HOST). An address is written with C(DUNNO), which excludes it from both.
        type: bool
        default: false
      state:
        description:
          - Whether the relay should exist.
        type: str
        choices: [present, absent]
        default: present
  relay_credentials:
    description:
      - The relay credentials. Their options are those of M(mailops.dms.dms_relay_credential).
    type: list
    elements: dict
    suboptions:
      sender:
        description:
          - The domain of the senders for whom the credentials are used, such as V(example.com), or one address. An
            address has precedence over its domain, and a sender over O(relay_credentials[].host).
          - Exactly one of O(relay_credentials[].sender) and O(relay_credentials[].host) is required.
        type: str
      host:
        description:
          - The name or the IP address of the relay for which the credentials are used, without brackets.
          - With O(relay_credentials[].port) it has to be the same as in M(mailops.dms.dms_relay), because Postfix
            compares both.
        type: str
      port:
        description:
          - The port of the relay. It only counts with O(relay_credentials[].host).
        type: int
        default: 25
      user:
        description:
          - The name of the user at the relay. Required with O(relay_credentials[].state=present). It cannot contain a
            colon.
        type: str
      password:
        description:
          - The password of the user at the relay. It is compared with the one in the file.
          - Required for new credentials and for another user. Without it, an existing password stays as it is.
          - A password that would not survive in a line of the file is refused, such as one that begins with a blank or
            contains a newline.
        type: str
      state:
        description:
          - Whether the credentials should exist.
        type: str
        choices: [present, absent]
        default: present
  # end generated
"""

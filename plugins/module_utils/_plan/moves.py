# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Let what belongs to an account go with it to a new address, or its mail to a successor.

It is done before anything is put, so what is declared has the last word. That an old address
becomes an alias is a wanted alias like any other, which comes with the account.
"""

from __future__ import annotations

import itertools
import typing as t

from .._addresses import fold_case
from .._errors import refusal
from .._text import in_quotes
from .._warnings import RunWarning

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable

    from .._errors import Refusals
    from .._kinds.account import WantedAccount
    from .._kinds.draft import Draft
    from .._kinds.kind import AnyKind
    from .wish import Wish


def move_accounts(draft: Draft, wish: Wish) -> None:
    """Edit all tables for the accounts that are renamed or have a successor. Raises RefusedError."""
    moved = [account for account in wish.accounts if account.renamed_from or account.successor]
    if not moved:
        return
    draft.unwanted_recipients.update({alias.key: alias.recipients for alias in wish.aliases if not alias.present})
    for account in moved:
        with draft.refusals.noted(account.origin):
            if account.renamed_from and _is_to_be_renamed(draft, account, account.renamed_from):
                draft.renamed[account.renamed_from] = account.key
                if account.keep_old_address:
                    draft.kept_addresses.add(account.renamed_from)
            if account.successor and draft.tables.accounts.find(account.key) is not None:
                successor = _successor(draft, wish, account, account.successor)
                draft.succeeded[account.key] = successor
                if _is_to_be_account(draft, wish, successor):
                    draft.warnings.append(RunWarning(_open_mailbox(account.key, successor)))
    draft.refusals.raise_noted()
    if draft.renamed:
        draft.renamed_recipients = _with_extensions(draft, wish.recipient_delimiter)
        _rename(draft, wish.kinds)
    if draft.succeeded:
        # Few runs have to do with it.
        from .._kinds.alias import ALIAS

        aliases = draft.tables.aliases
        # What else an account sends its mail to gets it through that alias alone.
        with_alias = {alias.key for alias in map(aliases.entry, draft.succeeded) if alias and not alias.is_identity}
        with draft.refusals.noted():
            ALIAS.replace_recipients(draft, draft.succeeded, own_alone=with_alias)
    draft.refusals.raise_noted()


def mailbox_of(address: str) -> str:
    """Return the directory in the container where DMS keeps the mail of an account."""
    local_part, dummy, domain = address.partition("@")
    return f"/var/mail/{domain}/{local_part}"


def _open_mailbox(address: str, successor: str) -> str:
    """Return what is to be said of the mail that a leaver has received so far (hazard H48)."""
    return (
        f"account {in_quotes(address)} is removed, but its mail stays in {mailbox_of(address)} in the container. With"
        f" quotas enabled, docker-mailserver makes the address a login with the password of {in_quotes(successor)}, who"
        " can then read that mail; move the directory away first unless that is intended"
    )


def _with_extensions(draft: Draft, delimiter: str) -> dict[str, str]:
    """Return the new address of each recipient that is an account to be renamed, be it with an extension."""
    # Few runs have to do with it.
    from .._mailserver.syntax import Syntax, with_extension

    syntax = Syntax("", delimiter)
    lists = [alias.recipients for alias in draft.tables.aliases.entries()]
    lists += (regex_alias.recipients for regex_alias in draft.tables.regex_aliases.entries())
    found = dict(draft.renamed)
    for recipient in itertools.chain.from_iterable(lists):
        address, extension = syntax.split_extension(recipient)
        new = draft.renamed.get(fold_case(address)) if extension else None
        if new:
            found[fold_case(recipient)] = with_extension(new, extension)
    return found


def _rename(draft: Draft, kinds: Iterable[AnyKind]) -> None:
    """Let every kind of entry follow the accounts that are renamed."""
    for kind in kinds:
        with draft.refusals.noted():
            kind.renamed(draft, draft.renamed)
    for old, new in draft.renamed.items():
        sentence = (
            f"account {in_quotes(old)} becomes {in_quotes(new)}, but its mail stays in {mailbox_of(old)} in the"
            f" container; move it to {mailbox_of(new)}"
        )
        draft.warnings.append(RunWarning(sentence))


def refuse_contradictions(wish: Wish, refusals: Refusals) -> None:
    """Note a refusal for each old address that another entry wants for something else."""
    moved = [account for account in wish.accounts if account.renamed_from]
    entries = {account.key: account for account in wish.accounts if moved}
    first: dict[str, WantedAccount] = {}
    for account in moved:
        old = account.renamed_from or ""
        other, entry = first.setdefault(old, account), entries.get(old)
        reason = ""
        if other is not account:
            reason = f"{other.origin} is renamed from {in_quotes(old)} too; remove renamed_from from one of them"
        elif entry is not None and (entry.present or entry.successor):
            what = "declares that account" if entry.present else "names a successor of that account"
            reason = (
                f"it is renamed from {in_quotes(old)}, but {entry.origin} {what}; remove renamed_from or that entry"
            )
        if reason:
            refusals.note(refusal("account", account.key, account.origin, reason))


def _is_to_be_renamed(draft: Draft, account: WantedAccount, old: str) -> bool:
    """Whether only the old account is there. Raises RefusedError where both are."""
    accounts = draft.tables.accounts
    if accounts.find(old) is None:
        return False
    if accounts.find(account.key) is None:
        return True
    reason = (
        f"it is there already, and so is {in_quotes(old)}, which it should be renamed from; remove renamed_from if that"
        " is somebody else's account, or else remove one of the two accounts"
    )
    draft.refuse(refusal(accounts.noun, account.key, account.origin, reason))
    return False


def _successor(draft: Draft, wish: Wish, account: WantedAccount, given: str) -> str:
    """Return a successor, folded if it is ours, and refuse one whose mail goes to the leaver: nobody would get it."""
    tables, key = draft.tables, given.lower()
    alias = tables.aliases.entry(key)
    receives = key in tables.accounts or any(other.present and other.key == key for other in wish.accounts)
    if receives or alias is None:
        return key if receives else given
    if account.key in (recipient.lower() for recipient in alias.recipients):
        reason = (
            f"its successor {in_quotes(given)} is an alias of the account itself ({tables.aliases.line_of(key)}), so"
            " nobody would get the mail; name another successor"
        )
        draft.refuse(refusal("account", account.key, account.origin, reason))
    return key


def _is_to_be_account(draft: Draft, wish: Wish, address: str) -> bool:
    """Whether there is going to be an account of a folded address."""
    wanted = next((each for each in wish.accounts if each.key == address), None)
    return address in draft.tables.accounts if wanted is None else wanted.present

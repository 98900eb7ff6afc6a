# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The owner, mode and so on that a user asks for: checked first, then set by descriptor.

Ansible's own functions take paths, and a path in a directory of somebody else may lead
to another file by the time it is used.
"""

from __future__ import annotations

import grp
import os
import pwd
import stat
import types
import typing as t

from .._errors import RefusedError
from .._store.attributes import attributes_of, context_of, set_context
from .._text import bounded_number

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable

    from ansible.module_utils.basic import AnsibleModule

    from .flags import WantedFlags

    Difference = dict[str, dict[str, t.Any]]

_PERMISSIONS = 0o777

# The number of a user or a group that stands for none (chown(2)).
_NO_NUMBER = 2**32 - 1

# What the fields of a context are called among the options.
_CONTEXT_OPTIONS = ("seuser", "serole", "setype", "selevel")


class WantedAttributes:
    """What the options of Ansible's file modules ask for."""

    def __init__(self, module: AnsibleModule) -> None:
        """Check the options. Raises RefusedError for one that cannot be applied."""
        options = module.params
        self._module = module
        self._user = _number(options, "owner", "user", lambda n: pwd.getpwnam(n).pw_uid)
        self._group = _number(options, "group", "group", lambda n: grp.getgrnam(n).gr_gid)
        self._given_mode = options["mode"]
        self._mode(0o600)
        self._context = self._wanted_context()
        self._flags: WantedFlags | None = None
        if options["attributes"] is not None:
            from .flags import WantedFlags

            self._flags = WantedFlags(options["attributes"])

    def difference(self, descriptor: int) -> Difference:
        """Return what is to change of an open file, C(before) and C(after) by option.

        Nothing where it has all that is asked for.
        """
        changes: dict[str, tuple[t.Any, t.Any]] = {}
        present = attributes_of(descriptor)
        if self._user not in (None, present.user):
            changes["owner"] = present.user, self._user
        if self._group not in (None, present.group):
            changes["group"] = present.group, self._group
        mode, wanted_mode = os.fstat(descriptor).st_mode, self._mode(present.mode)
        if wanted_mode not in (None, stat.S_IMODE(mode)):
            changes["mode"] = f"0{stat.S_IMODE(mode):03o}", f"0{wanted_mode:03o}"
        context = context_of(present)
        if context and self._context and self._merged(context) != context:
            changes["secontext"] = _fields(context), _fields(self._merged(context))
        flags = self._flags.difference(descriptor) if self._flags else None
        if flags:
            changes["attributes"] = flags
        return _before_and_after(changes)

    def set(self, descriptor: int) -> None:
        """Give an open file what is asked for, but for flags, which may forbid renaming.

        Raises OSError where that is not possible.
        """
        present = attributes_of(descriptor)
        if self._user not in (None, present.user) or self._group not in (None, present.group):
            user = -1 if self._user is None else self._user
            group = -1 if self._group is None else self._group
            os.fchown(descriptor, user, group)
        mode = self._mode(present.mode)
        if mode is not None:
            os.fchmod(descriptor, mode)
        context = context_of(present)
        if context and self._context and self._merged(context) != context:
            set_context(descriptor, self._merged(context))

    def set_all(self, descriptor: int) -> None:
        """Give an open file all that is asked for, as `set` does."""
        self.set(descriptor)
        if self._flags:
            self._flags.set(descriptor)

    def _mode(self, present: int) -> int | None:
        """Return the mode that a file of a present mode should have, None for any."""
        given = self._given_mode
        if given is None:
            return None
        if isinstance(given, bool) or not isinstance(given, (int, str)):
            raise RefusedError(f"mode {given!r} is neither text nor a whole number; write it in quotes, such as '0640'")
        mode = given if isinstance(given, int) else self._parsed_mode(given, present)
        if mode & ~_PERMISSIONS:
            raise RefusedError(
                f"mode {given!r} is not a mode of a config file, which has neither set-id bits nor a sticky bit; write"
                " it in quotes with a leading zero, such as '0640'"
            )
        return mode

    def _parsed_mode(self, given: str, present: int) -> int:
        try:
            return int(given, 8)
        except ValueError:
            pass
        status = types.SimpleNamespace(st_mode=stat.S_IFREG | present)
        try:
            mode: int = self._module._symbolic_mode_to_octal(status, given)
        except ValueError:
            raise RefusedError(
                f"mode {given!r} is neither octal nor symbolic; write it like '0640' or 'u=rw,g=r,o='"
            ) from None
        return mode

    def _wanted_context(self) -> list[str | None] | None:
        """Return the fields of the wanted context, None for those that stay."""
        module = self._module
        given = [module.params[name] for name in _CONTEXT_OPTIONS]
        if not any(given) or not module.selinux_enabled():
            return None
        defaults = module.selinux_default_context(module.params["config_dir"])
        defaults += [None] * (len(given) - len(defaults))
        return [default if field == "_default" else field for field, default in zip(given, defaults)]

    def _merged(self, context: str) -> str:
        wanted = self._context or []
        return ":".join(
            wanted[index] or field if index < len(wanted) else field for index, field in enumerate(_fields(context))
        )


def _number(options: dict[str, t.Any], name: str, kind: str, look_up: Callable[[str], int]) -> int | None:
    """Return the number of a user or a group that is given by name or number."""
    given = options[name]
    if given is None:
        return None
    if given.isascii() and given.isdecimal():
        number = bounded_number(given, _NO_NUMBER)
        if number < _NO_NUMBER:
            return number
    try:
        return look_up(given)
    except KeyError:
        raise RefusedError(
            f"{name} {given!r} is not a {kind} of the managed host; create it first, or correct {name}"
        ) from None


def _fields(context: str) -> list[str]:
    # The level, which is the last field, may hold colons.
    return context.split(":", 3)


def _before_and_after(changes: dict[str, tuple[t.Any, t.Any]]) -> Difference:
    if not changes:
        return {}
    return {
        "before": {name: before for name, (before, dummy) in changes.items()},
        "after": {name: after for name, (dummy, after) in changes.items()},
    }

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The argument specs of the modules, composed of the options of their entries.

The documentation of each of them stands in the doc fragment or the module of the same
name; C(ansible-test sanity) compares the two.
"""

from __future__ import annotations

import typing as t

from ansible.module_utils.basic import AnsibleModule

from .._errors import RefusedError
from .._plan.wish import SECTION_NAMES
from .report import printable, unexpected, without_secrets
from .values import misread_values, trim_lists

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Mapping

    Spec = dict[str, dict[str, t.Any]]


def _config_options() -> Spec:
    return {
        "config_dir": {"type": "path", "required": True},
        "backup": {"type": "bool", "default": False},
        "lock_timeout": {"type": "float"},
        "allow": {"type": "list", "elements": "str"},
        **_server_options(),
    }


def _server_options() -> Spec:
    """Return the options of what the mail server is like, as far as no file tells."""
    return {
        "dms_version": {"type": "str"},
        "quotas_enabled": {"type": "bool", "default": True},
        "hostname": {"type": "str"},
        "domains": {"type": "list", "elements": "str"},
    }


def _state() -> Spec:
    return {"state": {"type": "str", "choices": ["present", "absent"], "default": "present"}}


def _account_options() -> Spec:
    return {
        "address": {"type": "str", "required": True},
        "password": {"type": "str", "no_log": True},
        "password_hash": {"type": "str", "no_log": True},
        "update_password": {"type": "str", "choices": ["always", "on_create"], "default": "always", "no_log": False},
        "extra_fields": {"type": "str"},
        **_state(),
    }


def _alias_options() -> Spec:
    return {
        "alias": {"type": "str", "required": True},
        "recipients": {"type": "list", "elements": "str"},
        "append": {"type": "bool", "default": False},
        **_state(),
    }


def _regex_alias_options() -> Spec:
    return {
        "pattern": {"type": "str", "required": True},
        "flags": {"type": "str"},
        "recipients": {"type": "list", "elements": "str"},
        "position": {"type": "str"},
        **_state(),
    }


def _quota_options() -> Spec:
    return {"address": {"type": "str", "required": True}, "quota": {"type": "str"}, **_state()}


# Section -> the guards of its entries, with their defaults.
_GUARDS: dict[str, dict[str, bool]] = {
    "accounts": {"allow_alias_overlap": False},
    "aliases": {"allow_account_overlap": False, "protect_accounts": True},
    "regex_aliases": {},
    "quotas": {"require_account": True},
}

_ENTRY_OPTIONS: dict[str, t.Callable[[], Spec]] = {
    "accounts": _account_options,
    "aliases": _alias_options,
    "regex_aliases": _regex_alias_options,
    "quotas": _quota_options,
}


def _guards(section: str) -> Spec:
    return {name: {"type": "bool", "default": default} for name, default in _GUARDS[section].items()}


def _no_accounts_guard() -> Spec:
    return {"allow_no_accounts": {"type": "bool", "default": False}}


def _recipient_delimiter() -> Spec:
    return {"recipient_delimiter": {"type": "str", "default": "+"}}


def _bulk_entry(section: str) -> dict[str, t.Any]:
    """Return the option of a section, whose entries may override the guards."""
    options = _ENTRY_OPTIONS[section]()
    options.update({name: {"type": "bool"} for name in _GUARDS[section]})
    if section == "accounts":
        options["quota"] = {"type": "str"}
        options["aliases"] = {"type": "list", "elements": "str"}
    return {"type": "list", "elements": "dict", "options": options}


def config_dir(params: Mapping[str, t.Any]) -> str:
    """Return the config directory. Raises RefusedError where none is named."""
    directory: str = params["config_dir"]
    if not directory.strip() or "\0" in directory:
        raise RefusedError(
            "config_dir is empty or has a NUL byte; name the config directory of docker-mailserver on the managed host"
        )
    return directory


class Module(AnsibleModule):
    """A module that shows no secret, by whatever way it ends.

    Ansible itself ends a module too, deep inside of what sets an owner or a mode, and
    then reports the options as it has them.
    """

    def __init__(self, argument_spec: Spec, writes: bool = True) -> None:
        """Read and validate the options, and note those that YAML has misread."""
        own_options = dict(argument_spec)
        AnsibleModule.__init__(self, argument_spec=argument_spec, supports_check_mode=True, add_file_common_args=writes)
        self.misread = misread_values(self._given, own_options)
        trim_lists(self.params, own_options)
        # Nothing that is reported holds a secret, and hiding them again would hide every
        # address that a password happens to be part of, which gives the password away.
        self.no_log_values.clear()

    def _load_params(self) -> None:
        AnsibleModule._load_params(self)
        # What is validated replaces these, and is text whatever they were.
        self._given = dict(self.params)

    def finish(self, work: t.Callable[[], dict[str, t.Any]]) -> t.NoReturn:
        """Do the work of the module and end with its result, or with why it has none."""
        # What fails is reported behind the handlers, for Ansible adds the text of every
        # exception that is being handled, and of those that led to it.
        failure: dict[str, str] = {}
        result: dict[str, t.Any] = {}
        try:
            result = work()
        except RefusedError as error:
            failure = {"msg": str(error)}
        except Exception as error:
            failure = unexpected(error)
        if failure:
            self.fail_json(**failure)
        self.exit_json(**result)

    def exit_json(self, **kwargs: t.Any) -> t.NoReturn:
        """End with a result."""
        AnsibleModule.exit_json(self, **{**kwargs, **self._invocation()})

    def fail_json(self, msg: str, **kwargs: t.Any) -> t.NoReturn:
        """End with an error."""
        AnsibleModule.fail_json(self, printable(msg), **{**kwargs, **self._invocation()})

    def _invocation(self) -> dict[str, t.Any]:
        return {"invocation": {"module_args": self._shown_options()}}

    def _shown_options(self) -> dict[str, t.Any]:
        known = {*self.argument_spec, *self.aliases}
        return without_secrets(self.params, known)

    def _log_invocation(self) -> None:
        # Ansible logs lists as they are written in Python, where it does not find every
        # password that it has to hide.
        shown = self._shown_options()
        AnsibleModule.log(self, f"Invoked with {shown}", log_args={k: str(v) for k, v in shown.items()})


def _sources() -> dict[str, t.Any]:
    """Return the option that tells from which lists the sections were joined."""
    options: Spec = {
        "name": {"type": "str", "required": True},
        "section": {"type": "str", "required": True, "choices": list(SECTION_NAMES)},
        "entries": {"type": "int", "required": True},
    }
    return {"type": "list", "elements": "dict", "options": options}


def create_info_module() -> Module:
    """Return the module that reads a config directory."""
    spec: Spec = {
        "config_dir": {"type": "path", "required": True},
        "resolve": {"type": "list", "elements": "str"},
        **_recipient_delimiter(),
        **_server_options(),
    }
    return Module(spec, writes=False)


def create_entry_module(section: str) -> Module:
    """Return the module that manages one entry of a section."""
    spec = {**_config_options(), **_ENTRY_OPTIONS[section](), **_guards(section)}
    if section == "accounts":
        spec.update(_no_accounts_guard())
    return Module(spec)


def create_bulk_module() -> Module:
    """Return the module that manages many entries of all sections."""
    spec: Spec = {
        **_config_options(),
        **{section: _bulk_entry(section) for section in SECTION_NAMES},
        **_no_accounts_guard(),
        "prune": {"type": "list", "elements": "str", "choices": list(SECTION_NAMES)},
        "prune_keep": {"type": "list", "elements": "str"},
        "prune_limit": {"type": "int"},
        "probe": {"type": "list", "elements": "str"},
        "sources": _sources(),
        **_recipient_delimiter(),
    }
    for section in SECTION_NAMES:
        spec.update(_guards(section))
    return Module(spec)

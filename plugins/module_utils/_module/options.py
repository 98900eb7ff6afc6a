# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The argument specs of the modules, composed of the options of their entries, and what some options say.

The documentation of each of them stands in the doc fragment or the module of the same
name; C(ansible-test sanity) compares the two.
"""

from __future__ import annotations

import typing as t

from ansible.module_utils.basic import AnsibleModule

from .._errors import RefusedError
from .._mailserver.budget import one_run
from .report import as_json, printable, unexpected, without_secrets
from .values import misread_values, trim_lists

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Mapping, Sequence

    from .._kinds.kind import AnyKind, Spec
    from .._mailserver.settings import Settings


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
        "recipient_delimiter": {"type": "str", "default": "+"},
    }


def server_settings(params: Mapping[str, t.Any]) -> Settings:
    """Return what the mail server is like."""
    from .._mailserver.settings import NEWEST_VERSION, Settings

    domains = params["domains"]
    return Settings(
        dms_version=params["dms_version"] or NEWEST_VERSION,
        quotas_enabled=params["quotas_enabled"],
        hostname=params["hostname"],
        domains=None if domains is None else tuple(domains),
        recipient_delimiter=params["recipient_delimiter"],
    )


def config_dir(params: Mapping[str, t.Any]) -> str:
    """Return the config directory. Raises RefusedError where none is named."""
    directory: str = params["config_dir"]
    if not directory.strip() or "\0" in directory:
        raise RefusedError(
            "config_dir is empty or contains a NUL byte; set it to the config directory of docker-mailserver on the"
            " managed host"
        )
    return directory


class Module(AnsibleModule):
    """A module that shows no secret, by whatever way it ends.

    Ansible itself ends a module too, deep inside of what sets an owner or a mode, and
    then reports the options as it has them.
    """

    def __init__(self, argument_spec: Spec, kinds: Sequence[AnyKind] = (), writes: bool = True) -> None:
        """Read and validate the options, and note those that YAML has misread.

        `kinds` are those whose options the argument spec has.
        """
        own_options = dict(argument_spec)
        self._shown = {name: show for kind in kinds for name, show in kind.shown_options.items()}
        AnsibleModule.__init__(self, argument_spec=argument_spec, supports_check_mode=True, add_file_common_args=writes)
        numeric = {"dms_version"}.union(*(kind.numeric_options for kind in kinds))
        self.misread = misread_values(self._given, own_options, numeric, self._shown)
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
        failure: dict[str, t.Any] = {}
        result: dict[str, t.Any] = {}
        try:
            with one_run():
                result = work()
        except RefusedError as error:
            failure = {**as_json(dict(error.details)), "msg": str(error)}
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
        spec = {**self.argument_spec, **{alias: {} for alias in self.aliases}}
        return without_secrets(self.params, spec, self._shown)

    def _log_invocation(self) -> None:
        # Ansible logs lists as they are written in Python, where it does not find every
        # password that it has to hide.
        shown = self._shown_options()
        AnsibleModule.log(self, f"Invoked with {shown}", log_args={k: str(v) for k, v in shown.items()})


def create_info_module() -> Module:
    """Return the module that reads a config directory."""
    spec: Spec = {
        "config_dir": {"type": "path", "required": True},
        "resolve": {"type": "list", "elements": "str"},
        "routing_table": {"type": "bool", "default": False},
        **_server_options(),
    }
    return Module(spec, writes=False)


def create_server_module() -> Module:
    """Return the module that asks the running mail server."""
    from .._running.container import RUNTIMES

    spec: Spec = {
        "config_dir": {"type": "path", "required": True},
        "container": {"type": "str", "required": True},
        "runtime": {"type": "str", "choices": list(RUNTIMES)},
        "wait": {"type": "bool", "default": True},
        "timeout": {"type": "float", "default": 120},
        "resolve": {"type": "list", "elements": "str"},
        "logins": {"type": "list", "elements": "str"},
        "reload": {"type": "bool", "default": False},
        "facts": {"type": "bool", "default": False},
        # Without a default: what is not given is taken from the mail server.
        **{
            name: {key: value for key, value in each.items() if key != "default"}
            for name, each in _server_options().items()
        },
    }
    return Module(spec, writes=False)


def create_entry_module(kind: AnyKind) -> Module:
    """Return the module that manages one entry of a kind."""
    return Module({**_config_options(), **kind.module_options()}, [kind])


def create_bulk_module() -> Module:
    """Return the module that manages many entries of all kinds."""
    from .._kinds.kinds import KINDS, SECTION_NAMES, sections_options

    spec: Spec = {
        **_config_options(),
        **sections_options(),
        "prune_keep": {"type": "list", "elements": "str"},
        "prune_limit": {"type": "int"},
        "probe": {"type": "list", "elements": "str"},
        "sources": {
            "type": "list",
            "elements": "dict",
            "options": {
                "name": {"type": "str", "required": True},
                "section": {"type": "str", "required": True, "choices": SECTION_NAMES},
                "entries": {"type": "int", "required": True},
            },
        },
    }
    return Module(spec, KINDS)

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Wait until the running mail server has taken up the files, and confirm that it does what they promise."""

from __future__ import annotations

import dataclasses
import functools
import shutil
import typing as t

from .._addresses import fold_account
from .._errors import MissingDirectoryError, RefusedError
from .._mailserver.server import MailServer
from .._mailserver.settings import Settings
from .._running.checksums import WATCHED
from .._running.comparison import Comparison, compare, differing_settings
from .._running.container import Finished, check_running, find_container
from .._running.mounts import ACCESS_FILES, check_mounts
from .._running.server import ask_server
from .._running.waiting import Patience, Watch, again_until_settled, wait_for_description
from .._store.directory import Store
from .._text import in_quotes
from .options import Module, config_dir, create_server_module
from .report import as_json
from .server_report import (
    NotConfirmedError,
    comparison_result,
    incomplete,
    refuse_differences,
    setting_sentence,
    unknown_routes,
)

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable, Mapping, Sequence

    from ansible.module_utils.basic import AnsibleModule

    from .._running.checksums import Contents
    from .._running.container import Container
    from .._running.description import Description
    from .._running.waiting import Uptake

# The settings that are compared with those of the mail server
_SETTINGS = ("dms_version", "quotas_enabled", "hostname", "recipient_delimiter")


def run_server_module() -> None:
    """Run the module that asks the running mail server."""
    module = create_server_module()
    module.finish(lambda: as_json(_report(module)))


class _Look(t.NamedTuple):
    """How far the mail server is, and what it does."""

    uptake: Uptake
    comparison: Comparison
    is_current: bool
    """Whether the files have not changed while the mail server was asked."""

    reloaded: bool

    @property
    def differs(self) -> bool:
        """Whether the mail server does something else than the files promise."""
        return self.comparison.differs


def _report(module: Module) -> dict[str, t.Any]:
    module.misread.refuse_options()
    params = module.params
    _check_options(params)
    waits = params["wait"] and not module.check_mode
    patience = Patience(params["timeout"] if waits else 0)
    container, inspection = find_container(_runner(module), shutil.which, params["runtime"], params["container"])
    check_running(inspection, container.name)
    check_mounts(inspection.mounts, config_dir(params), container.name)
    description = wait_for_description(container, patience)
    for setting in differing_settings({name: params[name] for name in _SETTINGS}, description):
        module.warn(setting_sentence(setting, container.name))

    look = _look(module, container, description, patience, waits)
    reasons = incomplete(look.uptake, container, f"within {params['timeout']:g} seconds" if waits else "yet")
    result = {
        "changed": look.reloaded,
        "state": "running",
        "server": {**description.facts(), "container": container.name, "runtime": container.program},
        "taken_up": not reasons,
        "not_taken_up": look.uptake.pending,
        "reasons": reasons,
        "waited": round(patience.waited, 1),
        **comparison_result(look.comparison),
    }
    if params["facts"]:
        result["ansible_facts"] = {"dms_server": result["server"]}
    if waits and reasons:
        raise NotConfirmedError("; ".join(reasons), result)
    for sentence in [*reasons, *unknown_routes(look.comparison)]:
        module.warn(sentence)
    refuse_differences(look.comparison, container, config_dir(params), result)
    return result


def _look(module: Module, container: Container, description: Description, patience: Patience, waits: bool) -> _Look:
    """Return what the mail server does as soon as it has taken up the files, or patience is at its end."""
    params = module.params
    read = functools.partial(_read, Store(config_dir(params), (*WATCHED, *ACCESS_FILES)), waits)
    watch = Watch(container, description, read, patience, waits and params["reload"])
    addresses, logins = params["resolve"] or [], _logins(params["logins"] or [])

    def look() -> _Look:
        uptake = watch.uptake()
        if not uptake.is_complete or not (addresses or logins):
            return _Look(uptake, Comparison([], []), True, watch.reloaded)
        replies = ask_server(container, description, uptake.contents, addresses, logins)
        files = MailServer(uptake.contents, _settings(params, description))
        return _Look(uptake, compare(files, replies), watch.is_current(uptake), watch.reloaded)

    return again_until_settled(look, patience)


def _settings(params: Mapping[str, t.Any], description: Description) -> Settings:
    """Return what routes depend on: as it is given, or else as the mail server has it."""
    given = {name: params[name] for name in _SETTINGS if params[name] not in (None, "")}
    if params["recipient_delimiter"] == "":
        given["recipient_delimiter"] = ""
    return dataclasses.replace(description.settings, **given)


def _read(store: Store, waits: bool) -> Contents:
    """Return what the files hold; a check run may find no directory yet."""
    try:
        return store.read()
    except MissingDirectoryError:
        if waits:
            raise
        return {}


def _logins(given: Sequence[str]) -> list[str]:
    """Return logins as Dovecot looks them up. Raises RefusedError for what is none."""
    folded: dict[str, None] = {}
    for index, address in enumerate(given):
        try:
            folded[fold_account(address)] = None
        except RefusedError as error:
            raise RefusedError(f"logins[{index}] {in_quotes(address)}: {error}") from None
    return list(folded)


def _check_options(params: Mapping[str, t.Any]) -> None:
    """Refuse what can be refused before anything is asked."""
    config_dir(params)
    _logins(params["logins"] or ())
    if params["dms_version"]:
        Settings(dms_version=params["dms_version"]).check()
    # Nothing is less than a NaN, nor is it less than anything.
    if not params["timeout"] >= 0:
        raise RefusedError("timeout is not a number of seconds; give 0 or more, or leave it out")
    for index, address in enumerate(params["resolve"] or ()):
        if not address or not address.isprintable():
            raise RefusedError(f"resolve[{index}] {in_quotes(address)} is not an address; correct it")


def _runner(module: AnsibleModule) -> Callable[[Sequence[str], bytes], Finished]:
    """Return what runs a command on this host."""

    def run(command: Sequence[str], data: bytes) -> Finished:
        return Finished(*module.run_command(list(command), data=data, binary_data=True, encoding=None))

    return run

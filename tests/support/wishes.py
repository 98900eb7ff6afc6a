# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wishes and directories for tests: what a playbook gives, without its defaults."""

from __future__ import annotations

import pathlib
import re
import typing as t

import yaml

from ansible_collections.mailops.dms.plugins.module_utils._errors import RefusedError
from ansible_collections.mailops.dms.plugins.module_utils._kinds import kinds
from ansible_collections.mailops.dms.plugins.module_utils._kinds.kind import defaults_of
from ansible_collections.mailops.dms.plugins.module_utils._plan.bulk import wish_of_sections
from ansible_collections.mailops.dms.plugins.module_utils._plan.plan import Plan, make_plan
from ansible_collections.mailops.dms.plugins.module_utils._plan.wish import Wish

if t.TYPE_CHECKING:  # pragma: no cover
    Contents = dict[str, bytes | None]
    Options = dict[str, t.Any]

_TESTS = pathlib.Path(__file__).parents[1]
DATA = _TESTS / "unit" / "data"
CORPUS = _TESTS / "corpus"

ACCOUNTS = "postfix-accounts.cf"
ALIASES = "postfix-virtual.cf"
REGEX_ALIASES = "postfix-regexp.cf"
QUOTAS = "dovecot-quotas.cf"
SEND_ACCESS = "postfix-send-access.cf"
RECEIVE_ACCESS = "postfix-receive-access.cf"
MASTERS = "dovecot-masters.cf"
RELAYS = "postfix-relaymap.cf"
RELAY_CREDENTIALS = "postfix-sasl-password.cf"
FILE_NAMES = kinds.FILE_NAMES

_REPEATED = re.compile(r"<(.[^<]*?)\*([0-9]+)>", re.DOTALL)
_SPEC = kinds.sections_options()

# What lets an entry stand in its file whatever the other files hold.
ALONE = {"require_account": False, "allow_no_accounts": True}

# What Ansible fills in where a playbook is silent.
_DEFAULTS: Options = {**defaults_of(_SPEC), "prune_keep": None, "prune_limit": None, "sources": None}


def repeated(text: str) -> str:
    """Return a text of a data file, in which C(<text*3>) stands for the text three times."""
    return _REPEATED.sub(lambda found: found[1] * int(found[2]), text)


def complete(given: Options) -> Options:
    """Return options of dms_config with all that a playbook leaves out."""
    options = {**_DEFAULTS, **given}
    for section in kinds.SECTION_NAMES:
        entries = given.get(section)
        if entries is not None:
            defaults = defaults_of(_SPEC[section]["options"])
            options[section] = [{**defaults, **entry} for entry in entries]
    return options


def wish(given: Options) -> Wish:
    """Return the wish of options of dms_config."""
    return wish_of_sections(complete(given))


def plan(given: Options, contents: Contents) -> Plan:
    """Return the plan of options of dms_config for the contents of a directory."""
    return make_plan(wish(given), contents)


def applied(given: Options, contents: Contents) -> Contents:
    """Return the contents of a directory after a run."""
    written = {file.table.file_name: file.content for file in plan(given, contents).files}
    return {**contents, **written}


def attempt(given: Options, contents: Contents) -> Plan | None:
    """Return the plan of options of dms_config, None where they are refused."""
    try:
        return plan(given, contents)
    except RefusedError:
        return None


def applied_alone(given: Options, file_name: str, content: bytes | None) -> bytes | None:
    """Return a file after a run that knows no other file, None where it is refused."""
    try:
        return applied({**ALONE, **given}, {file_name: content})[file_name]
    except RefusedError:
        return None


def load(name: str) -> t.Any:
    """Return what a data file holds."""
    return yaml.safe_load((DATA / name).read_text(encoding="utf-8"))


def load_cases(*patterns: str) -> list[t.Any]:
    """Return the cases of the data files whose names match, each with its name as an id for pytest."""
    return [case for pattern in patterns for path in sorted(DATA.glob(pattern)) for case in load(path.name)]


def contents_of(files: dict[str, str] | None) -> Contents:
    """Return files of a case as bytes: each character is one byte, C(<text*3>) is the text three times."""
    return {name: repeated(text).encode("latin-1") for name, text in (files or {}).items()}


def corpus_files() -> list[pathlib.Path]:
    """Return every data file of the corpus."""
    return sorted(CORPUS.glob("*/*.cf"))


def corpus_directory(name: str) -> Contents:
    """Return the contents of one config directory of the corpus."""
    return {
        file_name: path.read_bytes() if path.exists() else None
        for file_name in FILE_NAMES
        for path in [CORPUS / name / file_name]
    }

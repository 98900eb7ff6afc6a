# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of dms_secrets that runs on the controller: it has the vault, and takes the secrets out of the result."""

from __future__ import annotations

import json
import os
import stat
import tempfile
import typing as t

import yaml
from ansible import constants
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.parsing.vault import VaultLib, is_encrypted, match_encrypt_secret
from ansible.plugins.action import ActionBase

_MODULE = "mailops.dms.dms_secrets"
_SPEC: dict[str, dict[str, t.Any]] = {
    "config_dir": {"type": "path", "required": True},
    "dest": {"type": "path", "required": True},
    "encrypt": {"type": "bool", "default": True},
    "vault_id": {"type": "str"},
    "overwrite": {"type": "bool", "default": False},
}
_HEADING = (
    "# The secrets of a config directory of docker-mailserver, as the module mailops.dms.dms_secrets read them.\n"
)
# What Ansible would take for a template
_TEMPLATE_MARKS = ("{{", "{%", "{#")
# What a module that went wrong may have printed, whatever that was
_NEVER_SHOWN = ("secrets", "module_stdout", "module_stderr", "exception")


class ActionModule(ActionBase):
    """Read the secrets by the module and write them on the controller."""

    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Return the result of the task, without a secret."""
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        options = self.validate_argument_spec(argument_spec=_SPEC)[1]
        if not options["dest"]:
            raise AnsibleActionFail("dest is empty. Name the file on the controller that the secrets are written to.")
        vault_secret = self._vault_secret(options["vault_id"]) if options["encrypt"] else None
        found = self._read(task_vars)
        secrets = found.get("secrets")
        result.update({name: value for name, value in found.items() if name not in _NEVER_SHOWN})
        if result.get("failed") or not isinstance(secrets, dict):
            return {"msg": "the module ended without a result", **result, "failed": True}
        dest = os.path.abspath(os.path.expanduser(options["dest"]))
        return {
            **result,
            "dest": dest,
            "changed": self._write(dest, _text(secrets), vault_secret, options["overwrite"]),
        }

    def _read(self, task_vars: dict[str, t.Any] | None) -> dict[str, t.Any]:
        """Return the result of the module, which the connection shows to nobody."""
        # With -vvv, that of ssh shows all that a module printed, unless its own copy of these settings has no_log.
        context = self._connection._play_context
        no_log = context.no_log
        context.no_log = True
        try:
            found: dict[str, t.Any] = self._execute_module(
                module_name=_MODULE, module_args=self._task.args, task_vars=task_vars
            )
        finally:
            context.no_log = no_log
        return found

    def _vault_secret(self, vault_id: str | None) -> tuple[str, t.Any]:
        """Return the vault id and the secret to encrypt with, as ansible-vault chooses them."""
        secrets = self._vault().secrets
        wanted = vault_id or constants.config.get_config_value("DEFAULT_VAULT_ENCRYPT_IDENTITY")
        known = list(dict.fromkeys(name for name, each in secrets))
        if not secrets:
            raise AnsibleActionFail(
                "There is no vault secret to encrypt with. Start Ansible with --vault-id, --ask-vault-password or"
                " --vault-password-file, or set one of them in its configuration."
            )
        if not wanted and len(known) > 1:
            raise AnsibleActionFail(
                f"There are several vault ids to encrypt with: {', '.join(known)}. Choose one of them with vault_id."
            )
        if wanted and wanted not in known:
            raise AnsibleActionFail(f"There is no vault id {wanted}, but {', '.join(known)}. Correct vault_id.")
        chosen: tuple[str, t.Any] = match_encrypt_secret(secrets, encrypt_vault_id=wanted)
        return chosen

    def _vault(self) -> VaultLib:
        # Ansible has no other way to the secrets that it was started with, by whichever option or setting.
        vault: VaultLib = self._loader._vault
        return vault

    def _write(self, dest: str, text: str, vault_secret: tuple[str, t.Any] | None, overwrite: bool) -> bool:
        """Write the file, unless it holds the same already and others cannot read it; return whether that was not so."""
        if os.path.lexists(dest):
            if self._holds(dest, text, encrypted=vault_secret is not None):
                return _close(dest, self._task.check_mode)
            if not overwrite:
                raise AnsibleActionFail(f"{dest} contains something else. Remove it, or set overwrite to true.")
        if self._task.check_mode:
            return True
        content = text.encode()
        if vault_secret is not None:
            content = self._vault().encrypt(content, vault_secret[1], vault_id=vault_secret[0])
        _replace(dest, content)
        return True

    def _holds(self, dest: str, text: str, encrypted: bool) -> bool:
        """Whether a file holds a text, encrypted or not."""
        content = _content(dest)
        if is_encrypted(content) != encrypted:
            return False
        try:
            return bool((self._vault().decrypt(content) if encrypted else content) == text.encode())
        except AnsibleError:
            return False  # with a secret that this run does not have


class _SecretsDumper(yaml.SafeDumper):
    """Writes each text in quotes, and marks what Ansible would take for a template."""

    def text(self, value: str) -> yaml.ScalarNode:
        """Return the node of a text."""
        tag = "!unsafe" if any(mark in value for mark in _TEMPLATE_MARKS) else "tag:yaml.org,2002:str"
        return self.represent_scalar(tag, value, style="'")


_SecretsDumper.add_representer(str, _SecretsDumper.text)


def _text(secrets: dict[str, dict[str, str]]) -> str:
    """Return a file of variables: one for each section that has secrets."""
    # What comes from a module is text of a class of Ansible's own.
    plain = json.loads(json.dumps(secrets))
    variables = {f"vault_dms_{section}": entries for section, entries in plain.items() if entries}
    text = yaml.dump(variables, Dumper=_SecretsDumper, sort_keys=False, allow_unicode=True, width=2**31)
    return f"---\n{_HEADING}{text}"


def _content(dest: str) -> bytes:
    """Return what a file holds. Raises AnsibleActionFail for what is none."""
    try:
        mode = os.stat(dest).st_mode
        if stat.S_ISDIR(mode):
            raise AnsibleActionFail(f"{dest} is a directory. Name a file in it.")
        if not stat.S_ISREG(mode):
            raise AnsibleActionFail(f"{dest} is no regular file. Name another one.")
        with open(dest, "rb") as file:
            return file.read()
    except FileNotFoundError:
        raise AnsibleActionFail(
            f"{dest} is a link to a file that does not exist. Remove the link, or name another file."
        ) from None
    except OSError as error:
        raise AnsibleActionFail(f"{dest} cannot be read: {error.strerror}. Remove it, or name another file.") from None


def _close(dest: str, check_mode: bool) -> bool:
    """Let only its owner read a file; return whether others could."""
    if not stat.S_IMODE(os.stat(dest).st_mode) & 0o077:
        return False
    if not check_mode:
        try:
            os.chmod(dest, 0o600)
        except OSError as error:
            raise AnsibleActionFail(
                f"Others can read {dest}, and its mode cannot be changed: {error.strerror}. Change it to 0600, or name"
                " another file."
            ) from None
    return True


def _replace(dest: str, content: bytes) -> None:
    """Write a file that only its owner can read, as a whole."""
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=".dms_secrets.", dir=os.path.dirname(dest))
    except OSError as error:
        raise AnsibleActionFail(
            f"{dest} cannot be written: {error.strerror}. Create its directory, or name a file where you may write."
        ) from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, dest)
    except BaseException:
        os.unlink(temporary)
        raise

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How Sphinx makes the site of what antsibull-docs writes."""

from __future__ import annotations

import zlib
from pathlib import Path

# What the pages link to in the documentation of Ansible: label, page, title.
ANSIBLE_LABELS = (
    ("action_plugins", "plugins/action.html", "Action plugins"),
    ("ansible_configuration_settings", "reference_appendices/config.html", "Ansible Configuration Settings"),
    ("vault", "vault_guide/vault.html", "Protecting sensitive data with Ansible vault"),
    ("common_return_values", "reference_appendices/common_return_values.html", "Return Values"),
)


def inventory(labels: tuple[tuple[str, str, str], ...]) -> str:
    """Return the path of an inventory of labels, as Sphinx would fetch it: the site is built without a network."""
    head = "# Sphinx inventory version 2\n# Project: Ansible\n# Version: latest\n# The rest is compressed using zlib.\n"
    lines = [f"{label} std:label -1 {page}#{label.replace('_', '-')} {title}\n" for label, page, title in labels]
    path = Path(__file__).parents[2] / ".build" / "ansible.inv"
    path.write_bytes(head.encode() + zlib.compress("".join(lines).encode()))
    return str(path)


project = "mailops.dms"
author = "mailops.dms contributors"
copyright = author  # noqa: A001
title = html_title = "mailops.dms: docker-mailserver managed by Ansible"
html_short_title = "mailops.dms"

extensions = ["sphinx.ext.intersphinx", "sphinx_antsibull_ext"]
intersphinx_mapping = {"ansible": ("https://docs.ansible.com/projects/ansible/latest/", inventory(ANSIBLE_LABELS))}
default_role = "any"
highlight_language = "YAML+Jinja"
pygments_style = "ansible"

html_theme = "sphinx_ansible_theme"
html_show_sphinx = False
html_use_smartypants = False
html_use_modindex = False
html_use_index = False
html_copy_source = False

# Before the first release, the changelog has no title.
suppress_warnings = ["toc.no_title"]
# What may not be fetched in "make docs" is checked by "make links".
linkcheck_timeout = 30
linkcheck_anchors_ignore_for_url = [r"https://github\.com/.*"]

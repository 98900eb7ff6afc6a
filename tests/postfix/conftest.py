# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One Postfix for all tests of a run, and settings of hypothesis."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import typing as t
from pathlib import Path

import filelock
import hypothesis
import pytest

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from ansible_collections.mailops.dms.tests.postfix.instance import PostfixInstance

CHECKOUT = Path(__file__).parents[2]
PACKAGES = ("postfix", "postfix-pcre")

# A Postfix that Debian installs without a configuration is never started by it.
UNCONFIGURED = "postfix postfix/main_mailer_type select No configuration\n"

hypothesis.settings.register_profile(
    "postfix",
    deadline=None,
    max_examples=2000,
    print_blob=True,
    phases=set(hypothesis.Phase) - {hypothesis.Phase.explain},
)
hypothesis.settings.load_profile("postfix")


def _is_installed(package: str) -> bool:
    query = ["dpkg-query", "--show", "--showformat", "${db:Status-Status}", package]
    result = subprocess.run(query, check=False, capture_output=True, text=True)
    return result.stdout == "installed"


def _install() -> None:
    if all(map(_is_installed, PACKAGES)):
        return
    if not _is_installed("postfix") and os.geteuid() == 0:
        subprocess.run(["debconf-set-selections"], check=True, input=UNCONFIGURED, text=True)
    done = subprocess.run(
        [str(CHECKOUT / "scripts/install-packages"), *PACKAGES], check=False, stdout=subprocess.PIPE, text=True
    )
    if done.returncode:
        pytest.exit(done.stdout.strip(), done.returncode)


@pytest.fixture(scope="session")
def postfix() -> Iterator[PostfixInstance]:
    """Start a Postfix in a directory in memory, and end it."""
    # pytest can import from the collection only once it runs.
    from ansible_collections.mailops.dms.tests.postfix.instance import PostfixInstance

    with filelock.FileLock(CHECKOUT / ".build" / "postfix.lock"):
        _install()
    memory = Path("/dev/shm")
    parent = memory if os.access(memory, os.W_OK) else None
    directory = Path(tempfile.mkdtemp(prefix="postfix-", dir=parent))
    try:
        directory.chmod(0o755)
        instance = PostfixInstance(directory)
        try:
            yield instance
        finally:
            instance.stop()
    finally:
        shutil.rmtree(directory)

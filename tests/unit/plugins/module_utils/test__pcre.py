# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Patterns of a pcre table: what compiles, what matches, and what Python's re does."""

from __future__ import annotations

import pathlib
import subprocess
import sys
import typing as t
import warnings

import pytest

from ansible_collections.mailops.dms.plugins.module_utils import _pcre
from ansible_collections.mailops.dms.plugins.module_utils._errors import RefusedError
from ansible_collections.mailops.dms.tests.unit import wishes

CASES = wishes.load("patterns.yml")


def compile_with_python(pattern: str, flags: str) -> _pcre.Pattern:
    """Compile a pattern as on a machine without PCRE2."""
    enabled = {flag for flag in _pcre.FLAGS if (flag in "is") != (flag in flags)}
    return _pcre._compile_with_python(pattern, enabled)


def check(pattern: _pcre.Pattern, case: dict[str, t.Any]) -> None:
    """Compare a compiled pattern with a case."""
    assert pattern.groups == case.get("groups", 0)
    for address in case.get("matches", ()):
        assert pattern.matches(address)
    for address in case.get("misses", ()):
        assert not pattern.matches(address)


@pytest.mark.parametrize("case", CASES["valid"], ids=repr)
def test_valid(case: dict[str, t.Any]) -> None:
    pattern = _pcre.compile_pattern(case["pattern"], case.get("flags", ""))
    check(pattern, case)
    assert pattern.warning is None


@pytest.mark.parametrize("case", CASES["valid"], ids=repr)
def test_valid_without_pcre2(case: dict[str, t.Any]) -> None:
    flags = case.get("flags", "")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            pattern = compile_with_python(case["pattern"], flags)
    except RefusedError as error:
        sentence = str(error)
        assert "refused" in case.get("python", ""), sentence
        return
    assert (pattern.warning is not None) == ("warned" in case.get("python", ""))
    if not case.get("python"):
        check(pattern, case)


@pytest.mark.parametrize("pattern", CASES["invalid"])
def test_invalid(pattern: str) -> None:
    for compiled in (_pcre.compile_pattern, compile_with_python):
        with pytest.raises(RefusedError, match="not valid at character") as caught:
            compiled(pattern, "")
        assert repr(pattern) in str(caught.value)


def test_a_machine_without_pcre2(tmp_path: pathlib.Path) -> None:
    # The loader finds this file first, and cannot load it.
    (tmp_path / "libpcre2-8.so.0").touch()
    program = (
        "from ansible_collections.mailops.dms.plugins.module_utils import _pcre\n"
        "print(_pcre.compile_pattern('^a@', '').warning)\n"
        "print(_pcre.compile_pattern('^[[:alpha:]]@', '').warning)\n"
    )
    collections = pathlib.Path(__file__).parents[4] / ".build" / "collections"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(collections), "LD_LIBRARY_PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    first, second = done.stdout.splitlines()
    assert first == "None"
    assert "install libpcre2-8" in second

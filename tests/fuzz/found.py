# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What fails is kept as data, to be tried again by every run of the unit tests.

The input of a fuzzer means something else as soon as the grammar changes, so that what was
drawn from it is kept instead. Bytes are text of one character each, in which C(<text*3>)
stands for the text three times.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import pathlib
import typing as t

from ansible_collections.mailops.dms.tests.support import wishes

if t.TYPE_CHECKING:
    from collections.abc import Callable

DIRECTORY = wishes.DATA / "fuzzed"

# Where a run of the fuzzer keeps what it finds.
_VARIABLE = "FUZZ_FOUND"


def kept(check: Callable[..., None]) -> Callable[..., None]:
    """Return a check that keeps what it fails with, where that is wanted."""

    @functools.wraps(check)
    def keeping(*drawn: t.Any, **named: t.Any) -> None:
        try:
            check(*drawn, **named)
        except Exception:
            if _VARIABLE in os.environ:
                _keep(check.__name__, [*drawn, *named.values()], pathlib.Path(os.environ[_VARIABLE]))
            raise

    return keeping


def _keep(test: str, drawn: list[t.Any], directory: pathlib.Path) -> None:
    text = json.dumps({"test": test, "drawn": drawn}, default=_text, indent=1)
    path = directory / f"{test}-{hashlib.sha256(text.encode()).hexdigest()[:12]}.json"
    path.write_text(text + "\n", encoding="ascii")


def _text(content: bytes) -> str:
    return content.decode("latin-1")


def drawn_of(case: dict[str, t.Any]) -> list[t.Any]:
    """Return what was drawn: options as they are, and the contents of a directory as bytes."""
    return [_contents(each) if each and set(each) <= set(wishes.FILE_NAMES) else each for each in case["drawn"]]


def _contents(texts: dict[str, str | None]) -> wishes.Contents:
    """Return all files; a case that is older than one of them does not name it."""
    contents: wishes.Contents = dict.fromkeys(wishes.FILE_NAMES)
    for name, text in texts.items():
        contents[name] = None if text is None else wishes.repeated(text).encode("latin-1")
    return contents

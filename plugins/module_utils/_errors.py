# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The exception with which every layer refuses to go on: as data, made into sentences in one place."""

from __future__ import annotations

import contextlib
import typing as t

from ._text import in_quotes

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator

# More than this nobody reads at once.
_MOST_SHOWN = 20


class Refusal(t.NamedTuple):
    """What is refused, and why. None of it holds a password or a hash, but `key` may."""

    reason: str
    """What is wrong and what to do, in words that follow on `place` where there is one."""

    origin: str = ""
    """Where the user wrote the entry, such as C(aliases[3]); empty for a module of one entry."""

    noun: str = ""
    """What the entry is called, such as C(alias); empty where the reason names the entry itself."""

    key: str = ""
    """What the entry is known by."""

    place: str = ""
    """The file, and the line where there is one, that stand in the way."""

    def __str__(self) -> str:
        """Return all of it as one sentence."""
        entry = f"{self.noun} {in_quotes(self.key)}" if self.noun else ""
        reason = f"{self.place} {self.reason}" if self.place else self.reason
        return ": ".join(filter(None, (self.origin, entry, reason)))


class RefusedError(Exception):
    """Something is refused; nothing has been written."""

    details: t.Mapping[str, t.Any] = {}
    """What a module returns besides the sentence."""

    def __init__(self, *refusals: Refusal | str) -> None:
        """Take what is refused, or several of it; a text is a reason that says all."""
        super().__init__(*refusals)
        self.refusals = tuple(Refusal(each) if isinstance(each, str) else each for each in refusals)

    def __str__(self) -> str:
        """Return the sentence, or a list with one in each line."""
        if len(self.refusals) == 1:
            return str(self.refusals[0])
        lines = [f"{len(self.refusals)} refusals:", *map(str, self.refusals[:_MOST_SHOWN])]
        more = len(self.refusals) - _MOST_SHOWN
        if more > 0:
            lines.append(f"and {more} more")
        return "\n".join(lines)

    def of(self, **entry: str) -> RefusedError:
        """Return the error with what is known of the entry: fields of `Refusal` by their names."""
        return RefusedError(*(refusal._replace(**entry) for refusal in self.refusals))


def refusal(noun: str, key: str, origin: str, reason: RefusedError | str, place: str = "") -> RefusedError:
    """Return the error for one entry; the reason may be the error of a part of it."""
    error = RefusedError(Refusal(reason, place=place)) if isinstance(reason, str) else reason
    return error.of(noun=noun, key=key, origin=origin)


class Refusals:
    """Refusals of entries, noted one after the other and raised together."""

    def __init__(self) -> None:
        """Begin without any."""
        self._noted: dict[Refusal, None] = {}

    @contextlib.contextmanager
    def noted(self, origin: str = "") -> Iterator[None]:
        """Note what is refused inside, and go on behind it.

        `origin` is where the user wrote the entry, where the refusals do not say it.
        """
        try:
            yield
        except RefusedError as error:
            self.note(error.of(origin=origin) if origin else error)

    def note(self, error: RefusedError) -> None:
        """Note what is refused, once where it is refused for the same reason again."""
        self._noted.update(dict.fromkeys(error.refusals))

    def raise_noted(self) -> None:
        """Raise RefusedError with all that was noted; do nothing where that is nothing."""
        if self._noted:
            raise RefusedError(*self._noted)


class MissingDirectoryError(RefusedError):
    """The config directory does not exist, as on a host that is new."""

    def __init__(self, path: str) -> None:
        """Name the directory that is missing."""
        super().__init__(f"the config directory {path} does not exist; create it, or correct config_dir")


class MissingEntryError(RefusedError):
    """An entry depends on another one that is not there."""

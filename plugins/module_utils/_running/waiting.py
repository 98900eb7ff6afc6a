# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Wait until the running mail server has taken up what the files hold, as long as a user has patience."""

from __future__ import annotations

import posixpath
import time
import typing as t

from .access import AccessState, access_state, read_at_once
from .checksums import DIRECTORY, LIST, MADE_OF, not_taken_up, read_list, still_in_effect
from .container import FailedCommandError, NotRunningError
from .description import describe
from .loaded import TIMES_SCRIPT, read_times, reload_postfix

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable, Collection

    from .checksums import Contents
    from .container import Container
    from .description import Description

    LookType = t.TypeVar("LookType", bound="Look")

# DMS looks every two seconds itself (DMS_CONFIG_POLL).
_BETWEEN_LOOKS = 1.0

# So many seconds a difference may stand before it counts.
_SETTLING = 10.0

# Proof needs some time between a change and a reload: clocks show hundredths.
_BEFORE_RELOAD = 0.2


# Prints the list, a NUL, which of some files are not empty, a NUL, and the times.
_SCRIPT = f"""
cat "$1" 2>/dev/null
shift
printf '\\000'
for file in {" ".join(MADE_OF.values())}; do [ ! -s "$file" ] || echo "$file"; done
printf '\\000'
{TIMES_SCRIPT}
"""


class Patience:
    """How long somebody waits, and how long he has waited."""

    def __init__(self, seconds: float) -> None:
        """Begin to wait."""
        self._begin = time.monotonic()
        self._seconds = seconds

    @property
    def waited(self) -> float:
        """How many seconds have passed."""
        return time.monotonic() - self._begin

    @property
    def rest(self) -> float:
        """How many seconds are left."""
        return self._seconds - self.waited

    def pause(self) -> bool:
        """Wait until the next look is due; return False where there is to be none."""
        rest = self.rest
        if rest <= 0:
            return False
        time.sleep(min(_BETWEEN_LOOKS, rest))
        return True


class Uptake(t.NamedTuple):
    """How far the mail server has taken up the files."""

    not_taken_up: list[str]
    """The watched files that the change detector has not finished handling as they are."""

    in_effect: list[str]
    """The watched files that are gone, while the mail server goes on with what they held."""

    access: AccessState
    contents: Contents

    @property
    def is_complete(self) -> bool:
        """Whether there is nothing more to wait for."""
        return not self.pending and self.access.runs

    @property
    def pending(self) -> list[str]:
        """The names of the files that the mail server does not work with yet."""
        return [*self.not_taken_up, *map(posixpath.basename, self.access.not_loaded)]


def wait_for_description(container: Container, patience: Patience) -> Description:
    """Return how a mail server describes itself, as soon as it is set up. Raises RefusedError as `describe` does."""
    while True:
        try:
            return describe(container)
        except NotRunningError as error:
            if error.state != "starting" or not patience.pause():
                raise


class Watch:
    """Looks at how far a mail server has taken up the files, until it has or patience is at its end."""

    def __init__(
        self,
        container: Container,
        description: Description,
        read: Callable[[], Contents],
        patience: Patience,
        may_reload: bool,
    ) -> None:
        """Take what is watched.

        `read` returns what the watched files and the access files hold, by their names. Where Postfix is behind, it is
        reloaded if that is allowed, once.
        """
        self._container = container
        self._description = description
        self._read = read
        self._patience = patience
        self._may_reload = may_reload
        self.reloaded = False
        """Whether Postfix was reloaded."""

    def is_current(self, uptake: Uptake) -> bool:
        """Whether the files still hold what they held then."""
        return self._read() == uptake.contents

    def uptake(self) -> Uptake:
        """Return how far the files were taken up, as soon as that is complete, or when patience is at its end."""
        while True:
            uptake = self._look()
            if uptake.is_complete:
                return uptake
            if self._may_reload and not self.reloaded and uptake.access.runs and not uptake.not_taken_up:
                time.sleep(_BEFORE_RELOAD)
                reload_postfix(self._container)
                self.reloaded = True
            if not self._patience.pause():
                return uptake

    def _look(self) -> Uptake:
        contents = self._read()
        files = read_at_once(self._description)
        output = self._container.execute(_SCRIPT, LIST, *files)
        sums, filled, times = [*output.split(b"\0", 2), b"", b""][:3]
        state = access_state(self._description, contents, read_times(times, files))
        in_effect = still_in_effect(contents, filled.decode("ascii", "replace").splitlines())
        return Uptake(not_taken_up(contents, read_list(sums)), in_effect, state, contents)


def seen_differently(container: Container, contents: Contents, names: Collection[str]) -> list[str]:
    """Return those of some files that the container sees with another content than the host."""
    paths = [f"{DIRECTORY}/{name}" for name in names]
    sums = read_list(container.execute('sha512sum -- "$@" 2>/dev/null; exit 0', *paths))
    return [name for name in not_taken_up(contents, sums) if name in names]


class Look(t.Protocol):
    """What a look at the mail server shows."""

    @property
    def is_current(self) -> bool: ...
    @property
    def differs(self) -> bool: ...


def again_until_settled(look: Callable[[], LookType], patience: Patience) -> LookType:
    """Return what a look shows that is current and differs in nothing, or the last one where patience is at its end.

    Others may change the files meanwhile. Dovecot and Postfix may be busy for a moment after a change, but not for long.
    """
    settling: Patience | None = None
    while True:
        try:
            found = look()
        except FailedCommandError:
            if not patience.pause():
                raise
            continue
        if found.is_current and not found.differs:
            return found
        settling = settling or Patience(min(_SETTLING, patience.rest))
        if not (settling if found.is_current else patience).pause():
            return found

# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all tables share: finding, putting and removing the entry of a key."""

from __future__ import annotations

import abc
import re
import typing as t

from .._errors import Refusal, RefusedError
from .._secrets import without_columns
from .._text import LONGEST_LINE, in_quotes
from .._warnings import RunWarning
from .entry import Changes, EntryType, Misread, decode, encode, printable_line
from .lines import Lines, long_lines

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator

_TOO_LONG = f"has more than {LONGEST_LINE} bytes with the lines that continue it (hazard H80)"

_REMOVE_ALL_BUT_ONE = "remove all but one of them by hand"


class Table(abc.ABC, t.Generic[EntryType]):
    """One file as a table of entries; whatever is no entry is kept byte for byte."""

    section: t.ClassVar[str]
    """Name of the section in options and results, such as C(aliases)."""

    noun: t.ClassVar[str]
    """What one entry is called in messages, such as C(alias)."""

    file_name: t.ClassVar[str]
    """Name of the file in the config directory."""

    new_file_mode: t.ClassVar[int] = 0o644
    """Mode of the file where this run creates it."""

    watched: t.ClassVar[bool] = True
    """Whether the change detector of DMS takes up what a run writes (change-detection.sh)."""

    wired_at_start: t.ClassVar[bool] = False
    """Whether the mail server only reads the file if it was there when DMS started."""

    duplicate_effect: t.ClassVar[str]
    """What happens when a key stands in the file twice, as part of a sentence."""

    duplicate_hazard: t.ClassVar[str] = ""
    """The number of that hazard, empty where it has none."""

    continued: t.ClassVar[bool] = False
    """Whether a line goes on where the next one begins with a blank."""

    plain_line: t.ClassVar[re.Pattern[bytes] | None] = None
    """Matches any line in lower case; its one group is the key of a line that needs no
    closer look, and empty for all others. Only for speed."""

    def __init__(self, content: bytes | None) -> None:
        """Read the content of the file, None for a file that does not exist."""
        self.content = content
        self.lines = Lines(content or b"")
        self._handles: dict[bytes, int] = {}
        self._duplicates: dict[bytes, list[int]] = {}
        self._continuations: dict[int, list[int]] = {}
        self._misread: dict[bytes, Misread] = {}
        self._entries_before: dict[str, EntryType | None] = {}
        self.rewritten: set[str] = set()
        """The keys whose entry stood there, but on a line that was read otherwise."""

        self._moved: set[str] = set()
        self._parsed: dict[int, EntryType] = {}
        """The entries that were asked for, by their lines, until these are edited."""

        self._changes: Changes | None = None
        """What `changes` returned last, None after an edit."""

        self._tops: dict[int, int] = {}
        """The first of the comments above a line, where that was asked for."""

        self._scan()

    # --- the grammar of one file, given by each table

    @abc.abstractmethod
    def _scan_line(self, handle: int, line: bytes) -> bytes:
        """Return the folded key of a line that begins an entry, else nothing.

        The line (without its end) begins with neither a blank nor `#`.
        """

    @abc.abstractmethod
    def _scan_indented(self, handle: int, line: bytes, previous: int | None) -> None:
        """Look at a line that begins with a blank and is neither blank nor a comment.

        `previous` is the handle of the last line before it that did not.
        """

    @abc.abstractmethod
    def _parse(self, handle: int) -> EntryType:
        """Return the entry whose first line has the handle."""

    @abc.abstractmethod
    def _render(self, entry: EntryType, replaced: int | None) -> bytes:
        """Return the line of an entry; `replaced` is the handle of the line it had."""

    def _scan_comment(self, handle: int, line: bytes) -> None:
        """Look at a comment; only a file whose comments count overrides this."""

    def _place(self, entry: EntryType, line: bytes) -> int:
        """Insert the line of a new entry and return its handle."""
        return self.lines.append(line)

    def _above_comments(self, handle: int) -> int:
        """Return the handle of the first of the comments directly above a line."""
        if self.lines.number(handle) is None:
            return handle
        if handle not in self._tops:
            top = handle
            while top and self.lines.text(top - 1).lstrip().startswith(b"#"):
                top -= 1
            self._tops[handle] = top
        return self._tops[handle]

    def _is_written_as_read(self, handle: int, entry: EntryType) -> bool:
        """Whether DMS reads the key of a line as the key of its entry."""
        return not (handle == 0 and self.lines.starts_with_byte_order_mark)

    # --- reading

    def _scan(self) -> None:
        keys = self._keys_of_plain_lines()
        too_long = [handles[0] for handles in long_lines(self.content or b"", self.continued)]
        for handle in too_long:
            keys[handle] = b""
        previous: int | None = None
        for handle in [handle for handle, key in enumerate(keys) if not key]:
            if handle and keys[handle - 1]:
                previous = handle - 1
            line = self.lines.read_line(handle)[:LONGEST_LINE]
            text = line.lstrip()
            if text.startswith(b"#"):
                self._scan_comment(handle, text)
            elif text and text != line:
                self._scan_indented(handle, line, previous)
            elif text:
                previous = handle
                keys[handle] = self._scan_line(handle, line)
        for handle in too_long:
            if keys[handle]:
                self._hide(handle, keys[handle])
                keys[handle] = b""
        self._remember(keys)

    def _hide(self, handle: int, key: bytes) -> None:
        """Let a line that is too long be no entry, but let nobody add another one with its key."""
        self._misread[key] = Misread(handle, _TOO_LONG)

    def _keys_of_plain_lines(self) -> list[bytes]:
        """Return the folded key of each line, empty where it takes a closer look."""
        if self.plain_line is None:
            return [b""] * len(self.lines)
        return self.plain_line.findall(self.lines.read_text().lower())

    def _remember(self, keys: list[bytes]) -> None:
        self._handles = dict(zip(keys, range(len(keys))))
        self._handles.pop(b"", None)
        if len(self._handles) + keys.count(b"") == len(keys):
            return
        self._handles = {}
        for handle, key in enumerate(keys):
            if key and self._handles.setdefault(key, handle) != handle:
                same_key = self._duplicates.setdefault(key, [self._handles[key]])
                same_key.append(handle)

    def __contains__(self, key: str) -> bool:
        """Whether the file has an entry with this folded key."""
        return encode(key) in self._handles

    def __len__(self) -> int:
        """Return how many keys the file has."""
        return len(self._handles)

    def __iter__(self) -> Iterator[str]:
        """Yield the folded keys: those that were read in their order, then new ones."""
        return map(decode, self._handles)

    def entries(self) -> Iterator[EntryType]:
        """Yield all entries, of a key that stands there twice the first."""
        return map(self._parse, self._handles.values())

    def entry(self, key: str) -> EntryType | None:
        """Return the entry of a key for a look at it, None where there is none."""
        handle = self._handles.get(encode(key))
        if handle is None:
            return None
        entry = self._parsed.get(handle)
        if entry is None:
            entry = self._parsed[handle] = self._parse(handle)
        return entry

    def entry_read(self, key: str) -> EntryType | None:
        """Return the entry that a key had before the first edit."""
        if key in self._entries_before:
            return self._entries_before[key]
        return self.entry(key)

    def find(self, key: str) -> EntryType | None:
        """Return the entry of a key that is to be edited, None where there is none.

        Raises RefusedError where the key stands in the file twice (hazards H01, H02),
        or where the file has a line for it that nobody but its author can repair.
        """
        encoded = encode(key)
        if encoded in self._duplicates:
            hazard = self.duplicate_hazard and f" (hazard {self.duplicate_hazard})"
            reason = f"{self._duplicate_sentence(encoded)}{hazard}; {_REMOVE_ALL_BUT_ONE}, then run this again"
            raise RefusedError(Refusal(reason, key=key, place=self._duplicate_lines(encoded)))
        misread = self._misread.get(encoded)
        if misread:
            shown = in_quotes(self.shown_key(key))
            reason = f"{misread.problem}; fix that line by hand before the {self.noun} {shown} can be edited"
            raise RefusedError(Refusal(reason, key=key, place=self.place(misread.handle)))
        return self.entry(key)

    def holds(self, entry: EntryType) -> bool:
        """Whether the file has exactly this entry, on a line that DMS reads as it.

        Raises RefusedError as `find` does.
        """
        present = self.find(entry.key)
        return present == entry and self._is_written_as_read(self._handles[encode(entry.key)], present)

    def where(self, key: str) -> dict[str, t.Any]:
        """Return where the entry of a key stands, as C(dms_info) reports it."""
        return {"line": self.lines.number(self._handles[encode(key)])}

    def unread_places(self) -> list[str]:
        """Return the lines of `unread_handles` as messages name them."""
        return [self.place(handle) for handle in self.unread_handles()]

    def unread_handles(self) -> list[int]:
        """Return the lines that are neither blank nor comments and part of no entry."""
        known = set(self._handles.values()).union(*self._duplicates.values())
        for handle in list(known):
            known.update(self._continuations.get(handle, ()))
        return [
            handle
            for handle in range(len(self.lines))
            if handle not in known
            and self.lines.text(handle).strip()
            and not self.lines.text(handle).lstrip().startswith(b"#")
        ]

    def line_of(self, key: str) -> str:
        """Return file and line of the entry of a key, as messages name them."""
        return self.place(self._handles[encode(key)])

    def place(self, handle: int) -> str:
        """Return file and line of a handle, as messages name them."""
        number = self.lines.number(handle)
        return f"{self.file_name} line {number}" if number else self.file_name

    def warnings(self) -> list[RunWarning]:
        """Return a warning for each key that stands in the file twice."""
        severity = "outage" if self.duplicate_hazard else "warn"
        return [
            RunWarning(
                f"{self._duplicate_lines(key)} {self._duplicate_sentence(key)}; {_REMOVE_ALL_BUT_ONE}",
                severity,
                self.duplicate_hazard,
                self.file_name,
                self._shown_bytes(key),
            )
            for key in self._duplicates
        ]

    def _duplicate_lines(self, key: bytes) -> str:
        numbers = " and ".join(str(self.lines.number(handle)) for handle in self._duplicates[key])
        return f"{self.file_name} lines {numbers}"

    def _duplicate_sentence(self, key: bytes) -> str:
        shown = in_quotes(self._shown_bytes(key))
        return f"all hold the {self.noun} {shown}, {self.duplicate_effect}"

    def _shown_bytes(self, key: bytes) -> str:
        """Return a key as findings show it too, so that nothing is told twice."""
        return printable_line(encode(self.shown_key(decode(key))))

    # --- editing

    def _line_of(self, entry: EntryType, replaced: int | None) -> bytes:
        """Return what `_render` does. Raises RefusedError for what would not be read again."""
        line = self._render(entry, replaced)
        if len(line) > LONGEST_LINE:
            shown = in_quotes(self.shown_key(entry.key))
            reason = f"the line of the {self.noun} {shown} would have more than {LONGEST_LINE} bytes (hazard H80); shorten it"
            raise RefusedError(Refusal(reason, key=entry.key))
        return line

    def put(self, entry: EntryType) -> None:
        """Write an entry in the place of the line that its key has, or as a new line."""
        present = self._note_before(entry.key)
        handle = self._handles.get(encode(entry.key))
        line = self._line_of(entry, handle)
        if handle is None:
            self._handles[encode(entry.key)] = self._place(entry, line)
            return
        if present == entry or not self._is_written_as_read(handle, entry):
            self.rewritten.add(entry.key)
        self.lines.replace(handle, line)
        self._delete_continuations(handle)
        self._parsed.pop(handle, None)

    def put_above(self, entry: EntryType, handle: int) -> None:
        """Write an entry directly above another line, wherever it stood before."""
        self._note_before(entry.key)
        previous = self._handles.get(encode(entry.key))
        line = self._line_of(entry, previous)
        if previous is not None and not self._is_written_as_read(previous, entry):
            self.rewritten.add(entry.key)
        self.remove(entry.key)
        self._handles[encode(entry.key)] = self.lines.insert_before(handle, line)
        self._moved.add(entry.key)

    def handle_of(self, key: str) -> int | None:
        """Return the handle of the line of a key, None where there is none."""
        return self._handles.get(encode(key))

    def is_doubtful(self, key: str) -> bool:
        """Whether `find` would refuse the key."""
        encoded = encode(key)
        return encoded in self._duplicates or encoded in self._misread

    def remove(self, key: str) -> None:
        """Take the entry of a key away; comments around it stay."""
        if self._note_before(key) is None:
            return
        handle = self._handles.pop(encode(key))
        self.lines.delete(handle)
        self._delete_continuations(handle)
        self._parsed.pop(handle, None)

    def _note_before(self, key: str) -> EntryType | None:
        """Return the entry that is about to change, and remember the first one."""
        self._changes = None
        present = self.find(key)
        self._entries_before.setdefault(key, present)
        return present

    def _delete_continuations(self, handle: int) -> None:
        for continuation in self._continuations.pop(handle, ()):
            self.lines.delete(continuation)

    # --- what came of it

    def shown(self, line: bytes) -> str:
        """Return a line of the file, read or edited, as a diff may show it."""
        return without_columns(printable_line(line))

    def shown_key(self, key: str) -> str:
        """Return a key of the file as it may be shown in a sentence."""
        return without_columns(key)

    def to_bytes(self) -> bytes:
        """Render the file as `Lines.to_bytes` does."""
        return self.lines.to_bytes()

    @staticmethod
    def no_changes() -> Changes:
        """Return the changes of a file that is not written."""
        return Changes([], [], [])

    def changes(self) -> Changes:
        """Return the keys of the entries that differ from what was read."""
        if self._changes is None:
            self._changes = self._changes_now()
        return self._changes

    def _changes_now(self) -> Changes:
        changes = self.no_changes()
        for key, before in self._entries_before.items():
            after = self.entry(key)
            if before is None and after is not None:
                changes.added.append(key)
            elif before is not None and after is None:
                changes.removed.append(key)
            elif before != after or key in self.rewritten or key in self._moved:
                changes.changed.append(key)
        return changes

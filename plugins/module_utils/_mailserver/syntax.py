# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How Postfix reads the text of addresses: lists of them, quotes, missing domains.

An address has two forms, as in Postfix: the external one quotes an unusual local part
(C("john doe"@example.com)), the internal one does not. All text here is ASCII, every
other byte is a surrogate (see `from_bytes`), so that one character is one byte.
"""

from __future__ import annotations

import functools
import re
import typing as t

from .limits import MOST_RECIPIENTS

if t.TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Sequence

BLANKS = " \t\n\r\v\f"

MARK = "\udcef\udcbb\udcbf"
"""A byte order mark: part of the first entry for DMS and Postfix (hazard H52)."""

_ENCODING = ("ascii", "surrogateescape")

# Tokens of RFC 822; a backslash takes the next character as it is.
_TOKEN = re.compile(
    r"""
    (?P<blank>[ \t\r\n]+)
  | (?P<comment>\()
  | \[(?P<literal>(?:[^\\\]]|\\.)*)(?:\]|\\?\Z)
  | "(?P<quoted>(?:[^\\"]|\\.)*)(?:"|\\?\Z)
  | (?P<operator>[|%!()<>@,;:".\]])
  | (?P<atom>(?:[^\\ \t\r\n|%!()<>@,;:".\[\]]|\\.)+(?:\\\Z)?|\\\Z)
    """,
    re.VERBOSE | re.DOTALL,
)
_PLAIN_ADDRESS = r"[A-Za-z0-9_+=-]+(?:\.[A-Za-z0-9_+=-]+)*@[A-Za-z0-9.-]*[A-Za-z0-9-]"
PLAIN_LIST = f"{_PLAIN_ADDRESS}(?:,{_PLAIN_ADDRESS})*"
"""A pattern of a list of addresses that are the same in both forms, which is read without tokens."""

_PLAIN_LIST = re.compile(PLAIN_LIST)
_ESCAPED = re.compile(r"\\(.?)", re.DOTALL)
_NEEDS_QUOTES_AS_ATOM = re.compile(r'[\x00-\x20\x7f|%!()<>@,;:\\".\[\]]')
_NEEDS_QUOTES = re.compile(r'[\x00-\x20\x7f()<>@,;:\\"\[\]]|\.\.|^\.|\.$|^$')
_ESCAPED_IN_QUOTES = re.compile(r'(["\\\r])')

# So many bytes of lists are kept for when they come again.
_MOST_KNOWN = 10_000_000

# Local parts that Postfix never splits, whatever the delimiter is.
_NEVER_SPLIT = frozenset(("postmaster", "mailer-daemon", "double-bounce"))


def is_plain(text: str) -> bool:
    """Whether a text is a list of addresses, or one, that is the same in both forms."""
    return _PLAIN_LIST.fullmatch(text) is not None


class Token(t.NamedTuple):
    """A token of an address: a word, or an operator of one character."""

    kind: str
    text: str

    def is_operator(self, characters: str) -> bool:
        """Whether it is one of the operators."""
        return self.kind == "operator" and self.text in characters

    @property
    def internal(self) -> str:
        """The token as it stands in the internal form of an address."""
        return f"[{self.text}]" if self.kind == "literal" else self.text

    @property
    def external(self) -> str:
        """The token as it stands in the text of a list."""
        if self.kind == "quoted":
            return '"{}"'.format(re.sub(r'(["\\\r\n])', r"\\\1", self.text))
        if self.kind == "literal":
            return "[{}]".format(re.sub(r"([\\\r\n])", r"\\\1", self.text))
        return ", " if self.is_operator(",") else self.text


def from_bytes(text: bytes) -> str:
    """Return bytes as text of one character each."""
    return text.decode(*_ENCODING)


def to_bytes(text: str) -> bytes:
    """Return the bytes of a text that `from_bytes` or `from_text` made."""
    return text.encode(*_ENCODING)


def from_text(text: str) -> str:
    """Return a text with a character for each byte of its UTF-8 form."""
    return from_bytes(text.encode("utf-8", "surrogateescape"))


def to_text(text: str) -> str:
    """Return what `from_text` was given."""
    return to_bytes(text).decode("utf-8", "surrogateescape")


def tokenize(text: str) -> list[Token]:
    """Split the text of an address or a list; comments are kept."""
    tokens = []
    position = 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:  # pragma: no cover  # every character begins some token
            raise AssertionError(f"no token at {position} of {text!r}")
        kind = found.lastgroup or ""
        end = found.end()
        if kind == "comment":
            end = _end_of_comment(text, end)
            tokens.append(Token(kind, text[position:end]))
        elif kind != "blank":
            tokens.append(_token(kind, found[kind]))
        position = end
    return tokens


def _end_of_comment(text: str, position: int) -> int:
    level = 1
    while level and position < len(text):
        level += {"(": 1, ")": -1}.get(text[position], 0)
        position += 2 if text[position] == "\\" else 1
    return min(position, len(text))


def _token(kind: str, text: str) -> Token:
    if kind == "operator":
        return Token(kind, text)
    text = re.sub(r"[\t\r\n]", " ", _ESCAPED.sub(r"\1", text))
    if kind == "atom" and _NEEDS_QUOTES_AS_ATOM.search(text):
        kind = "quoted"
    return Token(kind, text)


class _Grouping:
    """Find the addresses in a list of tokens, from the last token to the first.

    The words of a phrase before C(<address>) and the name of a group are no address;
    a comma is missing where two words stand side by side.
    """

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._right = len(tokens)
        self._found: list[list[Token]] = []
        self._word_may_follow = True
        self._in_group = False

    def addresses(self) -> list[list[Token]]:
        """Return the tokens of each address."""
        index = len(self._tokens) - 1
        while index >= 0:
            index = self._step(index)
        self._group(-1)
        return self._found[::-1]

    def _group(self, left: int) -> None:
        """Take what stands between an index and the last boundary as an address."""
        if self._right > left + 1:
            self._found.append(self._tokens[left + 1 : self._right])
        self._right = left

    def _step(self, index: int) -> int:
        """Look at one token and return the index of the next one to look at."""
        token = self._tokens[index]
        if token.kind != "operator":
            if not self._word_may_follow:
                self._group(index)
                self._right = index + 1
            self._word_may_follow = False
            return index - 1
        if token.text == ":" and self._in_group:
            self._group(index)
            self._right = self._skip_to(",", index)
            return self._right
        self._word_may_follow = True
        if token.text == ">":
            self._group(index)
            index = self._skip_to("<", index)
            self._group(index)
            self._right = self._skip_to(">;,:", index)
            return self._right
        if token.text in ",;":
            self._group(index)
            self._in_group = self._in_group or token.text == ";"
        return index - 1

    def _skip_to(self, operators: str, index: int) -> int:
        while index >= 0 and not self._tokens[index].is_operator(operators):
            index -= 1
        return index


class Syntax:
    """What Postfix makes of the text of addresses on a host of a certain name."""

    def __init__(self, hostname: str, recipient_delimiter: str) -> None:
        """Take the two settings that matter; an empty delimiter splits nothing."""
        self._origin = tokenize(hostname)
        self._delimiter = recipient_delimiter
        self.delimiters = frozenset(recipient_delimiter)
        """The characters that may begin an extension."""

        self._known: dict[str, tuple[str, ...]] = {}
        self._bytes_known = 0

    def addresses(self, text: str) -> tuple[str, ...]:
        """Return the addresses of a list, each in its internal form."""
        known = self._known.get(text)
        if known is None:
            known = tuple(text.split(",")) if is_plain(text) else self.addresses_by_tokens(text)
            if self._bytes_known > _MOST_KNOWN:
                self._known.clear()
                self._bytes_known = 0
            self._bytes_known += len(text)
            self._known[text] = known
        return known

    def addresses_by_tokens(self, text: str) -> tuple[str, ...]:
        """Return the same, of whatever the list consists."""
        if text in ("", "<>"):
            text = '""'
        tokens = [token for token in tokenize(text) if token.kind != "comment"]
        # More than these, Postfix does not take.
        found = _Grouping(tokens).addresses()[: MOST_RECIPIENTS + 1]
        return tuple(self._canonical("".join(t.external for t in group)) for group in found)

    def addresses_without_origin(self, text: str) -> tuple[str, ...]:
        """Return the same addresses, but those that get the host name end with an C(@)."""
        return self.addresses(text) if is_plain(text) else self._without_origin.addresses(text)

    @functools.cached_property
    def _without_origin(self) -> Syntax:
        return Syntax("", "")

    def _canonical(self, external: str) -> str:
        """Return the internal form of one address, with a domain."""
        if not external:
            return ""
        return unquoted(quoted(joined(rewritten(tokenize(external), self._origin))))

    def split_extension(self, address: str) -> tuple[str, str]:
        """Return an address without its extension, and the extension with its delimiter."""
        local_part, at, domain = address.rpartition("@")
        if not at:
            local_part, domain = domain, ""
        if self.delimiters.isdisjoint(local_part):
            return address, ""
        folded = local_part.lower()
        if folded in _NEVER_SPLIT or ("-" in self._delimiter and _is_list_name(folded)):
            return address, ""
        positions = [local_part.find(character) for character in self._delimiter]
        position = min((p for p in positions if p >= 0), default=0)
        if position == 0:
            return address, ""
        return f"{local_part[:position]}{at}{domain}", local_part[position:]


def with_extension(address: str, extension: str) -> str:
    """Return an address with an extension, which has its delimiter."""
    local_part, at, domain = address.rpartition("@")
    return f"{local_part}{extension}{at}{domain}" if at else address + extension


def rewritten(tokens: list[Token], origin: Sequence[Token] = ()) -> list[Token]:
    """Return an address in its canonical form; without a domain it gets the origin."""
    if tokens == [Token("quoted", "")]:
        return tokens
    if len(tokens) == 1 and tokens[0].is_operator("@"):
        return []
    tokens = _without_source_route(tokens)
    if not any(token.is_operator("@") for token in tokens):
        tokens = _with_domain(tokens, origin)
    if len(tokens) > 1 and tokens[-1].is_operator(".") and not tokens[-2].is_operator(".@"):
        return tokens[:-1]
    return tokens


def _with_domain(tokens: list[Token], origin: Sequence[Token]) -> list[Token]:
    """Return C(user@domain) for C(domain!user), C(user%domain) and C(user)."""
    at = Token("operator", "@")
    operators = [t.text if t.kind == "operator" else "" for t in tokens]
    if "!" in operators:
        bang = operators.index("!")
        local_part = tokens[bang + 1 :]
        if bang == 0 and local_part:
            # Here alone Postfix puts no blank between the tokens.
            text = "".join(token.internal for token in local_part)
            local_part = [Token("atom", text)]
        return [*local_part, at, *tokens[:bang]]
    if "%" in operators:
        percent = len(operators) - 1 - operators[::-1].index("%")
        return [*tokens[:percent], at, *tokens[percent + 1 :]]
    return [*tokens, at, *origin]


def joined(tokens: list[Token]) -> str:
    """Return the internal form of an address, with a blank where words would merge."""
    pieces: list[str] = []
    previous: Token | None = None
    for token in tokens:
        if previous is not None and (
            previous.is_operator(",") or token.is_operator("<") or "operator" not in (previous.kind, token.kind)
        ):
            pieces.append(" ")
        pieces.append(token.internal)
        previous = token
    return "".join(pieces)


def _without_source_route(tokens: list[Token]) -> list[Token]:
    if not tokens[0].is_operator("@"):
        return tokens
    colons = [index for index, token in enumerate(tokens) if token.is_operator(":")]
    if not colons or colons[0] == len(tokens) - 1:
        return tokens
    return tokens[colons[0] + 1 :]


def _is_list_name(local_part: str) -> bool:
    is_request = local_part.endswith("-request") and local_part != "-request"
    return local_part.startswith("owner-") or is_request


def quoted(address: str, bare_local_part: bool = False) -> str:
    """Return the external form of an address, or of a local part alone."""
    route, colon, rest = address.partition(":")
    if not (colon and address.startswith("@")):
        route, colon, rest = "", "", address
    local_part, at, domain = rest.rpartition("@")
    if bare_local_part or not at:
        local_part, at, domain = rest, "", ""
    if not _NEEDS_QUOTES.search(local_part):
        return address
    escaped = _ESCAPED_IN_QUOTES.sub(r"\\\1", local_part)
    return f'{route}{colon}"{escaped}"{at}{domain}'


def unquoted(address: str) -> str:
    """Return the internal form of an address."""
    route, colon, rest = address.partition(":")
    if not (colon and address.startswith("@")):
        route, colon, rest = "", "", address
    characters: list[str] = []
    # How many characters stand before the last one, and where it is.
    at: tuple[int, int] | None = None
    in_quotes = False
    position = 0
    while position < len(rest):
        character = rest[position]
        if character == '"':
            in_quotes = not in_quotes
        elif character == "\\":
            position += 1
            characters.append(rest[position : position + 1])
        else:
            if character == "@" and not in_quotes:
                at = len(characters), position
            characters.append(character)
        position += 1
    if at is None:
        return f"{route}{colon}{''.join(characters)}"
    return f"{route}{colon}{''.join(characters[: at[0]])}{rest[at[1] :]}"

"""JSON as somebody wrote it: which line holds which value, and its parts told apart, for messages beside their line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from eventplatform.core.pointers import escape

Kind = Literal["k", "s", "n", "p", ""]  # key, text, number or word, sign, blanks: the classes of the pages' code

_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+|\s+', re.DOTALL)
_LONG_LINE = 200
_HUGE_INTEGER = re.compile(r"-?[0-9]{19,}")
_MIN_INTEGER, _MAX_INTEGER = -(2**63), 2**64 - 1  # what the intake keeps exact
_NULL_CHARACTER = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a line."""

    kind: Kind
    text: str


@dataclass(slots=True)
class Scan:
    """A text taken apart. `places` has the line, from 0, of each value by its JSON pointer."""

    lines: list[list[Part]] = field(default_factory=lambda: [[]])
    places: dict[str, int] = field(default_factory=dict)
    depth: int = 0
    huge: list[str] = field(default_factory=list)  # pointers of integers that don't fit
    null_characters: list[str] = field(default_factory=list)

    def line_of(self, pointer: str) -> int:
        """The line of a value, or of the nearest one around it."""
        while pointer and pointer not in self.places:
            pointer = pointer.rpartition("/")[0]
        return self.places.get(pointer, 0)


def readable(text: str, value: Any) -> str:
    """The text itself, or `value` written anew where it stands in lines too long to point into."""
    lines = text.split("\n")
    is_short = len(lines) > 1 or len(text) < _LONG_LINE // 2
    if is_short and all(len(line) <= _LONG_LINE for line in lines):
        return text.expandtabs(2)
    return json.dumps(value, indent=2, ensure_ascii=False)


def scan(text: str) -> Scan:
    """Take apart a text that is known to be JSON."""
    found = Scan()
    state = _State(found)
    for match in _PIECE.finditer(text):
        piece = match[0]
        if piece.isspace():
            _add(found, "", piece)
        else:
            _add(found, state.take(piece), piece)
    return found


def lines_of(text: str) -> list[list[Part]]:
    """The lines of a text that is no JSON, as they are."""
    return [[Part("", line)] for line in text.expandtabs(2).split("\n")]


def _add(found: Scan, kind: Kind, piece: str) -> None:
    first, *others = piece.split("\n")
    if first:
        found.lines[-1].append(Part(kind, first))
    found.lines += [[Part(kind, other)] if other else [] for other in others]


@dataclass(slots=True)
class _Open:
    pointer: str
    is_object: bool
    index: int = 0
    key: str | None = None


class _State:
    """Follows the pieces through objects and arrays."""

    def __init__(self, found: Scan) -> None:
        self._found = found
        self._open: list[_Open] = []

    def take(self, piece: str) -> Kind:
        top = self._open[-1] if self._open else None
        if piece in "}]":
            self._open.pop()
            return "p"
        if piece in ":,":
            self._between(piece, top)
            return "p"
        if top and top.is_object and top.key is None:
            return self._key(piece, top)
        self._value(piece, top)
        return "p" if piece in "{[" else "s" if piece[0] == '"' else "n"

    def _between(self, piece: str, top: _Open | None) -> None:
        if piece == "," and top:
            top.index += 1
            top.key = None

    def _key(self, piece: str, top: _Open) -> Kind:
        top.key = str(json.loads(piece, strict=False))
        self._found.places[f"{top.pointer}/{escape(top.key)}"] = len(self._found.lines) - 1
        return "k"

    def _value(self, piece: str, top: _Open | None) -> None:
        name = "" if top is None else f"/{escape(top.key or '')}" if top.is_object else f"/{top.index}"
        pointer = (top.pointer if top else "") + name
        if top is None or not top.is_object:
            self._found.places[pointer] = len(self._found.lines) - 1
        if piece in "{[":
            self._open.append(_Open(pointer, piece == "{"))
            self._found.depth = max(self._found.depth, len(self._open))
        elif _HUGE_INTEGER.fullmatch(piece) and _is_huge(piece):
            self._found.huge.append(pointer)
        elif _NULL_CHARACTER.search(piece):
            self._found.null_characters.append(pointer)


def _is_huge(digits: str) -> bool:
    return len(digits) > len(str(_MIN_INTEGER)) or not _MIN_INTEGER <= int(digits) <= _MAX_INTEGER


def name_of(pointer: str) -> str:
    """A pointer as people name a field: `/revision/rev_dt` is revision.rev_dt, `/tags/0` is tags[0]."""
    name = ""
    for part in _parts(pointer):
        name += f"[{part}]" if part.isdigit() and name else f".{part}" if name else part
    return name


def _parts(pointer: str) -> Iterator[str]:
    for part in pointer.split("/")[1:]:
        yield part.replace("~1", "/").replace("~0", "~")

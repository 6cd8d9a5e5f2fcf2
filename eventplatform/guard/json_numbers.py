"""Integers that a parser would round, found in the bytes: a second document, of texts that count four bytes a character,
would be too much beside the first.
"""

from __future__ import annotations

import re
from typing import Any

import orjson

from eventplatform.core.pointers import MAX_POINTER, pointer_of
from eventplatform.guard.errors import NumberOutOfRangeError

SUSPICIOUS_DIGITS = b"0" * 19  # 2^63 has 19 digits: anything shorter fits
_MIN_INTEGER, _MAX_INTEGER = -(2**63), 2**64 - 1  # what orjson keeps exact
_MAX_SHOWN_DIGITS = 40
_TEXT = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_INTEGER = rb"(?<![0-9.eE+-])(-?[0-9]{19,}+)(?![.eE])"
_LONG_INTEGER = re.compile(_TEXT + rb"|" + _INTEGER)
_TOKEN = re.compile(rb"(" + _TEXT + rb")(?:[ \t\r\n]*+(:))?|" + _INTEGER + rb"|([\[{])|([\]}])|(,)")
_KEY, _NUMBER, _OPENING, _CLOSING, _COMMA = range(2, 7)  # the last group of a token
_ESCAPES = re.compile(rb"(?:\\(?:u[0-9a-fA-F]{4}|[^u]))++")  # together, for the two halves of a surrogate pair
_MAX_NAME_BYTES = 4 * (MAX_POINTER + 1)  # of what a pointer can show


def holds_huge_integers(body: bytes) -> bool:
    """Whether it holds integers that a parser would round."""
    return any(_fits_not(found[1]) for found in _LONG_INTEGER.finditer(body) if found[1])


def check_integers(body: bytes) -> None:
    """Refuse what a parser would round; `body` is valid JSON. What a duplicate key replaces is in no document."""
    if holds_huge_integers(body) and (place := _Search(body).run()):
        *way, digits = place
        raise NumberOutOfRangeError(pointer=pointer_of(map(_shown, way)), text=digits[:_MAX_SHOWN_DIGITS].decode())


def _fits_not(digits: bytes) -> bool:
    # Beyond 20 characters it can't fit, and int() of thousands of digits is slow or refused.
    return len(digits) > len(str(_MIN_INTEGER)) or not _MIN_INTEGER <= int(digits) <= _MAX_INTEGER


class _Search:
    """Reads the tokens and remembers, for each object or array that is open, where it stands and what it found so far.

    A find is digits, within pairs of a name or index and the find inside it. An object forgets it when its name comes again.
    """

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._places: list[Any] = [0]  # an index, or where a name begins and ends; the first one stands for the document
        self._finds: list[dict[Any, Any] | None] = [None]

    def run(self) -> list[Any] | None:
        """The names (in UTF-8) and indexes that lead to the first, and its digits."""
        places, finds = self._places, self._finds
        for token in _TOKEN.finditer(self._body):
            kind = token.lastindex
            if kind == _COMMA:
                if type(places[-1]) is int:
                    places[-1] += 1
            elif kind == _KEY:
                places[-1] = token.span(1)
                if found := finds[-1]:
                    found.pop(self._part(), None)
            elif kind == _OPENING:
                places.append(0 if token[0] == b"[" else None)
                finds.append(None)
            elif kind == _CLOSING:
                places.pop()
                if inner := finds.pop():
                    self._note(next(iter(inner.items())))
            elif kind == _NUMBER and _fits_not(token[_NUMBER]):
                self._note(token[_NUMBER])
        return _unfolded(finds[0] and finds[0][0])

    def _note(self, find: Any) -> None:
        found = self._finds[-1]
        if not found:
            self._finds[-1] = {self._part(): find}
        elif type(self._places[-1]) is not int:  # the items of an array stay, so one is enough
            found[self._part()] = find

    def _part(self) -> int | bytes:
        place = self._places[-1]
        return place if type(place) is int else _name(self._body[place[0] + 1 : place[1] - 1])


def _name(text: bytes) -> bytes:
    return _ESCAPES.sub(lambda found: orjson.loads(b'"%s"' % found[0]).encode(), text) if b"\\" in text else text


def _unfolded(find: Any) -> list[Any] | None:
    way = []
    while type(find) is tuple:
        part, find = find
        way.append(part)
    return [*way, find] if find else None


def _shown(part: int | bytes) -> int | str:
    return part if isinstance(part, int) else part[:_MAX_NAME_BYTES].decode("utf-8", "ignore")

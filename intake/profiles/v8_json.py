"""What V8 (Node 20) says of a text that is no JSON: EventGate hands its sentence on to the client."""

from __future__ import annotations

import re
from typing import NoReturn

# Python steps through the text token by token, so a long one is not looked into: its sentence would cost more than its events.
MAX_EXPLAINED = 4 * 1024
_CONTEXT = 10  # characters shown on either side
_SPACE = re.compile(r"[ \t\n\r]*")
_FIRST = re.compile(r"[ \t\n\r]*([^ \t\n\r])")
_STRING = re.compile(r'[^"\\\x00-\x1f]*')
_DIGITS = re.compile(r"[0-9]*")
_HEX = re.compile(r"[0-9a-fA-F]*")
_LITERALS = {"t": "true", "f": "false", "n": "null"}
_UNICODE_DIGITS = 4  # of an escape
_SPECIAL = {"NaN", "Infinity", "undefined", "[object Object]"}


class _Unexpected(Exception):  # noqa: N818  # it carries V8's sentence, and no one else sees it
    pass


def explain(body: bytes) -> str:
    """The sentence, where the body parser of Express refuses `body`, in its strict mode; empty where it takes it."""
    text = body.decode("utf-8", "replace").removeprefix("\ufeff")
    if len(text) > MAX_EXPLAINED:
        return ""
    first = _FIRST.match(text)
    if first is None or first[1] not in "{[":
        return _strict(text, first)
    try:
        _Text(text).document()
    except _Unexpected as found:
        return str(found)
    return ""


def _strict(text: str, first: re.Match[str] | None) -> str:
    """Neither object nor array: the parser replaces all from the first character on by #, asks V8, and puts it back."""
    if first is None:
        return "Unexpected end of JSON input"
    at = first.start(1)
    masked = text[:at] + "#" * (len(text) - at)
    try:
        _Text(masked).document()
    except _Unexpected as found:
        return re.sub("#+", lambda marks: text[at : at + len(marks[0])], str(found))
    return ""


class _Text:
    """A text and how far it was read; the stack holds the closing bracket that each open container waits for."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._open: list[str] = []

    def document(self) -> None:
        """Read one value and what may follow it; in loops, so that depth can't exhaust the stack."""
        self._values()
        while self._open:
            self._next_in_container()
        if self._peek():
            self._fail("Unexpected non-whitespace character after JSON")

    def _peek(self) -> str:
        """The next character that is no white space; empty at the end."""
        self._at = _SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]  # it matches nothing, too
        return self._text[self._at : self._at + 1]

    def _values(self) -> None:
        """One value; of containers that are not empty their opening, and the first value in them."""
        while self._is_opened():
            pass

    def _is_opened(self) -> bool:
        char = self._peek()
        if char == "{":
            return self._is_opened_by("}") and self._name("Expected property name or '}' in JSON", is_first=True)
        if char == "[":
            return self._is_opened_by("]")
        if char == '"':
            self._string()
        elif char in _LITERALS:
            self._literal(_LITERALS[char])
        elif char and char in "-0123456789":
            self._number()
        else:
            self._token()
        return False

    def _is_opened_by(self, closing: str) -> bool:
        self._at += 1
        if self._peek() == closing:
            self._at += 1
            return False
        self._open.append(closing)
        return True

    def _next_in_container(self) -> None:
        closing = self._open[-1]
        char = self._peek()
        if char == closing:
            self._close()
        elif char != ",":
            what = "property value" if closing == "}" else "array element"
            self._fail(f"Expected ',' or '{closing}' after {what} in JSON")
        else:
            self._at += 1
            if closing == "}":
                self._name("Expected double-quoted property name in JSON", is_first=False)
            self._values()

    def _name(self, otherwise: str, *, is_first: bool) -> bool:
        if self._peek() != '"':
            self._fail(otherwise)
        self._string()
        if self._peek() != ":":
            if is_first:
                self._fail("Expected ':' after property name in JSON")
            self._token()
        self._at += 1
        return True

    def _close(self) -> None:
        self._at += 1
        self._open.pop()

    def _string(self) -> None:
        self._at += 1
        while True:
            self._at = _STRING.match(self._text, self._at).end()  # type: ignore[union-attr]  # it matches nothing, too
            char = self._text[self._at : self._at + 1]
            if char == '"':
                self._at += 1
                return
            if not char:
                self._fail("Unterminated string in JSON")
            if char != "\\":
                self._fail("Bad control character in string literal in JSON")
            self._escape()

    def _escape(self) -> None:
        self._at += 1
        char = self._text[self._at : self._at + 1]
        if char == "u":
            digits = _HEX.match(self._text, self._at + 1, self._at + 1 + _UNICODE_DIGITS)
            self._at = digits.end()  # type: ignore[union-attr]  # it matches nothing, too
            if len(digits[0]) < _UNICODE_DIGITS:  # type: ignore[index]  # likewise
                self._fail("Bad Unicode escape in JSON")
            return
        if not char:
            self._token()
        if char not in '"\\/bfnrt':
            self._fail("Bad escaped character in JSON")
        self._at += 1

    def _literal(self, word: str) -> None:
        for expected in word:
            if self._text[self._at : self._at + 1] != expected:
                self._token()
            self._at += 1

    def _number(self) -> None:
        if self._text[self._at] == "-":
            self._at += 1
            if not self._digit():
                self._fail("No number after minus sign in JSON")
        if self._text[self._at] == "0":
            self._at += 1
            if self._digit():
                self._token()
        else:
            self._digits()
        if self._text[self._at : self._at + 1] == ".":
            self._at += 1
            if not self._digit():
                self._fail("Unterminated fractional number in JSON")
            self._digits()
        if self._text[self._at : self._at + 1] in {"e", "E"}:
            self._at += 1
            if self._text[self._at : self._at + 1] in {"+", "-"}:
                self._at += 1
            if not self._digit():
                self._fail("Exponent part is missing a number in JSON")
            self._digits()

    def _digit(self) -> bool:
        char = self._text[self._at : self._at + 1]
        return bool(char) and char in "0123456789"

    def _digits(self) -> None:
        self._at = _DIGITS.match(self._text, self._at).end()  # type: ignore[union-attr]  # it matches nothing, too

    def _fail(self, what: str) -> NoReturn:
        raise _Unexpected(f"{what} at position {_units(self._text[: self._at])}")

    def _token(self) -> NoReturn:
        """What the parser says where it has no better word: the character, and what stands around it."""
        char = self._text[self._at : self._at + 1]
        if not char:
            raise _Unexpected("Unexpected end of JSON input")
        if char == '"':
            self._fail("Unexpected string in JSON")
        if char in "-0123456789":
            self._fail("Unexpected number in JSON")
        if self._text in _SPECIAL:
            raise _Unexpected(f'"{self._text}" is not valid JSON')
        raise _Unexpected(f"Unexpected token '{char}', {self._around()} is not valid JSON")

    def _around(self) -> str:
        size, at = len(self._text), self._at
        if size <= 2 * _CONTEXT:
            return f'"{self._text}"'
        start = 0 if at < _CONTEXT else at - _CONTEXT
        is_middle = at < size - _CONTEXT
        end = at + _CONTEXT if at < _CONTEXT or is_middle else size
        before, after = "..." if at >= _CONTEXT else "", "..." if end < size or at < _CONTEXT else ""
        return f'{before}"{self._text[start:end]}"{after}'


def _units(text: str) -> int:
    """The length as JavaScript counts it."""
    return len(text) + sum(char > "\uffff" for char in text)

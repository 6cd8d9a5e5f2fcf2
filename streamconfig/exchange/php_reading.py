"""Reads a PHP file of literal arrays, without PHP: assignments, `return [ … ];`, or an array alone. Nothing is ever run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from streamconfig.configuration import php
from streamconfig.exchange.errors import PhpNotLiteralError, TooLargeError
from streamconfig.exchange.php_tokens import Token, tokens

_MAX_DEPTH = 40
_WORDS = {"true": True, "false": False, "null": None}
Path = tuple[str, ...]


@dataclass(slots=True)
class PhpFile:
    """What a file says: values by the name of their variable, and the line of every key."""

    values: dict[str, Any] = field(default_factory=dict)
    lines: dict[Path, int] = field(default_factory=dict)
    repeated: list[tuple[Path, int]] = field(default_factory=list)  # keys that one array names twice; the later one holds


def read(text: str) -> PhpFile:
    """The values of a file; what it returns, or holds alone, has its own keys as names.

    Raises:
        PhpNotLiteralError: the file says more than literal arrays.
        TooLargeError: too many values, or too deep.
    """
    return _Reader(tokens(text)).file()


class _Reader:
    def __init__(self, source: Iterator[Token]) -> None:
        self._source = source
        self._token = next(source)
        self._found = PhpFile()

    def file(self) -> PhpFile:
        if self._token.kind == "value":  # a part of an array, as it is copied from a file: 'default' => [ … ], …
            self._take(self._items((), depth=1, end=""))
        while self._token.kind != "end":
            self._statement()
        return self._found

    def _statement(self) -> None:
        token = self._token
        if token.kind == "variable":
            self._assignment()
        elif token.is_word("declare"):
            self._declaration()
        else:
            if token.is_word("return"):
                self._next()
            self._take(self._value((), depth=0))
        if self._token.kind != "end":
            self._expect(";", ",")

    def _assignment(self) -> None:
        """`$name = value` or `$name['key']['key'] = value`; a later assignment replaces an earlier one."""
        path: Path = (self._next().value.removeprefix("$"),)
        while self._token.is_sign("["):
            self._next()
            path = (*path, str(self._key()))
            self._expect("]")
        self._expect("=")
        line = self._token.line
        value = self._value(path, depth=len(path))
        holder: Any = self._found.values
        for part in path[:-1]:
            holder = holder.setdefault(part, {})
            if isinstance(holder, list) and not holder:
                raise PhpNotLiteralError("This adds to an array that is empty before: write the array in one piece.", line)
            if not isinstance(holder, dict):
                raise PhpNotLiteralError("This adds to something that is no array with names.", line)
        holder[path[-1]] = value
        self._found.lines.setdefault(path, line)

    def _declaration(self) -> None:
        """`declare(strict_types=1)` says nothing about values."""
        self._next()
        for expected in ("(", "strict_types", "=", 1, ")"):
            if self._token.value != expected:
                raise self._refused()
            self._next()

    def _take(self, value: Any) -> None:
        if not isinstance(value, dict):
            raise PhpNotLiteralError("What the file holds is no array with names.", self._token.line)
        self._found.values.update(value)

    def _value(self, path: Path, depth: int) -> Any:
        if depth > _MAX_DEPTH:
            raise TooLargeError(f"Arrays go deeper than {_MAX_DEPTH} levels.", self._token.line)
        token = self._next()
        if token.kind == "value":
            return self._no_more(token.value)
        if token.is_sign("-", "+"):
            return self._no_more(self._signed(token))
        if token.kind == "word" and token.value.lower() in _WORDS:
            return self._no_more(_WORDS[token.value.lower()])
        if token.is_sign("["):
            return self._no_more(self._items(path, depth + 1, end="]"))
        if token.is_word("array") and self._token.is_sign("("):
            self._next()
            return self._no_more(self._items(path, depth + 1, end=")"))
        raise self._refused(token)

    def _signed(self, sign: Token) -> int | float:
        value = self._next().value
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._refused(sign)
        return -value if sign.value == "-" else value

    def _no_more(self, value: Any) -> Any:
        """A literal is the whole value: behind it comes a sign that ends it, no operator."""
        if self._token.kind != "end" and not self._token.is_sign(",", "]", ")", ";", "=>"):
            raise self._refused()
        return value

    def _items(self, path: Path, depth: int, end: str) -> Any:
        """The inside of an array, its end taken; an empty `end` is that of the file."""
        found: dict[php.Key, Any] = {}
        index = 0
        while not (self._token.is_sign(end) if end else self._token.kind == "end"):
            line = self._token.line
            key, value = self._item(path, index, depth)
            if isinstance(key, int):
                index = max(index, key + 1)
            here = (*path, str(key))
            if key in found:
                self._found.repeated.append((here, line))
            found[key] = value
            self._found.lines[here] = line
            if not self._token.is_sign(","):
                break
            self._next()
        if end:
            self._expect(end)
        return php.from_items(found)

    def _item(self, path: Path, index: int, depth: int) -> tuple[php.Key, Any]:
        """A value, or a key and its value. Keys are known before the value, whose own keys stand below them."""
        if self._token.kind == "value":
            token = self._next()
            if not self._token.is_sign("=>"):
                return index, self._no_more(token.value)
            self._next()
            key = _key_of(token)
            return key, self._value((*path, str(key)), depth)
        return index, self._value((*path, str(index)), depth)

    def _key(self) -> php.Key:
        return _key_of(self._next())

    def _expect(self, *signs: str) -> None:
        if not self._token.is_sign(*signs):
            raise self._refused()
        self._next()

    def _next(self) -> Token:
        token = self._token
        self._token = token if token.kind == "end" else next(self._source)
        return token

    def _refused(self, token: Token | None = None) -> PhpNotLiteralError:
        token = token or self._token
        shown = "the end of the file" if token.kind == "end" else str(token.value)[:40]
        what = {"variable": "a variable", "word": "a function or constant", "sign": "an operator"}.get(token.kind, "a value")
        return PhpNotLiteralError(f"Here is {shown}, {what} where a literal value must stand.", token.line)


def _key_of(token: Token) -> php.Key:
    if token.kind != "value":
        raise PhpNotLiteralError(f"{str(token.value)[:40]} is no literal key.", token.line)
    return php.key(token.value) if isinstance(token.value, str) else int(token.value)

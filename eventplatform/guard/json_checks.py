"""What JSON may not be though a parser takes it: too many values, too deep, too wide, numbers that don't fit, U+0000.

Each check is first a scan of the bytes in C that nearly every body passes; only what it can't clear is looked at slowly, and
exactly. All are linear, and what would cost memory is counted before it is parsed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from eventplatform.guard.errors import (
    JsonTooDeepError,
    NullCharacterError,
    NumberOutOfRangeError,
    TooManyKeysError,
    TooManyValuesError,
)

# Every digit becomes 0 and every opening bracket [, so that two searches in C find long numbers and bound the depth.
SHAPE = bytes(ord("0") if chr(c) in "0123456789" else ord("[") if chr(c) in "[{" else ord(" ") for c in range(256))
SUSPICIOUS_DIGITS = b"0" * 19  # 2^63 has 19 digits: anything shorter fits
MIN_KEY_BYTES = 5  # `"":0,`
MIN_VALUE_BYTES = 2  # `0,`
_MIN_INTEGER, _MAX_INTEGER = -(2**63), 2**64 - 1  # what orjson keeps exact
_MAX_SHOWN_DIGITS = 40
_LONG_INTEGER = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|(?<![0-9.eE+-])(-?[0-9]{19,}+)(?![.eE])')
_NULL_CHARACTER = re.compile(rb"(?<!\\)(?:\\\\)*+\\u0000")
_CONTAINERS = frozenset({dict, list})
_WINDOW_BYTES = 64 * 1024


def check_values(body: bytes, limit: int) -> None:
    """Before parsing: a value of an array or object costs up to 200 bytes of memory, and two bytes to send."""
    if body.count(b",") + body.count(b"[") + body.count(b"{") <= limit:
        return
    count = 0
    for structure in _structure(body):
        count += structure.count(b",") + structure.count(b"[") + structure.count(b"{")
        if count > limit:
            raise TooManyValuesError(limit=limit)


def _structure(body: bytes) -> Iterator[bytes]:
    """What stands outside of texts, window by window."""
    plain = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    is_within = 0
    for start in range(0, len(plain), _WINDOW_BYTES):
        parts = plain[start : start + _WINDOW_BYTES].split(b'"')
        yield b"".join(parts[is_within::2])
        is_within = (is_within + len(parts) - 1) % 2


def check_nesting(document: Any, events: list[Any], max_depth: int, max_keys: int) -> None:
    """Level by level, so that depth can't exhaust the stack."""
    level: list[Any] = [event for event in events if type(event) in _CONTAINERS]
    for _ in range(max_depth):
        if not level:
            return
        if max(map(len, level)) > max_keys and any(type(node) is dict and len(node) > max_keys for node in level):
            raise _too_wide(document, max_keys)
        level = [
            child for node in level for child in (node.values() if type(node) is dict else node) if type(child) in _CONTAINERS
        ]
    if level:
        raise JsonTooDeepError(limit=max_depth)


def _too_wide(document: Any, limit: int) -> TooManyKeysError:
    return TooManyKeysError(pointer=_place(document, lambda node: isinstance(node, dict) and len(node) > limit), limit=limit)


def check_integers(body: bytes) -> None:
    """Integers that a parser would round; `body` is valid JSON."""
    if any(_fits_not(found[1]) for found in _LONG_INTEGER.finditer(body) if found[1]):
        document = json.loads(body, parse_int=_integer)
        pointer, digits = next((at, node) for at, node in walk(document) if isinstance(node, _HugeInteger))
        raise NumberOutOfRangeError(pointer=pointer, text=digits[:_MAX_SHOWN_DIGITS])


def _fits_not(digits: bytes) -> bool:
    # Beyond 20 characters it can't fit, and int() of thousands of digits is slow or refused.
    return len(digits) > len(str(_MIN_INTEGER)) or not _MIN_INTEGER <= int(digits) <= _MAX_INTEGER


class _HugeInteger(str):
    """The digits of an integer that doesn't fit; a mark in the document."""

    __slots__ = ()


def _integer(digits: str) -> int | _HugeInteger:
    return _HugeInteger(digits) if _fits_not(digits.encode()) else int(digits)


def check_null_characters(body: bytes, document: Any) -> None:
    """U+0000 in a text; `body` is valid JSON and holds its escape somewhere."""
    if _NULL_CHARACTER.search(body):
        raise NullCharacterError(pointer=_place(document, lambda node: isinstance(node, str) and "\0" in node))


def _place(document: Any, is_wrong: Callable[[Any], bool]) -> str:
    return next((pointer for pointer, node in walk(document) if is_wrong(node)), "")


def walk(document: Any) -> Iterator[tuple[str, Any]]:
    """Every value and every key with its pointer, in the order of the text."""
    ways = [iter([("", document)])]
    while ways:
        found = next(ways[-1], None)
        if found is None:
            ways.pop()
            continue
        pointer, node = found
        yield found
        if type(node) is dict:
            ways.append(_members(pointer, node))
        elif type(node) is list:
            ways.append(_items(pointer, node))


def _members(pointer: str, node: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in node.items():
        place = f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"
        yield place, key
        yield place, value


def _items(pointer: str, node: list[Any]) -> Iterator[tuple[str, Any]]:
    for index, value in enumerate(node):
        yield f"{pointer}/{index}", value

"""What JSON may not be though a parser takes it: too many values, too deep, too wide, U+0000; numbers are `json_numbers`.

Each check is first a scan of the bytes in C that nearly every body passes; only what it can't clear is looked at slowly, and
exactly. All are linear, and what would cost memory is counted before it is parsed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from eventplatform.core.pointers import pointer_of
from eventplatform.guard.errors import (
    JsonTooDeepError,
    NullCharacterError,
    TooManyKeysError,
    TooManyValuesError,
)

# Every digit becomes 0 and every opening bracket [, so that two searches in C find long numbers and bound the depth.
SHAPE = bytes(ord("0") if chr(c) in "0123456789" else ord("[") if chr(c) in "[{" else ord(" ") for c in range(256))
MIN_KEY_BYTES = 5  # `"":0,`
MIN_VALUE_BYTES = 2  # `0,`
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
    found = _first(document, lambda node: type(node) is dict and len(node) > limit)
    return TooManyKeysError(pointer=found[0] if found else "", limit=limit)


def holds_null_characters(body: bytes) -> bool:
    """Whether U+0000 stands in one of its texts."""
    return _NULL_CHARACTER.search(body) is not None


def check_null_characters(body: bytes, document: Any) -> None:
    """Refuse U+0000 in a text; `body` is valid JSON. What a duplicate key replaces is in no document."""
    if holds_null_characters(body) and (wrong := _first(document, lambda node: type(node) is str and "\0" in node)):
        raise NullCharacterError(pointer=wrong[0])


def _first(document: Any, is_wrong: Callable[[Any], bool]) -> tuple[str, Any] | None:
    """The pointer of the first wrong value or key in the order of the text, and that value.

    What leads to each is kept in parts: a pointer for every value would cost as much as the names above it are long.
    """
    if is_wrong(document):
        return "", document
    way: list[str | int] = []
    inside = [_entries(document)]
    while inside:
        for part, node in inside[-1]:
            if is_wrong(node) or (type(part) is str and is_wrong(part)):
                return pointer_of((*way, part)), node
            if type(node) in _CONTAINERS:
                way.append(part)
                inside.append(_entries(node))
                break
        else:
            inside.pop()
            del way[-1:]
    return None


def _entries(node: Any) -> Iterator[tuple[str | int, Any]]:
    if type(node) is dict:
        return iter(node.items())
    return iter(enumerate(node)) if type(node) is list else iter(())

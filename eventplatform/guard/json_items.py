"""The items of a body's array, each judged by its own text, so that one which may be no event harms no other."""

from __future__ import annotations

import re
from collections.abc import Iterator

# What stands before the next bracket, or before the next bracket or comma; texts are passed over whole.
_BEFORE_BRACKET = re.compile(rb'(?:[^][{}"]++|"[^"\\]*+(?:\\.[^"\\]*+)*+")*+([][{}])')
_BEFORE_END = re.compile(rb'(?:[^][{},"]++|"[^"\\]*+(?:\\.[^"\\]*+)*+")*+([][{},])')
_OPENING = b"[{"


def texts_of(body: bytes) -> Iterator[bytes]:
    """The text of each item; `body` is valid JSON, and an array that holds something."""
    start = at = body.index(b"[") + 1
    depth = 1
    while depth and (found := (_BEFORE_END if depth == 1 else _BEFORE_BRACKET).match(body, at)):
        at, mark = found.end(), found[1]
        if mark in _OPENING:
            depth += 1
        elif mark != b",":
            depth -= 1
        if not depth or mark == b",":
            yield body[start : at - 1]
            start = at

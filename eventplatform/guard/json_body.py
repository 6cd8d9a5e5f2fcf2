"""Bytes in, events out: orjson, behind checks of what it takes silently (huge integers, depth, U+0000).

Each check is first a scan of the bytes in C that nearly every body passes; only what it can't clear is looked at slowly,
and exactly. Of duplicate keys the last one wins, as in every JSON parser that clients use.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from eventplatform.guard.errors import (
    BodyEmptyError,
    JsonInvalidError,
    JsonTooDeepError,
    NotEventsError,
    NullCharacterError,
    NumberOutOfRangeError,
    TooManyEventsError,
)

# Every digit becomes 0 and every opening bracket [, so that two searches in C find long numbers and bound the depth.
_SHAPE = bytes(ord("0") if chr(c) in "0123456789" else ord("[") if chr(c) in "[{" else ord(" ") for c in range(256))
_SUSPICIOUS_DIGITS = b"0" * 19  # 2^63 has 19 digits: anything shorter fits
_MIN_INTEGER, _MAX_INTEGER = -(2**63), 2**64 - 1  # what orjson keeps exact
_MAX_SHOWN_DIGITS = 40


@dataclass(frozen=True, slots=True)
class JsonLimits:
    """How much one request may carry. `max_depth` counts levels within an event."""

    max_events: int = 1000
    max_depth: int = 64


def parse_events(body: bytes, limits: JsonLimits) -> list[Any]:
    """The events of a body: an array's items, or the one object.

    Raises:
        RejectedError: one of `guard.errors`, with the place in `pointer` where there is one.
    """
    if not body or body.isspace():
        raise BodyEmptyError
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise JsonInvalidError(reason=_reason(error)) from None
    events = _events(document, limits)
    shape = body.translate(_SHAPE)
    if shape.count(b"[") > limits.max_depth:
        _check_depth(events, limits.max_depth)
    if _SUSPICIOUS_DIGITS in shape:
        _check_integers(body)
    if b"\\" in body and b"\\u0000" in body:
        _check_null_characters(document)
    return events


def _events(document: Any, limits: JsonLimits) -> list[Any]:
    if not isinstance(document, list | dict):
        raise NotEventsError(kind=_KINDS.get(type(document), "a number"))
    if not document:
        raise BodyEmptyError
    if isinstance(document, dict):
        return [document]
    if len(document) > limits.max_events:
        raise TooManyEventsError(count=len(document), limit=limits.max_events)
    return document


_KINDS = {str: "a string", bool: "true or false", type(None): "null"}


def _reason(error: orjson.JSONDecodeError) -> str:
    return f"{error.msg.partition(': line')[0]} at line {error.lineno}, column {error.colno}"


def _check_depth(events: list[Any], limit: int) -> None:
    """Level by level, so that depth can't exhaust the stack."""
    level: list[Any] = [event for event in events if type(event) is dict or type(event) is list]
    for _ in range(limit):
        level = [
            child
            for node in level
            for child in (node.values() if type(node) is dict else node)
            if type(child) is dict or type(child) is list
        ]
        if not level:
            return
    raise JsonTooDeepError(limit=limit)


class _HugeInteger(str):
    """The digits of an integer that doesn't fit; a mark in the document."""

    __slots__ = ()


def _integer(digits: str) -> int | _HugeInteger:
    # Beyond 20 characters it can't fit, and int() of thousands of digits is slow or refused.
    if len(digits) > len(str(_MIN_INTEGER)) or not _MIN_INTEGER <= int(digits) <= _MAX_INTEGER:
        return _HugeInteger(digits)
    return int(digits)


def _check_integers(body: bytes) -> None:
    for pointer, value in _walk(json.loads(body, parse_int=_integer)):
        if isinstance(value, _HugeInteger):
            raise NumberOutOfRangeError(pointer=pointer, text=value[:_MAX_SHOWN_DIGITS])


def _check_null_characters(document: Any) -> None:
    for pointer, value in _walk(document):
        if isinstance(value, str) and "\0" in value:
            raise NullCharacterError(pointer=pointer)


def _walk(node: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    """Every value and every key with its pointer; the depth is bounded before."""
    yield pointer, node
    if isinstance(node, dict):
        for key, value in node.items():
            place = f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"
            yield place, key
            yield from _walk(value, place)
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _walk(value, f"{pointer}/{index}")

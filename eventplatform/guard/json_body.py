"""Bytes in, events out: orjson, behind checks of what it takes silently.

Of duplicate keys the last one wins, as in every JSON parser that clients use.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from eventplatform.guard.errors import BodyEmptyError, JsonInvalidError, JsonTooDeepError, NotEventsError, TooManyEventsError
from eventplatform.guard.json_checks import (
    MIN_KEY_BYTES,
    MIN_VALUE_BYTES,
    SHAPE,
    SUSPICIOUS_DIGITS,
    check_integers,
    check_nesting,
    check_null_characters,
    check_values,
)


@dataclass(frozen=True, slots=True)
class JsonLimits:
    """How much one request may carry.

    `max_depth` counts levels within an event, `max_keys` the members of one object, `max_values` those of all objects and
    arrays of the body together: with the last, no body of ten megabytes costs a hundred of memory.
    """

    max_events: int = 1000
    max_depth: int = 64
    max_keys: int = 1000
    max_values: int = 250_000


_TOO_DEEP = "depth limit exceeded"  # the parser's own, far beyond ours; it is no mistake of form


def parse_events(body: bytes, limits: JsonLimits) -> list[Any]:
    """The events of a body: an array's items, or the one object.

    Raises:
        RejectedError: one of `guard.errors`, with the place in `pointer` where there is one.
    """
    if not body or body.isspace():
        raise BodyEmptyError
    document = load(body, limits)
    events = _events(document, limits)
    check(body, document, events, limits)
    return events


def load(body: bytes, limits: JsonLimits) -> Any:
    """The document, yet to be checked.

    Raises:
        RejectedError: it is no JSON, or too much of it.
    """
    if len(body) > MIN_VALUE_BYTES * limits.max_values:
        check_values(body, limits.max_values)
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        if error.msg.startswith(_TOO_DEEP):
            raise JsonTooDeepError(limit=limits.max_depth) from None
        raise JsonInvalidError(reason=_reason(error)) from None


def check(body: bytes, document: Any, events: list[Any], limits: JsonLimits) -> None:
    """Refuse what a parser takes but an event may not be; `events` are what depth is counted from.

    Raises:
        RejectedError: with the place in the document.
    """
    shape = body.translate(SHAPE)
    if shape.count(b"[") > limits.max_depth or len(body) > MIN_KEY_BYTES * limits.max_keys:
        check_nesting(document, events, limits.max_depth, limits.max_keys)
    if SUSPICIOUS_DIGITS in shape:
        check_integers(body)
    if b"\\" in body and b"\\u0000" in body:
        check_null_characters(body, document)


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

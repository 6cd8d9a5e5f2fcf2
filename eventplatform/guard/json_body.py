"""Bytes in, events out: orjson, behind checks of what it takes silently.

Of duplicate keys the last one wins, as in every JSON parser that clients use.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from eventplatform.core.errors import RejectedError
from eventplatform.guard.errors import (
    BodyEmptyError,
    JsonInvalidError,
    JsonTooDeepError,
    NotEventsError,
    NullCharacterError,
    TooManyEventsError,
)
from eventplatform.guard.json_checks import (
    MIN_KEY_BYTES,
    MIN_VALUE_BYTES,
    SHAPE,
    check_nesting,
    check_null_characters,
    check_values,
    holds_null_characters,
)
from eventplatform.guard.json_items import texts_of
from eventplatform.guard.json_numbers import SUSPICIOUS_DIGITS, check_integers, holds_huge_integers
from eventplatform.guard.unfit import Unfit, shown


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
    document, events = _read(body, limits)
    check(body, document, events, limits)
    return events


def parse_each(body: bytes, limits: JsonLimits) -> list[Any]:
    """The same for whoever judges events one by one: an array's item that may be no event is marked `Unfit`.

    Raises:
        RejectedError: as `parse_events`, but for what is wrong with items of an array.
    """
    document, events = _read(body, limits)
    return checked_each(body, document, events, limits)


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
    may_nest, may_round, may_hold_null = _looks(body, limits)
    if may_nest:
        check_nesting(document, events, limits.max_depth, limits.max_keys)
    if may_round:
        check_integers(body)
    if may_hold_null:
        check_null_characters(body, document)


def _looks(body: bytes, limits: JsonLimits) -> tuple[bool, bool, bool]:
    """Which checks a body needs, by searches in C."""
    shape = body.translate(SHAPE)
    may_nest = shape.count(b"[") > limits.max_depth or len(body) > MIN_KEY_BYTES * limits.max_keys
    return may_nest, SUSPICIOUS_DIGITS in shape, b"\\" in body and b"\\u0000" in body


def checked_each(body: bytes, document: Any, events: list[Any], limits: JsonLimits) -> list[Any]:
    """The events, `check`ed: what an array's item is refused for marks it `Unfit`, with the place within it.

    Raises:
        RejectedError: as `check`, of a document that is one event.
    """
    if not isinstance(document, list):
        check(body, document, events, limits)
        return events
    if _are_clear(body, events, limits):
        return events
    return [_judged(event, text, limits) for event, text in zip(events, texts_of(body), strict=True)]


def _are_clear(body: bytes, events: list[Any], limits: JsonLimits) -> bool:
    """Whether no event needs a look of its own; the places of what is wrong are for those to find."""
    may_nest, may_round, may_hold_null = _looks(body, limits)
    if may_nest:
        try:
            check_nesting(events, events, limits.max_depth, limits.max_keys)
        except RejectedError:
            return False
    return not (may_round and holds_huge_integers(body)) and not (may_hold_null and holds_null_characters(body))


def _judged(event: Any, text: bytes, limits: JsonLimits) -> Any:
    try:
        check(text, event, [event], limits)
    except NullCharacterError as error:
        return Unfit(event, error)  # the last check: it is neither too deep for whoever walks it, nor are its numbers rounded
    except RejectedError as error:
        return Unfit(shown(text), error)
    return event


def _read(body: bytes, limits: JsonLimits) -> tuple[Any, list[Any]]:
    if not body or body.isspace():
        raise BodyEmptyError
    document = load(body, limits)
    return document, _events(document, limits)


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

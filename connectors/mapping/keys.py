"""The key of a row under `mode: upsert`: from an event by JSON pointers, or from a tombstone's own key."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from eventplatform.core.errors import RejectedError
from eventplatform.core.records import Record

Key = tuple[str, ...]  # the fields' values as text, in the order of the pointers


class KeyMissingError(RejectedError):
    """The event has no value for a field of its row's key."""

    code = "sink.key_missing"
    message = "The event has no value at {place}, which is part of its row's key."
    remedy = "Send the field with every event of the stream, or choose another key for the connector."


class TombstoneKeyError(RejectedError):
    """The tombstone doesn't say which row it deletes."""

    code = "sink.tombstone_key"
    message = "The tombstone's key names no row: {reason}."
    remedy = "Give tombstones a key with the same fields as the connector's: a JSON object, a JSON list, or one text."


def key_of(event: Mapping[str, Any], pointers: Sequence[str]) -> Key:
    """The event's key.

    Raises:
        KeyMissingError: a field is absent or null.
    """
    return tuple(_as_text(_at(event, place)) for place in pointers)


def tombstone_key(record: Record, pointers: Sequence[str]) -> Key:
    """The key of the row that a record without a value deletes.

    A JSON object is read by the pointers, or by their last names (`{"page_id": 1}` for `/page/page_id`); a list by its
    order; anything else is the value of the only field.

    Raises:
        TombstoneKeyError: it can't be read so.
    """
    given = _parsed(record.key or b"")
    if isinstance(given, dict):
        return tuple(_named(given, place) for place in pointers)
    values = given if isinstance(given, list) else [given]
    if len(values) != len(pointers) or any(value is None for value in values):
        raise TombstoneKeyError(reason=f"{len(values)} values for {len(pointers)} fields")
    return tuple(map(_as_text, values))


def digest(key: Key) -> str:
    """A name of even length for keys of any length: 64 hexadecimal digits."""
    return hashlib.sha256(orjson.dumps(key)).hexdigest()


def _at(event: Mapping[str, Any], place: str) -> Any:
    found: Any = event
    for part in _parts(place):
        found = found.get(part) if isinstance(found, dict) else None
    if found is None:
        raise KeyMissingError(pointer=place, place=place)
    return found


def _named(given: Mapping[str, Any], place: str) -> str:
    try:
        return _as_text(_at(given, place))
    except KeyMissingError:
        value = given.get(_parts(place)[-1])
    if value is None:
        raise TombstoneKeyError(reason=f"it has no {place}")
    return _as_text(value)


def _parts(place: str) -> list[str]:
    """Of a JSON pointer (RFC 6901)."""
    return [part.replace("~1", "/").replace("~0", "~") for part in place.removeprefix("/").split("/")]


def _parsed(key: bytes) -> Any:
    try:
        return orjson.loads(key)
    except ValueError:
        return key.decode(errors="replace")


def _as_text(value: Any) -> str:
    """So that 1 and "1" are one key: a text key in the log has no types."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()

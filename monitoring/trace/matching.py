"""Whether a record is what is asked for: its raw bytes are looked at first, since parsing every event is dear; pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from eventplatform.core import error_events
from eventplatform.core.names import HEADER_REQUEST_ID
from eventplatform.core.records import Record
from monitoring.trace import ids
from monitoring.trace.asking import By


class Matcher:
    """Finds what is asked for among records."""

    def __init__(self, by: By, text: str) -> None:
        # A UUID is the same however its letters are written.
        self._texts = frozenset({text, text.lower()} if by != "key" and ids.is_uuid(text) else {text})
        self._needles = tuple(_written(one) for one in sorted(self._texts))
        self._wanted = frozenset(one.encode() for one in self._texts)
        self._text = text
        self._test = {"id": self._by_id, "request": self._by_request, "key": self._by_key}[by]

    def among(self, records: Sequence[Record]) -> Iterator[Record]:
        """Those that are it."""
        return self._test(records)

    def _by_id(self, records: Sequence[Record]) -> Iterator[Record]:
        for needle in self._needles:
            # A list in one go: of a million records one passes, and this line is what the others cost.
            for record in [one for one in records if one.value is not None and needle in one.value]:
                if self._has_id(record):
                    yield record

    def _has_id(self, record: Record) -> bool:
        told = error_events.read(record) if error_events.is_of_the_intake(record) else None
        return meta_of(record).get("id") in self._texts or (told is not None and told.event_id in self._texts)

    def _by_request(self, records: Sequence[Record]) -> Iterator[Record]:
        for record in records:
            is_it = record.header(HEADER_REQUEST_ID) in self._wanted
            if not is_it and record.value is not None and any(needle in record.value for needle in self._needles):
                is_it = meta_of(record).get("request_id") in self._texts
            if is_it:
                yield record

    def _by_key(self, records: Sequence[Record]) -> Iterator[Record]:
        last = _written(self._text.rpartition("/")[2])
        for record in records:
            if record.key is not None and (last in record.key or record.key in self._wanted) and self._has_key(record.key):
                yield record

    def _has_key(self, key: bytes) -> bool:
        return key in self._wanted or key_words(key) == self._text


def meta_of(record: Record) -> dict[str, Any]:
    """The event's `meta`; an empty one where there is none."""
    try:
        event = orjson.loads(record.value or b"null")
    except ValueError:
        return {}
    meta = event.get("meta") if isinstance(event, dict) else None
    return meta if isinstance(meta, dict) else {}


def key_parts(key: bytes | None) -> tuple[str, ...]:
    """The values of a message key, as people write them: `{"wiki":"enwiki","page":1093}` is enwiki and 1093."""
    try:
        return tuple(_leaves(orjson.loads(key or b"null")))
    except ValueError:
        return ((key or b"").decode("utf-8", "replace"),)


def key_words(key: bytes | None) -> str:
    """A key in a line: `enwiki/1093`."""
    return "/".join(key_parts(key))


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)
    elif isinstance(value, str):
        yield value
    elif value is not None:
        yield orjson.dumps(value).decode()


def _written(text: str) -> bytes:
    """As JSON writes it inside its quotes."""
    return orjson.dumps(text)[1:-1]

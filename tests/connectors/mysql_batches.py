"""Batches for the tests of the MySQL sink."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from connectors.sinks.base import (
    Position,
    Row,
    Sink,
    WriteBatch,
)
from connectors.steering import NO_STEERING, Steering
from eventplatform.core.records import Record, TopicPartition
from tests.contracts.stores.mysql import MySqlStore

WHERE = TopicPartition("t", 0)
SCHEMA: dict[str, Any] = {"properties": {"test": {"type": "string"}, "any": {}, "n": {"type": "integer"}}}
WIDER: dict[str, Any] = {"properties": {**SCHEMA["properties"], "more": {"type": "boolean"}}}
BY_TEST = Steering(is_upsert=True, key=("/test",))


def batch(sink: Sink, events: list[dict[str, Any]], steering: Steering = NO_STEERING) -> WriteBatch:
    expected = sink.position(WHERE)
    start = expected.next_offset if expected else 0
    events = [{"$schema": "/s/1.0.0", **event} for event in events]
    rows = [Row(Record(*WHERE, start + n, 1000, None, orjson.dumps(event)), event) for n, event in enumerate(events)]
    return WriteBatch("s", WHERE, expected, Position(start + len(rows), "i", "c"), rows, (), steering)


def write(sink: Sink, events: list[dict[str, Any]], *, schema: Any = SCHEMA, steering: Steering = NO_STEERING) -> None:
    sink.prepare("s", "/s/1.0.0", schema, steering)
    sink.write(batch(sink, events, steering))


def texts(store: MySqlStore) -> list[Any]:
    return [text for (text,) in store.query("SELECT test FROM s ORDER BY _offset")]


def outcome(act: Callable[[], Any]) -> BaseException:
    try:
        act()
    except Exception as error:  # noqa: BLE001  # the test looks at it
        return error
    return AssertionError("nothing was raised")

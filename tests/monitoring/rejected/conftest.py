"""A memory log with error streams, a configuration, and the table of dead letters."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection

from eventplatform.broker import open_log
from eventplatform.broker.base import Delivery, Log
from eventplatform.core.error_events import ErrorRecord, write
from eventplatform.core.records import NewRecord
from eventplatform.core.schemas import Violation
from eventplatform.core.services import Service
from eventplatform.core.streams import Stream
from registry.schema.compiled import Schema

SCHEMA = Schema(
    {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": "/sample/test_event/1.0.0",
        "title": "sample/test_event",
        "type": "object",
        "properties": {
            "$schema": {"type": "string"},
            "meta": {
                "type": "object",
                "properties": {"stream": {"type": "string"}, "id": {"type": "string"}, "dt": {"type": "string"}},
            },
            "test": {"type": "string"},
            "number": {"type": "number"},
            "who": {"type": "string", "x-pii": "name", "x-pii-action": "hash"},
        },
        "required": ["test"],
    }
)
STREAMS = (
    Stream("test.event", "sample/test_event", "main", ("test.event",)),
    Stream("main.error", "error", "main", ("main.error",)),
)
_USERS = ("rejected.groups", "rejected.collecting", "rejected.through_intake", "personal", "stream_panels")


class World:
    """What the tests write to and read from."""

    def __init__(self) -> None:
        self.log: Log = open_log(f"memory://{uuid.uuid4().hex}")
        for topic in ("test.event", "main.error"):
            self.log.create_topic(topic)
        streams = {stream.name: stream for stream in STREAMS}
        entry = SimpleNamespace(name="test.event", about=SimpleNamespace(owner="platform"))
        self.config: Any = SimpleNamespace(
            streams=streams,
            services={"main": Service("main", error_stream="main.error")},
            find_stream=streams.get,
            find_schema=lambda name: SCHEMA if name == SCHEMA.schema_id else None,
            document=SimpleNamespace(entries=[entry]),
            schemas=SimpleNamespace(titles=lambda: ["sample/test_event"]),
        )
        self.now_ms = 1_795_000_000_000

    def produce(self, *records: NewRecord) -> None:
        settled: list[Delivery] = []
        producer = self.log.producer()
        producer.produce(records, settled.extend)
        assert producer.flush(5) == 0
        assert not any(delivery.error for delivery in settled)
        producer.close()

    def refuse(self, event: dict[str, Any] | None = None, *, topic: str = "main.error", **facts: Any) -> None:
        """An error record as the intake writes it, of now."""
        import orjson
        from django.utils import timezone

        made = {"$schema": SCHEMA.schema_id, "meta": {"stream": "test.event", "id": "e"}, "number": "three"} | (event or {})
        told: dict[str, Any] = {
            "code": "event.invalid",
            "message": "must be a number, not text",
            "raw": orjson.dumps(made).decode(),
            "received_at": "2026-11-20T00:00:00.000Z",
            "pointer": "/number",
            "outcome": "invalid",
            "remedy": "Mend the named places and send the event again.",
            "service": "main",
            "stream": "test.event",
            "schema_id": SCHEMA.schema_id,
            "client": "Firefox 128",
            "violations": (Violation("/number", "type", "must be a number, not text"),),
        }
        now_ms = int(timezone.now().timestamp() * 1000)
        error = ErrorRecord(**told | facts)
        self.produce(write(error, made, stream=topic, topic=topic, title="error", new_id=str(uuid.uuid4()), now_ms=now_ms))


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, db: None) -> Iterator[World]:
    found = World()
    for module in _USERS:
        monkeypatch.setattr(f"monitoring.{module}.snapshot", lambda: found.config)
    empty()
    yield found
    empty()


def empty() -> None:
    """No model's tables, so Django empties them for nobody."""
    with connection.cursor() as cursor:
        cursor.execute("truncate dead_letters, dead_letter_groups, dead_letter_counts, dead_letter_positions, dead_letter_runs")


def rows(query: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall())

"""A log with two streams whose schemas are known, for questions."""

from __future__ import annotations

import json
import time
from types import SimpleNamespace
from typing import Any

from eventplatform.core.records import NewRecord
from tests.monitoring.world import Config, Schemas, World

DOCUMENT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "$schema": {"type": "string"},
        "meta": {
            "type": "object",
            "properties": {
                "stream": {"type": "string"},
                "id": {"type": "string"},
                "dt": {"type": "string", "format": "date-time"},
                "domain": {"type": "string", "description": "Where it happened."},
            },
        },
        "dt": {"type": "string", "format": "date-time"},
        "number": {"type": "integer"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "sizes": {"type": "object", "additionalProperties": {"type": "number"}},
        "anything": {},
        "client_ip": {"type": "string", "x-pii": "ip"},
        "nickname": {"type": "string", "x-pii": "name"},
    },
}


class _Schemas(Schemas):
    def latest(self, title: str) -> Any:
        return SimpleNamespace(document=DOCUMENT) if title == "page/event" else None

    def ids(self, title: str) -> tuple[str, ...]:
        return ("/page/event/1.0.0",) if title == "page/event" else ()


class _Config(Config):
    known: dict[str, Any]

    def find_schema(self, schema_id: str) -> Any:
        return self.known.get(schema_id)


class Platform(World):
    """`page.view` and `page.edit`, both of one schema."""

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[str, Any] = {"/page/event/1.0.0": SimpleNamespace(document=DOCUMENT)}
        config = _Config(self.config.streams, _Schemas(self.config.schemas.examples))
        config.known = self.known
        self.config = config
        for name in ("page.view", "page.edit"):
            self.add(name, schema_title="page/event")

    def event(self, stream: str, **fields: Any) -> dict[str, Any]:
        meta = {"stream": stream, "id": f"id-{fields.get('number', 0)}", "domain": "a.example", **fields.pop("meta", {})}
        return {"$schema": "/page/event/1.0.0", "meta": meta, "dt": "2026-11-26T09:00:00+01:00", **fields}

    def post(self, stream: str, *, ago_seconds: float = 5, **fields: Any) -> None:
        stamp = round((time.time() - ago_seconds) * 1000)
        self.produce(stream, self.event(stream, **fields), timestamp_ms=stamp, key=b"one")

    def fill(self, topic: str, count: int, *, ago_seconds: float = 5, size: int = 10) -> None:
        """Many at once, a millisecond apart, in one partition."""
        stamp = round((time.time() - ago_seconds) * 1000)
        producer = self.log.producer()
        events = (self.event(topic, number=number, padding="x" * size) for number in range(count))
        records = [
            NewRecord(topic, json.dumps(event).encode(), b"one", timestamp_ms=stamp + number, partition=0)
            for number, event in enumerate(events)
        ]
        producer.produce(records, lambda _: None)
        assert producer.flush(5) == 0
        producer.close()

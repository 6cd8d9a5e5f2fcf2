"""A small platform for monitoring's tests."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import httpx

from connectors.lookups import ConnectorView
from eventplatform.broker import open_log
from eventplatform.broker.base import Delivery, Log
from eventplatform.core.records import NewRecord
from eventplatform.core.services import Service
from eventplatform.core.streams import Stream
from monitoring.posting import Intake


@dataclass
class Schemas:
    examples: dict[str, dict[str, Any] | None]

    def canary_example(self, title: str) -> dict[str, Any] | None:
        example = self.examples.get(title)
        return None if example is None else json.loads(json.dumps(example))

    def titles(self) -> tuple[str, ...]:
        return tuple(self.examples)

    def __len__(self) -> int:
        return len(self.examples)

    def versions(self, title: str) -> tuple[str, ...]:
        return ("1.0.0",) if title in self.examples else ()

    def latest(self, _title: str) -> None:
        return None


@dataclass
class Config:
    streams: dict[str, Stream]
    schemas: Schemas
    revision: int = 7
    services: dict[str, Service] = field(default_factory=dict)

    @property
    def stream_set(self) -> SimpleNamespace:
        return SimpleNamespace(entries=[SimpleNamespace(stream=stream) for stream in self.streams.values()])

    def find_stream(self, name: str) -> Stream | None:
        return self.streams.get(name)

    def find_schema(self, schema_id: str) -> None:  # noqa: ARG002  # a snapshot's signature
        return None


WAREHOUSE = ConnectorView(
    name="warehouse-main",
    kind="postgres",
    target="warehouse",
    streams=("*",),
    state="idle",
    is_enabled=True,
    lag_records=0,
    lag_seconds=None,
    error_code="",
    last_error="",
    link="/connectors/warehouse-main",
    partitions=(),
)


class World:
    """A platform made of a memory log, a door in front of it, two streams and a store that is a dict."""

    def __init__(self) -> None:
        example = {
            "$schema": "/sample/test_event/1.0.0",
            "meta": {"stream": "x"},
            "dt": "2020-01-01T00:00:00Z",
            "test": "hello",
        }
        self.config = Config({}, Schemas({"sample/test_event": example}))
        self.log: Log = open_log(f"memory://{uuid.uuid4().hex}")
        self.connectors: tuple[ConnectorView, ...] = (WAREHOUSE,)
        self.written: dict[str, datetime] = {}
        self.status = 201
        self.posted: list[dict[str, Any]] = []
        self.metrics = ""
        self.add("test.event")

    def add(self, name: str, **changes: Any) -> Stream:
        """A stream, and its topic in the log."""
        facts = {"name": name, "schema_title": "sample/test_event", "service": "main", "topics": (name,), **changes}
        self.config.streams[name] = Stream(**facts)
        self.log.create_topic(name, partitions=2)
        return self.config.streams[name]

    def produce(self, topic: str, event: Any, *, timestamp_ms: int | None = None, key: bytes | None = None) -> None:
        value = event if isinstance(event, bytes) else json.dumps(event).encode()
        settled: list[Delivery] = []
        producer = self.log.producer()
        producer.produce([NewRecord(topic, value, key, timestamp_ms=timestamp_ms)], settled.extend)
        assert producer.flush(5) == 0
        assert [delivery.error for delivery in settled] == [None]
        producer.close()

    def intake(self) -> Intake:
        return Intake("http://intake", transport=httpx.MockTransport(self._answer), wait=lambda _: None)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200 if self.metrics else 404, text=self.metrics)
        event = json.loads(request.content)
        self.posted.append(event)
        if self.status == httpx.codes.CREATED:
            self.produce(event["meta"]["stream"], event)
        return httpx.Response(self.status, json={} if self.status == httpx.codes.CREATED else {"detail": "no, since <b>"})

    def canaries_written(self, *, wanted: Mapping[str, str], **_: object) -> dict[str, datetime]:
        return {event_id: self.written[event_id] for event_id in wanted if event_id in self.written}

"""A memory log, a configuration, connectors of the test's wishes, and the tables."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
import uuid_utils
from django.db import connection

from connectors.lookups import ConnectorView, PartitionView
from eventplatform.broker import open_log
from eventplatform.broker.base import Delivery, Log
from eventplatform.broker.dead_letters import DeadLetter, add
from eventplatform.core.records import Headers, NewRecord
from eventplatform.core.streams import Stream
from monitoring.stages import Path
from monitoring.trace import answering
from monitoring.trace.answering import Answer
from monitoring.trace.asking import ask
from monitoring.trace.scanning import Bounds
from tests.monitoring.rejected.conftest import SCHEMA, empty

STREAMS = {
    name: Stream(name, "sample/test_event", "main", (f"eqiad.{name}", f"codfw.{name}"))
    for name in ("test.event", "other.event")
}
NOW_MS = time.time_ns() // 1_000_000
PLACE = PartitionView(
    "test.event", "eqiad.test.event", 0, "idle", datetime.now(UTC), 10**9, 10**9, 0, None, "", 0, None, "", "", None
)
MYSQL = ConnectorView("to_mysql", "mysql", "m", ("*",), "idle", True, 0, None, "", "", "/connectors/to_mysql", (PLACE,))


class World:
    """What the tests write to, and what the platform knows."""

    def __init__(self) -> None:
        self.log: Log = open_log(f"memory://{uuid.uuid4().hex}")
        for stream in STREAMS.values():
            for topic in stream.topics:
                self.log.create_topic(topic)
        self.config: Any = SimpleNamespace(
            streams=STREAMS,
            find_stream=STREAMS.get,
            find_schema=lambda name: SCHEMA if name == SCHEMA.schema_id else None,
            document=SimpleNamespace(entries=[]),
        )
        self.connectors: tuple[ConnectorView, ...] = (MYSQL,)
        self.canaries: tuple[Path, ...] = ()
        self.bounds = Bounds()

    def produce(self, event: Any, *, topic: str = "eqiad.test.event", at_ms: int = NOW_MS, **facts: Any) -> Delivery:
        """One record as the intake writes it."""
        headers: Headers = (
            ("received-at", datetime.fromtimestamp(at_ms / 1000, UTC).isoformat().encode()),
            ("request-id", facts.pop("request_id", "request-1").encode()),
            ("service", b"main"),
            ("producer-key", b"mw-eventbus"),
        )
        value = event if event is None or isinstance(event, bytes) else orjson.dumps(event)
        told: list[Delivery] = []
        producer = self.log.producer()
        producer.produce([NewRecord(topic, value, headers=headers, timestamp_ms=at_ms, **facts)], told.extend)
        assert producer.flush(5) == 0
        producer.close()
        assert told[0].error is None
        return told[0]

    def fill(self, number: int, *, topic: str = "eqiad.test.event", at_ms: int = NOW_MS) -> None:
        """Many events of others."""
        producer = self.log.producer()
        made = [NewRecord(topic, orjson.dumps(event(str(n))), timestamp_ms=at_ms) for n in range(number)]
        producer.produce(made, lambda _: None)
        producer.flush(5)
        producer.close()

    def set_aside(self, **facts: Any) -> DeadLetter:
        """A dead letter; of the first record of its partition, if nothing else is said."""
        incarnation = self.log.topics()["eqiad.test.event"].incarnation
        letter = DeadLetter(
            name="to_mysql",
            stream="test.event",
            topic="eqiad.test.event",
            incarnation=incarnation,
            partition=0,
            offset=0,
            timestamp_ms=NOW_MS,
            key=None,
            value=orjson.dumps(event("event-1")),
            headers=(),
            code="sink.row_refused",
            pointer="/test",
            message="Data too long for column test.",
            remedy="Widen the column.",
        )
        letter = replace(letter, **facts)
        connection.ensure_connection()
        add(connection.connection, [letter])
        return letter


def event(event_id: str, **fields: Any) -> dict[str, Any]:
    meta = {"stream": fields.pop("stream", "test.event"), "id": event_id, "dt": "2026-11-18T14:07:12.418Z"}
    return {"$schema": SCHEMA.schema_id, "meta": {**meta, **fields.pop("meta", {})}, "test": "hello", **fields}


def find(world: World, text: str, by: Any = "id", *, go_on: str = "", at: Any = None, **facts: Any) -> Answer:
    question = ask(by, text, now=datetime.now(UTC), **facts)
    return answering.answer(world.log, question, go_on=go_on, at=at, bounds=world.bounds)


def new_id() -> str:
    return str(uuid_utils.uuid7())


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, db: None) -> Iterator[World]:
    found = World()
    for module in ("trace.lookups", "trace.pages", "personal"):
        monkeypatch.setattr(f"monitoring.{module}.snapshot", lambda: found.config)
    for module in ("trace.pages", "trace.views", "management.commands.trace"):
        monkeypatch.setattr(f"monitoring.{module}.event_log", lambda: found.log)
    monkeypatch.setattr("monitoring.management.commands.trace.fresh_snapshot", lambda: found.config)
    monkeypatch.setattr("connectors.lookups.for_stream", lambda _: found.connectors)
    monkeypatch.setattr("connectors.lookups.count", lambda: len(found.connectors) + 2)
    monkeypatch.setattr("monitoring.lookups.canary_paths_of", lambda _: found.canaries)
    monkeypatch.setattr("monitoring.trace.answering.Bounds", lambda: found.bounds)
    empty()
    yield found
    empty()

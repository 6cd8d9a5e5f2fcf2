"""A platform in small: a memory log, a fixed snapshot, connectors into a folder."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from django.db import connection

from connectors import letters, services, watcher
from connectors.models import Connector, Lease
from connectors.tasks import run_slice
from eventplatform.broker.base import Log
from eventplatform.core.records import NewRecord, TopicPartition
from eventplatform.core.streams import Stream
from eventplatform.eventlog import event_log

Produce = Callable[..., None]


@dataclass
class FakeSnapshot:
    revision: int = 1
    streams: dict[str, Stream] = field(default_factory=dict)

    def find_stream(self, name: str) -> Stream | None:
        return self.streams.get(name)

    def find_schema(self, schema_id: str) -> None:  # noqa: ARG002  # a snapshot's signature
        return None


def stream(name: str) -> Stream:
    return Stream(name, "sample/test_event", "main", (name,))


@pytest.fixture
def snapshot(monkeypatch: pytest.MonkeyPatch) -> FakeSnapshot:
    fake = FakeSnapshot(streams={"test.event": stream("test.event")})
    monkeypatch.setattr("streamconfig.lookups.snapshot", lambda: fake)
    return fake


@pytest.fixture
def log(settings: Any, snapshot: FakeSnapshot) -> Iterator[Log]:
    settings.EVENT_LOG_URL = f"memory://{uuid.uuid4().hex}"
    opened = event_log()
    opened.create_topic("test.event")
    yield opened
    letters.close()


@pytest.fixture
def produce(log: Log) -> Produce:
    def send(*values: bytes | str, topic: str = "test.event") -> None:
        records = [NewRecord(topic, value if isinstance(value, bytes) else orjson.dumps({"test": value})) for value in values]
        producer = log.producer()
        producer.produce(records, lambda _: None)
        assert producer.flush(5) == 0

    return send


@pytest.fixture
def connector(transactional_db: None, log: Log, tmp_path: Path) -> Connector:
    """A connector of all streams into files, which writes at once."""
    document: dict[str, Any] = {
        "targets": {"archive": {"kind": "files", "options": {"root": str(tmp_path)}}},
        "connectors": {"files": {"target": "archive", "streams": ["*"], "options": {"flush_age_seconds": 0.01}}},
    }
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM dead_letters")  # no model's table, so Django empties it for nobody
    services.import_document(document=document)
    return Connector.objects.get()


@pytest.fixture
def where() -> TopicPartition:
    return TopicPartition("test.event", 0)


@pytest.fixture
def lease(connector: Connector) -> Lease:
    watcher.reconcile()
    return Lease.objects.get()


@pytest.fixture
def rows(connector: Connector, snapshot: FakeSnapshot, postgres_url: str) -> Connector:
    """A connector of the stream into rows, which know where they came from."""
    schema = SimpleNamespace(document={"type": "object", "properties": {"test": {"type": "string"}}})
    snapshot.find_schema = lambda _: schema  # type: ignore[method-assign,assignment]  # events here name no schema
    services.save_target(name="db", kind="postgres", values={"url": postgres_url})
    return services.save_connector(name="rows", target="db", streams=["test.event"], values={})


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Slices that a watcher asked for; nobody runs them."""
    found: list[Any] = []
    monkeypatch.setattr(run_slice, "apply_async", lambda arguments, **_: found.append(arguments))
    return found


def named(*texts: str) -> list[bytes]:
    """Events that name their schema."""
    return [orjson.dumps({"$schema": "/sample/test_event/1.0.0", "test": text}) for text in texts]

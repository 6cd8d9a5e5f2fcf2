"""The two doors of the intake behind one client, over a hand-made configuration and a log that can be told to fail."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx
import orjson
from django.test import Client

from eventplatform.broker.base import Delivery, OnSettled, Producer
from eventplatform.broker.memory import MemoryLog
from eventplatform.core.records import NewRecord, Record, TopicPartition
from eventplatform.core.services import Service
from eventplatform.core.streams import Stream
from eventplatform.guard.json_body import JsonLimits
from intake import runtime
from intake.lane import Lane
from intake.limits import Limits
from intake.service import Intake
from registry.schema.compiled import Schema

GOOD = {"$schema": "/sample/test_event/1.0.0", "meta": {"stream": "test.event"}, "test": "hello"}
ERRORS_URL = "https://platform.example/errors/"
LIMITS = Limits(
    max_body_bytes=20_000, max_event_bytes=5_000, json=JsonLimits(max_events=20, max_depth=64), ack_timeout_seconds=0.3
)


def schema(version: str = "1.0.0", title: str = "sample/test_event", **properties: Any) -> Schema:
    meta = {
        "type": "object",
        "properties": {
            "stream": {"type": "string", "minLength": 1},
            "id": {"type": "string"},
            "dt": {"type": "string", "format": "date-time", "maxLength": 128},
            "request_id": {"type": "string"},
        },
        "required": ["stream", "dt"],
    }
    document = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": f"/{title}/{version}",
        "title": title,
        "type": "object",
        "properties": {"$schema": {"type": "string"}, "meta": meta, "test": {"type": "string"}, **properties},
        "required": ["$schema", "meta", "test"],
    }
    return Schema(document)


SCHEMAS = (
    schema(number={"type": "number"}, anything={}),
    schema(title="other/event"),
    schema("2.0.0", loose={"type": "string", "pattern": "^a"}),
    Schema({"$id": "/free/form/1.0.0", "title": "free/form", "type": "object", "properties": {"text": {"type": "string"}}}),
)
STREAMS = (
    Stream("test.event", "sample/test_event", "main", ("test.event",), settings={"schema_title": "sample/test_event"}),
    Stream("keyed.event", "sample/test_event", "main", ("keyed.event",), message_key_fields={"what": "test"}),
    Stream("stopped.event", "sample/test_event", "main", ("stopped.event",), is_enabled=False),
    Stream("closed.event", "sample/test_event", "main", ("closed.event",), is_open=False, late="drop"),
    Stream("flagged.event", "sample/test_event", "main", ("flagged.event",), is_open=False, late="flag"),
    Stream("steered.event", "sample/test_event", "main", ("steered.event",), stopped_instruments=frozenset({"stopped"})),
    Stream("elsewhere.event", "sample/test_event", "analytics", ("elsewhere.event",)),
    Stream("topicless.event", "sample/test_event", "main", ("topicless.event",)),
)


@dataclass(frozen=True)
class HandMade:
    """A configuration without a database."""

    streams: Mapping[str, Stream] = field(default_factory=lambda: {stream.name: stream for stream in STREAMS})
    schemas: Mapping[str, Schema] = field(default_factory=lambda: {schema.schema_id: schema for schema in SCHEMAS})
    revision: int = 1
    services: Mapping[str, Service] = field(default_factory=dict)

    @property
    def every_stream(self) -> Iterable[Stream]:
        return self.streams.values()

    def find_stream(self, name: str) -> Stream | None:
        return self.streams.get(name)

    def find_schema(self, schema_id: str) -> Schema | None:
        return self.schemas.get(schema_id)


class ObedientProducer(Producer):
    """The memory log's producer, which can be told to keep silent or to answer with an error."""

    def __init__(self, log: MemoryLog) -> None:
        self._inner = log.producer()
        self.is_silent = False
        self.error: Exception | None = None
        self.held: list[tuple[Sequence[NewRecord], OnSettled]] = []

    def produce(self, records: Sequence[NewRecord], on_settled: OnSettled) -> None:
        if self.is_silent:
            self.held.append((records, on_settled))
        elif self.error is not None:
            on_settled([Delivery(record.topic, error=self.error) for record in records])  # type: ignore[arg-type]  # a test's
        else:
            self._inner.produce(records, on_settled)

    def release(self) -> None:
        """Settle what was held back."""
        for records, on_settled in self.held:
            self._inner.produce(records, on_settled)
        self.held.clear()

    def flush(self, timeout_seconds: float) -> int:
        return self._inner.flush(timeout_seconds)

    def close(self) -> None:
        self._inner.close()


@dataclass(frozen=True)
class Reply:
    """Status, headers without Date, body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return httpx.Response(200, content=self.body).json()


class Door(Protocol):
    name: str

    def send(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Reply: ...


@dataclass
class Platform:
    """An intake over a memory log, seen through one door."""

    door: Door
    log: MemoryLog
    producer: ObedientProducer
    intake: Intake

    def post(self, body: bytes, query: str = "", **headers: str) -> Reply:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.door.send("POST", f"/v1/events{query}", body, {"content-type": "application/json", **named})

    def records(self, topic: str = "test.event") -> list[Record]:
        where = TopicPartition(topic, 0)
        return list(self.log.reader().read(where, 0).records)


class LaneDoor:
    name = "lane"

    def __init__(self, intake: Intake) -> None:
        self._lane = Lane(ReadyMade(intake))

    def send(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        return asyncio.run(self._send(method, path, body, headers))

    async def _send(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        await self._lane.start()
        transport = httpx.ASGITransport(self._lane)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            request = client.build_request(method, path, content=body)
            # As the Django client: nothing but what the test says, and the length.
            request.headers = httpx.Headers({"host": "testserver", "content-length": str(len(body)), **headers})
            answer = await client.send(request)
        return Reply(answer.status_code, _without_date(answer.headers), answer.content)


class DrfDoor:
    name = "drf"

    def __init__(self) -> None:
        self._client = Client(raise_request_exception=False)

    def send(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        rest = {name: value for name, value in headers.items() if name != "content-type"}
        kind = headers.get("content-type", "")
        # Django's client keeps both to itself where the body is empty.
        always: dict[str, Any] = {"CONTENT_TYPE": kind, "CONTENT_LENGTH": str(len(body))}
        answer = self._client.generic(method, path, body, content_type=kind, headers=rest, **always)
        cookies = {"set-cookie": answer.cookies.output()} if answer.cookies else {}
        return Reply(answer.status_code, _without_date({**dict(answer.items()), **cookies}), answer.content)


class ReadyMade:
    """A runtime over an intake that exists already."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    def start(self) -> Intake:
        return self._intake

    def stop(self) -> None:
        """Others may still use it."""

    def readiness(self) -> tuple[bool, dict[str, Any]]:
        return True, {"status": "ok", "log": self._intake.log_trouble or "ok"}

    def metrics(self) -> tuple[bytes, str]:
        return b"", "text/plain"


def platform(name: str, monkeypatch: Any, *services: Service) -> Iterator[Platform]:
    """An intake seen through the door of that name; it answers for the service `main`, as configured or by default."""
    log = MemoryLog()
    for stream in STREAMS:
        if stream.name != "topicless.event":
            log.create_topic(stream.name)
    producer = ObedientProducer(log)
    configuration = HandMade(services={service.name: service for service in services})
    intake = Intake(
        configuration=lambda: configuration,
        producer=producer,
        limits=LIMITS,
        services=["main"],
        errors_url=ERRORS_URL,
        home="https://platform.example",
    )
    monkeypatch.setattr(runtime, "intake", lambda: intake)
    yield Platform(DrfDoor() if name == "drf" else LaneDoor(intake), log, producer, intake)


def _without_date(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items() if name.lower() != "date"}


def event(**changes: Any) -> dict[str, Any]:
    return {**GOOD, **changes}


def to(stream: str, **changes: Any) -> dict[str, Any]:
    return event(meta={"stream": stream}, **changes)


def dump(document: Any) -> bytes:
    return orjson.dumps(document)


def codes(reply: Reply) -> list[tuple[int, str, str]]:
    return [(one["index"], one["code"], one["pointer"]) for one in reply.json["results"] if "code" in one]


def deep(levels: int) -> bytes:
    """An event of so many levels: the event itself is the first."""
    return dump(GOOD)[:-1] + b',"anything":' + b"[" * (levels - 1) + b"]" * (levels - 1) + b"}"


def wide(rest: bytes) -> bytes:
    """An event with more keys than one object may have, and `rest` behind them."""
    return b"%s,%s,%s}" % (dump(GOOD)[:-1], b",".join(b'"%d":1' % n for n in range(1001)), rest)


def with_number(digits: bytes) -> bytes:
    return dump(GOOD)[:-1] + b',"number":' + digits + b"}"

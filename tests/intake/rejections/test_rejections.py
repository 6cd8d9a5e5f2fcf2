"""What error streams are told of refused events, and what keeps that bounded."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from prometheus_client import REGISTRY

from eventplatform.broker.base import Delivery, LogUnavailableError, OnSettled, Producer
from eventplatform.broker.memory import MemoryLog
from eventplatform.core.door_rules import DoorRules, PrivacyRules
from eventplatform.core.error_events import ErrorRecord, read
from eventplatform.core.errors import PlatformError
from eventplatform.core.pii_values import Hashing
from eventplatform.core.records import NewRecord, Record, TopicPartition
from eventplatform.core.refusals import EventInvalidError, StreamUnknownError
from eventplatform.core.results import EventResult
from eventplatform.core.schemas import Violation
from eventplatform.core.services import Service
from eventplatform.core.streams import Stream
from eventplatform.guard.body import BodyReader
from eventplatform.guard.errors import BodyTooLargeError
from eventplatform.guard.permits import KeyRateError
from eventplatform.guard.request_head import RequestHead
from intake.ids import now
from intake.rejections import RejectionLimits, Rejections
from registry.schema.compiled import Schema

OWN = "platform.rejected"
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
MARKED = Schema(
    {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": "/sample/test_event/1.0.0",
        "title": "sample/test_event",
        "type": "object",
        "properties": {
            "test": {"type": "string"},
            "number": {"type": "number"},
            "session": {"type": "string", "x-pii": "id", "x-pii-action": "hash"},
            "who": {"type": "string", "x-pii": "name", "x-pii-action": "drop"},
            "http": {"type": "object"},
        },
    }
)
STREAMS = (
    Stream("own.error", "error", "main", ("own.error",)),
    Stream("main.error", "error", "main", ("main.error",)),
    Stream("with.own", "sample/test_event", "main", ("with.own",), door=DoorRules(error_stream="own.error")),
    Stream("with.none", "sample/test_event", "main", ("with.none",)),
    Stream("of.bare", "sample/test_event", "bare", ("of.bare",)),
    Stream("to.nowhere", "sample/test_event", "main", ("to.nowhere",), door=DoorRules(error_stream="no.such")),
)
SERVICES = {"main": Service("main", error_stream="main.error"), "bare": Service("bare")}


@dataclass(frozen=True)
class Configured:
    """A configuration without a database."""

    services: Mapping[str, Service]
    streams: Mapping[str, Stream] = field(default_factory=lambda: {stream.name: stream for stream in STREAMS})
    revision: int = 1

    @property
    def every_stream(self) -> Iterable[Stream]:
        return self.streams.values()

    def find_stream(self, name: str) -> Stream | None:
        return self.streams.get(name)

    def find_schema(self, schema_id: str) -> Schema | None:
        return MARKED if schema_id == MARKED.schema_id else None


class Kept(Producer):
    """Into a memory log; `error` fails everything."""

    def __init__(self, log: MemoryLog) -> None:
        self._inner = log.producer()
        self.error: PlatformError | None = None

    def produce(self, records: Sequence[NewRecord], on_settled: OnSettled) -> None:
        if self.error is not None:
            on_settled([Delivery(record.topic, error=self.error) for record in records])
        else:
            self._inner.produce(records, on_settled)

    def flush(self, timeout_seconds: float) -> int:
        return self._inner.flush(timeout_seconds)

    def close(self) -> None:
        self._inner.close()


class World:
    def __init__(self, **limits: Any) -> None:
        self.log = MemoryLog()
        for topic in (OWN, "own.error", "main.error"):
            self.log.create_topic(topic)
        self.configuration = Configured(SERVICES)
        self.producer = Kept(self.log)
        self.seconds = 0.0
        self.rejections = Rejections(
            producer=self.producer,
            hashing=Hashing(b"tests"),
            own_topic=OWN,
            limits=RejectionLimits(**limits),
            clock=lambda: self.seconds,
        )

    def visit(self, body: bytes = b"", *, service: str = "main", is_hasty: bool = False, **headers: str) -> Any:
        named = {"user-agent": AGENT, "x-request-id": "r-1"} | {name.replace("_", "-"): one for name, one in headers.items()}
        head = RequestHead(
            content_type="application/json",
            request_id=named["x-request-id"],
            is_hasty=is_hasty,
            service=service,
            header=lambda name: named.get(name, ""),
        )
        reader = BodyReader(1000)
        reader.feed(body)
        one = self.configuration
        gate = SimpleNamespace(find_stream=one.find_stream, find_schema=one.find_schema, find_service=one.services.get)
        desk = SimpleNamespace(gate=gate, service=one.services[service])
        return SimpleNamespace(head=head, desk=desk, body=reader, permit=None)

    def tell(self, *refused: EventResult, **visit: Any) -> None:
        self.rejections.tell(refused, self.visit(**visit), now())
        assert self.rejections.flush(5)

    def records(self, topic: str) -> list[Record]:
        reader = self.log.reader()
        return list(reader.read(TopicPartition(topic, 0), 0, max_records=5000).records)

    def told(self, topic: str) -> list[ErrorRecord]:
        found = [read(record) for record in self.records(topic)]
        assert all(found)
        return [one for one in found if one is not None]


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.rejections.close()


def event(stream: str = "with.none", **fields: Any) -> dict[str, Any]:
    meta = {"stream": stream, "id": "e-1", "domain": "en.example.org", "uri": "https://en.example.org/page"}
    return {"$schema": "/sample/test_event/1.0.0", "meta": meta, "test": "a", **fields}


def refused(given: Any, error: PlatformError | None = None, stream: str = "with.none", outcome: Any = "invalid") -> EventResult:
    places = (Violation("/number", "type", "must be a number, not text"),)
    wrong = error or EventInvalidError(pointer="/number", summary="must be a number, not text", violations=places)
    return EventResult(0, outcome, None, stream or None, wrong, given)


def counted(result: str, stream: str = "with.none") -> float:
    labels = {"stream": stream, "result": result}
    return REGISTRY.get_sample_value("eventplatform_intake_rejections_total", labels) or 0.0


def test_tell__refused_event__wikimedias_error_event_with_our_headers(world: World) -> None:
    world.tell(refused(event(number="three")))

    (record,) = world.records("main.error")
    value = orjson.loads(record.value or b"")
    assert {name: value[name] for name in ("$schema", "emitter_id", "message", "error_type")} == {
        "$schema": "/error/2.1.0",
        "emitter_id": "eventplatform-intake",
        "message": "must be a number, not text",
        "error_type": "event.invalid",
    }
    assert value["errored_schema_uri"] == "/sample/test_event/1.0.0"
    assert value["errored_stream_name"] == "with.none"
    assert orjson.loads(value["raw_event"]) == event(number="three")
    meta = value["meta"]
    assert (meta["stream"], meta["domain"], meta["request_id"]) == ("main.error", "en.example.org", "r-1")
    assert meta["uri"] == "https://en.example.org/page"
    assert value["dt"] == meta["dt"]
    (told,) = world.told("main.error")
    assert (told.code, told.pointer, told.outcome, told.service) == ("event.invalid", "/number", "invalid", "main")
    assert (told.client, told.request_id, told.stream, told.event_id) == ("Firefox 128", "r-1", "with.none", "e-1")
    assert told.schema_id == "/sample/test_event/1.0.0"
    assert told.violations == (Violation("/number", "type", "must be a number, not text"),)
    assert len(record.headers) <= 20


@pytest.mark.parametrize(
    ("stream", "service", "topic"),
    [
        ("with.own", "main", "own.error"),
        ("with.none", "main", "main.error"),
        ("of.bare", "bare", OWN),
        ("to.nowhere", "main", OWN),
        ("", "main", "main.error"),
        ("", "bare", OWN),
        ("main.error", "main", OWN),  # of an error stream itself: nothing circles
    ],
)
def test_tell__stream_and_service__the_nearest_error_stream(world: World, stream: str, service: str, topic: str) -> None:
    error = None if stream else StreamUnknownError(pointer="/meta/stream", stream="x")

    world.tell(refused(event(stream or "x"), error, stream), service=service)

    assert len(world.told(topic)) == 1


def test_tell__unknown_stream_and_schema__are_no_names_of_groups(world: World) -> None:
    given = event("made.up.by.a.client") | {"$schema": "/made/up/1.0.0"}

    world.tell(refused(given, StreamUnknownError(pointer="/meta/stream", stream="made.up.by.a.client"), ""))

    (told,) = world.told("main.error")
    assert (told.stream, told.schema_id) == ("", "")
    assert orjson.loads(world.records("main.error")[0].value or b"")["errored_stream_name"] == "made.up.by.a.client"


@pytest.mark.parametrize(
    "given", [None, 5, "text", [1], {}, {"meta": 3}, {"meta": {"stream": 7, "uri": "no uri"}}, {"$schema": {}}]
)
def test_tell__anything_that_json_brings__is_an_error_event_of_its_schema(
    world: World, given: Any, error_schema: Schema
) -> None:
    world.tell(refused(given, stream=""))

    (record,) = world.records("main.error")
    assert error_schema.violations(orjson.loads(record.value or b"")) == []
    assert orjson.loads(world.told("main.error")[0].raw) == given


def test_tell__personal_data__is_cleaned_and_the_event_of_the_answer_is_not(world: World) -> None:
    given = event(session="0123456789abcdef", who="Ada", http={"client_ip": "192.0.2.77", "user-agent": AGENT, "cookie": "s=1"})
    before = orjson.dumps(given)

    world.tell(refused(given), user_agent=AGENT, x_forwarded_for="192.0.2.77")

    (record,) = world.records("main.error")
    everything = (record.value or b"") + b"".join(value for _, value in record.headers)
    for planted in (b"0123456789abcdef", b"Ada", b"192.0.2.77", b"Linux", b"s=1"):
        assert planted not in everything
    assert b"192.0.2.0" in everything
    assert orjson.dumps(given) == before


def test_tell__line_that_is_no_json__its_text_is_cleaned(world: World) -> None:
    world.tell(refused('{"$schema": "/sample/test_event/1.0.0", "client_ip": "192.0.2.77", "who": "Ada", "test": ', stream=""))

    (told,) = world.told("main.error")
    assert ("192.0.2.0" in told.raw, "192.0.2.77" in told.raw, "Ada" in told.raw) == (True, False, False)


def test_tell__dnt_where_heeded__marked_fields_are_gone(world: World) -> None:
    services = {"main": replace(SERVICES["main"], privacy=PrivacyRules(heeds_dnt=True))}
    world.configuration = replace(world.configuration, services=services)

    world.tell(refused(event(session="0123456789abcdef")), dnt="1")

    assert "session" not in orjson.loads(world.told("main.error")[0].raw)


def test_tell__long_event__cut_and_said_so() -> None:
    world = World(max_event_bytes=200)

    world.tell(refused(event(test="ä" * 500)))

    (told,) = world.told("main.error")
    assert told.is_cut
    assert len(told.raw.encode()) <= 200


def test_tell__the_client_sends_it_again__nothing_is_told_unless_nobody_waited(world: World) -> None:
    away = LogUnavailableError(reason="tests")

    world.tell(refused(event(), away, outcome="failed"))
    assert world.told("main.error") == []

    world.tell(refused(event(), away, outcome="failed"), is_hasty=True)
    assert [told.code for told in world.told("main.error")] == ["log.unavailable"]


def test_tell_body__broken_json__its_text_cleaned_and_bounded() -> None:
    world = World(max_body_bytes=100)
    body = b'{"client_ip": "192.0.2.77", "a": ' + b"x" * 500

    world.rejections.tell_body(EventInvalidError(summary="broken"), world.visit(body), now())
    assert world.rejections.flush(5)

    (told,) = world.told("main.error")
    assert told.is_body
    assert told.is_cut
    assert told.raw.startswith('{"client_ip": "192.0.2.0"')
    assert len(told.raw) <= 100


def test_tell_body__too_large_to_be_read__is_told_without_text(world: World) -> None:
    visit = world.visit(b"x" * 2000)

    world.rejections.tell_body(BodyTooLargeError(limit=1000), visit, now())
    assert world.rejections.flush(5)

    assert [(told.code, told.raw) for told in world.told("main.error")] == [(BodyTooLargeError.code, "")]


def test_tell_body__beyond_a_rate_before_anything_was_read__not_told(world: World) -> None:
    limited = KeyRateError(subject="the producer key x", limit="5 events a second", seconds=1.0)
    world.rejections.tell_body(limited, world.visit(), now())
    world.tell(refused(event(), limited, outcome="limited"))
    assert [(told.code, told.is_body) for told in world.told("main.error")] == [("rate.key", False)]


def test_rate__over_it__counted_by_stream_and_others_are_still_told() -> None:
    world = World(per_second=1)
    before = counted("over_rate")

    world.tell(*[refused(event()) for _ in range(50)])
    world.tell(refused(event("with.own"), stream="with.own"))

    assert len(world.told("main.error")) == 10  # ten seconds' worth at once
    assert counted("over_rate") == before + 40
    assert len(world.told("own.error")) == 1
    world.seconds += 3
    world.tell(*[refused(event()) for _ in range(50)])
    assert len(world.told("main.error")) == 13


def test_memory__nobody_takes_them__bounded_and_counted() -> None:
    world = World(per_second=10_000, per_second_in_all=10_000, max_waiting_bytes=10_000)
    before = counted("queue_full")

    with world.rejections._changed:  # the thread can take nothing meanwhile
        world.rejections._thread = world.rejections._thread or _nobody()
        started = time.perf_counter()
        for _ in range(100):
            world.rejections.tell([refused(event(test="x" * 1000))], world.visit(), now())
        seconds = time.perf_counter() - started

    assert world.rejections._waiting_bytes <= 10_000
    assert counted("queue_full") > before + 80
    assert seconds < 1


def test_log__refuses__counted_and_the_door_knows_nothing(world: World) -> None:
    world.producer.error = LogUnavailableError(reason="tests")
    before = counted("failed")

    world.tell(refused(event()))

    assert counted("failed") == before + 1


def test_one_that_breaks__the_others_are_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    before = counted("failed")
    write = world.rejections._record

    def breaks_once(waiting: Any) -> NewRecord:
        if b"first" in waiting.raw:
            raise RuntimeError("planted")
        return write(waiting)

    monkeypatch.setattr(Rejections, "_record", lambda _self, waiting: breaks_once(waiting))

    world.tell(refused(event(test="first")), refused(event(test="second")))

    assert [orjson.loads(told.raw)["test"] for told in world.told("main.error")] == ["second"]
    assert counted("failed") == before + 1


def test_close__what_comes_later__is_counted() -> None:
    world = World()
    before = counted("queue_full")
    world.rejections.close()

    world.rejections.tell([refused(event())], world.visit(), now())

    assert counted("queue_full") == before + 1


def _nobody() -> Any:
    return object()


@pytest.fixture(scope="module")
def error_schema() -> Schema:
    from django.conf import settings

    from registry.schema import documents

    document: Mapping[str, Any] = documents.load(
        (settings.BASE_DIR / "examples/schemas/primary/jsonschema/eventplatform/error/2.1.0.yaml").read_text()
    )
    return Schema(document)

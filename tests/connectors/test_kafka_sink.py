"""The mirror into Kafka, against the real one: what becomes of a record, who is fenced, what readers see."""

from __future__ import annotations

import io
import json
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import confluent_kafka
import fastavro
import orjson
import pytest

from connectors.sinks import kafka
from connectors.sinks.base import Canary, FencedError, Position, Row, RowDiscardedError, RowsRefusedError, WriteBatch
from connectors.steering import Steering
from connectors.stores.kafka_cluster import KafkaTarget
from connectors.stores.kafka_mirror import Origin
from eventplatform.broker.kafka import KafkaLog
from eventplatform.core.errors import PlatformError
from eventplatform.core.names import HEADER_MIRRORED_FROM
from eventplatform.core.records import Headers, NewRecord, Record, TopicPartition
from tests.contracts.logs import produce, read_committed
from tests.servers.kafka import KafkaServer

pytestmark = pytest.mark.services

WHERE = TopicPartition("page.change", 1)
SCHEMA = "/page/change/1.0.0"
DOCUMENT = {
    "properties": {
        "$schema": {"type": "string"},
        "page": {
            "type": "object",
            "properties": {"id": {"type": "integer"}, "tags": {"type": "array", "items": {"type": "string"}}},
        },
        "scores": {"type": "object", "additionalProperties": {"type": "number"}},
        "free": {"type": ["string", "array"]},
    }
}
MakeSink = Callable[..., kafka.KafkaSink]


@pytest.fixture
def name() -> str:
    return uuid.uuid4().hex[:8]


@pytest.fixture
def log(kafka_server: KafkaServer) -> Iterator[KafkaLog]:
    with KafkaLog(kafka_server.servers) as opened:
        yield opened


@pytest.fixture
def make(kafka_server: KafkaServer, name: str) -> Iterator[MakeSink]:
    made: list[kafka.KafkaSink] = []

    def build(registry: str = "", **options: Any) -> kafka.KafkaSink:
        given = {"topic": f"{name}.{{topic}}", "own_prefix": f"{name}_", "retention_hours": 10**6, **options}
        made.append(kafka.KafkaSink("c1", KafkaTarget(kafka_server.servers, registry_url=registry), kafka.Options(**given)))
        made[-1].open()
        return made[-1]

    yield build
    for sink in made:
        sink.close()


def row(offset: int, *, key: bytes | None = None, headers: Headers = (), **fields: Any) -> Row:
    event = {"$schema": SCHEMA, **fields}
    value = json.dumps(event, indent=1).encode()  # spaces: only the bytes themselves have them
    return Row(Record(*WHERE, offset, 1_700_000_000_000 + offset, key, value, headers), event)


def batch(*rows: Row, expected: Position | None = None, **fields: Any) -> WriteBatch:
    return WriteBatch("page.change", WHERE, expected, Position(rows[-1].offset + 1, "i1", "elsewhere"), rows, **fields)


def records(log: KafkaLog, topic: str, partition: int = 1) -> list[Record]:
    return read_committed(log, TopicPartition(topic, partition))


def test_write__as_it_is__bytes_key_headers_time_and_partition_stay(make: MakeSink, log: KafkaLog, name: str) -> None:
    sent = row(7, key=b"k", headers=(("request-id", b"r"),), page={"id": 1})

    make().write(batch(sent))

    (found,) = records(log, f"{name}.page.change")
    assert (found.value, found.key, found.timestamp_ms) == (sent.record.value, b"k", sent.record.timestamp_ms)
    origin = Origin("elsewhere", "page.change", "i1", 1, 7)
    assert found.headers == (("request-id", b"r"), (HEADER_MIRRORED_FROM, origin.as_header()))
    assert Origin.of(found.headers[1][1]) == origin


def test_write__privacy_rules__never_the_original_bytes(make: MakeSink, log: KafkaLog, name: str) -> None:
    make().write(batch(row(0, page={"id": 1}), steering=Steering(privacy={"ip": "drop"})))

    (found,) = records(log, f"{name}.page.change")
    assert found.value == orjson.dumps({"$schema": SCHEMA, "page": {"id": 1}})


def test_write__upsert__key_from_the_event_and_tombstones_go_on(make: MakeSink, log: KafkaLog, name: str) -> None:
    upsert = Steering(is_upsert=True, key=("/page/id",))
    tombstone = Record(*WHERE, 1, 1_700_000_000_000, b'{"id": 5}', None)

    make().write(batch(row(0, page={"id": 5}), steering=upsert, tombstones=(tombstone,)))

    assert [(one.key, one.value is None) for one in records(log, f"{name}.page.change")] == [(b"5", False), (b"5", True)]


def test_write__upsert_without_any_key__refused_alone(make: MakeSink) -> None:
    with pytest.raises(RowsRefusedError) as told:
        make().write(batch(row(0, key=b"k"), row(1), steering=Steering(is_upsert=True)))

    assert set(told.value.refused) == {1}


def test_write__too_large_for_the_topic__refused_and_the_next_goes_well(make: MakeSink, log: KafkaLog, name: str) -> None:
    log.admin.create_topic(f"{name}.page.change", 2, None, {"max.message.bytes": "2000", "retention.ms": "-1"})
    sink = make()
    sink.position(WHERE)
    large = row(0, free="".join(uuid.uuid4().hex for _ in range(500)))  # nothing that could be compressed

    with pytest.raises(PlatformError) as told:
        sink.write(batch(large))
    sink.write(batch(row(1)))

    assert told.value.code in {"sink.record_refused", "sink.rows_refused"}
    assert len(records(log, f"{name}.page.change")) == 1


def test_write__into_the_topic_that_is_read__stops(make: MakeSink, log: KafkaLog) -> None:
    own = replace(batch(row(0)), after=Position(1, "i1", log.cluster_id()))

    with pytest.raises(kafka.MirrorLoopError):
        make(topic="{topic}").write(own)


def test_write__came_from_there__discarded_and_counted(make: MakeSink, log: KafkaLog, name: str) -> None:
    origin = Origin(log.cluster_id(), f"{name}.page.change", "i0", 0, 3)

    with pytest.raises(RowsRefusedError) as told:
        make().write(batch(row(0, headers=((HEADER_MIRRORED_FROM, origin.as_header()),))))

    assert isinstance(told.value.refused[0], RowDiscardedError)


def test_write__topics_not_to_be_made__says_so(make: MakeSink) -> None:
    make()
    sink = make(makes_topics=False)

    with pytest.raises(PlatformError, match="may not make"):
        sink.write(batch(row(0)))


def test_write__another_one_asked_for_the_position_meanwhile__goes_on(make: MakeSink, log: KafkaLog, name: str) -> None:
    sink, other = make(), make()
    sink.write(batch(row(0)))
    assert other.position(WHERE) == Position(1, "i1", "elsewhere")

    sink.write(batch(row(1), expected=Position(1, "i1", "elsewhere")))

    with pytest.raises(FencedError):
        other.write(batch(row(1), expected=Position(1, "i1", "elsewhere")))
    assert len(records(log, f"{name}.page.change")) == 2


def test_write__dead_process_left_a_transaction_open__ended_by_the_next(
    make: MakeSink, log: KafkaLog, kafka_server: KafkaServer, name: str
) -> None:
    make().write(batch(row(0)))
    settings = {"bootstrap.servers": kafka_server.servers, "transactional.id": f"{name}_c1.page.change.1"}
    dead = confluent_kafka.Producer(settings, logger=None)
    dead.init_transactions(10)
    dead.begin_transaction()
    dead.produce(f"{name}.page.change", b"never", partition=1)
    dead.flush(10)

    make().write(batch(row(1), expected=Position(1, "i1", "elsewhere")))

    assert [orjson.loads(one.value or b"")["$schema"] for one in records(log, f"{name}.page.change")] == [SCHEMA, SCHEMA]


@pytest.fixture
def registry() -> Iterator[tuple[str, dict[int, str]]]:
    """As much of Confluent's API as registering takes."""
    schemas: dict[int, str] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            schema = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["schema"]
            number = next((one for one, text in schemas.items() if text == schema), len(schemas) + 1)
            schemas[number] = schema
            body = json.dumps({"id": number}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", schemas
    server.shutdown()
    server.server_close()


def test_write__avro__read_by_the_registered_schema(
    make: MakeSink, log: KafkaLog, name: str, registry: tuple[str, dict[int, str]]
) -> None:
    url, schemas = registry
    sink = make(url, format="avro")
    sink.prepare("page.change", SCHEMA, DOCUMENT, Steering())
    page = {"id": 5, "tags": ["a", "b"]}

    sink.write(batch(row(0, page=page, scores={"x": 1}, free=[1, "two"], unknown={"deep": True})))

    (found,) = records(log, f"{name}.page.change")
    assert found.value is not None
    assert found.value[:1] == b"\x00"
    schema = fastavro.parse_schema(json.loads(schemas[int.from_bytes(found.value[1:5], "big")]))
    event: Any = fastavro.schemaless_reader(io.BytesIO(found.value[5:]), schema, None)
    assert event["page"] == {**page, "_extra": None}
    assert (event["_schema"], event["scores"], event["free"]) == (SCHEMA, {"x": 1.0}, '[1,"two"]')
    assert json.loads(event["_extra"]) == {"unknown": {"deep": True}}


def test_write__avro_with_a_value_of_another_type__refused_by_its_place(
    make: MakeSink, registry: tuple[str, dict[int, str]]
) -> None:
    sink = make(registry[0], format="avro")
    sink.prepare("page.change", SCHEMA, DOCUMENT, Steering())

    with pytest.raises(RowsRefusedError) as told:
        sink.write(batch(row(0, page={"id": "five"})))

    assert told.value.refused[0].pointer == "/page/id"


def test_canary__written__in_the_marker_and_not_in_the_mirror(make: MakeSink, log: KafkaLog, name: str) -> None:
    sink = make()
    sent = datetime(2026, 11, 25, tzinfo=UTC)

    sink.write(batch(row(0), canaries=(Canary(1, "one", sent),)))

    assert sink.canary_written("page.change", "one") is not None
    assert len(records(log, f"{name}.page.change")) == 1


def test_group_offsets__told__seen_by_ordinary_tools(log: KafkaLog, name: str) -> None:
    log.create_topic(name)
    produce(log, [NewRecord(name, b"{}")] * 3)

    log.admin.alter_group_offsets(f"connector.{name}", {TopicPartition(name, 0): 2})

    assert log.admin.group_offsets(f"connector.{name}") == {TopicPartition(name, 0): 2}

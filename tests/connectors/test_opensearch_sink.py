"""OpenSearch for real: evolution, upserts, periods, full disks, lost indices, and every schema of the reference."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import orjson
import pytest

from connectors.delivery import Delivery, Source
from connectors.sinks.base import Position, Row, StoreUnavailableError, UpsertUnsupportedError, WriteBatch
from connectors.sinks.opensearch import OpenSearchSink
from connectors.steering import NO_STEERING, Steering
from eventplatform.broker.dead_letters import DeadLetter
from eventplatform.core.records import Record, TopicPartition
from tests.contracts.stores.opensearch import OpenSearchStore
from tests.registry import corpus
from tests.servers.base import Server

pytestmark = [pytest.mark.slow, pytest.mark.services]

STREAM = "page.change"
WHERE = TopicPartition(STREAM, 0)
DT = "2026-11-26T01:02:03Z"
UPSERT = Steering(is_upsert=True, key=("/page/id",))


def schema(**fields: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"meta": {"type": "object", "properties": {"dt": {"type": "string"}}}, **fields}}


PAGE = {"type": "object", "properties": {"id": {"type": "integer"}}}
V1 = schema(test={"type": "string"}, page=PAGE)


@pytest.fixture
def store(opensearch_server: Server) -> OpenSearchStore:
    return OpenSearchStore(f"http://{opensearch_server.address}")


@pytest.fixture
def opened(store: OpenSearchStore) -> Iterator[Callable[..., OpenSearchSink]]:
    made: list[OpenSearchSink] = []

    def opened(document: dict[str, Any] = V1, steering: Steering = NO_STEERING, **options: Any) -> OpenSearchSink:
        sink = store.sink(**options)
        assert isinstance(sink, OpenSearchSink)
        sink.open()
        sink.prepare(STREAM, "/page/change/1.0.0", document, steering)
        made.append(sink)
        return sink

    yield opened
    for sink in made:
        sink.close()


def record(offset: int, event: dict[str, Any] | None, key: bytes | None = None) -> Record:
    return Record(*WHERE, offset, 0, key, None if event is None else orjson.dumps(event))


def row(offset: int, **event: Any) -> Row:
    event = {"$schema": "/page/change/1.0.0", "meta": {"dt": DT}, "test": f"t{offset}", **event}
    return Row(record(offset, event), event)


def at(offset: int) -> Position:
    return Position(offset, "i1", "cluster")


def batch(first: int, rows: list[Row], steering: Steering = NO_STEERING, tombstones: tuple[Record, ...] = ()) -> WriteBatch:
    end = max([*(one.offset for one in rows), *(one.offset for one in tombstones)]) + 1
    return WriteBatch(STREAM, WHERE, at(first) if first else None, at(end), rows, (), steering, tombstones)


def test_prepare__another_type__old_field_stays_and_values_are_kept_aside(
    store: OpenSearchStore, opened: Callable[..., OpenSearchSink]
) -> None:
    sink = opened(schema(test={"type": "string"}, count={"type": "integer"}))
    sink.write(batch(0, [row(0, count=1)]))

    sink.prepare(
        STREAM, "/page/change/2.0.0", schema(test={"type": "string"}, count=PAGE, new={"type": "boolean"}), NO_STEERING
    )
    sink.write(batch(1, [row(1, count={"id": 5}, new=True)]))

    found = store.documents(STREAM)[1]
    assert found["_extra"] == {"/count": {"why": "not_an_integer", "value": {"id": 5}}}
    assert found["new"] is True
    assert found_by(store, {"term": {"new": True}}) == ["t1"]


def test_prepare__freeze__makes_the_index_and_then_leaves_it(
    store: OpenSearchStore, opened: Callable[..., OpenSearchSink]
) -> None:
    frozen = Steering(columns="freeze")
    sink = opened(V1, frozen)

    sink.prepare(STREAM, "/page/change/1.1.0", schema(test={"type": "string"}, late={"type": "string"}), frozen)

    mapping = httpx.get(f"{store.url}/{store.prefix}{STREAM}/_mapping").json()
    (fields,) = [index["mappings"]["properties"] for index in mapping.values()]
    assert "test" in fields
    assert "late" not in fields


def test_write__searched__by_every_kind_of_field(store: OpenSearchStore, opened: Callable[..., OpenSearchSink]) -> None:
    fields = {
        "dt": {"type": "string", "format": "date-time"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "map": {"type": "object", "additionalProperties": {"type": "string"}},
    }
    sink = opened(schema(test={"type": "string"}, page=PAGE, **fields), text=True)
    long = "y" * 40_000

    first = row(0, dt="2026-11-26 01:02:03Z", tags=["a", "b"], map={"x": "y"}, page={"id": 7})
    sink.write(batch(0, [first, row(1, test=long, meta={"dt": "2026-11-25T00:00:00Z"})]))

    for query in (
        {"range": {"dt": {"gte": "2026-11-26T01:02:02Z", "lt": "2026-11-26T01:02:04Z"}}},
        {"term": {"tags": "b"}},
        {"term": {"map.x": "y"}},
        {"range": {"page.id": {"gt": 6}}},
        {"match": {"test.text": "T0"}},
        {"range": {"_record.taken_in": {"gte": DT}}},
    ):
        assert found_by(store, query) == ["t0"], query
    assert store.texts(STREAM) == ["t0", long]


def test_write__upsert__newest_wins_and_a_tombstone_deletes(
    store: OpenSearchStore, opened: Callable[..., OpenSearchSink]
) -> None:
    sink = opened(V1, UPSERT)
    sink.write(batch(0, [row(number, page={"id": number % 3}) for number in range(6)], UPSERT))
    sink.write(batch(6, [row(6, page={"id": 0})], UPSERT, (record(7, None, b"1"), record(8, None, b'{"id": 9}'))))

    texts = store.texts(STREAM)
    sink.write(WriteBatch(STREAM, WHERE, at(9), at(2), ()))
    sink.write(batch(2, [row(2, page={"id": 2}), row(3, page={"id": 0}), row(4, page={"id": 1})], UPSERT))  # read again

    assert sorted(texts) == ["t5", "t6"]
    assert sorted(store.texts(STREAM)) == ["t5", "t6"]


@pytest.mark.parametrize(("steering", "period"), [(Steering(is_upsert=True), "none"), (UPSERT, "month")])
def test_write__upsert_that_can_t_be__refused(steering: Steering, period: str, opened: Callable[..., OpenSearchSink]) -> None:
    with pytest.raises(UpsertUnsupportedError):
        opened(V1, steering, period=period)


def test_write__again_after_a_crash_before_the_step__nothing_doubled(
    store: OpenSearchStore, opened: Callable[..., OpenSearchSink], monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = opened()
    rows = [row(number) for number in range(10)]
    with monkeypatch.context() as patched:
        patched.setattr(OpenSearchSink, "_advance", _dies)
        with pytest.raises(StoreUnavailableError):
            sink.write(batch(0, rows[:6]))

    sink.write(batch(0, rows))

    assert store.texts(STREAM) == [f"t{number}" for number in range(10)]


def _dies(*_: object) -> None:
    raise StoreUnavailableError(reason="the test")


def test_write__period__an_index_each_and_old_ones_deleted_whole(
    store: OpenSearchStore, opened: Callable[..., OpenSearchSink]
) -> None:
    sink = opened(period="month")
    days = ["2026-09-30T23:59:59Z", "2026-10-01T00:00:00Z", "2026-11-26T00:00:00Z", "2026-11-26T12:00:00Z"]
    sink.write(batch(0, [row(number, meta={"dt": day}) for number, day in enumerate(days)]))
    sink.prepare(STREAM, "/page/change/1.1.0", schema(test={"type": "string"}, late={"type": "string"}), NO_STEERING)
    sink.write(batch(4, [row(4, late="x", meta={"dt": "2026-09-01T00:00:00Z"})]))

    assert sorted(indices(store)) == ["2026.09", "2026.10", "2026.11"]
    assert found_by(store, {"term": {"late": "x"}}) == ["t4"]
    assert sink.expire(STREAM, before=datetime(2026, 11, 26, 6, tzinfo=UTC)) == 4
    assert indices(store) == ["2026.11"]
    assert store.texts(STREAM) == ["t3"]
    sink.write(batch(5, [row(5, meta={"dt": "2026-10-05T00:00:00Z"})]))
    assert sorted(store.texts(STREAM)) == ["t3", "t5"]


def test_write__disk_full__retriable_with_a_clear_reason_and_goes_on_afterwards(
    store: OpenSearchStore, opened: Callable[..., OpenSearchSink]
) -> None:
    """What a node does to indices beyond the flood-stage watermark."""
    sink = opened()
    settings = f"{store.url}/{store.prefix}{STREAM}/_settings"
    httpx.put(settings, json={"index.blocks.read_only_allow_delete": True}).raise_for_status()

    with pytest.raises(StoreUnavailableError, match="flood-stage watermark"):
        sink.write(batch(0, [row(0)]))

    httpx.put(settings, json={"index.blocks.read_only_allow_delete": None}).raise_for_status()
    sink.write(batch(0, [row(0)]))
    assert store.texts(STREAM) == ["t0"]


def test_write__index_deleted_by_a_person__made_again_with_its_mapping(
    store: OpenSearchStore, opened: Callable[..., OpenSearchSink]
) -> None:
    sink = opened()
    sink.write(batch(0, [row(0)]))
    httpx.delete(f"{store.url}/{store.prefix}{STREAM}").raise_for_status()

    sink.write(batch(1, [row(1, unknown={"deep": 1})]))

    assert store.texts(STREAM) == ["t1"]
    mapping = httpx.get(f"{store.url}/{store.prefix}{STREAM}/_mapping").json()
    (found,) = [index["mappings"] for index in mapping.values()]
    assert found["dynamic"] == "false"
    assert "test" in found["properties"]


def test_deliver__poison_that_only_the_server_sees__set_aside_once_and_the_rest_there(
    store: OpenSearchStore, opened: Callable[..., OpenSearchSink]
) -> None:
    """A person gave the field another type in the index: the platform's plan doesn't know yet."""
    sink = opened(schema(test={"type": "string"}, page=PAGE, free={}))
    mine = {"properties": {"mine": {"type": "boolean"}}}
    httpx.put(f"{store.url}/{store.prefix}{STREAM}/_mapping", json=mine).raise_for_status()
    sink._known._plans[STREAM]["mine"] = (0, lambda value: value)
    letters: list[DeadLetter] = []
    delivery = Delivery(
        connector="c1",
        sink=sink,
        source=Source(STREAM, WHERE, "i1", "cluster"),
        stored=None,
        find_schema=lambda _: _Prepared(),  # type: ignore[arg-type, return-value]  # only its document is asked for
        set_aside=letters.extend,
    )
    sink._known._prepared.add((STREAM, "/page/change/1.0.0"))

    events = [row(number, **({"mine": "s3cr3t"} if number == 5 else {})) for number in range(20)]
    delivery.handle([one.record for one in events])
    delivery.flush(20)

    assert [(letter.offset, letter.code) for letter in letters] == [(5, "sink.record_refused")]
    assert "s3cr3t" not in letters[0].message
    assert store.texts(STREAM) == [f"t{number}" for number in range(20) if number != 5]
    assert sink.position(WHERE) == at(20)


class _Prepared:
    document: dict[str, Any] = V1


def test_open__nobody_there__retriable(store: OpenSearchStore) -> None:
    store.url = "http://127.0.0.1:9"

    with pytest.raises(StoreUnavailableError):
        store.sink().open()


def test_corpus__every_title_and_version__an_index_with_all_its_examples(store: OpenSearchStore) -> None:
    titles: dict[str, list[dict[str, Any]]] = {}
    for schema_id, document in corpus.versions().items():
        if not schema_id.startswith("/fragment/"):
            titles.setdefault(document["title"], []).append(document)
    extras: set[str] = set()
    wrote = 0

    with store.sink() as sink:
        for title, versions in titles.items():
            stream = title.replace("/", ".")
            where, position = TopicPartition(stream, 0), None
            for document in sorted(versions, key=lambda one: [int(part) for part in one["$id"].rpartition("/")[2].split(".")]):
                sink.prepare(stream, document["$id"], document, NO_STEERING)
                events = [copy.deepcopy(example) for example in document.get("examples", ())]
                first = position.next_offset if position else 0
                rows = [
                    Row(Record(*where, number, 0, None, orjson.dumps(one)), one) for number, one in enumerate(events, first)
                ]
                after = at(first + len(rows))
                sink.write(WriteBatch(stream, where, position, after, rows))
                position, wrote = after, wrote + len(rows)
            found = store.documents(stream)
            assert len(found) == (position.next_offset if position else 0), title
            extras |= {left["why"] for one in found for left in one.get("_extra", {}).values()}

    assert len(titles) == 37
    assert wrote == 63
    assert extras <= {"unknown_field"}  # some of the examples have fields that their schemas don't name


def found_by(store: OpenSearchStore, query: dict[str, Any]) -> list[str]:
    index = f"{store.url}/{store.prefix}{STREAM}"
    httpx.post(f"{index}/_refresh").raise_for_status()
    hits = httpx.post(f"{index}/_search", json={"query": query}).raise_for_status().json()["hits"]["hits"]
    return [hit["_source"]["test"] for hit in hits]


def indices(store: OpenSearchStore) -> list[str]:
    found = httpx.get(f"{store.url}/{store.prefix}{STREAM}/_mapping").json()
    return [index.rpartition("@")[2] for index in found]


@pytest.mark.parametrize(
    "value", [b'{"$schema":"/page/change/1.0.0","test":"a","test":"b"}', b'{\n "test": "b"\r\n}', b' {"test":"b"} ']
)
def test_write__bytes_that_are_not_as_we_would_write_them__the_event_arrives(
    opened: Callable[..., OpenSearchSink], store: OpenSearchStore, value: bytes
) -> None:
    odd = Row(Record(STREAM, 0, 0, 1_000, None, value), orjson.loads(value))

    opened().write(WriteBatch(STREAM, WHERE, None, Position(1, "i", "c"), [odd]))

    assert [one["test"] for one in store.documents(STREAM)] == ["b"]

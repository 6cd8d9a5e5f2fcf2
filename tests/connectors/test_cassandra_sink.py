"""Cassandra: columns that grow, values unset, rows by key, batches written twice, a node that is gone, stuck or alone."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from connectors.sinks import cassandra
from connectors.sinks.base import (
    FencedError,
    Position,
    RecordRefusedError,
    Row,
    RowsRefusedError,
    StoreUnavailableError,
    UpsertUnsupportedError,
    WriteBatch,
)
from connectors.steering import NO_STEERING, Steering
from connectors.stores import cassandra_session
from connectors.stores.cassandra_positions import Positions
from eventplatform.core.records import Record, TopicPartition
from tests.contracts.stores.cassandra import CassandraStore, make
from tests.servers.stores import CassandraServer

pytestmark = [pytest.mark.slow, pytest.mark.services]

STREAM = "page.change"
TABLE = '{}."page_change"'
BY_KEY = '{}."page_change_by_page_id"'
WHERE = TopicPartition("eqiad.page.change", 0)
NOW = datetime.now(UTC).replace(minute=30, second=0, microsecond=0) - timedelta(hours=1)
UPSERT = Steering(is_upsert=True, key=("/page_id",))
FIRST = {"type": "object", "properties": {"page_id": {"type": "integer"}, "title": {"type": "string"}}}
SECOND = {
    "type": "object",
    "properties": {
        **FIRST["properties"],  # type: ignore[dict-item]  # the value is a mapping
        "share": {"type": "number"},
        "is_bot": {"type": "boolean"},
        "seen": {"type": "string", "format": "date-time"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "key": {"type": "object", "properties": {"Bucket": {"type": "string"}}},
    },
}


@pytest.fixture
def store(request: pytest.FixtureRequest, tmp_path: Path) -> CassandraStore:
    return make(request, tmp_path)


@contextmanager
def opened(store: CassandraStore, steering: Steering = NO_STEERING, version: int = 1) -> Iterator[cassandra.CassandraSink]:
    with store.sink() as sink:
        assert isinstance(sink, cassandra.CassandraSink)
        sink.prepare(STREAM, f"/page/change/{version}.0.0", FIRST if version == 1 else SECOND, steering)
        yield sink


def row(offset: int, moment: datetime = NOW, version: int = 1, **fields: Any) -> Row:
    event = {"$schema": f"/page/change/{version}.0.0", "page_id": offset, **fields}
    return Row(Record(*WHERE, offset, round(moment.timestamp() * 1000), None, orjson.dumps(event)), event)


def tombstone(offset: int, key: bytes) -> Record:
    return Record(*WHERE, offset, round(NOW.timestamp() * 1000), key, None)


def batch(start: int, end: int, *rows: Row, steering: Steering = NO_STEERING, tombstones: Sequence[Record] = ()) -> WriteBatch:
    expected = Position(start, "i1", "c") if start else None
    return WriteBatch(STREAM, WHERE, expected, Position(end, "i1", "c"), rows, (), steering, tombstones)


def test_columns__every_type__round(store: CassandraStore) -> None:
    fields: dict[str, Any] = {"share": 0.5, "is_bot": True, "seen": "2026-11-25T09:30:00.123456+01:00", "tags": ["a"]}

    with opened(store, version=2) as sink:
        sink.write(batch(0, 1, row(0, version=2, title="ä", key={"Bucket": "b"}, **fields, other={"x": 1})))

    ((page_id, title, share, is_bot, seen, tags, bucket, extra),) = store.query(
        f'SELECT page_id, title, share, is_bot, seen, tags, key__bucket, "_extra" FROM {TABLE}'  # noqa: S608  # a test's own
    )
    assert (page_id, title, share, is_bot, bucket) == (0, "ä", 0.5, True, "b")
    assert seen == datetime(2026, 11, 25, 8, 30, 0, 123000)  # noqa: DTZ001  # the driver answers UTC without saying so; milliseconds are all it keeps
    assert orjson.loads(tags) == ["a"]
    assert orjson.loads(extra) == {"/other": {"why": "unknown_field", "value": {"x": 1}}}


def test_columns__absent_values__no_tombstones(store: CassandraStore) -> None:
    with opened(store, version=2) as sink:
        sink.write(batch(0, 3, *(row(offset, version=2) for offset in range(3))))

    assert tombstones_read(store, f"SELECT * FROM {TABLE}") == (3, 0)  # noqa: S608  # a test's own


def test_columns__frozen__nothing_that_exists_is_altered(store: CassandraStore) -> None:
    frozen = Steering(columns="freeze")
    with opened(store, frozen) as sink:
        sink.prepare(STREAM, "/page/change/2.0.0", SECOND, frozen)

        with pytest.raises(RowsRefusedError) as caught:
            sink.write(batch(0, 2, row(0), row(1, version=2, share=0.5), steering=frozen))

    assert list(caught.value.refused) == [1]


def test_columns__dropped_by_a_person__come_back_by_another_name_with_the_next_worker(store: CassandraStore) -> None:
    with opened(store) as sink:
        sink.write(batch(0, 1, row(0, title="a")))
        store.query(f"ALTER TABLE {TABLE} DROP title")

        with pytest.raises((StoreUnavailableError, RecordRefusedError)):
            sink.write(batch(1, 2, row(1, title="b")))
    with opened(store) as sink:
        sink.write(batch(1, 2, row(1, title="b")))

    (name,) = [name for (name,) in store.query('SELECT name FROM {}."_columns"') if name.startswith("title")]
    assert sorted(store.query(f"SELECT page_id, {name} FROM {TABLE}")) == [(0, None), (1, "b")]  # noqa: S608  # a test's own


def test_prepare__by_many_workers_at_once__one_table_with_all_columns(store: CassandraStore) -> None:
    def work(version: int) -> None:
        with opened(store, version=version):
            pass

    with opened(store):
        pass
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, [2, 2, 2, 2]))

    with opened(store, version=2) as sink:
        sink.write(batch(0, 1, row(0, version=2, share=1.5)))
    assert store.query(f"SELECT share FROM {TABLE}") == [(1.5,)]  # noqa: S608  # a test's own


def test_ttl__rows__forgotten_by_cassandra(store: CassandraStore) -> None:
    steering = Steering(ttl_seconds=1000)

    with opened(store, steering) as sink:
        sink.write(batch(0, 1, row(0, title="a"), steering=steering))

    ((left,),) = store.query(f"SELECT TTL(title) FROM {TABLE}")  # noqa: S608  # a test's own
    assert 900 < left <= 1000


def test_buckets__rows_of_two_hours__apart_and_expired_apart(store: CassandraStore) -> None:
    with opened(store) as sink:
        sink.write(batch(0, 2, row(0, NOW - timedelta(hours=2)), row(1, NOW)))
        assert len(store.query(f'SELECT DISTINCT "_bucket", "_topic", "_partition" FROM {TABLE}')) == 2  # noqa: S608  # a test's own

        assert sink.expire(STREAM, before=NOW - timedelta(hours=1)) == 1
        assert store.query(f"SELECT page_id FROM {TABLE}") == [(1,)]  # noqa: S608  # likewise

        sink.write(batch(2, 3, row(2, NOW - timedelta(hours=2))))
        assert len(store.query(f"SELECT page_id FROM {TABLE}")) == 2  # noqa: S608  # likewise
        assert sink.expire(STREAM, before=NOW - timedelta(hours=1)) == 1
        assert store.query(f"SELECT page_id FROM {TABLE}") == [(1,)]  # noqa: S608  # likewise


def test_crash__between_rows_and_position__written_again_as_if_once(
    store: CassandraStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(store) as sink, monkeypatch.context() as crashing:
        crashing.setattr(Positions, "advance", crash)
        with pytest.raises(StoreUnavailableError):
            sink.write(batch(0, 2, row(0, title="a"), row(1, title="b")))
    written = store.query(f"SELECT page_id, title, WRITETIME(title) FROM {TABLE}")  # noqa: S608  # a test's own

    with opened(store) as sink:
        assert sink.position(WHERE) is None
        sink.write(batch(0, 1, row(0, title="a")))
        sink.write(batch(1, 3, row(1, title="b"), row(2, title="c")))

    assert len(written) == 2
    assert set(written) < set(store.query(f"SELECT page_id, title, WRITETIME(title) FROM {TABLE}"))  # noqa: S608  # likewise


def test_upsert__newest_of_a_key__is_the_whole_row_and_a_tombstone_deletes(store: CassandraStore) -> None:
    with opened(store, UPSERT, version=2) as sink:
        rows = [
            row(0, version=2, page_id=1, title="old", share=0.5),
            row(1, version=2, page_id=2),
            row(2, version=2, page_id=1, title="new"),
        ]
        sink.write(batch(0, 3, *rows, steering=UPSERT))

        assert sorted(store.query(f'SELECT "_key", title, share FROM {BY_KEY}')) == [("1", "new", None), ("2", None, None)]  # noqa: S608  # a test's own

        again = row(4, version=2, page_id=1, title="again")
        sink.write(batch(3, 6, again, steering=UPSERT, tombstones=[tombstone(3, b"1"), tombstone(5, b'{"page_id": 2}')]))

    assert store.query(f'SELECT "_key", title FROM {BY_KEY}') == [("1", "again")]  # noqa: S608  # likewise


def test_upsert__late_rows_of_a_fenced_writer__change_nothing(store: CassandraStore, monkeypatch: pytest.MonkeyPatch) -> None:
    old = batch(0, 2, row(0, page_id=1, title="old"), row(1, page_id=2, title="deleted"), steering=UPSERT)
    with opened(store, UPSERT) as sink, opened(store, UPSERT) as zombie:
        asleep = zombie._store.positions.standing(WHERE)
        sink.write(old)
        sink.write(batch(2, 4, row(2, page_id=1, title="new"), steering=UPSERT, tombstones=[tombstone(3, b"2")]))

        monkeypatch.setattr(Positions, "standing", lambda *_: asleep)  # as it stood when it looked
        with pytest.raises(FencedError):
            zombie.write(old)

    assert store.query(f'SELECT "_key", title FROM {BY_KEY}') == [("1", "new")]  # noqa: S608  # a test's own


def test_upsert__without_key__refused(store: CassandraStore) -> None:
    with pytest.raises(UpsertUnsupportedError), opened(store, Steering(is_upsert=True)):
        pass


def test_replay__position_moved_back_by_a_person__rows_as_the_rules_are_now(store: CassandraStore) -> None:
    with opened(store) as sink:
        sink.write(batch(0, 1, row(0, title="with a name")))
        sink.expire(STREAM, before=NOW + timedelta(hours=9))
        sink.write(WriteBatch(STREAM, WHERE, Position(1, "i1", "c"), Position(0, "i1", "c"), ()))

        sink.write(WriteBatch(STREAM, WHERE, Position(0, "i1", "c"), Position(1, "i1", "c"), [row(0, title="hashed")]))

    assert store.query(f"SELECT title FROM {TABLE}") == [("hashed",)]  # noqa: S608  # a test's own


def test_record_too_big_for_a_mutation__refused_and_nothing_of_it_written(store: CassandraStore) -> None:
    with opened(store) as sink:
        with pytest.raises(RecordRefusedError):
            sink.write(batch(0, 1, row(0, title="x" * 5_000_000)))

        assert sink.position(WHERE) is None
        assert sink.write(batch(0, 1, row(0))).rows == 1


def test_key_too_long__only_that_record_refused(store: CassandraStore) -> None:
    steering = Steering(is_upsert=True, key=("/title",))
    with opened(store, steering) as sink, pytest.raises(RowsRefusedError) as caught:
        sink.write(batch(0, 2, row(0, title="a"), row(1, title="x" * 70_000), steering=steering))

    assert list(caught.value.refused) == [1]


def test_too_few_nodes__unavailable(cassandra_server: CassandraServer) -> None:
    store = CassandraStore(cassandra_server.port, replication_factor=3)

    with pytest.raises(StoreUnavailableError), opened(store):
        pass


def test_killed_and_started_again__goes_on_from_its_position(store: CassandraStore, cassandra_server: CassandraServer) -> None:
    with opened(store) as sink:
        sink.write(batch(0, 2, row(0), row(1)))
        cassandra_server.kill()

        with pytest.raises(StoreUnavailableError):
            sink.write(batch(2, 3, row(2)))
    with pytest.raises(StoreUnavailableError), opened(store):
        pass
    cassandra_server.start()

    with opened(store) as sink:
        assert sink.position(WHERE) == Position(2, "i1", "c")
        sink.write(batch(2, 3, row(2)))
    assert sorted(store.query(f"SELECT page_id FROM {TABLE}")) == [(0,), (1,), (2,)]  # noqa: S608  # a test's own


def test_stuck__write__gives_up_in_time(
    store: CassandraStore, cassandra_server: CassandraServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cassandra_session, "_SECONDS", 1)
    assert cassandra_server.process is not None
    with opened(store) as sink:
        os.kill(cassandra_server.process.pid, signal.SIGSTOP)
        try:
            with pytest.raises(StoreUnavailableError):
                sink.write(batch(0, 1, row(0)))
        finally:
            os.kill(cassandra_server.process.pid, signal.SIGCONT)


def crash(*_: Any) -> None:
    raise StoreUnavailableError(reason="the worker died")


def tombstones_read(store: CassandraStore, query: str) -> tuple[int, int]:
    """How many live rows and tombstones a query read, by Cassandra's own trace."""
    with store.session() as session:
        answer = session.execute(query.format(store.options["keyspace"]), trace=True)
        told = [event.description for event in answer.get_query_trace(max_wait_sec=10).events]
    words = next(text for text in told if "tombstone" in text).split()
    return int(words[1]), int(words[words.index("tombstone") - 1])

"""What every sink into tables does alike: columns, evolution, policies, rows by key, hostile names."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Protocol

import orjson
import pytest

from connectors.mapping.keys import KeyMissingError, TombstoneKeyError
from connectors.mapping.policies import ColumnFrozenError, TypeFrozenError
from connectors.sinks.base import (
    Canary,
    Position,
    Row,
    RowDiscardedError,
    RowsRefusedError,
    Sink,
    UpsertUnsupportedError,
    WriteBatch,
    Written,
)
from connectors.sinks.mysql import MySqlSink, Options
from connectors.steering import Steering
from connectors.stores.tables import KeyChangedError
from eventplatform.core.records import Record, TopicPartition
from tests.contracts.stores import mysql
from tests.contracts.stores.postgres import PostgresStore

pytestmark = pytest.mark.slow

WHERE = TopicPartition("t", 0)
APPEND = Steering()
BY_ID = Steering(is_upsert=True, key=("/page/id",))
NOW_MS = int(datetime(2026, 11, 25, 9, 30, tzinfo=UTC).timestamp() * 1000)
SCHEMA: dict[str, Any] = {
    "properties": {
        "$schema": {"type": "string"},
        "test": {"type": "string"},
        "at": {"type": "string", "format": "date-time"},
        "n": {"type": "integer"},
        "x": {"type": "number"},
        "is": {"type": "boolean"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "page": {"type": "object", "properties": {"id": {"type": "integer"}}},
    }
}


class Store(Protocol):
    prefix: str

    def quoted(self, name: str) -> str: ...

    def sink(self, connector: str = "c1") -> Sink: ...

    def rows(self, columns: str, table: str = "s", order: str = "_offset") -> list[tuple[Any, ...]]: ...

    def query(self, text: str, *names: str) -> list[tuple[Any, ...]]: ...


class InPostgres(PostgresStore):
    prefix = "events."

    def quoted(self, name: str) -> str:
        return f'"{name}"'

    def rows(self, columns: str, table: str = "s", order: str = "_offset") -> list[tuple[Any, ...]]:
        return self.query(f"SELECT {columns} FROM events.{{}} ORDER BY {order}", table)  # noqa: S608  # the test's own words


class InMySql(mysql.MySqlStore):
    prefix = ""

    def quoted(self, name: str) -> str:
        return f"`{name}`"

    def rows(self, columns: str, table: str = "s", order: str = "_offset") -> list[tuple[Any, ...]]:
        return self.query(f"SELECT {columns} FROM {{}} ORDER BY {order}", table)  # noqa: S608  # likewise


class InMySqlByInsert(InMySql):
    """Where the server allows no LOAD DATA."""

    def sink(self, connector: str = "c1") -> Sink:
        return MySqlSink(connector, self.target, Options(load_data=False))


def fresh(kind: str, request: pytest.FixtureRequest) -> Store:
    if kind == "postgres":
        return InPostgres(request.getfixturevalue("postgres_url"))
    made = mysql.fresh(request.getfixturevalue("mariadb_server").port)
    return (InMySql if kind == "mysql" else InMySqlByInsert)(made.port, made.database)


@pytest.fixture(params=["postgres", "mysql"])
def store(request: pytest.FixtureRequest) -> Store:
    return fresh(request.param, request)


@pytest.fixture(params=["postgres", "mysql", "mysql-by-insert"])
def each_way(request: pytest.FixtureRequest) -> Store:
    """By each way into a store that renders values."""
    return fresh(request.param, request)


def record(
    offset: int, event: dict[str, Any] | None, *, key: bytes | None = None, at: int = NOW_MS, partition: int = 0
) -> Record:
    return Record("t", partition, offset, at, key, None if event is None else orjson.dumps(event))


def row(offset: int, event: dict[str, Any], schema_id: str = "/s/1.0.0", **facts: Any) -> Row:
    event = {"$schema": schema_id, **event}
    return Row(record(offset, event, **facts), event)


def write(
    store: Store,
    events: list[dict[str, Any]],
    *,
    stream: str = "s",
    start: int = 0,
    schema: dict[str, Any] = SCHEMA,
    schema_id: str = "/s/1.0.0",
    steering: Steering = APPEND,
) -> Written:
    rows = [row(start + number, event, schema_id) for number, event in enumerate(events)]
    with store.sink() as sink:
        sink.prepare(stream, schema_id, schema, steering)
        return put(sink, rows, start + len(rows), stream=stream, steering=steering)


def put(
    sink: Sink,
    rows: list[Row],
    after: int,
    *,
    stream: str = "s",
    steering: Steering = APPEND,
    tombstones: list[Record] | None = None,
    where: TopicPartition = WHERE,
) -> Written:
    new = Position(after, "i", "c")
    batch = WriteBatch(stream, where, sink.position(where), new, rows, (), steering, tombstones or [])
    return sink.write(batch)


def parsed(extra: Any) -> Any:
    return json.loads(extra) if isinstance(extra, str) else extra


# Columns


def test_write__types__in_columns_of_their_own(each_way: Store) -> None:
    event = {"test": "a", "at": "2026-01-02T03:04:05.5Z", "n": -(2**63), "x": 1.5, "is": True, "tags": ["x"], "page": {"id": 9}}

    written = write(each_way, [event])

    names = f"test, at, n, x, {each_way.quoted('is')}, tags, page__id, _topic, _offset, _schema, _extra"
    ((test, at, n, x, flag, tags, page, topic, offset, schema, extra),) = each_way.rows(names)
    assert written == Written(1, 0)
    assert (test, n, x, bool(flag), parsed(tags), page) == ("a", -(2**63), 1.5, True, ["x"], 9)
    assert at.replace(tzinfo=UTC) == datetime(2026, 1, 2, 3, 4, 5, 500_000, UTC)
    assert (topic, offset, schema, extra) == ("t", 0, "/s/1.0.0", None)


TEXTS = (
    "",
    "a\tb\nc\r\\d",
    r"\N",
    r"\t",
    "'; DROP TABLE s; --",
    "`\"'\\'",
    "x\x1ay",
    "\u2028🙂\u0301",
    "%s %(a)s {}",
    "\\",
    "NULL",
    "'",
)


def test_write__any_text__the_same_again(each_way: Store) -> None:
    write(each_way, [{"test": text, "tags": [text]} for text in TEXTS])

    found = [(test, parsed(tags)) for test, tags in each_way.rows("test, tags")]
    assert found == [(text, [text]) for text in TEXTS]


def test_write__times_at_the_ends__kept_or_in_extra(each_way: Store) -> None:
    times = [
        "1000-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999Z",
        "2026-03-29T02:30:00Z",
        "2024-02-29T00:00:00+14:00",
        "2023-02-29T0:0:0Z",
    ]

    write(each_way, [{"at": moment} for moment in times])

    found = [None if at is None else at.replace(tzinfo=UTC).isoformat() for (at,) in each_way.rows("at")]
    assert found == [
        "1000-01-01T00:00:00+00:00",
        "9999-12-31T23:59:59.999999+00:00",
        "2026-03-29T02:30:00+00:00",
        "2024-02-28T10:00:00+00:00",
        None,
    ]


def test_write__what_fits_no_column__in_extra_with_the_reason(each_way: Store) -> None:
    write(
        each_way, [{"test": "a\x00b", "at": "2020-19-39T00:00:00Z", "n": 2**63, "x": 2**60, "is": "yes", "new": {"deep": True}}]
    )

    ((extra,),) = each_way.rows("_extra")
    found = parsed(extra)

    assert {pointer: why["why"] for pointer, why in found.items()} == {
        "/test": "nul_character",
        "/at": "impossible_time",
        "/n": "beyond_64_bit",
        "/x": "beyond_53_bit",
        "/is": "not_a_boolean",
        "/new": "unknown_field",
    }
    assert found["/n"]["value"] == 2**63


def test_write__producers_timestamp_impossible__empty(store: Store) -> None:
    with store.sink() as sink:
        sink.prepare("s", "/s/1.0.0", SCHEMA, APPEND)
        put(sink, [row(0, {"test": "a"}, at=10**18), row(1, {"test": "b"}, at=NOW_MS)], 2)

    first, second = store.rows("_timestamp")
    assert first == (None,)
    assert second[0].replace(tzinfo=UTC) == datetime(2026, 11, 25, 9, 30, tzinfo=UTC)


def test_write__canaries_and_rows__apart(store: Store) -> None:
    with store.sink() as sink:
        sink.prepare("s", "/s/1.0.0", SCHEMA, APPEND)
        canary = Canary(1, "x" * 20_000, datetime(2026, 1, 1, tzinfo=UTC))
        sink.write(WriteBatch("s", WHERE, None, Position(2, "i", "c"), [row(0, {"test": "a"})], (canary, canary)))

        assert sink.canary_written("s", "x" * 20_000) is not None
        assert sink.canary_written("s", "x" * 19_999) is None


# Evolution


def test_prepare__new_version__adds_columns_in_place(store: Store) -> None:
    write(store, [{"test": "a"}])
    wider = {"properties": {**SCHEMA["properties"], "more": {"type": "boolean"}}}

    write(store, [{"test": "b", "more": True}], start=1, schema=wider)

    assert store.rows("test, more") == [("a", None), ("b", True)]


def test_prepare__by_the_watcher_before_any_event__table_and_columns_are_there(store: Store) -> None:
    with store.sink() as sink:
        sink.prepare("s", "/s/1.0.0", SCHEMA, APPEND)

    assert store.rows("test, n, page__id") == []


def test_prepare__type_changed_at_a_major_version__misfits_in_extra(store: Store) -> None:
    write(store, [{"n": 1}])

    write(store, [{"n": "one"}], start=1, schema={"properties": {"n": {"type": "string"}}}, schema_id="/s/2.0.0")

    (_, (n, extra)) = store.rows("n, _extra")
    assert n is None
    assert parsed(extra)["/n"] == {"why": "not_an_integer", "value": "one"}


def test_prepare__table_dropped__made_anew_from_the_schema(store: Store) -> None:
    write(store, [{"test": "a"}])
    store.query(f"DROP TABLE {store.prefix}s")

    write(store, [{"test": "b"}], start=1)

    assert store.rows("test, _extra") == [("b", None)]


def test_prepare__column_dropped__made_anew(store: Store) -> None:
    write(store, [{"test": "a"}])
    store.query(f"ALTER TABLE {store.prefix}s DROP COLUMN test")

    write(store, [{"test": "b"}], start=1)

    assert store.rows("test, _extra") == [(None, None), ("b", None)]


def test_prepare__more_fields_than_a_table_takes__the_rest_in_extra(store: Store) -> None:
    schema = {"properties": {f"f{number}": {"type": "string"} for number in range(1700)}}

    write(store, [{"f0": "x" * 300, "f1699": "last"}], schema=schema)
    write(store, [{"f0": "y"}], start=1, schema={"properties": {**schema["properties"], "late": {"type": "boolean"}}})

    (first, _) = store.rows("f0, _extra")
    assert first[0] == "x" * 300
    assert parsed(first[1])["/f1699"] == {"why": "unknown_field", "value": "last"}


def test_write__every_column_full__fits(store: Store) -> None:
    schema = {"properties": {f"f{number}": {"type": "string"} for number in range(160)}}

    write(store, [{f"f{number}": "x" * 1000 for number in range(160)}], schema=schema)

    assert store.rows("f0, f159, _extra") == [("x" * 1000, "x" * 1000, None)]


# Names (security, row 21)

TWINS = ("n" * 69 + "a", "n" * 69 + "b")
HOSTILE = (
    'a"; drop table _offsets;--',
    "a`; drop table _offsets;-- ",
    "%s",
    *TWINS,
    "id",
    "ID",
    "Id",
    "ünïcode",
    "\u0130",
    "",
    "_key",
    "xmin",
)


def test_prepare__hostile_field_names__a_column_each_and_nothing_else(store: Store) -> None:
    schema = {"properties": {name: {"type": "string"} for name in HOSTILE}}

    write(store, [{name: f"value {number}" for number, name in enumerate(HOSTILE)}], schema=schema)

    named = store.rows("pointer, name", "_columns", "name")
    names = [name for _, name in named]
    assert len(named) == len(HOSTILE)
    assert len({name.lower() for name in names}) == len(HOSTILE)
    assert all(
        name.isascii() and len(name) <= 63 and set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789_") for name in names
    )
    ((*values, extra),) = store.rows(", ".join(store.quoted(name) for name in names) + ", _extra")
    assert sorted(values) == sorted(f"value {number}" for number in range(len(HOSTILE)))
    assert extra is None
    assert store.rows("count(*)", "_offsets", "1") == [(1,)]


STREAMS = (
    's"; DROP TABLE _offsets; --',
    "s`; DROP TABLE _offsets; --",
    "_offsets",
    "_Tables",
    "n" * 80,
    "n" * 81,
    "Ünï",
    "select",
)


def test_prepare__hostile_stream_names__a_table_of_their_own(store: Store) -> None:
    for number, stream in enumerate(STREAMS):
        write(store, [{"test": stream}], stream=stream, start=number)

    found = dict(store.rows("stream, name", "_tables", "name"))
    assert len(set(found.values())) == len(STREAMS)
    assert {stream: store.rows("test", found[stream]) for stream in STREAMS} == {stream: [(stream,)] for stream in STREAMS}
    assert store.rows("next_offset", "_offsets", "topic") == [(len(STREAMS),)]


def test_prepare__streams_that_spell_alike__tables_of_their_own(store: Store) -> None:
    for number, stream in enumerate(["a.b", "a_b", "A.B"]):
        write(store, [{"test": stream}], stream=stream, start=number)

    found = dict(store.rows("stream, name", "_tables", "name"))
    assert len(set(found.values())) == 3
    assert {stream: store.rows("test", name) for stream, name in found.items()} == {name: [(name,)] for name in found}


# Policies


@pytest.mark.parametrize("policy", ["freeze", "discard_value", "discard_row"])
def test_columns__not_evolve__the_table_is_made_and_then_never_altered(store: Store, policy: Any) -> None:
    steering = Steering(columns=policy)
    write(store, [{"test": "a"}], steering=steering)
    wider = {"properties": {**SCHEMA["properties"], "more": {"type": "boolean"}}}

    with store.sink() as sink:
        sink.prepare("s", "/s/1.1.0", wider, steering)
        rows = [row(1, {"test": "b"}, "/s/1.1.0"), row(2, {"test": "c", "more": True}, "/s/1.1.0")]
        outcome = outcome_of(lambda: put(sink, rows, 3, steering=steering))

    expected: dict[str, Any] = {"freeze": {2: ColumnFrozenError}, "discard_row": {2: RowDiscardedError}, "discard_value": 1}
    assert outcome == expected[policy]
    assert ("more",) not in store.rows("name", "_columns", "name")


@pytest.mark.parametrize("policy", ["freeze", "discard_value", "discard_row"])
def test_types__not_evolve__a_misfit_is_refused_or_discarded(store: Store, policy: Any) -> None:
    steering = Steering(types=policy)
    with store.sink() as sink:
        sink.prepare("s", "/s/1.0.0", SCHEMA, steering)
        outcome = outcome_of(lambda: put(sink, [row(0, {"n": 1}), row(1, {"n": "one"})], 2, steering=steering))

    expected: dict[str, Any] = {"freeze": {1: TypeFrozenError}, "discard_row": {1: RowDiscardedError}, "discard_value": 1}
    assert outcome == expected[policy]
    assert store.rows("n") == ([(1,), (None,)] if policy == "discard_value" else [])


def outcome_of(act: Callable[[], Written]) -> Any:
    """The errors of each refused row, or how many values were discarded."""
    try:
        return act().discarded_values
    except RowsRefusedError as error:
        return {offset: type(reason) for offset, reason in error.refused.items()}


# Rows by key


def page(offset: int, number: int, text: str, **facts: Any) -> Row:
    return row(offset, {"page": {"id": number}, "test": text}, **facts)


@pytest.fixture
def by_id(store: Store) -> Sink:
    sink = store.sink()
    sink.open()
    sink.prepare("s", "/s/1.0.0", SCHEMA, BY_ID)
    return sink


def pages(store: Store) -> list[tuple[Any, ...]]:
    return store.rows("page__id, test", order="page__id")


def test_upsert__same_key__the_newest_offset_is_the_row(store: Store, by_id: Sink) -> None:
    with_old = put(by_id, [page(0, 1, "old"), page(1, 2, "two"), page(2, 1, "newer")], 3, steering=BY_ID)
    put(by_id, [page(3, 1, "newest")], 4, steering=BY_ID)

    assert with_old == Written(3, 0)
    assert pages(store) == [(1, "newest"), (2, "two")]


def test_upsert__tombstone__deletes_and_a_later_event_brings_it_back(store: Store, by_id: Sink) -> None:
    put(by_id, [page(0, 1, "a"), page(1, 2, "b")], 2, steering=BY_ID)

    put(
        by_id,
        [page(3, 3, "c")],
        5,
        steering=BY_ID,
        tombstones=[record(2, None, key=b'{"page_id":1,"id":1}'), record(4, None, key=b"2")],
    )
    assert pages(store) == [(3, "c")]

    put(by_id, [page(6, 1, "again")], 7, steering=BY_ID, tombstones=[record(5, None, key=b"1")])
    assert pages(store) == [(1, "again"), (3, "c")]


def test_upsert__only_a_tombstone_in_a_slice_that_met_no_event__deletes(store: Store, by_id: Sink) -> None:
    put(by_id, [page(0, 1, "a")], 1, steering=BY_ID)

    with store.sink() as other:
        put(other, [], 2, steering=BY_ID, tombstones=[record(1, None, key=b"1")])

    assert pages(store) == []


def test_upsert__tombstone_of_a_stream_without_a_table__passes(store: Store) -> None:
    with store.sink() as sink:
        put(sink, [], 1, steering=BY_ID, tombstones=[record(0, None, key=b"1")])

        assert sink.position(WHERE) == Position(1, "i", "c")


def test_upsert__read_again_from_before__newer_rows_stay(store: Store, by_id: Sink) -> None:
    put(by_id, [page(0, 1, "old"), page(1, 1, "new"), page(2, 2, "b")], 3, steering=BY_ID)
    by_id.write(WriteBatch("s", WHERE, Position(3, "i", "c"), Position(0, "i", "c"), ()))

    put(by_id, [page(0, 1, "old")], 1, steering=BY_ID, tombstones=[])
    assert pages(store) == [(1, "new"), (2, "b")]

    put(by_id, [page(1, 1, "new"), page(2, 2, "b")], 3, steering=BY_ID)
    assert pages(store) == [(1, "new"), (2, "b")]


def test_upsert__same_key_in_two_partitions__the_later_record_wins(store: Store, by_id: Sink) -> None:
    other = TopicPartition("t", 1)
    put(by_id, [page(100, 1, "early", at=NOW_MS)], 101, steering=BY_ID)

    put(by_id, [page(5, 1, "late", at=NOW_MS + 1000, partition=1)], 6, steering=BY_ID, where=other)
    put(by_id, [page(101, 1, "between", at=NOW_MS + 500)], 102, steering=BY_ID)

    assert pages(store) == [(1, "late")]


def test_upsert__key_missing_or_unreadable__exactly_these_refused(store: Store, by_id: Sink) -> None:
    rows = [page(0, 1, "a"), row(1, {"test": "no key"})]

    outcome = outcome_of(lambda: put(by_id, rows, 3, steering=BY_ID, tombstones=[record(2, None, key=b'{"other":1}')]))

    assert outcome == {1: KeyMissingError, 2: TombstoneKeyError}
    assert pages(store) == []


def test_upsert__no_key_declared__refused_clearly(store: Store) -> None:
    with store.sink() as sink, pytest.raises(UpsertUnsupportedError) as caught:
        sink.prepare("s", "/s/1.0.0", SCHEMA, Steering(is_upsert=True))

    assert "no key is declared" in str(caught.value)


@pytest.mark.parametrize(
    ("before", "after"), [(APPEND, BY_ID), (BY_ID, APPEND), (BY_ID, Steering(is_upsert=True, key=("/test",)))]
)
def test_upsert__key_of_the_table_changed__refused_clearly(store: Store, before: Steering, after: Steering) -> None:
    write(store, [{"page": {"id": 1}}], steering=before)

    with store.sink() as sink, pytest.raises(KeyChangedError) as caught:
        sink.prepare("s", "/s/1.0.0", SCHEMA, after)

    assert "one row for each" in str(caught.value)
    assert store.rows("page__id") == [(1,)]


def test_upsert__table_renamed_away__made_anew_by_the_new_key(store: Store) -> None:
    write(store, [{"page": {"id": 1}}])
    store.query(f"ALTER TABLE {store.prefix}s RENAME TO s_old")

    write(store, [{"page": {"id": 1}}, {"page": {"id": 1}}], start=1, steering=BY_ID)

    assert store.rows("page__id") == [(1,)]


# Expiry


@pytest.mark.parametrize("steering", [Steering(ttl_seconds=60), Steering(ttl_seconds=60, is_upsert=True, key=("/test",))])
def test_ttl__older_rows__go_by_expire(store: Store, steering: Steering) -> None:
    with store.sink() as sink:
        assert sink.ttl_by_expiry
        sink.prepare("s", "/s/1.0.0", SCHEMA, steering)
        put(sink, [row(0, {"test": "old"}, at=NOW_MS - 60_000), row(1, {"test": "new"}, at=NOW_MS)], 2, steering=steering)

        assert sink.expire("s", before=datetime(2026, 11, 25, 9, 29, 30, tzinfo=UTC)) == 1

    assert store.rows("test") == [("new",)]


def test_write__read_again_by_choice__each_row_stays_one(each_way: Store) -> None:
    write(each_way, [{"test": "a"}, {"test": "b"}])
    with each_way.sink() as sink:
        sink.write(WriteBatch("s", WHERE, Position(2, "i", "c"), Position(0, "i", "c"), ()))

    written = write(each_way, [{"test": "a"}, {"test": "b"}, {"test": "c"}])

    assert written == Written(1, 0)
    assert each_way.rows("test") == [("a",), ("b",), ("c",)]

"""What every sink into tables does alike: columns, values, evolution, hostile names."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connectors.rules import Policy
from connectors.sinks.base import (
    Canary,
    Position,
    WriteBatch,
    Written,
)
from connectors.steering import Steering
from tests.connectors.tables import APPEND, IN_CLICKHOUSE, NOW_MS, SCHEMA, WHERE, Store, fresh, parsed, put, row, write

pytestmark = pytest.mark.slow


@pytest.fixture(params=["postgres", "mysql", IN_CLICKHOUSE])
def store(request: pytest.FixtureRequest) -> Store:
    return fresh(request.param, request)


@pytest.fixture(params=["postgres", "mysql", "mysql-by-insert", IN_CLICKHOUSE])
def each_way(request: pytest.FixtureRequest) -> Store:
    """By each way into a store that renders values."""
    return fresh(request.param, request)


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


@pytest.mark.parametrize("policy", ["evolve", "freeze"])
def test_prepare__column_added_by_hand_as_we_would__used(store: Store, policy: Policy) -> None:
    write(store, [{"test": "a"}])
    store.query(f"ALTER TABLE {store.prefix}s ADD COLUMN more {store.may_be_null('bigint')}")
    wider = {"properties": {**SCHEMA["properties"], "more": {"type": "integer"}}}

    event = {"test": "b", "more": 7}
    write(store, [event], start=1, schema=wider, schema_id="/s/1.1.0", steering=Steering(columns=policy))

    assert store.rows("test, more, _extra") == [("a", None, None), ("b", 7, None)]


def test_prepare__column_of_another_type_added_by_hand__left_alone(store: Store) -> None:
    write(store, [{"test": "a"}])
    store.query(f"ALTER TABLE {store.prefix}s ADD COLUMN more {store.may_be_null('date')}")
    wider = {"properties": {**SCHEMA["properties"], "more": {"type": "integer"}}}

    write(store, [{"test": "b", "more": 7}], start=1, schema=wider, schema_id="/s/1.1.0")

    ((name,),) = store.query(f"SELECT name FROM {store.prefix}_columns WHERE pointer = '/more'")  # noqa: S608  # no values
    assert name.startswith("more_")
    assert store.rows(f"more, {name}") == [(None, None), (None, 7)]


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


def test_write__read_again_by_choice__each_row_stays_one(each_way: Store) -> None:
    write(each_way, [{"test": "a"}, {"test": "b"}])
    with each_way.sink() as sink:
        sink.write(WriteBatch("s", WHERE, Position(2, "i", "c"), Position(0, "i", "c"), ()))

    written = write(each_way, [{"test": "a"}, {"test": "b"}, {"test": "c"}])

    assert written == Written(1 if each_way.knows_rows else 3, 0)
    assert each_way.rows("test") == [("a",), ("b",), ("c",)]

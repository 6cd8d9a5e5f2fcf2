"""What is the Postgres sink's own: locks, names, limits, refused rows, stores of a former version."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import psycopg
import pytest

from connectors.sinks.base import Canary, Position, RecordRefusedError, Row, StoreUnavailableError, WriteBatch
from connectors.sinks.postgres import Options, PostgresSink, Target
from connectors.steering import NO_STEERING
from eventplatform.core.records import Record, TopicPartition
from tests.contracts.stores.postgres import PostgresStore

pytestmark = pytest.mark.slow

WHERE = TopicPartition("t", 0)
SCHEMA = {
    "properties": {
        "$schema": {"type": "string"},
        "test": {"type": "string"},
        "at": {"type": "string", "format": "date-time"},
        "n": {"type": "integer"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "page": {"type": "object", "properties": {"id": {"type": "integer"}}},
    }
}


@pytest.fixture
def store(postgres_url: str) -> PostgresStore:
    return PostgresStore(postgres_url)


def write(
    store: PostgresStore, events: list[dict[str, Any]], *, stream: str = "s", start: int = 0, schema: Any = SCHEMA
) -> None:
    rows = [
        Row(Record(*WHERE, start + n, 1000, None, orjson.dumps(e)), {"$schema": "/s/1.0.0", **e}) for n, e in enumerate(events)
    ]
    with store.sink() as sink:
        sink.prepare(stream, "/s/1.0.0", schema, NO_STEERING)
        after = Position(start + len(rows), "i", "c")
        sink.write(WriteBatch(stream, WHERE, sink.position(WHERE), after, rows))


def test_prepare__table_locked__tried_again_later(store: PostgresStore) -> None:
    write(store, [{"test": "a"}])
    wider = {"properties": {**SCHEMA["properties"], "more": {"type": "boolean"}}}
    with psycopg.connect(store.url) as reader:
        reader.execute("SELECT * FROM events.s")  # a reader idle in its transaction blocks ALTER TABLE

        with pytest.raises(StoreUnavailableError):
            write(store, [{"more": True}], start=1, schema=wider)

    write(store, [{"more": True}], start=1, schema=wider)
    assert store.query("SELECT count(*) FROM events.s") == [(2,)]


def test_write__rule_of_the_store_broken__refused_and_nothing_written(store: PostgresStore) -> None:
    write(store, [{"test": "a"}])
    store.query("ALTER TABLE events.s ADD CHECK (test <> 'poison')")

    with pytest.raises(RecordRefusedError) as caught:
        write(store, [{"test": "b"}, {"test": "poison"}], start=1)

    assert "poison" not in str(caught.value)
    assert store.query("SELECT test FROM events.s") == [("a",)]
    assert store.query("SELECT next_offset FROM events._offsets") == [(1,)]


RAISING = """CREATE FUNCTION events.no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
IF NEW.test = '7poison' THEN RAISE EXCEPTION 'not %', NEW.test; END IF; RETURN NEW; END $$"""


@pytest.mark.parametrize(
    "rules",
    [
        ["ALTER TABLE events.s ALTER test TYPE integer USING length(test)"],
        ["ALTER TABLE events.s ALTER test TYPE timestamptz USING now()"],
        [RAISING, "CREATE TRIGGER no BEFORE INSERT ON events.s FOR EACH ROW EXECUTE FUNCTION events.no()"],
    ],
    ids=["integer", "time", "trigger"],
)
def test_write__value_that_a_persons_type_or_trigger_refuses__refused_without_its_content(
    store: PostgresStore, rules: list[str]
) -> None:
    write(store, [{"test": "a"}])
    for rule in rules:
        store.query(rule)

    with pytest.raises(RecordRefusedError) as caught:
        write(store, [{"test": "7poison"}], start=1)

    assert "poison" not in str(caught.value)
    assert store.query("SELECT next_offset FROM events._offsets") == [(1,)]


def test_open__server_away__retriable_and_no_password_in_the_text(tmp_path: Any) -> None:
    sink = PostgresSink("c", Target(f"host={tmp_path} dbname=x", "hunter2"), Options())

    with pytest.raises(StoreUnavailableError) as caught:
        sink.open()

    assert "hunter2" not in str(caught.value)


def canary(event_id: str) -> WriteBatch:
    return WriteBatch("s", WHERE, None, Position(1, "i", "c"), (), (Canary(0, event_id, datetime(2026, 1, 1, tzinfo=UTC)),))


def test_canary__id_longer_than_a_key_can_be__marked_whole(store: PostgresStore) -> None:
    event_id = random.Random(1).randbytes(20_000).hex()  # noqa: S311  # not compressible, which is all it has to be

    with store.sink() as sink:
        sink.write(canary(event_id))

        assert sink.canary_written("s", event_id) is not None
        assert sink.canary_written("s", event_id[:-1]) is None

    assert store.canaries() == [("s", event_id)]


def test_open__store_of_the_former_version__its_canaries_still_known(store: PostgresStore) -> None:
    store.query("CREATE SCHEMA events")
    store.query(
        "CREATE TABLE events._canaries (connector text, stream text, event_id text, sent_at timestamptz NOT NULL, "
        "written_at timestamptz NOT NULL DEFAULT clock_timestamp(), PRIMARY KEY (connector, stream, event_id))"
    )
    store.query("INSERT INTO events._canaries VALUES ('c1', 's', 'k\u00e4', now())")

    with store.sink() as sink:
        assert sink.canary_written("s", "k\u00e4") is not None
        sink.write(canary("k\u00e4"))

    assert store.canaries() == [("s", "k\u00e4")]


def test_open__table_of_canaries_dropped_by_hand__made_anew_and_positions_stay(store: PostgresStore) -> None:
    write(store, [{"test": "a"}])
    store.query("DROP TABLE events._canaries")

    with store.sink() as sink:
        assert sink.position(WHERE) == Position(1, "i", "c")
        sink.write(replace(canary("k"), expected=Position(1, "i", "c"), after=Position(2, "i", "c")))

    assert store.canaries() == [("s", "k")]


def test_prepare__fields_named_as_columns_of_postgres__stored(store: PostgresStore) -> None:
    schema = {"properties": {name: {"type": "string"} for name in ("xmin", "ctid", "tableoid")}}

    write(store, [{"xmin": "a", "ctid": "b", "tableoid": "c"}], schema=schema)

    assert store.query("SELECT count(*) FROM events.s WHERE _extra IS NULL") == [(1,)]


def test_write__table_dropped_amid_a_slice__retriable_and_mended_by_the_next(store: PostgresStore) -> None:
    write(store, [{"test": "a"}])
    event = {"$schema": "/s/1.0.0", "test": "b"}
    rows = [Row(Record(*WHERE, 1, 1000, None, orjson.dumps(event)), event)]
    with store.sink() as sink:
        sink.prepare("s", "/s/1.0.0", SCHEMA, NO_STEERING)
        store.query("DROP TABLE events.s")
        with pytest.raises(StoreUnavailableError):
            sink.write(WriteBatch("s", WHERE, sink.position(WHERE), Position(2, "i", "c"), rows))

    write(store, [{"test": "b"}], start=1)

    assert store.query("SELECT test FROM events.s") == [("b",)]


def test_prepare__more_fields_than_columns_over_the_versions__the_rest_in_extra(store: PostgresStore) -> None:
    for version in range(3):
        schema = {"properties": {f"v{version}_{n}": {"type": "boolean"} for n in range(700)}}
        write(store, [{"v0_0": True, f"v{version}_0": True, f"v{version}_699": True}], start=version, schema=schema)

    found = store.query("SELECT v0_0, v2_0, _extra FROM events.s ORDER BY _offset")
    assert found[0] == (True, None, None)
    assert found[2][1] is True
    assert set(found[2][2]) == {"/v0_0", "/v2_699"}


@pytest.mark.parametrize("first", ["s", "s_pkey"])
def test_prepare__streams_named_like_an_index__tables_of_their_own(store: PostgresStore, first: str) -> None:
    second = {"s": "s_pkey", "s_pkey": "s"}[first]
    write(store, [{"test": "a"}], stream=first)
    write(store, [{"test": "b"}], stream=second, start=1)
    with store.sink() as sink:
        sink.write(WriteBatch("s", WHERE, Position(2, "i", "c"), Position(1, "i", "c"), ()))

    write(store, [{"test": "b"}], stream=second, start=1)

    assert store.query("SELECT count(*) FROM events._tables") == [(2,)]


def test_prepare__view_of_a_person_has_the_name__another_is_taken(store: PostgresStore) -> None:
    store.query("CREATE SCHEMA events")
    store.query("CREATE VIEW events.s AS SELECT 1 AS mine")

    write(store, [{"test": "a"}])

    assert store.query("SELECT mine FROM events.s") == [(1,)]

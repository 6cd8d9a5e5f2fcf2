"""What is the MySQL sink's own: locks, limits, a server that dies or turns read-only, encryption."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from connectors.sinks.base import (
    FencedError,
    Position,
    RecordRefusedError,
    RowsRefusedError,
    StoreUnavailableError,
)
from connectors.steering import NO_STEERING, Steering
from connectors.stores import mysql_connection
from tests.connectors.mysql_batches import BY_TEST, SCHEMA, WHERE, WIDER, batch, outcome, texts, write
from tests.contracts.stores.mysql import MySqlStore, fresh
from tests.servers.base import Server

pytestmark = pytest.mark.slow


@pytest.fixture
def store(mariadb_server: Server) -> MySqlStore:
    return fresh(mariadb_server.port)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits for locks end after a second."""
    shorter = tuple(one.replace("lock_wait_timeout = 5", "lock_wait_timeout = 1") for one in mysql_connection._SESSION)
    monkeypatch.setattr(mysql_connection, "_SESSION", shorter)


# Locks


def test_prepare__reader_idle_in_its_transaction__tried_again_later(store: MySqlStore) -> None:
    with store.sink() as sink:
        write(sink, [{"test": "a"}])
    with store.connect() as reader:
        reader.begin()
        reader.query("SELECT * FROM s")  # its metadata lock blocks ALTER TABLE, and everybody would wait behind it

        with store.sink() as sink, pytest.raises(StoreUnavailableError, match="Lock wait timeout"):
            sink.prepare("s", "/s/1.1.0", WIDER, NO_STEERING)

    with store.sink() as sink:
        write(sink, [{"test": "b", "more": True}], schema=WIDER)
    assert store.query("SELECT test, more FROM s ORDER BY _offset") == [("a", None), ("b", True)]


def test_write__table_locked__tried_again_later(store: MySqlStore, impatient: None) -> None:
    with store.sink() as sink:
        write(sink, [{"test": "a"}])
        with store.connect() as other:
            other.query("LOCK TABLES s WRITE")
            with pytest.raises(StoreUnavailableError, match="Lock wait timeout"):
                sink.write(batch(sink, [{"test": "b"}]))
            other.query("UNLOCK TABLES")

        sink.write(batch(sink, [{"test": "b"}]))

    assert texts(store) == ["a", "b"]


def test_write__position_locked_by_a_wedged_slice__tried_again_later(store: MySqlStore, impatient: None) -> None:
    with store.sink() as sink:
        write(sink, [{"test": "a"}])
        with store.connect() as wedged:
            wedged.begin()
            wedged.query("SELECT * FROM _offsets FOR UPDATE")

            with pytest.raises(StoreUnavailableError, match="Lock wait timeout"):
                sink.write(batch(sink, [{"test": "b"}]))

    assert texts(store) == ["a"]


def test_write__deadlock__tried_again_and_nothing_written(store: MySqlStore) -> None:
    with store.sink() as sink:
        write(sink, [{"test": text} for text in "abcdefgh"], steering=BY_TEST)
        keys = [key for (key,) in store.query("SELECT _key FROM s ORDER BY _key")]
        found: list[BaseException] = []
        wanted = batch(sink, [{"test": text, "n": 1} for text in "abcdefgh"], BY_TEST)
        with store.connect() as other, other.cursor() as cursor:
            other.begin()
            cursor.execute("UPDATE s SET n = 5 WHERE _key > %s", (keys[0],))  # heavier than the sink's: that one is ended
            thread = threading.Thread(target=lambda: found.append(outcome(lambda: sink.write(wanted))))
            thread.start()
            wait_until(lambda: bool(store.query("SELECT 1 FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'")))
            cursor.execute("UPDATE s SET n = 5 WHERE _key = %s", (keys[0],))
            thread.join(10)
            other.rollback()

        assert isinstance(found[0], StoreUnavailableError)
        assert "Deadlock" in str(found[0])
        assert store.query("SELECT count(*) FROM s WHERE n IS NULL") == [(8,)]
        sink.write(wanted)
    assert store.query("SELECT count(*) FROM s WHERE n = 1") == [(8,)]


def wait_until(is_true: Callable[[], bool]) -> None:
    waiting = threading.Event()
    for _ in range(100):
        if is_true():
            return
        waiting.wait(0.05)
    raise AssertionError("it never became true")


def test_write__table_altered_by_another_worker_meanwhile__the_fence_holds(store: MySqlStore) -> None:
    with store.sink() as sink, store.sink() as other:
        write(sink, [{"test": "a"}])
        stale = batch(sink, [{"test": "zombie"}])
        write(other, [{"test": "b"}])
        other.prepare("s", "/s/1.1.0", WIDER, NO_STEERING)  # DDL commits at once

        with pytest.raises(FencedError):
            sink.write(stale)

    assert texts(store) == ["a", "b"]


# Tables


def test_prepare__algorithm_instant_refused__columns_added_all_the_same(store: MySqlStore) -> None:
    with store.sink() as sink:
        write(sink, [{"test": "a"}])
        store.query("ALTER TABLE s ROW_FORMAT=COMPRESSED")

        sink.prepare("s", "/s/1.1.0", WIDER, NO_STEERING)

    assert store.query("SELECT test, more FROM s") == [("a", None)]


def test_prepare__worker_died_between_note_and_table__made_by_the_next(store: MySqlStore) -> None:
    with store.sink() as sink:
        store.query("INSERT INTO _tables VALUES ('s', 's', NULL)")
        store.query("INSERT INTO _columns VALUES ('s', 'test', '/test', 'text'), ('s', 'gone', '/gone', 'text')")

        write(sink, [{"test": "a"}])
        store.query("INSERT INTO _columns VALUES ('s', 'more', '/more', 'boolean')")

    with store.sink() as sink:
        write(sink, [{"test": "b", "more": True}], schema=WIDER)
    assert store.query("SELECT test, more FROM s ORDER BY _offset") == [("a", None), ("b", True)]


def test_write__table_dropped_amid_a_slice__retriable_and_mended_by_the_next(store: MySqlStore) -> None:
    with store.sink() as sink:
        write(sink, [{"test": "a"}])
        store.query("DROP TABLE s")
        with pytest.raises(StoreUnavailableError):
            sink.write(batch(sink, [{"test": "b"}]))

    with store.sink() as sink:
        write(sink, [{"test": "b"}])
    assert texts(store) == ["b"]


def test_prepare__ttl__an_index_by_time_where_the_table_is_small(store: MySqlStore) -> None:
    with store.sink() as sink:
        sink.prepare("s", "/s/1.0.0", SCHEMA, NO_STEERING)
        assert store.query("SHOW INDEX FROM s WHERE Key_name = '_by_time'") == []

    for _ in range(2):
        with store.sink() as sink:
            sink.prepare("s", "/s/1.0.0", SCHEMA, Steering(ttl_seconds=60))

    assert len(store.query("SHOW INDEX FROM s WHERE Key_name = '_by_time'")) == 1


def test_write__json_nested_deeper_than_the_server_reads__kept_or_refused_never_lost(store: MySqlStore) -> None:
    deep: Any = 1
    for _ in range(60):
        deep = [deep]

    with store.sink() as sink:
        sink.prepare("s", "/s/1.0.0", SCHEMA, NO_STEERING)
        found = outcome(lambda: sink.write(batch(sink, [{"any": deep}])))

    assert isinstance(found, RecordRefusedError) or store.query("SELECT count(*) FROM s WHERE any IS NOT NULL") == [(1,)]


# Rules of the store


TRIGGER = (
    "CREATE TRIGGER t BEFORE INSERT ON s FOR EACH ROW IF NEW.test = 'poison' THEN "
    "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'poison'; END IF"
)


@pytest.mark.parametrize(
    "rule",
    [
        "ALTER TABLE s ADD CHECK (test <> 'poison')",
        "ALTER TABLE s ADD COLUMN short VARCHAR(5) AS (test) STORED",
        "CREATE UNIQUE INDEX one ON s (test(20))",
        TRIGGER,
    ],
    ids=["check", "generated", "unique", "trigger"],
)
def test_write__rule_of_the_store_broken__refused_without_its_content_and_nothing_written(store: MySqlStore, rule: str) -> None:
    with store.sink() as sink:
        write(sink, [{"test": "a"}])
        store.query(rule)
        events = [{"test": "b"}, {"test": "poison"}, {"test": "poison"}]

        with pytest.raises(RecordRefusedError) as caught:
            sink.write(batch(sink, events))

        assert "poison" not in str(caught.value)
        assert texts(store) == ["a"]
        assert sink.position(WHERE) == Position(1, "i", "c")
        sink.write(batch(sink, [{"test": "b"}]))
    assert texts(store) == ["a", "b"]


def test_write__row_refused_while_rows_are_loading__nothing_written_and_the_connection_is_good(store: MySqlStore) -> None:
    steering = Steering(types="freeze")
    many = [{"test": "x" * 1000}] * 200  # some blocks are on their way before the refused one
    with store.sink() as sink:
        sink.prepare("s", "/s/1.0.0", SCHEMA, steering)

        with pytest.raises(RowsRefusedError) as caught:
            sink.write(batch(sink, [*many, {"n": "one"}, *many], steering))

        assert set(caught.value.refused) == {200}
        assert store.query("SELECT count(*) FROM s") == [(0,)]
        sink.write(batch(sink, many, steering))
    assert store.query("SELECT count(*) FROM s") == [(200,)]

"""What is the MySQL sink's own: locks, limits, a server that dies or turns read-only, encryption."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

import orjson
import pymysql
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connectors.sinks.base import (
    FencedError,
    Position,
    RecordRefusedError,
    Row,
    RowsRefusedError,
    Sink,
    StoreUnavailableError,
    WriteBatch,
)
from connectors.sinks.mysql import MySqlSink, Options
from connectors.steering import NO_STEERING, Steering
from connectors.stores import mysql_connection
from connectors.stores.table_rows import blocks
from eventplatform.core.records import Record, TopicPartition
from tests.contracts.stores.mysql import MySqlStore, fresh
from tests.services import MariaDbServer, Server, running

pytestmark = pytest.mark.slow

WHERE = TopicPartition("t", 0)
SCHEMA: dict[str, Any] = {"properties": {"test": {"type": "string"}, "any": {}, "n": {"type": "integer"}}}
WIDER: dict[str, Any] = {"properties": {**SCHEMA["properties"], "more": {"type": "boolean"}}}
BY_TEST = Steering(is_upsert=True, key=("/test",))


@pytest.fixture
def store(mariadb_server: Server) -> MySqlStore:
    return fresh(mariadb_server.port)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits for locks end after a second."""
    shorter = tuple(one.replace("lock_wait_timeout = 5", "lock_wait_timeout = 1") for one in mysql_connection._SESSION)
    monkeypatch.setattr(mysql_connection, "_SESSION", shorter)


def batch(sink: Sink, events: list[dict[str, Any]], steering: Steering = NO_STEERING) -> WriteBatch:
    expected = sink.position(WHERE)
    start = expected.next_offset if expected else 0
    events = [{"$schema": "/s/1.0.0", **event} for event in events]
    rows = [Row(Record(*WHERE, start + n, 1000, None, orjson.dumps(event)), event) for n, event in enumerate(events)]
    return WriteBatch("s", WHERE, expected, Position(start + len(rows), "i", "c"), rows, (), steering)


def write(sink: Sink, events: list[dict[str, Any]], *, schema: Any = SCHEMA, steering: Steering = NO_STEERING) -> None:
    sink.prepare("s", "/s/1.0.0", schema, steering)
    sink.write(batch(sink, events, steering))


def texts(store: MySqlStore) -> list[Any]:
    return [text for (text,) in store.query("SELECT test FROM s ORDER BY _offset")]


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


def outcome(act: Callable[[], Any]) -> BaseException:
    try:
        act()
    except Exception as error:  # noqa: BLE001  # the test looks at it
        return error
    return AssertionError("nothing was raised")


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


# Limits and states of the server


@pytest.fixture
def set_global(mariadb_server: Server) -> Iterator[Callable[[str, int], None]]:
    """Sets a variable of the shared server until the test ends."""
    with (
        pymysql.connect(host="127.0.0.1", port=mariadb_server.port, user="ep", password="ep") as connection,
        connection.cursor() as cursor,
    ):
        before: dict[str, int] = {}

        def change(name: str, value: int) -> None:
            cursor.execute(f"SELECT @@GLOBAL.{name}")
            before[name] = cursor.fetchall()[0][0]
            cursor.execute(f"SET GLOBAL {name} = {value}")

        yield change
        for name, value in before.items():
            cursor.execute(f"SET GLOBAL {name} = {value}")


def test_write__row_larger_than_a_packet__refused_by_insert_and_taken_by_load(
    store: MySqlStore, set_global: Callable[[str, int], None]
) -> None:
    set_global("max_allowed_packet", 1024 * 1024)
    large = {"test": "x" * 2_000_000}

    with MySqlSink("c1", store.target, Options(load_data=False)) as sink:
        sink.prepare("s", "/s/1.0.0", SCHEMA, NO_STEERING)
        with pytest.raises(RecordRefusedError, match="the server takes 1048576 at once"):
            sink.write(batch(sink, [large]))
        sink.write(batch(sink, [{"test": "y" * 400_000}] * 5))
    with store.sink() as sink:
        write(sink, [large, {"test": "after"}])

    assert store.query("SELECT count(*), max(length(test)) FROM s") == [(7, 2_000_000)]


def test_write__text_longer_than_the_column__refused(store: MySqlStore) -> None:
    with store.sink() as sink:
        sink.prepare("s", "/s/1.0.0", SCHEMA, NO_STEERING)
        store.query("ALTER TABLE s MODIFY test VARCHAR(10)")

        with pytest.raises(RecordRefusedError, match=r"too long for the column \(error 1406 at test\)"):
            sink.write(batch(sink, [{"test": "fits"}, {"test": "longer than ten"}]))

    assert texts(store) == []


def test_write__loading_not_allowed__by_insert(store: MySqlStore, set_global: Callable[[str, int], None]) -> None:
    with store.sink() as sink:
        write(sink, [{"test": "a"}])
        set_global("local_infile", 0)
        sink.write(batch(sink, [{"test": "b"}]))  # open since before
    with store.sink() as sink:
        write(sink, [{"test": "c"}])

    assert texts(store) == ["a", "b", "c"]


def test_write__server_turned_read_only__tried_again_later(store: MySqlStore, set_global: Callable[[str, int], None]) -> None:
    user = f"w_{store.database[-8:]}"
    store.query(f"CREATE USER '{user}'@'127.0.0.1' IDENTIFIED BY 'pw'")
    rights = "SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, INDEX"  # as the option says
    store.query(f"GRANT {rights} ON {store.database}.* TO '{user}'@'127.0.0.1'")
    with MySqlSink("c1", replace(store.target, user=user, password="pw"), Options()) as sink:
        sink.prepare("s", "/s/1.0.0", SCHEMA, Steering(ttl_seconds=5))
        sink.write(batch(sink, [{"test": "a"}]))
        set_global("read_only", 1)

        with pytest.raises(StoreUnavailableError, match="read-only"):
            sink.write(batch(sink, [{"test": "b"}]))

        set_global("read_only", 0)
        sink.write(batch(sink, [{"test": "b"}]))
        assert sink.expire("s", before=datetime.now(UTC)) == 2


def test_open__password_wrong__told_without_it(store: MySqlStore) -> None:
    with pytest.raises(StoreUnavailableError, match="Access denied") as caught:
        MySqlSink("c", replace(store.target, password="s3cr3t-canary"), Options()).open()

    assert "s3cr3t-canary" not in repr(caught.value) + str(caught.value)


def test_open__nobody_there_or_no_database__retriable(store: MySqlStore) -> None:
    for target in (replace(store.target, port=1), replace(store.target, database="nowhere")):
        with pytest.raises(StoreUnavailableError):
            MySqlSink("c", target, Options()).open()


def test_query__server_asks_for_a_file_of_ours__refused(store: MySqlStore) -> None:
    target = store.target
    connection = mysql_connection.connect(
        host=target.host, port=target.port, user="ep", password="ep", database=target.database, name="c", tls=None
    )
    connection.query("CREATE TABLE files (line TEXT)")

    with pytest.raises(RuntimeError):
        connection.query("LOAD DATA LOCAL INFILE '/etc/hostname' INTO TABLE files")

    assert store.query("SELECT count(*) FROM files") == [(0,)]


# A server of its own


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for localhost that vouches for itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, private = serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL
    (tmp_path / "key.pem").write_bytes(key.private_bytes(pem, private, serialization.NoEncryption()))
    (tmp_path / "cert.pem").write_bytes(made.public_bytes(pem))
    return tmp_path / "cert.pem"


@pytest.fixture
def server(certificate: Path, service_missing: Callable[[str], NoReturn]) -> Iterator[Server]:
    options = f"--ssl-cert={certificate} --ssl-key={certificate.parent}/key.pem"
    yield from running(MariaDbServer(Path(tempfile.mkdtemp(prefix="ep-mariadb-")), options), service_missing)


def test_server__killed_amid_a_write_and_started_again__each_row_once(
    server: Server, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = fresh(server.port)
    encrypted = replace(store.target, tls="required")
    events = [{"test": f"t{n}"} for n in range(500)]
    with MySqlSink("c1", encrypted, Options()) as sink:
        write(sink, events[:100])
        wanted = batch(sink, events[100:])

        def killing(lines: Iterator[str]) -> Iterator[bytes]:
            yield next(blocks(iter([next(lines)])))
            server.kill()
            yield from blocks(lines)

        with monkeypatch.context() as patched:
            patched.setattr("connectors.sinks.mysql.blocks", killing)
            with pytest.raises(StoreUnavailableError):
                sink.write(wanted)
        with pytest.raises(StoreUnavailableError):
            sink.write(wanted)

    server.start()
    verified = replace(encrypted, host="localhost", tls="verified", tls_authorities=str(certificate))
    with MySqlSink("c1", verified, Options()) as sink:
        assert sink.position(WHERE) == Position(100, "i", "c")
        write(sink, events[100:])
    assert texts(store) == [event["test"] for event in events]

    with pytest.raises(StoreUnavailableError, match="certificate"):
        MySqlSink("c1", replace(verified, tls_authorities=""), Options()).open()
    with pytest.raises(StoreUnavailableError, match="authorities"):
        MySqlSink("c1", replace(verified, tls_authorities="/nowhere"), Options()).open()

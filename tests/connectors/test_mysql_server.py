"""A MySQL server with limits, that turns read-only, dies, or has to be met encrypted."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

import pymysql
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connectors.sinks.base import (
    Position,
    RecordRefusedError,
    StoreUnavailableError,
)
from connectors.sinks.mysql import MySqlSink, Options
from connectors.steering import NO_STEERING, Steering
from connectors.stores import mysql_connection
from connectors.stores.table_rows import blocks
from tests.connectors.mysql_batches import SCHEMA, WHERE, batch, texts, write
from tests.contracts.stores.mysql import MySqlStore, fresh
from tests.servers.base import Server, running
from tests.servers.stores import MariaDbServer

pytestmark = pytest.mark.slow


@pytest.fixture
def store(mariadb_server: Server) -> MySqlStore:
    return fresh(mariadb_server.port)


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

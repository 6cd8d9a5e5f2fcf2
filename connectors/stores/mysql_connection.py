"""A connection to MySQL or MariaDB: set up for strict, short transactions, and able to load rows from memory."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from typing import Any

from pymysql.connections import Connection, MySQLResult
from pymysql.constants import CLIENT, COMMAND

from connectors.sinks.base import StoreUnavailableError

CONNECT_SECONDS = 5
ANSWER_SECONDS = 60
_PACKET_BYTES = 128 * 1024
# Strict, so that nothing is cut or rounded to fit; literals with backslashes, as ours are written. A wedged slice must not hold
# its locks for ever, and a locked table must not hold this slice. READ COMMITTED locks no gaps between rows.
_SESSION = (
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00'",
    "SET SESSION lock_wait_timeout = 2, innodb_lock_wait_timeout = 5, wait_timeout = 120",
)
_SESSION_OF_MARIADB = "SET SESSION idle_transaction_timeout = 15, max_statement_time = 60"


class LoadingConnection(Connection):
    """Answers LOAD DATA LOCAL with the rows at hand.

    PyMySQL's own way opens whatever file the *server* names, so a rogue one could read this machine's files. Here
    `local_infile` stays off, which refuses any such wish; only `load` answers one, and never with a file.
    """

    def load(self, statement: str, blocks: Iterator[bytes]) -> tuple[int, int]:
        """Run a LOAD DATA LOCAL with these blocks as the file; rows taken, and warnings."""
        # The private names are the very parts of PyMySQL that its public way is made of.
        self._execute_command(COMMAND.COM_QUERY, statement.encode())  # type: ignore[attr-defined]  # the stubs lack it
        packet = self._read_packet()  # type: ignore[no-untyped-call]  # likewise
        assert packet.is_load_local_packet()  # noqa: S101  # an error would have been raised; nothing else answers it
        try:
            for block in blocks:
                for start in range(0, len(block), _PACKET_BYTES):  # a line may be longer than the server takes at once
                    self.write_packet(block[start : start + _PACKET_BYTES])
        finally:
            if self.open:  # also when a row was refused: without the end of the file the server waits for more
                self.write_packet(b"")
                answer = self._read_packet()  # type: ignore[no-untyped-call]  # likewise
        result = MySQLResult(self)
        result._read_ok_packet(answer)  # type: ignore[attr-defined]  # noqa: SLF001  # likewise
        return int(result.affected_rows or 0), int(result.warning_count)


def connect(
    *, host: str, port: int, user: str, password: str, database: str, name: str, tls: ssl.SSLContext | None
) -> LoadingConnection:
    """A connection in autocommit; `name` is shown in the server's list of connections where it has one."""
    connection = LoadingConnection(
        host=host,
        port=port,
        user=user,
        password=password,
        database=database,
        charset="utf8mb4",
        autocommit=True,
        connect_timeout=CONNECT_SECONDS,
        read_timeout=ANSWER_SECONDS,
        write_timeout=ANSWER_SECONDS,
        # FOUND_ROWS: an UPDATE counts the rows that it matched, also those that were as it wants them.
        client_flag=CLIENT.LOCAL_FILES | CLIENT.FOUND_ROWS,
        program_name=name,
        ssl=tls,
        ssl_disabled=tls is None,
    )
    _set_up(connection)
    return connection


def _set_up(connection: LoadingConnection) -> None:
    for statement in _SESSION:
        connection.query(statement)
    version = str(connection.get_server_info())  # type: ignore[no-untyped-call]  # the stubs know no types of it
    if "MariaDB" in version:
        connection.query(_SESSION_OF_MARIADB)


def tls_context(tls: str, authorities: str) -> ssl.SSLContext | None:
    """`off`: none; `required`: encrypted, whoever answers; `verified`: by a host that an authority vouches for."""
    if tls == "off":
        return None
    try:
        context = ssl.create_default_context(cafile=authorities or None)
    except OSError as error:
        raise StoreUnavailableError(reason=f"the file of authorities can't be used: {error.strerror or 'no PEM'}") from error
    if tls == "required":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def fetch_one(connection: Connection[Any], query: str, values: tuple[Any, ...] = ()) -> tuple[Any, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        found: tuple[Any, ...] | None = cursor.fetchone()
    return found


def fetch_all(connection: Connection[Any], query: str, values: tuple[Any, ...] = ()) -> tuple[tuple[Any, ...], ...]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        found: tuple[tuple[Any, ...], ...] = cursor.fetchall()
    return found


def run(connection: Connection[Any], query: str, values: tuple[Any, ...] = ()) -> int:
    """The rows that it changed, or, an UPDATE, matched."""
    with connection.cursor() as cursor:
        return int(cursor.execute(query, values))

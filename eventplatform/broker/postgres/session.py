"""One lazily made connection that answers within a bounded time, reconnects by itself and speaks in the log's errors."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.rows import TupleRow

from eventplatform.broker.base import LogUnavailableError
from eventplatform.broker.postgres.schema import LogNotPreparedError

T = TypeVar("T")

_CONNECT_SECONDS = 3
_ANSWER_SECONDS = 15.0
_UNANSWERED_MESSAGES = 8


class NotSentError(LogUnavailableError):
    """There is no connection, so nothing was sent: trying again can't do it twice."""


class BoundedConnection(psycopg.Connection[TupleRow]):
    """A connection on which no call waits for ever: a server that hangs must not hang its clients."""

    answer_seconds = _ANSWER_SECONDS

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        return super().wait(gen, interval, self.answer_seconds if timeout is None else timeout)


class Session:
    """A connection of one thread at a time, made when it is first needed and again after a failure."""

    def __init__(
        self,
        url: str,
        name: str,
        prepare: Callable[[BoundedConnection], Any] = lambda _: None,
        *,
        answer_seconds: float = _ANSWER_SECONDS,
    ) -> None:
        self._url = url
        self._name = name
        self._prepare = prepare
        self._answer_seconds = answer_seconds
        self._connection: BoundedConnection | None = None
        self._closing = threading.Lock()

    @contextmanager
    def connection(self) -> Iterator[BoundedConnection]:
        """The connection, in autocommit; errors of Postgres come out as errors of the log.

        Raises:
            NotSentError: no connection can be made.
            LogUnavailableError: it failed on the way: what was sent may have taken effect.
            LogNotPreparedError: the tables are missing.
        """
        connection = self._connected()
        try:
            yield connection
        except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedFunction) as error:
            raise LogNotPreparedError from error
        except (psycopg.OperationalError, psycopg.InterfaceError, psycopg.InternalError) as error:
            self.close()
            raise LogUnavailableError(reason=_one_line(error)) from error

    def interrupt(self) -> None:
        """Let the call that waits for the server, in whatever thread, fail now; what it sent may take effect."""
        with self._closing, contextlib.suppress(OSError, psycopg.Error):
            if self._connection is not None:
                # The socket is ended, not closed: its number must not go to somebody else while the other thread waits.
                with socket.socket(fileno=os.dup(self._connection.fileno())) as shared:
                    shared.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Let go of the socket."""
        with self._closing:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _connected(self) -> BoundedConnection:
        if self._connection is not None and _is_stale(self._connection):
            self.close()
        if self._connection is None:
            try:
                self._connection = self._connect()
            except psycopg.Error as error:
                raise NotSentError(reason=_one_line(error)) from error
        return self._connection

    def _connect(self) -> BoundedConnection:
        connection = BoundedConnection.connect(
            self._url,
            autocommit=True,
            connect_timeout=_CONNECT_SECONDS,
            application_name=f"eventplatform {self._name}",
        )
        # The server gives up a little before we do, and compiles nothing: our statements are short.
        connection.execute(f"set statement_timeout = {int(self._answer_seconds * 900)}; set jit = off")
        connection.answer_seconds = self._answer_seconds
        self._prepare(connection)
        return connection


def _is_stale(connection: BoundedConnection) -> bool:
    """Whether the server has left since the last call; found out without sending anything."""
    for _ in range(_UNANSWERED_MESSAGES):
        if connection.closed:
            return True
        readable = select.poll()  # `select` takes no descriptor above 1023, and a server of streams or of events has more
        readable.register(connection.fileno(), select.POLLIN)
        if not readable.poll(0):
            return False
        try:
            connection.pgconn.consume_input()
        except psycopg.Error:
            return True
    return False


def _one_line(error: psycopg.Error) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__

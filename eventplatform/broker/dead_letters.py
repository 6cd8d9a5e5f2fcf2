"""Records that a connector set aside, with their reason and their bytes, so that people can mend and replay them."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any

from psycopg import sql

from eventplatform.broker import headers
from eventplatform.broker.base import LogUnavailableError
from eventplatform.broker.postgres.session import BoundedConnection, Session
from eventplatform.core.errors import RetriableError
from eventplatform.core.records import Headers

_COLUMNS = (
    "connector, stream, topic, incarnation, partition, record_offset, timestamp_ms, key, value, headers,"
    " code, pointer, message, created_at"
)
_PUT = f"""
insert into dead_letters ({_COLUMNS}) values (%s, %s, %s, %s, %s, %s, %s, %b, %b, %s, %s, %s, %s, %s)
on conflict do nothing
"""  # noqa: S608  # constants only
_LIST = f"select {_COLUMNS}, id, replayed_at from dead_letters"  # noqa: S608  # likewise


class DeadLettersUnavailableError(RetriableError):
    """The table of dead letters can't be reached: nothing may be set aside, so nothing may be passed over."""

    code = "dead_letters.unavailable"
    message = "The dead letters can't be reached: {reason}."
    remedy = "Bring the database back; what waits is tried again by itself."


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One record set aside: where it stood, what it was, and why; `id` and `replayed_at` are the table's."""

    connector: str
    stream: str
    topic: str
    incarnation: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    code: str
    pointer: str
    message: str
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    id: int | None = None
    replayed_at: datetime | None = None


_FIELDS = tuple(known.name for known in fields(DeadLetter))  # in the order of _LIST


class DeadLetters:
    """The table of dead letters at a connection URL; safe to share between threads."""

    def __init__(self, conninfo: str) -> None:
        self._session = Session(conninfo, "dead letters")
        self._lock = threading.Lock()

    def put(self, letters: Sequence[DeadLetter]) -> None:
        """Set these aside, all or none; one that is there already (same connector and coordinates) stays as it is."""
        with self._connection() as connection, connection.transaction(), connection.cursor() as cursor:
            cursor.executemany(_PUT, [_row(letter) for letter in letters])

    def list(
        self,
        *,
        connector: str = "",
        stream: str = "",
        is_replayed: bool | None = None,
        before_id: int | None = None,
        limit: int = 50,
    ) -> list[DeadLetter]:
        """The newest first; `before_id` pages on."""
        where, values = _conditions(connector, stream, before_id, is_replayed=is_replayed)
        with self._connection() as connection, connection.cursor(binary=True) as cursor:
            query = sql.SQL(_LIST) + where + sql.SQL(" order by id desc limit %s")
            return [_letter(row) for row in cursor.execute(query, [*values, limit]).fetchall()]

    def get(self, letter_id: int) -> DeadLetter | None:
        """The letter of that number."""
        found = self.list(before_id=letter_id + 1, limit=1)
        return found[0] if found and found[0].id == letter_id else None

    def count(self, *, connector: str = "", stream: str = "", is_replayed: bool | None = None) -> int:
        """How many there are."""
        where, values = _conditions(connector, stream, None, is_replayed=is_replayed)
        with self._connection() as connection:
            row = connection.execute(sql.SQL("select count(*) from dead_letters") + where, values).fetchone()
        return int(row[0]) if row else 0

    def mark_replayed(self, letter_ids: Collection[int]) -> int:
        """Note that these went back into a topic; how many were not noted before."""
        with self._connection() as connection:
            return connection.execute(
                "update dead_letters set replayed_at = now() where id = any(%s) and replayed_at is null", [list(letter_ids)]
            ).rowcount

    def close(self) -> None:
        """Let go of the socket."""
        with self._lock:
            self._session.close()

    @contextmanager
    def _connection(self) -> Iterator[BoundedConnection]:
        try:
            with self._lock, self._session.connection() as connection:
                yield connection
        except LogUnavailableError as error:
            raise DeadLettersUnavailableError(reason=error.facts["reason"]) from error


def _row(letter: DeadLetter) -> tuple[Any, ...]:
    text = headers.dump(letter.headers)
    # Postgres' text holds no NUL, and a reason may quote one from the record.
    reason = [part.replace("\0", "\N{REPLACEMENT CHARACTER}") for part in (letter.code, letter.pointer, letter.message)]
    where: tuple[Any, ...] = (
        letter.connector,
        letter.stream,
        letter.topic,
        letter.incarnation,
        letter.partition,
        letter.offset,
    )
    content = (letter.timestamp_ms, letter.key, letter.value, text.decode() if text else None)
    return (*where, *content, *reason, letter.created_at)


def _letter(row: tuple[Any, ...]) -> DeadLetter:
    found = dict(zip(_FIELDS, row, strict=True))
    return DeadLetter(**{**found, "headers": headers.load(found["headers"])})


def _conditions(
    connector: str,
    stream: str,
    before_id: int | None,
    *,
    is_replayed: bool | None,
) -> tuple[sql.SQL, list[Any]]:
    conditions: list[str] = []
    values: list[Any] = []
    for condition, value in (("connector = %s", connector), ("stream = %s", stream), ("id < %s", before_id)):
        if value:
            conditions.append(condition)
            values.append(value)
    if is_replayed is not None:
        conditions.append(f"replayed_at is {'not ' if is_replayed else ''}null")
    return sql.SQL(" where " + " and ".join(conditions) if conditions else ""), values

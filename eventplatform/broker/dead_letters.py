"""Events and records set aside, with their reason and their bytes, so that people can mend and replay them."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any, Literal

import orjson
import psycopg
from psycopg import sql

from eventplatform.broker import headers
from eventplatform.broker.base import LogUnavailableError
from eventplatform.broker.postgres.session import BoundedConnection, Session
from eventplatform.core.errors import RetriableError
from eventplatform.core.records import Headers, TopicPartition
from eventplatform.core.schemas import Violation

_COLUMNS = (
    "name, stream, topic, incarnation, partition, record_offset, timestamp_ms, key, value, headers, code, pointer, message,"
    " source, service, schema_id, event_id, client, outcome, remedy, request_id, violations, is_cut, received_at, created_at"
)
_PUT = f"""
insert into dead_letters ({_COLUMNS}) values
(%s, %s, %s, %s, %s, %s, %s, %b, %b, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
on conflict do nothing
"""  # noqa: S608  # constants only
_LIST = f"select {_COLUMNS}, id, replayed_at, replayed_by, replayed_as, group_key from dead_letters"  # noqa: S608  # likewise


Source = Literal["intake", "connector", "job"]


class DeadLettersUnavailableError(RetriableError):
    """The table of dead letters can't be reached: nothing may be set aside, so nothing may be passed over."""

    code = "dead_letters.unavailable"
    message = "The dead letters can't be reached: {reason}."
    remedy = "Bring the database back; what waits is tried again by itself."


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One event or record set aside: where it stood, what it was, and why.

    `name` is the connector's, the job's or the intake's service's. At the intake `value` is the refused event, `topic` the
    error stream's. `is_cut`: the value is not whole. The last five are the table's own.
    """

    name: str
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
    source: Source = "connector"
    service: str = ""
    schema_id: str = ""
    event_id: str = ""
    client: str = ""
    outcome: str = ""
    remedy: str = ""
    request_id: str = ""
    violations: tuple[Violation, ...] = ()
    is_cut: bool = False
    received_at: datetime | None = None
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    id: int | None = None
    replayed_at: datetime | None = None
    replayed_by: str = ""
    replayed_as: str = ""
    group_key: str = ""


_LARGEST_ID = 2**63 - 1
_FIELDS = tuple(known.name for known in fields(DeadLetter))  # in the order of _LIST


class DeadLetters:
    """The table of dead letters at a connection URL; safe to share between threads."""

    def __init__(self, conninfo: str) -> None:
        self._session = Session(conninfo, "dead letters")
        self._lock = threading.Lock()

    def put(self, letters: Sequence[DeadLetter]) -> None:
        """Set these aside, all or none; one that is there already (same name and coordinates) stays as it is."""
        with self._connection() as connection, connection.transaction():
            add(connection, letters)

    def list(
        self,
        *,
        name: str = "",
        stream: str = "",
        is_replayed: bool | None = None,
        before_id: int | None = None,
        limit: int = 50,
    ) -> list[DeadLetter]:
        """The newest first; `before_id` pages on."""
        where, values = _conditions(name, stream, before_id, is_replayed=is_replayed)
        with self._connection() as connection, connection.cursor(binary=True) as cursor:
            query = sql.SQL(_LIST) + where + sql.SQL(" order by id desc limit %s")
            return [_letter(row) for row in cursor.execute(query, [*values, limit]).fetchall()]

    def get(self, letter_id: int) -> DeadLetter | None:
        """The letter of that number."""
        found = self.list(before_id=letter_id + 1, limit=1)
        return found[0] if found and found[0].id == letter_id else None

    def count(self, *, name: str = "", stream: str = "", is_replayed: bool | None = None) -> int:
        """How many there are."""
        where, values = _conditions(name, stream, None, is_replayed=is_replayed)
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


def add(connection: psycopg.Connection[Any], letters: Sequence[DeadLetter]) -> int:
    """Set these aside in the connection's transaction; how many were not there before.

    In the order of what makes their groups: two writers that lock the same groups never wait for each other in a circle.
    """
    ordered = sorted(letters, key=lambda one: (one.source, one.name, one.stream, one.schema_id, one.code, one.pointer))
    with connection.cursor() as cursor:
        cursor.executemany(_PUT, [_row(letter) for letter in ordered])
        return max(cursor.rowcount, 0)


def letters_of_group(connection: psycopg.Connection[Any], key: str, *, after: int, last: int, limit: int) -> list[DeadLetter]:
    """Letters of a group that were not replayed, the oldest first: behind `after`, up to `last`."""
    query = _LIST + " where group_key = %s and id > %s and id <= %s and replayed_at is null order by id limit %s"
    with connection.cursor() as cursor:
        return [_letter(row) for row in cursor.execute(query, [key, after, last, limit]).fetchall()]


def newest_of_group(connection: psycopg.Connection[Any], key: str, *, before: int | None, limit: int) -> list[DeadLetter]:
    """Letters of a group, replayed ones too, the newest first: those below `before`."""
    query = _LIST + " where group_key = %s and id < %s order by id desc limit %s"
    with connection.cursor() as cursor:
        return [_letter(row) for row in cursor.execute(query, [key, before or _LARGEST_ID, limit]).fetchall()]


def newest_of_stream(connection: psycopg.Connection[Any], stream: str, *, since: datetime, limit: int) -> list[DeadLetter]:
    """Events of a stream that the intake refused since then, replayed ones too, the newest first.

    Found among the stream's last thousand letters, whoever set those aside: that costs the same however many there are.
    """
    newest = "select id from dead_letters where stream = %s order by id desc limit 1000"
    query = f"{_LIST} where id = any(array({newest})) and source = 'intake' and created_at >= %s order by id desc limit %s"
    with connection.cursor() as cursor:
        return [_letter(row) for row in cursor.execute(query, [_storable(stream), since, limit]).fetchall()]


def letters_of_event(connection: psycopg.Connection[Any], event_id: str, *, limit: int) -> list[DeadLetter]:
    """Letters of the event of this id, replayed ones too, the newest first."""
    query = _LIST + " where event_id = %s and event_id <> '' order by id desc limit %s"
    with connection.cursor() as cursor:
        return [_letter(row) for row in cursor.execute(query, [_storable(event_id), limit]).fetchall()]


def letters_of_request(connection: psycopg.Connection[Any], request_id: str, *, limit: int) -> list[DeadLetter]:
    """Letters of the request of this id, likewise."""
    query = _LIST + " where request_id = %s and request_id <> '' order by id desc limit %s"
    with connection.cursor() as cursor:
        return [_letter(row) for row in cursor.execute(query, [_storable(request_id), limit]).fetchall()]


def letters_of_record(connection: psycopg.Connection[Any], where: TopicPartition, offset: int) -> list[DeadLetter]:
    """What connectors set aside of one record, of every incarnation of its topic, the newest first."""
    query = _LIST + (
        " where topic = %s and partition = %s and record_offset = %s and source = 'connector' order by id desc limit 100"
    )
    with connection.cursor() as cursor:
        return [_letter(row) for row in cursor.execute(query, [_storable(where.topic), where.partition, offset]).fetchall()]


def _row(letter: DeadLetter) -> tuple[Any, ...]:
    text = headers.dump(letter.headers)
    where = (letter.name, letter.stream, letter.topic, letter.incarnation, letter.partition, letter.offset)
    content = (letter.timestamp_ms, letter.key, letter.value, text.decode() if text else None)
    reason = (letter.code, letter.pointer, letter.message)
    about = (letter.source, letter.service, letter.schema_id, letter.event_id, letter.client, letter.outcome, letter.remedy)
    places = orjson.dumps([(one.pointer, one.keyword, one.message) for one in letter.violations]).decode()
    rest = (letter.request_id, places if letter.violations else None, letter.is_cut, letter.received_at, letter.created_at)
    return (*map(_storable, where), *content, *map(_storable, (*reason, *about, *rest)))


def _storable(value: Any) -> Any:
    """Postgres' text holds no NUL, and a reason or a name may quote one from the record."""
    return value.replace("\0", "\N{REPLACEMENT CHARACTER}") if isinstance(value, str) else value


def _letter(row: tuple[Any, ...]) -> DeadLetter:
    found = dict(zip(_FIELDS, row, strict=True))
    places = tuple(Violation(*one) for one in orjson.loads(found["violations"] or "[]"))
    return DeadLetter(**{**found, "headers": headers.load(found["headers"]), "violations": places})


def _conditions(
    name: str,
    stream: str,
    before_id: int | None,
    *,
    is_replayed: bool | None,
) -> tuple[sql.SQL, list[Any]]:
    conditions: list[str] = []
    values: list[Any] = []
    for condition, value in (("name = %s", name), ("stream = %s", stream), ("id < %s", before_id)):
        if value:
            conditions.append(condition)
            values.append(value)
    if is_replayed is not None:
        conditions.append(f"replayed_at is {'not ' if is_replayed else ''}null")
    return sql.SQL(" where " + " and ".join(conditions) if conditions else ""), values

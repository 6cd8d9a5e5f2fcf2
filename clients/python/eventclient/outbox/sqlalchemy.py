"""The outbox over SQLAlchemy 2: a table on the caller's MetaData, `publish` in the caller's session, rows for a relay."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Dialect,
    Engine,
    Index,
    Integer,
    MetaData,
    Select,
    String,
    Table,
    Text,
    TypeDecorator,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import mysql

from eventclient.outbox.courier import Courier, HttpCourier
from eventclient.outbox.entries import MAX_ID, MAX_KEY, MAX_STREAM, Entry, State, draft
from eventclient.outbox.fates import Fate, Settlement
from eventclient.outbox.relay import Relay as OutboxRelay
from eventclient.outbox.store import Counts

TABLE = "eventclient_outbox"


class _Executes(Protocol):
    """A Session, a Connection, or an async session's `sync_session`."""

    def execute(self, statement: Any, /) -> Any: ...


class _Moment(TypeDecorator[datetime]):
    """A moment in UTC, to the microsecond, also where the database knows no zones."""

    impl = DateTime(timezone=True).with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        utc = value.astimezone(UTC) if value else None
        return utc if utc is None or dialect.name == "postgresql" else utc.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  # its signature
        return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)


def outbox_table(metadata: MetaData, name: str = TABLE) -> Table:
    """The outbox's table on the caller's MetaData, made with their other tables or by their migrations; the same each time."""
    known = metadata.tables.get(name)
    return known if known is not None else _made(metadata, name)


def _made(metadata: MetaData, name: str) -> Table:
    number = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts in INTEGER PRIMARY KEY alone
    return Table(
        name,
        metadata,
        Column("id", number, primary_key=True, autoincrement=True),
        Column("event_id", String(MAX_ID), nullable=False, unique=True),
        Column("stream", String(MAX_STREAM), nullable=False),
        Column("key", String(MAX_KEY), nullable=False, default=""),
        Column("body", Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb"), nullable=False),
        Column("state", String(10), nullable=False, default=State.WAITING.value),
        Column("written_at", _Moment, nullable=False),
        Column("due_at", _Moment, nullable=False),
        Column("token", String(32), nullable=False, default=""),
        Column("tries", Integer, nullable=False, default=0),
        Column("settled_at", _Moment),
        *(Column(text, String(1000 if text != "code" else 100), nullable=False, default="") for text in _TEXTS),
        Index(f"{name}_state", "state", "id"),
        Index(f"{name}_key", "key", "state", "id"),
        Index(f"{name}_token", "token"),
        Index(f"{name}_settled", "state", "settled_at"),
    )


_TEXTS = ("code", "pointer", "message", "remedy")


def publish(session: _Executes, stream: str, event: Any, *, table: Table, key: str = "") -> str:
    """Write an event into the session's transaction; its `meta.id`. Rolled back, there was none; committed, it is sent.

    Events of one `key` are sent in the order in which they were written.

    Raises:
        EventUnfitError: it is no event.
    """
    made = draft(stream, event, key=key)
    session.execute(
        insert(table).values(
            event_id=made.event_id,
            stream=made.stream,
            key=made.key,
            body=made.body,
            written_at=made.written_at,
            due_at=made.written_at,
        )
    )
    return made.event_id


def relay(engine: Engine, table: Table, platform: str = "", *, courier: Courier | None = None, **options: Any) -> OutboxRelay:
    """A relay over an engine's outbox: `relay(engine, table, "https://platform.example").run(stop)`."""
    return OutboxRelay(SqlStore(engine, table), courier or HttpCourier(platform), **options)


class SqlStore:
    """Rows behind an engine; implements `eventclient.outbox.store.Store`.

    Where the database can skip locked rows (Postgres, MySQL 8, MariaDB 10.6), relays pass each other by. On SQLite a row
    belongs to the relay whose single UPDATE found it still due.
    """

    def __init__(self, engine: Engine, table: Table) -> None:
        self._table, self._can_lock = table, engine.dialect.name != "sqlite"
        is_mysql = engine.dialect.name in {"mysql", "mariadb"}  # whose locks would reach between rows, and keep callers out
        self._engine = engine.execution_options(isolation_level="READ COMMITTED") if is_mysql else engine

    def claim(self, token: str, limit: int, now: datetime, until: datetime) -> Sequence[Entry]:
        """See `Store.claim`."""
        due = self._due(now).limit(limit)
        if self._can_lock:
            with self._engine.begin() as connection:
                chosen = list(connection.scalars(due.with_for_update(skip_locked=True)))
                if chosen:
                    connection.execute(self._taken(chosen, token, now, until))
            return self._taken_by(token) if chosen else []
        with self._engine.connect() as connection:
            chosen = list(connection.scalars(due))
        if not chosen:  # an UPDATE of nothing would still wait for whoever writes
            return []
        with self._engine.begin() as connection:
            connection.execute(self._taken(chosen, token, now, until))
        return self._taken_by(token)

    def _taken_by(self, token: str) -> Sequence[Entry]:
        rows = self._table.c
        wanted = (
            select(rows.id, rows.event_id, rows.stream, rows.body, rows.written_at, rows.tries)
            .where(rows.token == token)
            .order_by(rows.id)
        )
        with self._engine.connect() as connection:
            return [Entry(*found) for found in connection.execute(wanted)]

    def settle(self, token: str, settlements: Sequence[Settlement], now: datetime) -> int:
        """See `Store.settle`."""
        alike: defaultdict[tuple[Fate, datetime | None], list[int]] = defaultdict(list)
        for one in settlements:
            alike[one.fate, one.due_at].append(one.row)
        rows, heard = self._table.c, 0
        with self._engine.begin() as connection:
            for (fate, due_at), ids in alike.items():
                own = update(self._table).where(rows.id.in_(ids), rows.token == token, rows.state == State.WAITING.value)
                heard += connection.execute(own.values(token="", **_values(fate, due_at, now))).rowcount
        return heard

    def clean(self, sent_before: datetime, limit: int) -> int:
        """See `Store.clean`."""
        rows = self._table.c
        old = select(rows.id).where(rows.state == State.SENT.value, rows.settled_at < sent_before).order_by(rows.settled_at)
        with self._engine.begin() as connection:
            found = connection.scalars(old.limit(limit)).all()
            if found:
                connection.execute(delete(self._table).where(rows.id.in_(found)))
        return len(found)

    def requeue(self, code: str, now: datetime) -> int:
        """See `Store.requeue`."""
        rows = self._table.c
        refused = [rows.state == State.REFUSED.value, *([rows.code == code] if code else [])]
        again = {"state": State.WAITING.value, "due_at": now, "token": "", "tries": 0, "settled_at": None}
        with self._engine.begin() as connection:
            return connection.execute(update(self._table).where(*refused).values(**again)).rowcount

    def counts(self, now: datetime) -> Counts:
        """See `Store.counts`."""
        rows = self._table.c
        with self._engine.connect() as connection:
            by_state = connection.execute(select(rows.state, func.count()).group_by(rows.state))
            found: dict[str, int] = dict(map(tuple, by_state))
            oldest = connection.scalar(select(func.min(rows.written_at)).where(rows.state == State.WAITING.value))
        waited = (now - oldest).total_seconds() if oldest else 0.0
        return Counts(found.get("waiting", 0), found.get("sent", 0), found.get("refused", 0), max(0.0, waited))

    def _due(self, now: datetime) -> Select[tuple[int]]:
        """Rows that are due; of a key only its first that waits, so that the order holds whoever takes it."""
        rows, earlier = self._table.c, self._table.alias("earlier")
        others = (earlier.c.key == rows.key, earlier.c.state == State.WAITING.value, earlier.c.id < rows.id)
        is_first = ~exists().where(*others).correlate(self._table)
        is_due = (rows.state == State.WAITING.value, rows.due_at <= now, or_(rows.key == "", is_first))
        return select(rows.id).where(*is_due).order_by(rows.id)

    def _taken(self, chosen: Any, token: str, now: datetime, until: datetime) -> Any:
        rows = self._table.c
        still_due = (rows.id.in_(chosen), rows.state == State.WAITING.value, rows.due_at <= now)
        return update(self._table).where(*still_due).values(token=token, due_at=until, tries=rows.tries + 1)


def _values(fate: Fate, due_at: datetime | None, now: datetime) -> dict[str, Any]:
    if due_at is not None:
        return {"due_at": due_at, "code": fate.code, "message": fate.message}
    if fate.kind == "sent":
        return {"state": State.SENT.value, "settled_at": now}
    texts = {name: getattr(fate, name) for name in _TEXTS}
    return {"state": State.REFUSED.value, "settled_at": now, **texts}

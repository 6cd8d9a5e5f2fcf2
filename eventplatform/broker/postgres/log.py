"""The Postgres log as a whole: topics, offsets, retention; makes producers and readers."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from eventplatform.broker import base
from eventplatform.broker.postgres import retention
from eventplatform.broker.postgres.producer import PostgresProducer
from eventplatform.broker.postgres.reader import PostgresReader
from eventplatform.broker.postgres.session import BoundedConnection, Session
from eventplatform.core.records import TopicPartition

# The embedded log is meant for one machine and a trial; above this, a Kafka is the better home.
CEILING_BYTES = 20 * 1024**3

_TOPICS = """
select t.name, count(*)::int, t.incarnation::text from log_topics t join log_partitions p on p.topic_id = t.id
where %(names)s::text[] is null or t.name = any(%(names)s::text[])
group by t.name, t.incarnation order by t.name
"""
_CREATE = """
with made as (
    insert into log_topics (name, retention_ms) values (%s, %s) on conflict (name) do nothing returning id
)
insert into log_partitions (topic_id, partition) select id, generate_series(0, %s - 1) from made
"""
_RETENTIONS = "select name, retention_ms from log_topics where name = any(%(names)s::text[])"
_RETAIN = "update log_topics set retention_ms = coalesce(%s::bigint, retention_ms) where name = %s returning id"
_GROW = """
insert into log_partitions (topic_id, partition) select %s, generate_series(0, %s - 1) on conflict do nothing
"""
_LOCK_PARTITIONS = """
select from log_partitions p join log_topics t on t.id = p.topic_id
where t.name = %s order by p.topic_id, p.partition for update of p
"""
_WANTED = """
from unnest(%(topics)s::text[], %(partitions)s::int[], %(times)s::bigint[]) as w (topic, partition, at)
join log_topics t on t.name = w.topic
join log_partitions p on p.topic_id = t.id and p.partition = w.partition
"""
_FIRST = "select w.topic, w.partition, p.first_offset" + _WANTED
_END = "select w.topic, w.partition, p.next_offset" + _WANTED
_FOR_TIMES = f"""
select w.topic, w.partition, found.record_offset
{_WANTED}
left join lateral (
    select r.record_offset from log_records r
    where r.topic_id = p.topic_id and r.partition = p.partition and r.record_offset >= p.first_offset
        and r.timestamp_ms >= w.at
    order by r.record_offset limit 1
) found on true
"""  # noqa: S608  # constants only


class PostgresLog(base.Log):
    """The log in the tables of `migrations/0001_log.sql`.

    Durable as far as the server is: with `synchronous_commit` off, a crash of the server may lose the last records.
    """

    def __init__(self, url: str, *, ceiling_bytes: int = CEILING_BYTES) -> None:
        self._url = url
        self._ceiling_bytes = ceiling_bytes
        self._session = Session(url, "log")
        self._lock = threading.Lock()
        self._cluster_id = ""

    def producer(self, *, timeout_seconds: float = base.TIMEOUT_SECONDS) -> base.Producer:
        return PostgresProducer(self._url, timeout_seconds=timeout_seconds)

    def reader(self) -> base.Reader:
        return PostgresReader(self._url)

    def cluster_id(self) -> str:
        if not self._cluster_id:
            self._cluster_id = self._ask("select id::text from log_cluster")[0][0]
        return self._cluster_id

    def topics(self, names: Collection[str] | None = None) -> Mapping[str, base.Topic]:
        rows = self._ask(_TOPICS, {"names": None if names is None else list(names)})
        return {name: base.Topic(name, partitions, incarnation) for name, partitions, incarnation in rows}

    def create_topic(self, name: str, *, partitions: int = 1, retention_ms: int | None = None) -> None:
        with self._lock, self._session.connection() as connection:
            connection.execute(_CREATE, [name, retention_ms, partitions])

    def retentions(self, names: Collection[str]) -> Mapping[str, int | None]:
        return dict(self._ask(_RETENTIONS, {"names": list(names)}))

    def alter_topic(self, name: str, *, partitions: int | None = None, retention_ms: int | None = None) -> None:
        with self._lock, self._session.connection() as connection, connection.transaction():
            found = connection.execute(_RETAIN, [retention_ms, name]).fetchone()
            if found is None:
                raise base.TopicUnknownError(topic=name)
            if partitions is not None:
                connection.execute(_GROW, [found[0], partitions])

    def delete_topic(self, name: str) -> None:
        with self._own_connection() as connection:
            with connection.transaction():
                # In the order of appends, so that neither waits for the other for ever.
                connection.execute(_LOCK_PARTITIONS, [name])
                connection.execute("delete from log_topics where name = %s", [name])
            retention.sweep(connection)

    def first_offsets(self, wanted: Collection[TopicPartition]) -> Mapping[TopicPartition, int]:
        return self._offsets(_FIRST, dict.fromkeys(wanted, 0))

    def end_offsets(self, wanted: Collection[TopicPartition]) -> Mapping[TopicPartition, int]:
        return self._offsets(_END, dict.fromkeys(wanted, 0))

    def offsets_for_times(self, wanted: Mapping[TopicPartition, int]) -> Mapping[TopicPartition, int | None]:
        return self._offsets(_FOR_TIMES, wanted)

    def apply_retention(self, *, now_ms: int | None = None) -> int:
        with self._own_connection() as connection:
            return retention.expire(connection, time.time_ns() // 1_000_000 if now_ms is None else now_ms)

    def usage(self) -> base.Usage:
        size: int = self._ask("select pg_total_relation_size('log_records')")[0][0]
        return base.Usage(size, self._ceiling_bytes)

    def close(self) -> None:
        with self._lock:
            self._session.close()

    @contextmanager
    def _own_connection(self) -> Iterator[BoundedConnection]:
        """For what may take long: nobody else should wait for it."""
        session = Session(self._url, "retention")
        try:
            with session.connection() as connection:
                yield connection
        finally:
            session.close()

    def _offsets(self, query: str, wanted: Mapping[TopicPartition, int]) -> dict[TopicPartition, Any]:
        parameters = {
            "topics": [where.topic for where in wanted],
            "partitions": [where.partition for where in wanted],
            "times": list(wanted.values()),
        }
        return {TopicPartition(topic, partition): offset for topic, partition, offset in self._ask(query, parameters)}

    def _ask(self, query: str, parameters: Mapping[str, Any] | None = None) -> Sequence[tuple[Any, ...]]:
        with self._lock, self._session.connection() as connection:
            return connection.execute(query, parameters).fetchall()

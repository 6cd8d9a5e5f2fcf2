"""Reads partitions of the Postgres log, each time in one statement, so from one snapshot."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from eventplatform.broker import base, headers
from eventplatform.broker.postgres.appender import CHANNEL
from eventplatform.broker.postgres.session import Session
from eventplatform.core.records import Record, TopicPartition

_LOOK_AGAIN_SECONDS = 1.0  # a wake-up may be lost with its sender

# The running sum ends the batch by bytes; lengths are known without reading the values themselves.
_READ = """
select p.topic_id, p.first_offset, p.next_offset, r.record_offset, r.timestamp_ms, r.key, r.value, r.headers
from log_topics t
join log_partitions p on p.topic_id = t.id
left join lateral (
    select * from (
        select n.*, sum(n.size) over (order by n.record_offset) - n.size as bytes_before
        from (
            select record_offset, timestamp_ms, key, value, headers,
                coalesce(octet_length(key), 0) + coalesce(octet_length(value), 0) + coalesce(octet_length(headers), 0) as size
            from log_records
            where topic_id = p.topic_id and partition = p.partition and record_offset >= %(offset)s
            order by record_offset
            limit %(max_records)s
        ) n
    ) summed
    where bytes_before < %(max_bytes)s
) r on true
where t.name = %(topic)s and p.partition = %(partition)s
order by r.record_offset
"""


class PostgresReader(base.Reader):
    """Reads with one connection of its own; while it waits it listens for wake-ups."""

    def __init__(self, url: str) -> None:
        self._session = Session(url, "reader", lambda connection: connection.execute(f"listen {CHANNEL}"))

    def read(
        self,
        where: TopicPartition,
        offset: int,
        *,
        max_records: int = 500,
        max_bytes: int = 4 * 1024 * 1024,
        timeout_seconds: float = 0.0,
    ) -> base.Batch:
        deadline = time.monotonic() + timeout_seconds
        while True:
            self._forget_wake_ups()
            rows = self._fetch(where, offset, max_records, max_bytes)
            records = _records(where, rows, offset)
            left = deadline - time.monotonic()
            if records or left <= 0:
                return base.Batch(records, records[-1].offset + 1 if records else offset)
            self._wait(f"{rows[0][0]}:{where.partition}", min(left, _LOOK_AGAIN_SECONDS))

    def close(self) -> None:
        self._session.close()

    def _fetch(self, where: TopicPartition, offset: int, max_records: int, max_bytes: int) -> list[tuple[Any, ...]]:
        wanted = {
            "topic": where.topic,
            "partition": where.partition,
            "offset": offset,
            "max_records": max_records,
            "max_bytes": max_bytes,
        }
        with self._session.connection() as connection, connection.cursor(binary=True) as cursor:
            rows = cursor.execute(_READ, wanted).fetchall()
        if not rows:
            raise base.TopicUnknownError(topic=where.topic)
        return rows

    def _forget_wake_ups(self) -> None:
        """Drop those that came while nobody waited: the read that follows sees what they tell of."""
        with self._session.connection() as connection:
            for _ in connection.notifies(timeout=0):
                pass

    def _wait(self, partition: str, seconds: float) -> None:
        with self._session.connection() as connection:
            for notification in connection.notifies(timeout=seconds):
                if not notification.payload or partition in notification.payload.split(","):
                    return


def _records(where: TopicPartition, rows: Sequence[tuple[Any, ...]], offset: int) -> list[Record]:
    _, first, end, *_ = rows[0]
    if not first <= offset <= end:
        raise base.OffsetOutOfRangeError(topic=where.topic, partition=where.partition, offset=offset, first=first, end=end)
    topic, partition = where
    return [
        Record(topic, partition, record_offset, timestamp_ms, key, value, headers.load(text))
        for _, _, _, record_offset, timestamp_ms, key, value, text in rows
        if record_offset is not None
    ]

"""Deletes what topics no longer keep: the first offset moves first, then the rows go in small batches."""

from __future__ import annotations

from psycopg import Connection

_BATCH = 5000

# As Kafka deletes whole segments from the front: everything before the first record that is young enough.
_FIRST_KEPT = """
select p.topic_id, p.partition, p.first_offset, coalesce(young.record_offset, p.next_offset)
from log_topics t
join log_partitions p on p.topic_id = t.id
left join lateral (
    select record_offset from log_records r
    where r.topic_id = p.topic_id and r.partition = p.partition and r.record_offset >= p.first_offset
        and r.timestamp_ms >= %(now_ms)s - t.retention_ms
    order by record_offset limit 1
) young on true
where t.retention_ms is not null
"""
_MOVE_FIRST = """
update log_partitions set first_offset = %s where topic_id = %s and partition = %s and first_offset < %s
"""
_PARTITIONS_WITH_ROWS = """
with recursive found as (
    (select topic_id, partition from log_records order by topic_id, partition limit 1)
    union all
    select next.topic_id, next.partition from found cross join lateral (
        select r.topic_id, r.partition from log_records r
        where (r.topic_id, r.partition) > (found.topic_id, found.partition)
        order by r.topic_id, r.partition limit 1
    ) next
)
select found.topic_id, found.partition, p.first_offset
from found left join log_partitions p using (topic_id, partition)
"""
_DELETE = """
delete from log_records where topic_id = %(topic)s and partition = %(partition)s and record_offset < (
    select max(record_offset) + 1 from (
        select record_offset from log_records
        where topic_id = %(topic)s and partition = %(partition)s
            and (%(first)s::bigint is null or record_offset < %(first)s::bigint)
        order by record_offset limit %(batch)s
    ) oldest
)
"""


def expire(connection: Connection, now_ms: int) -> int:
    """Apply the retention of every topic and remove what deleted topics left behind; how many records went."""
    rows = connection.execute(_FIRST_KEPT, {"now_ms": now_ms}).fetchall()
    for topic_id, partition, first, kept in rows:
        if kept > first:
            connection.execute(_MOVE_FIRST, [kept, topic_id, partition, kept])
    return sweep(connection)


def sweep(connection: Connection) -> int:
    """Delete rows below their partition's first offset; where the partition is gone, all of them."""
    count = 0
    for topic_id, partition, first in connection.execute(_PARTITIONS_WITH_ROWS).fetchall():
        wanted = {"topic": topic_id, "partition": partition, "first": first, "batch": _BATCH}
        while deleted := connection.execute(_DELETE, wanted).rowcount:
            count += deleted
    return count

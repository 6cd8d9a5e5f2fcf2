-- The event log in tables. Also applied without Django: eventplatform/broker/postgres/schema.py.

create table log_cluster (
    is_only boolean primary key default true check (is_only),
    id uuid not null default gen_random_uuid()
);
insert into log_cluster default values;

create table log_topics (
    id integer generated always as identity primary key,
    name text collate "C" not null unique,
    incarnation uuid not null default gen_random_uuid(),
    retention_ms bigint check (retention_ms > 0),
    created_at timestamptz not null default now()
);

-- One short row per partition, updated by every append: room in its page lets each update stay there.
create table log_partitions (
    topic_id integer not null references log_topics on delete cascade,
    partition integer not null,
    first_offset bigint not null default 0,
    next_offset bigint not null default 0,
    primary key (topic_id, partition)
) with (fillfactor = 25, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

-- No foreign key: an append must not pay for its check. What a deleted topic leaves behind is removed in batches.
create table log_records (
    topic_id integer not null,
    partition integer not null,
    record_offset bigint not null,
    timestamp_ms bigint not null,
    key bytea,
    value bytea,
    headers text, -- JSON: [[name, value as Latin-1], …]; null where there are none
    primary key (topic_id, partition, record_offset)
) with (autovacuum_vacuum_scale_factor = 0.05);
create index log_records_time on log_records using brin (timestamp_ms) with (autosummarize = on);

-- Appends to several partitions in one statement, so that a client that hangs holds no lock. Answers the first offset
-- for each of the given partitions, null where there is no such partition (its records are left out).
--
-- Readers never skip a record: an offset is given out under the lock of its partition's row, which is held until commit,
-- so offsets become visible in their order. The caller sorts the partitions, so that two appends can't wait for each other.
create function log_append(
    topic_ids integer[],
    partitions integer[],
    counts integer[],
    slots integer[],     -- for each record: which of the partitions above, from 1
    ordinals integer[],  -- for each record: its place among those of its partition, from 0
    timestamps bigint[],
    record_keys bytea[],
    record_values bytea[],
    record_headers text[]
) returns bigint[] language plpgsql as $$
declare
    starts bigint[] := '{}';
    start bigint;
begin
    for i in 1 .. cardinality(topic_ids) loop
        update log_partitions p set next_offset = p.next_offset + counts[i]
            where p.topic_id = topic_ids[i] and p.partition = partitions[i]
            returning p.next_offset - counts[i] into start;
        starts[i] := start;
    end loop;
    insert into log_records (topic_id, partition, record_offset, timestamp_ms, key, value, headers)
        select topic_ids[r.slot], partitions[r.slot], starts[r.slot] + r.ordinal, r.at, r.key, r.value, r.headers
        from unnest(slots, ordinals, timestamps, record_keys, record_values, record_headers)
            as r (slot, ordinal, at, key, value, headers)
        where starts[r.slot] is not null;
    return starts;
end
$$;

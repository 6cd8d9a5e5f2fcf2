-- Records that a connector set aside, with their reason; edited and replayed by people.

create table dead_letters (
    id bigint generated always as identity primary key,
    connector text not null,
    stream text not null,
    topic text not null,
    incarnation text not null,
    partition integer not null,
    record_offset bigint not null,
    timestamp_ms bigint not null,
    key bytea,
    value bytea,
    headers text,
    code text not null,
    pointer text not null,
    message text not null,
    created_at timestamptz not null default now(),
    replayed_at timestamptz,
    unique (connector, topic, incarnation, partition, record_offset)
);
create index dead_letters_stream on dead_letters (stream, id);

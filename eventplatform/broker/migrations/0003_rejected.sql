-- Dead letters of every source: refused by the intake, set aside by connectors and jobs; and what pages show of their groups.

alter table dead_letters rename column connector to name; -- the connector's or the job's; the service's at the intake
alter table dead_letters
    add column source text not null default 'connector' check (source in ('intake', 'connector', 'job')),
    add column service text not null default '',
    add column schema_id text not null default '',
    add column event_id text not null default '',
    add column client text not null default '',
    add column outcome text not null default '',
    add column remedy text not null default '',
    add column request_id text not null default '',
    add column violations text, -- JSON: [[pointer, keyword, message], …]; null where there are none
    add column is_cut boolean not null default false, -- the value is not whole, so it can't be replayed
    add column received_at timestamptz,
    add column replayed_by text not null default '',
    add column replayed_as text not null default '', -- the id of the event that took its place
    -- One reason at one place of one schema, whichever item of a list it stood in.
    add column group_key text collate "C" generated always as (
        md5(source || chr(31) || name || chr(31) || stream || chr(31) || schema_id || chr(31) || code || chr(31)
            || regexp_replace(pointer, '/[0-9]+(?=/|$)', '/*', 'g'))
    ) stored;

create index dead_letters_group on dead_letters (group_key, id);
create index dead_letters_age on dead_letters (created_at);

-- Kept by triggers, so that a page reads as many rows as there are groups, however many letters there are.
create table dead_letter_groups (
    key text collate "C" primary key,
    source text not null,
    name text not null,
    service text not null,
    stream text not null,
    schema_id text not null,
    code text not null,
    outcome text not null,
    pointer text not null,
    message text not null,
    remedy text not null,
    total bigint not null,   -- ever set aside
    kept bigint not null,    -- still there, replayed or not
    waiting bigint not null, -- still there and not replayed
    first_at timestamptz not null,
    last_at timestamptz not null
);
create index dead_letter_groups_last on dead_letter_groups (last_at);

create table dead_letter_counts (
    group_key text collate "C" not null references dead_letter_groups on delete cascade,
    at timestamptz not null, -- begin of five minutes
    count bigint not null,
    primary key (group_key, at)
);
create index dead_letter_counts_at on dead_letter_counts (at);

-- How far each partition of the error streams was read; moves in the transaction that adds the letters.
create table dead_letter_positions (
    topic text collate "C" not null,
    partition integer not null,
    incarnation text not null,
    next_offset bigint not null,
    missed bigint not null default 0, -- records that were gone before they were read
    missed_at timestamptz,
    primary key (topic, partition)
);

-- What people did to a group: dry runs, replays and deletions, with who, and how far each is.
create table dead_letter_runs (
    id bigint generated always as identity primary key,
    group_key text collate "C" not null, -- the group may be gone, what was done to it stays
    title text not null,
    kind text not null check (kind in ('dry_run', 'replay', 'delete')),
    rule text not null default '',
    keeps_ids boolean not null default false,
    last_id bigint not null, -- letters that come later are not touched
    started_by text not null,
    started_at timestamptz not null default now(),
    touched_at timestamptz not null default now(),
    ended_at timestamptz,
    problem text not null default '',
    next_id bigint not null default 0,
    total bigint not null,
    passed bigint not null default 0,
    failed bigint not null default 0,
    reasons jsonb not null default '{}' -- why some did not pass: reason → how many
);
create index dead_letter_runs_group on dead_letter_runs (group_key, id);

-- Groups in the order of their keys: two writers never wait for each other in a circle.
create function dead_letters_added() returns trigger language plpgsql as $$
begin
    insert into dead_letter_groups as g
        (key, source, name, service, stream, schema_id, code, outcome, pointer, message, remedy,
         total, kept, waiting, first_at, last_at)
    select distinct on (a.group_key) a.group_key, a.source, a.name, a.service, a.stream, a.schema_id, a.code, a.outcome,
        regexp_replace(a.pointer, '/[0-9]+(?=/|$)', '/*', 'g'), a.message, a.remedy,
        n.number, n.number, n.waiting, n.first_at, n.last_at
    from added a join (
        select group_key, count(*) as number, count(*) filter (where replayed_at is null) as waiting,
            min(created_at) as first_at, max(created_at) as last_at
        from added group by group_key
    ) n on n.group_key = a.group_key
    order by a.group_key, a.id desc
    on conflict (key) do update set
        message = excluded.message, remedy = excluded.remedy, outcome = excluded.outcome, service = excluded.service,
        total = g.total + excluded.total, kept = g.kept + excluded.kept, waiting = g.waiting + excluded.waiting,
        first_at = least(g.first_at, excluded.first_at), last_at = greatest(g.last_at, excluded.last_at);
    insert into dead_letter_counts as c (group_key, at, count)
    select group_key, date_bin('5 minutes', created_at, 'epoch'), count(*) from added group by 1, 2 order by 1, 2
    on conflict (group_key, at) do update set count = c.count + excluded.count;
    return null;
end
$$;

create function dead_letters_removed() returns trigger language plpgsql as $$
declare
    gone record;
begin
    for gone in
        select group_key, count(*) as number, count(*) filter (where replayed_at is null) as waiting
        from removed group by group_key order by group_key
    loop
        update dead_letter_groups set kept = kept - gone.number, waiting = waiting - gone.waiting where key = gone.group_key;
        delete from dead_letter_groups where key = gone.group_key and kept <= 0;
    end loop;
    return null;
end
$$;

create function dead_letters_replayed() returns trigger language plpgsql as $$
declare
    changed record;
begin
    for changed in
        select o.group_key, count(*) filter (where o.replayed_at is null and n.replayed_at is not null)
            - count(*) filter (where o.replayed_at is not null and n.replayed_at is null) as number
        from old_rows o join new_rows n on n.id = o.id group by o.group_key order by o.group_key
    loop
        update dead_letter_groups set waiting = waiting - changed.number where key = changed.group_key;
    end loop;
    return null;
end
$$;

create trigger dead_letters_added after insert on dead_letters
    referencing new table as added for each statement execute function dead_letters_added();
create trigger dead_letters_removed after delete on dead_letters
    referencing old table as removed for each statement execute function dead_letters_removed();
create trigger dead_letters_replayed after update on dead_letters
    referencing old table as old_rows new table as new_rows for each statement execute function dead_letters_replayed();

-- What was there before.
insert into dead_letter_groups
    (key, source, name, service, stream, schema_id, code, outcome, pointer, message, remedy,
     total, kept, waiting, first_at, last_at)
select distinct on (group_key) group_key, source, name, '', stream, '', code, '',
    regexp_replace(pointer, '/[0-9]+(?=/|$)', '/*', 'g'), message, '',
    count(*) over w, count(*) over w, count(*) filter (where replayed_at is null) over w,
    min(created_at) over w, max(created_at) over w
from dead_letters window w as (partition by group_key) order by group_key, id desc;
insert into dead_letter_counts (group_key, at, count)
select group_key, date_bin('5 minutes', created_at, 'epoch'), count(*) from dead_letters group by 1, 2;

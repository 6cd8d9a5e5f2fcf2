-- What the ticks of a large site would have left. s: streams by name and number, p: topic prefixes, d: how many days.
-- The square makes streams that differ a thousandfold, the sine is a day's course.
CREATE FUNCTION pg_temp.rate(n bigint, at timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE AS
  'SELECT greatest((n * 37 % 101) ^ 2 / 20 * (1.2 + sin((extract(epoch FROM at) / 13751)::float8)), 1)::bigint';
CREATE TEMP TABLE m AS SELECT at FROM generate_series(date_trunc('minute', now()) - interval '8 days', now(), interval '1 minute') AS at;
CREATE TEMP TABLE h AS SELECT at FROM d, generate_series(date_trunc('hour', now()) - days * interval '1 day', now(), interval '1 hour') AS at;
CREATE TEMP TABLE y AS SELECT at FROM d, generate_series(date_trunc('day', now()) - days * interval '1 day', now(), interval '1 day') AS at;
CREATE TEMP TABLE f AS SELECT * FROM (VALUES ('accepted', '', 1.0), ('invalid', 'event.invalid', 0.001)) AS f(outcome, reason, share);

INSERT INTO monitoring_sampledminute (minute, sampled_at) SELECT at, at FROM m;
INSERT INTO monitoring_streamvolume (stream, minute, events) SELECT name, at, pg_temp.rate(n, at) FROM s, m;
INSERT INTO monitoring_countedhour (hour, minutes) SELECT at, 60 FROM h;
INSERT INTO monitoring_streamhour (stream, hour, events, canaries, peak, gap)
  SELECT name, at, 60 * pg_temp.rate(n, at), 24, pg_temp.rate(n, at), 0 FROM s, h;
INSERT INTO monitoring_countedday (day, minutes) SELECT at::date, 1440 FROM y WHERE at < date_trunc('day', now());
INSERT INTO monitoring_streamday (stream, day, events, peak)
  SELECT name, at::date, 1440 * pg_temp.rate(n, at), pg_temp.rate(n, at) FROM s, y WHERE at < date_trunc('day', now());
INSERT INTO monitoring_intakecount (service, stream, outcome, reason, minute, count)
  SELECT replace(split_part(name, '.', 1), '_', '-'), name, outcome, reason, at, greatest(pg_temp.rate(n, at) * share, 1)::bigint
  FROM s, m, f WHERE outcome = 'accepted' OR (n + extract(minute FROM at)::int) % 20 = 0;
INSERT INTO monitoring_intakehour (service, stream, outcome, reason, hour, count)
  SELECT service, stream, outcome, reason, date_trunc('hour', minute), sum(count) FROM monitoring_intakecount GROUP BY 1, 2, 3, 4, 5;
INSERT INTO monitoring_intakeday (service, stream, outcome, reason, day, count)
  SELECT replace(split_part(name, '.', 1), '_', '-'), name, outcome, reason, at::date, greatest(1440 * pg_temp.rate(n, at) * share, 1)::bigint
  FROM s, y, f;
INSERT INTO monitoring_intakerequests (at, seconds, kind, name, reason, count)
  SELECT minute, 60, 'received', service, '', sum(count) FROM monitoring_intakecount GROUP BY 1, 4;
INSERT INTO monitoring_intakerequests (at, seconds, kind, name, reason, count)
  SELECT hour, 3600, 'received', service, '', sum(count) FROM monitoring_intakehour GROUP BY 1, 4;

INSERT INTO monitoring_canarytick (name, began_at, finished_at, until, handled)
  SELECT name, now() + interval '1 hour', now() + interval '1 hour', now(), 1 FROM unnest(ARRAY['send', 'observe']) AS name;
INSERT INTO monitoring_canaryturn (stream, prefix, service, claimed_at, excluded_because, since, sent_at, answer_seconds, status, code, error)
  SELECT name, prefix, '', now(), '', now() - interval '30 days', now() + interval '1 hour', 0.01, 201, '', '' FROM s, p;
INSERT INTO monitoring_canaryrun (stream, prefix, service, event_id, sent_at, answered_at, status, code, error, topic, positions,
    seen_at, recorded_at, partition, "offset", done_at)
  SELECT name, prefix, '', gen_random_uuid(), at, at, 201, '', '', prefix || name, '{}', at, at, 0, 1, at
  FROM s, p, generate_series(now() - interval '1 day', now(), interval '5 minutes') AS at;
INSERT INTO monitoring_canaryarrival (run_id, connector, written_at)
  SELECT id, 'to-store-00', sent_at FROM monitoring_canaryrun;
INSERT INTO monitoring_canarymark (stream, prefix, connector, sent_at, seconds) SELECT name, prefix, '', now() + interval '1 hour', 0.4 FROM s, p;
INSERT INTO monitoring_canarymark (stream, prefix, connector, sent_at, seconds)
  SELECT s.name, prefix, c.name, now() + interval '1 hour', 1.9 FROM s, p, connectors_connector c WHERE streams ? '*' OR streams ? s.name;

INSERT INTO connectors_lease (connector_id, stream, topic, partition, state, owner, epoch, is_wanted, attempts, next_offset, end_offset,
    incarnation, proven_incarnation, error_code, last_error, rows_written, rows_set_aside, counted_written, counted_set_aside)
  SELECT c.id, s.name, prefix || s.name, partition, 'idle', '', 1, false, 0, 100, 100, '', '', '', '', 0, 0, 0, 0
  FROM connectors_connector c, s, p, generate_series(0, 2) AS partition WHERE streams ? '*' OR streams ? s.name;
INSERT INTO connector_history (connector_id, at, arrived, written, lag_records, lag_seconds, set_aside)
  SELECT id, at, 1000, 1000, id * 10, id % 5, 0
  FROM connectors_connector, generate_series(date_trunc('minute', now()) - interval '7 days', now(), interval '1 minute') AS at;
INSERT INTO monitoring_roleheartbeat (role, beat_at, is_well, detail)
  SELECT role, now() + interval '1 hour', true, '' FROM unnest(ARRAY['intake', 'worker', 'log', 'spool']) AS role;
ANALYZE;

"""Error streams into the table: each record once, whatever happens; gaps told; retention."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from eventplatform.broker import dead_letters
from eventplatform.core.records import NewRecord
from monitoring.rejected import collecting, groups, retention
from tests.monitoring.rejected.conftest import World, rows

pytestmark = pytest.mark.slow


def test_collect__again_and_again__each_record_once(world: World, settings: Any) -> None:
    for _ in range(3):
        world.refuse()
    assert collecting.collect(world.log) == 3
    assert collecting.collect(world.log) == 0
    world.refuse()
    assert collecting.collect(world.log) == 1

    found = rows("select source, name, stream, schema_id, code, pointer, client, outcome, value from dead_letters order by id")
    assert len(found) == 4
    assert found[0][:8] == (
        "intake", "main", "test.event", "/sample/test_event/1.0.0", "event.invalid", "/number", "Firefox 128", "invalid",
    )  # fmt: skip
    assert b'"number":"three"' in bytes(found[0][8])
    assert settings.REJECTED_TOPIC in world.log.topics()


def test_collect__the_transaction_fails__nothing_is_lost_nor_doubled(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        world.refuse()
    move = collecting._move

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr(collecting, "_move", broken)
    with pytest.raises(RuntimeError):
        collecting.collect(world.log)
    assert rows("select count(*) from dead_letters") == [(0,)]

    monkeypatch.setattr(collecting, "_move", move)
    assert collecting.collect(world.log) == 3


def test_collect__two_at_once__each_record_once(transactional_db: None, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(40):
        world.refuse()
    monkeypatch.setattr(collecting, "_AT_ONCE", 3)

    def run() -> None:
        try:
            collecting.collect(world.log)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    collecting.collect(world.log)

    assert rows("select count(*), count(distinct record_offset) from dead_letters") == [(40, 40)]
    assert rows("select sum(total) from dead_letter_groups") == [(40,)]


def test_collect__records_were_gone__said_and_gone_on(world: World) -> None:
    world.refuse()
    collecting.collect(world.log)
    with connection.cursor() as cursor:  # as if the log had deleted what lay between
        cursor.execute("update dead_letter_positions set next_offset = -5 where topic = 'main.error'")

    assert collecting.collect(world.log) == 0  # the record at 0 is there already

    ((topic, number, _),) = groups.missed()
    assert (topic, number) == ("main.error", 5)


def test_collect__topic_made_anew__read_from_its_beginning(world: World) -> None:
    world.refuse()
    world.refuse()
    collecting.collect(world.log)
    world.log.delete_topic("main.error")
    world.log.create_topic("main.error")
    world.refuse()

    assert collecting.collect(world.log) == 1
    assert rows("select count(*) from dead_letters") == [(3,)]


def test_collect__somebody_elses_error_event__is_a_jobs(world: World) -> None:
    value = (
        b'{"$schema":"/error/2.1.0","emitter_id":"enricher","message":"page not found","error_type":"NotFound",'
        b'"raw_event":"{}","errored_stream_name":"test.event","errored_schema_uri":"unknown","dt":"2026-11-20T00:00:00Z"}'
    )
    world.produce(NewRecord("main.error", value), NewRecord("main.error", b"no json"), NewRecord("main.error", b"[1]"))

    assert collecting.collect(world.log) == 1

    found = rows("select source, name, stream, schema_id, code, message from dead_letters")
    assert found == [("job", "enricher", "test.event", "", "NotFound", "page not found")]


def test_forget__by_age_by_group_and_by_number_of_groups(world: World, settings: Any) -> None:
    settings.REJECTED_KEPT_DAYS, settings.REJECTED_KEPT_PER_GROUP, settings.REJECTED_KEPT_GROUPS = 30, 4, 2
    for number in range(7):
        world.refuse({"n": number})
    for place in ("/a", "/b"):
        world.refuse(pointer=place)
    collecting.collect(world.log)
    with connection.cursor() as cursor:
        cursor.execute("update dead_letter_groups set last_at = now() - interval '1 hour' where pointer = '/a'")

    assert retention.forget() == 4

    found = rows("select pointer, total, kept, waiting from dead_letter_groups order by pointer")
    assert found == [("/b", 1, 1, 1), ("/number", 7, 4, 4)]
    oldest = rows("select value from dead_letters where pointer = '/number' order by id")[0][0]
    assert b'"n":3' in bytes(oldest)
    assert retention.forget(now=timezone.now() + timedelta(days=31)) == 5
    assert rows("select count(*) from dead_letter_groups") == [(0,)]


def test_groups__a_hundred_thousand_letters__a_page_reads_groups_alone(world: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into dead_letters (name, stream, topic, incarnation, partition, record_offset, timestamp_ms, code, pointer,"
            " message, source, created_at) select 'main', 's' || n % 40, 't', 'i', 0, n, 0, 'event.invalid', '/a', 'm',"
            " 'intake', now() - n * interval '1 second' from generate_series(1, 100000) n"
        )
    started = timezone.now()

    found = groups.listed(groups.Filters())

    assert (timezone.now() - started).total_seconds() < 0.5
    assert len(found) == 40
    assert sum(one.kept for one in found) == 100_000
    assert sum(sum(one.line) for one in found) == sum(one.recent for one in found) > 80_000
    assert len(dead_letters.newest_of_group(connection.connection, found[0].key, before=None, limit=2)) == 2

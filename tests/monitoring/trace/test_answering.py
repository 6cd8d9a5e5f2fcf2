"""Where an event is, over a memory log and the tables of dead letters."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone

from eventplatform import panels
from eventplatform.core.error_events import ErrorRecord, write
from eventplatform.core.records import TopicPartition
from monitoring.hours.models import StoreHour
from monitoring.models import CanaryRun, RoleHeartbeat
from monitoring.trace import answering
from monitoring.trace.answering import Answer, SearchesBusyError
from monitoring.trace.cursor import CursorError
from monitoring.trace.lookups import NoSuchStreamError
from monitoring.trace.scanning import Bounds
from monitoring.trace.steps import Step
from tests.monitoring.trace.conftest import MYSQL, NOW_MS, PLACE, World, event, find, new_id

pytestmark = pytest.mark.slow


def names(found: Answer) -> list[tuple[str, str]]:
    assert found.way
    return [(step.name, step.state) for step in found.way.steps]


def test_answer__accepted_and_stored__every_step(world: World) -> None:
    world.fill(10)
    world.produce(event(wanted := new_id()))

    found = find(world, wanted)

    assert found.state == "found"
    assert names(found) == [
        ("Received by the intake", "ok"),
        ("Accepted", "ok"),
        ("Written to the topic", "ok"),
        ("to_mysql", "ok"),
    ]
    assert found.way
    assert found.way.verdict.headline == "It arrived everywhere."
    assert (found.way.stream, found.way.event_id) == ("test.event", wanted)


def test_answer__set_aside_by_a_connector__red_with_its_reason(world: World) -> None:
    world.produce(event(wanted := new_id()))
    world.set_aside()

    found = find(world, wanted)

    assert found.way
    assert found.way.verdict.red
    assert found.way.verdict.red.name == "to_mysql"
    assert found.way.letter
    assert found.way.letter.pointer == "/test"


def test_answer__letter_of_the_topics_former_incarnation__is_of_another_record(world: World) -> None:
    world.produce(event(wanted := new_id()))
    world.set_aside(incarnation="former")

    found = find(world, wanted)

    assert found.way
    assert not found.way.verdict.is_red


def test_answer__letter_knows_the_id__place_known_without_a_search(world: World) -> None:
    world.fill(3)
    world.produce(event("event-1"))
    world.set_aside(offset=3, event_id="event-1")

    found = find(world, "event-1")

    assert found.looked is None
    assert found.way
    assert found.way.record
    assert found.way.record.offset == 3
    assert found.way.verdict.is_red


def test_answer__refused_by_the_intake__told_with_its_remedy(world: World) -> None:
    world.set_aside(source="intake", name="main", service="main", event_id="event-1", request_id="r-1", client="mw-eventbus")

    by_id, by_request = find(world, "event-1"), find(world, "r-1", "request")

    for found in (by_id, by_request):
        assert found.state == "refused"
        assert names(found) == [("Received by the intake", "ok"), ("Refused by the intake", "fail")]


def test_answer__refused_then_sent_again__its_way_and_the_refusal_beside_it(world: World) -> None:
    world.set_aside(source="intake", name="main", service="main", event_id="event-1")
    world.produce(event("event-1"))

    found = find(world, "event-1")

    assert found.state == "found"
    assert [one.code for one in found.refusals] == ["sink.row_refused"]


def test_answer__refused_and_not_collected_yet__found_as_an_error_record(world: World, settings: Any) -> None:
    told = ErrorRecord("event.invalid", "no", '"event-1"', "2026-01-01T00:00:00Z", event_id="event-1", service="main")
    topic = settings.REJECTED_TOPIC
    world.log.create_topic(topic)
    made = write(told, {}, stream=topic, topic=topic, title="error", new_id="n", now_ms=NOW_MS)
    producer = world.log.producer()
    producer.produce([made], lambda _: None)
    producer.flush(5)
    producer.close()

    found = find(world, "event-1")

    assert found.state == "refused"
    assert names(found)[1] == ("Refused by the intake", "fail")


def test_answer__canary__found_by_its_row_and_told_as_one(world: World) -> None:
    world.fill(5)
    world.produce(event("canary-1", meta={"domain": "canary"}))
    CanaryRun.objects.create(
        stream="test.event", event_id="canary-1", sent_at=timezone.now(), topic="eqiad.test.event", partition=0, offset=5
    )

    found = find(world, "canary-1")

    assert found.looked is None
    assert found.way
    assert found.way.is_canary
    assert found.way.steps[-1].words.startswith("Its marker for canaries")


def test_answer__same_id_twice__both_told_and_the_first_is_the_event(world: World) -> None:
    wanted = new_id()
    world.produce(event(wanted), topic="codfw.test.event", at_ms=NOW_MS + 5)
    world.produce(event(wanted))

    found = find(world, wanted)

    assert {one.where.topic for one in found.seen} == {"eqiad.test.event", "codfw.test.event"}
    assert found.way
    assert found.way.record
    assert found.way.record.topic == "eqiad.test.event"


def test_answer__key__all_events_of_it_and_its_neighbours(world: World) -> None:
    for number in range(9):
        world.produce(event(f"event-{number}"), key=b'{"wiki_id":"enwiki","page_id":%d}' % (number % 3))

    found = find(world, "enwiki/1", "key")

    assert sorted(one.event_id for one in found.seen) == ["event-1", "event-4", "event-7"]
    assert found.way
    assert found.way.key == "enwiki/1"
    assert [record.offset for record in (*found.way.near.before, *found.way.near.after)] != []


def test_answer__nowhere__not_found_in_all_that_was_looked_at(world: World) -> None:
    world.fill(10)
    world.fill(10, topic="codfw.other.event")

    found = find(world, "gone")

    assert found.state == "not_found"
    assert found.looked
    assert (found.looked.records, found.looked.topics, found.looked.percent, found.looked.cursor) == (20, 4, 100, "")


def test_answer__bounds_reached__searching_then_goes_on_until_it_is_found(world: World) -> None:
    world.produce(event("event-1"), at_ms=NOW_MS - 1000)
    world.fill(10_000)
    world.bounds = Bounds(records=3000)

    found = find(world, "event-1")
    percents = [0]
    while found.state == "searching":
        assert found.looked
        percents.append(found.looked.percent)
        found = find(world, "event-1", go_on=found.looked.cursor)

    assert found.state == "found"
    assert percents == sorted(percents)
    assert len(percents) > 2


def test_answer__place_given__read_there_alone(world: World) -> None:
    world.produce(event("event-1"))
    world.produce(event("event-1"))

    found = find(world, "event-1", at=(TopicPartition("eqiad.test.event", 0), 1))

    assert found.looked is None
    assert found.way
    assert found.way.record
    assert found.way.record.offset == 1


@pytest.mark.parametrize("place", [("gone", 0, 0), ("eqiad.test.event", 9, 0), ("eqiad.test.event", 0, 99)])
def test_answer__place_that_is_gone__searched_instead(world: World, place: tuple[str, int, int]) -> None:
    world.produce(event("event-1"))

    found = find(world, "event-1", at=(TopicPartition(place[0], place[1]), place[2]))

    assert found.state == "found"
    assert found.looked


def test_answer__stream_chosen__the_others_are_not_looked_at(world: World) -> None:
    world.produce(event("event-1"))

    found = find(world, "event-1", stream="other.event")

    assert found.state == "not_found"
    with pytest.raises(NoSuchStreamError):
        find(world, "event-1", stream="nowhere")


def test_answer__retention_has_cut__said_from_when(world: World) -> None:
    world.fill(100, at_ms=NOW_MS - 3_600_000)
    world.fill(10)
    world.log.alter_topic("eqiad.test.event", retention_ms=60_000)
    world.log.apply_retention(now_ms=NOW_MS)

    found = find(world, "gone")

    assert found.looked
    assert found.looked.cut_at == datetime.fromtimestamp(NOW_MS / 1000, UTC)


def test_answer__not_found_while_a_spool_holds_events__said(world: World) -> None:
    RoleHeartbeat.objects.create(role="spool", beat_at=timezone.now(), detail="holds 12 events")

    assert find(world, "gone").spooled == "holds 12 events"


def test_answer__connector_behind_or_held_back__waits_or_is_red(world: World) -> None:
    world.fill(5)
    world.produce(event(wanted := new_id()))
    behind = replace(PLACE, next_offset=2)
    world.connectors = (
        replace(MYSQL, name="behind", partitions=(behind,)),
        replace(MYSQL, name="paused", is_enabled=False, state="paused", partitions=(behind,)),
        replace(MYSQL, name="stopped", state="stopped", partitions=(replace(behind, state="stopped", last_error="Lost."),)),
        replace(MYSQL, name="new", partitions=()),
    )

    found = find(world, wanted)

    assert names(found)[3:] == [("behind", "info"), ("paused", "paused"), ("stopped", "fail"), ("new", "info")]
    assert found.way
    assert found.way.verdict.headline.startswith("It stopped at stopped")


def test_answer__lake__waits_for_its_hour_or_has_it_complete(world: World) -> None:
    world.produce(event("event-1"))
    world.connectors = (replace(MYSQL, name="lake", kind="files"),)
    hour = datetime.fromtimestamp(NOW_MS / 1000, UTC).replace(minute=0, second=0, microsecond=0)
    row = StoreHour.objects.create(stream="test.event", connector="lake", hour=hour, state="open", judged_at=timezone.now())

    waits = find(world, "event-1")
    row.state = "complete"
    row.save()
    done = find(world, "event-1")

    assert waits.way
    assert waits.way.steps[-1].word == "Waits for its hour"
    assert done.way
    assert done.way.steps[-1].words.endswith("which is complete.")


def test_answer__written_past_the_intake__said(world: World) -> None:
    world.log.create_topic("eqiad.test.event")
    producer = world.log.producer()
    from eventplatform.core.records import NewRecord

    producer.produce([NewRecord("eqiad.test.event", b'{"meta":{"id":"event-1"}}', timestamp_ms=NOW_MS)], lambda _: None)
    producer.flush(5)
    producer.close()

    found = find(world, "event-1")

    assert names(found)[0] == ("Written past the intake", "info")
    assert found.way
    assert found.way.stream == "test.event"


def test_answer__steps_of_jobs__stand_behind_the_stores(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.produce(event("event-1"))
    monkeypatch.setitem(panels._functions, "processing.trace_steps", lambda *_: [Step("Job enrich", "ok", "Wrote one event.")])

    assert names(find(world, "event-1"))[-1] == ("Job enrich", "ok")


@pytest.mark.parametrize("cursor", ["x", "eJw"])
def test_answer__cursor_of_nobody__refused(world: World, cursor: str) -> None:
    with pytest.raises(CursorError):
        find(world, "event-1", go_on=cursor)


def test_answer__cursor_of_other_topics__refused(world: World) -> None:
    world.fill(3000)
    world.bounds = Bounds(records=100)
    looked = find(world, "gone").looked
    assert looked

    with pytest.raises(CursorError):
        find(world, "gone", go_on=looked.cursor, stream="other.event")


def test_answer__too_many_search__the_next_is_told_to_wait(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answering, "_PATIENCE_SECONDS", 0.01)
    for _ in range(answering._AT_ONCE):
        answering._turns.acquire()
    try:
        with pytest.raises(SearchesBusyError):
            find(world, "event-1")
    finally:
        for _ in range(answering._AT_ONCE):
            answering._turns.release()


def test_answer__tombstone_and_no_json__found_by_key(world: World) -> None:
    world.produce(None, key=b"k")
    world.produce(b"\xff no JSON", key=b"k")

    found = find(world, "k", "key")

    assert len(found.seen) == 2
    assert found.way

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, connections

from monitoring import canaries, lookups, observing, services, volumes
from monitoring.models import CanaryArrival, CanaryRun, CanaryTick, CanaryTurn, IntakeCount, StreamVolume
from tests.monitoring.world import WAREHOUSE, World

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
MINUTE = timedelta(minutes=1)


def test_send_due__first_tick__one_canary_per_stream_and_none_in_the_second(world: World) -> None:
    world.add("other")

    with world.intake() as intake:
        first, second = canaries.send_due(world.log, intake), canaries.send_due(world.log, intake)

    assert (first, second) == (2, 0)
    assert sorted(event["meta"]["stream"] for event in world.posted) == ["other", "test.event"]
    assert {event["meta"]["domain"] for event in world.posted} == {"canary"}
    assert set(CanaryRun.objects.values_list("status", "error")) == {(201, "")}


def test_send_due__interval_over__sends_again_with_a_fresh_id(world: World) -> None:
    with world.intake() as intake:
        canaries.send_due(world.log, intake)
        CanaryTurn.objects.update(claimed_at=datetime.now(UTC) - timedelta(hours=1))
        canaries.send_due(world.log, intake)

    assert len({event["meta"]["id"] for event in world.posted}) == 2


def test_send_due__stream_without_example__is_shown_with_the_reason(world: World) -> None:
    world.add("bare", schema_title="bare/title")

    with world.intake() as intake:
        canaries.send_due(world.log, intake)

    path = lookups.canary_path("bare")
    assert [event["meta"]["stream"] for event in world.posted] == ["test.event"]
    assert path is not None
    assert "no example" in path.excluded_because


def test_send_due__stream_removed__its_turn_is_forgotten(world: World) -> None:
    world.add("other")
    with world.intake() as intake:
        canaries.send_due(world.log, intake)
        del world.config.streams["other"]
        canaries.send_due(world.log, intake)

    assert list(CanaryTurn.objects.values_list("stream", flat=True)) == ["test.event"]


def test_send_due__intake_refuses__run_tells_why_and_the_path_is_red(world: World) -> None:
    world.status = 400

    with world.intake() as intake:
        canaries.send_due(world.log, intake)

    path = lookups.canary_path("test.event")
    assert path is not None
    assert path.broken is not None
    assert (path.broken.name, path.broken.detail) == ("intake", "no, since <b>")
    assert "first example" in path.broken.cause.text


@pytest.mark.django_db(transaction=True)
def test_claim_turn__eight_at_once__one_wins(world: World) -> None:
    CanaryTurn.objects.create(stream="test.event")
    gate, won = threading.Barrier(8), []

    def claim() -> None:
        gate.wait()
        won.append(services.claim_turn(stream="test.event", now=datetime.now(UTC), interval=MINUTE))
        connections.close_all()

    threads = [threading.Thread(target=claim) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(won) == [False] * 7 + [True]


def test_observe__canary_among_others__is_seen_at_its_coordinates(world: World) -> None:
    with world.intake() as intake:
        world.produce("test.event", {"meta": {"id": "before"}})
        canaries.send_due(world.log, intake)
        world.produce("test.event", {"meta": {"id": "after"}})

    assert observing.observe(world.log) == 1
    run = CanaryRun.objects.get()
    assert run.seen_at is not None
    assert run.partition is not None
    assert run.offset is not None
    assert run.recorded_at is not None
    assert abs(run.recorded_at - run.sent_at) < timedelta(seconds=5)


def test_observe__busy_topic__looks_on_from_where_it_stopped(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observing, "_MAX_RECORDS", 3)
    with world.intake() as intake:
        world.status = 202  # taken in, but on the topic only later
        canaries.send_due(world.log, intake)
    # One key: all lie before the canary in its own partition.
    for _ in range(10):
        world.produce("test.event", {"meta": {"id": "somebody"}}, key=b"one")
    world.produce("test.event", world.posted[0], key=b"one")

    ticks = 0
    while observing.observe(world.log) == 0:
        ticks += 1
        assert ticks < 10

    assert ticks == 3
    assert CanaryRun.objects.get().seen_at is not None


def test_observe__id_only_mentioned_elsewhere__is_not_taken_for_the_canary(world: World) -> None:
    with world.intake() as intake:
        world.status = 202
        canaries.send_due(world.log, intake)
    world.produce("test.event", {"meta": {"id": "x"}, "test": world.posted[0]["meta"]["id"]})

    assert observing.observe(world.log) == 0


def test_observe__written_to_the_store__arrival_is_kept_and_the_run_is_closed(world: World) -> None:
    with world.intake() as intake:
        canaries.send_due(world.log, intake)
    observing.observe(world.log)
    assert CanaryArrival.objects.count() == 0
    written_at = datetime.now(UTC) + timedelta(seconds=1)
    world.written[world.posted[0]["meta"]["id"]] = written_at

    assert observing.observe(world.log) == 1
    assert observing.observe(world.log) == 0
    assert CanaryArrival.objects.get().written_at == written_at
    assert CanaryRun.objects.get().done_at is not None
    path = lookups.canary_path("test.event")
    assert path is not None
    assert path.is_whole


def test_observe__store_fails_in_its_drivers_words__the_others_are_still_asked(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: object) -> None:
        message = "driver's own trouble"
        raise OSError(message)

    monkeypatch.setattr("connectors.lookups.canaries_written", fail)
    with world.intake() as intake:
        canaries.send_due(world.log, intake)
    observing.observe(world.log)

    assert observing.observe(world.log) == 0


def test_observe__disabled_connector__is_not_waited_for(world: World) -> None:
    world.connectors = (replace(WAREHOUSE, is_enabled=False, state="paused"),)
    with world.intake() as intake:
        canaries.send_due(world.log, intake)
    observing.observe(world.log)
    observing.observe(world.log)

    assert CanaryRun.objects.get().done_at is not None


def milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def test_sample__records_of_two_minutes__counted_by_their_own_times_and_twice_the_same(world: World) -> None:
    current = datetime.now(UTC).replace(second=0, microsecond=0)
    for moment in (current - MINUTE, current - timedelta(milliseconds=1), current, current):
        world.produce("test.event", {"a": 1}, timestamp_ms=milliseconds(moment))

    volumes.sample(world.log)
    volumes.sample(world.log)

    counted = dict(StreamVolume.objects.values_list("minute", "events"))
    assert counted[current - MINUTE] == 2
    assert counted[current] == 2


def test_sample__after_a_pause__fills_the_minutes_it_missed(world: World) -> None:
    current = datetime.now(UTC).replace(second=0, microsecond=0)
    services.record_volumes(minute=current - 5 * MINUTE, volumes={}, now=current)
    world.produce("test.event", {"a": 1}, timestamp_ms=milliseconds(current - 3 * MINUTE))

    volumes.sample(world.log)

    assert StreamVolume.objects.get(minute=current - 3 * MINUTE).events == 1
    line = lookups.volumes(minutes=6).total
    assert line[0] is None
    assert line[1:] == (0.0, 0.0, 1.0, 0.0, 0.0)


def test_volumes__canaries_are_taken_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    current = datetime.now(UTC).replace(second=0, microsecond=0)
    monkeypatch.setattr("monitoring.lookups.timezone.now", lambda: current)  # no minute begins amid the test
    services.record_volumes(minute=current - MINUTE, volumes={"test.event": 3}, now=current)
    CanaryRun.objects.create(
        stream="test.event", event_id="c", topic="test.event", sent_at=current - MINUTE, recorded_at=current - MINUTE
    )

    found = lookups.volumes(minutes=2)

    assert found.of("test.event") == (None, 2.0)
    assert found.total == (None, 2.0)
    assert found.of("quiet") == (None, 0.0)


def scrape(count: int) -> str:
    name = "eventplatform_intake_events_total"
    return f'# TYPE {name} counter\n{name}{{outcome="accepted",reason="",stream="test.event"}} {count}\n'


def test_sample_intake__counter_grows_and_begins_anew__only_growth_is_counted(world: World) -> None:
    for count in (10, 10, 13, 2):
        world.metrics = scrape(count)
        with world.intake() as intake:
            assert volumes.sample_intake(intake)

    assert sum(IntakeCount.objects.values_list("count", flat=True)) == 15
    assert lookups.outcomes() == {"accepted": 15}


def test_sample__both_doors__added_up_each_with_its_own_restarts(world: World) -> None:
    for intake_count, web_count in ((10, 100), (12, 100), (1, 103), (1, 2)):
        with world.intake() as door:
            world.metrics = scrape(intake_count)
            volumes.sample_intake(door)
            world.metrics = scrape(web_count)
            assert volumes.sample_web(door)

    assert lookups.outcomes() == {"accepted": (10 + 2 + 1) + (100 + 3 + 2)}


def test_sample_web__no_answer__nothing_counted(world: World) -> None:
    with world.intake() as web:
        assert not volumes.sample_web(web)

    assert lookups.outcomes() == {}


def test_sample_intake__no_answer__heartbeat_says_so(world: World) -> None:
    with world.intake() as intake:
        assert not volumes.sample_intake(intake)

    assert not lookups.heartbeats()["intake"].is_well


def test_forget__old_rows__are_gone_and_new_ones_stay(world: World) -> None:
    now = datetime.now(UTC)
    for days in (1, 9):
        moment = now - timedelta(days=days)
        CanaryRun.objects.create(stream="s", event_id=str(days), topic="s", sent_at=moment)

    services.forget(before=now - timedelta(days=7))

    assert CanaryRun.objects.count() == 1


def test_queries__paths_of_many_streams__do_not_grow_with_them(world: World) -> None:
    for number in range(20):
        world.add(f"stream.{number}")

    with connection.execute_wrapper(counting := Counting()):
        lookups.canary_paths()

    assert counting.count <= 8


class Counting:
    count = 0

    def __call__(self, execute, sql, params, many, context):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN204  # Django's signature
        self.count += 1
        return execute(sql, params, many, context)


def test_observe__a_store_hangs__the_others_are_asked_before_it_next_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    clock = [0.0]

    def answer(*, connector: str, **_: object) -> dict[str, datetime]:
        asked.append(connector)
        clock[0] += 9.0 if connector == "hangs" else 0.1
        return {}

    monkeypatch.setattr("connectors.lookups.canaries_written", answer)
    monkeypatch.setattr("monitoring.observing.time.monotonic", lambda: clock[0])
    monkeypatch.setattr(observing, "_took_seconds", {})
    world.connectors = (replace(WAREHOUSE, name="hangs"), replace(WAREHOUSE, name="quick"))
    with world.intake() as intake:
        canaries.send_due(world.log, intake)
    observing.observe(world.log)
    asked.clear()

    for _ in range(3):
        observing.observe(world.log)

    assert asked.count("quick") >= 2
    assert asked[-2:] == ["quick", "hangs"]


def test_paths__nobody_looked_since__what_could_not_be_seen_is_not_missing(world: World) -> None:
    with world.intake() as intake:
        canaries.send_due(world.log, intake)
    now = datetime.now(UTC)
    CanaryRun.objects.update(sent_at=now - timedelta(seconds=140))
    looked_at = now - timedelta(seconds=135)
    CanaryTick.objects.create(name="observe", began_at=looked_at, until=looked_at, finished_at=looked_at)

    states = []
    for moment in (looked_at, now):
        CanaryTick.objects.update(finished_at=moment)
        path = lookups.canary_path("test.event")
        states += [stage.state for stage in path.stages if stage.name == "topic"] if path else []

    assert states == ["unknown", "fail"]

"""The watch over rows: incidents that begin, last over restarts and end; shares, holds and rules that it follows."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from eventplatform.core.streams import Sampling
from monitoring import services
from monitoring.models import CanaryRun, SampledMinute, StreamVolume
from monitoring.traffic import following, incidents, rolling, troubles, usual, watching
from monitoring.traffic.models import (
    CountedHour,
    StreamHour,
    StreamProfile,
    StreamShare,
    TrafficHold,
    TrafficIncident,
    TrafficRule,
    TrafficState,
)
from tests.monitoring.world import World

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NOW = datetime(2026, 11, 18, 13, tzinfo=UTC)
PER_MINUTE = 60
NAMES = ("test.event", "ui.a", "ui.b")


@pytest.fixture
def counted(world: World) -> World:
    """Three streams with four weeks of hours, and the last two by minute."""
    dice = random.Random(3)  # noqa: S311  # noise, no secret
    for name in NAMES[1:]:
        world.add(name)
    edge = NOW - 2 * HOUR
    hours = [edge - number * HOUR for number in range(1, 28 * 24)]
    CountedHour.objects.bulk_create([CountedHour(hour=at, minutes=60) for at in hours])
    StreamHour.objects.bulk_create(
        [
            StreamHour(stream=name, hour=at, events=round(dice.gauss(3600, 60)), peak=75, first=0, last=59, gap=0)
            for at in hours
            for name in NAMES
        ]
    )
    for number in range(120):
        minute(edge + number * MINUTE, dict.fromkeys(NAMES, PER_MINUTE))
    return world


def minute(at: datetime, volumes: dict[str, int]) -> None:
    services.record_volumes(minute=at, volumes=volumes, now=at + MINUTE)


def go_on(minutes: int, begin: datetime, *, without: tuple[str, ...] = (), per_minute: int = PER_MINUTE) -> datetime:
    """Let time pass, with a look at each minute."""
    for number in range(minutes):
        at = begin + number * MINUTE
        minute(at, {name: per_minute for name in NAMES if name not in without})
        services.beat(role="log", now=at)
        watching.tick(at + MINUTE + timedelta(seconds=5))
    return begin + minutes * MINUTE


def test_tick__usual_traffic__learnt_and_nothing_told(counted: World) -> None:
    go_on(3, NOW)

    assert StreamProfile.objects.count() == len(NAMES)
    assert set(StreamShare.objects.values_list("share", flat=True)) == {1.0}
    assert troubles.troubles() == []


def test_tick__a_stream_stops__told_within_ten_minutes_and_until_it_is_back(counted: World) -> None:
    later = go_on(9, NOW, without=("ui.a",))

    [told] = troubles.troubles()

    assert (told.kind, told.subject, told.level, told.began_at) == ("traffic.silent", "ui.a", "fail", NOW)
    assert told.link == "/streams/ui.a/traffic"
    assert "No event for" in told.why
    later = go_on(18, later)
    assert troubles.troubles() == []
    assert TrafficIncident.objects.get().ended_at is not None


def test_hours_of_week__learnt__tell_the_preview_which_hours_are_busy(counted: World) -> None:
    assert usual.hours_of_week("ui.a") == ()

    go_on(1, NOW)

    assert len(usual.hours_of_week("ui.a")) == 168
    assert usual.hours_of_week("ui.a")[0] == pytest.approx(3600, rel=0.1)


def test_tick__twice_at_once__looks_once(counted: World) -> None:
    assert watching.tick(NOW + MINUTE) == len(NAMES)
    assert watching.tick(NOW + MINUTE) == 0


def test_tick__many_stop_at_once__one_trouble(counted: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incidents, "ALONE", 1)
    go_on(9, NOW, without=NAMES[1:])

    [told] = troubles.troubles()

    assert (told.kind, told.subject) == ("traffic.silent", troubles.MANY)
    assert told.what == "2 streams are silent, all of the service main"
    assert TrafficIncident.objects.count() == 2


def test_tick__less_than_usual__told_with_figures_once_it_has_lasted(counted: World) -> None:
    later = go_on(18, NOW, per_minute=20)
    early = troubles.troubles()
    go_on(6, later, per_minute=20)

    found = troubles.troubles()

    assert early == []
    assert [(told.kind, told.level, told.subject) for told in found] == [("traffic.low", "warn", name) for name in NAMES]
    row = TrafficIncident.objects.first()
    assert row is not None
    assert row.seen == pytest.approx(row.expected / 3, rel=0.2)


def test_tick__sampling_halved_or_stream_switched_off__no_incident(counted: World) -> None:
    go_on(1, NOW)
    streams = counted.config.streams
    for name in NAMES:
        streams[name] = replace(streams[name], sampling=Sampling(rate=0.25))
    streams["ui.a"] = replace(streams["ui.a"], is_enabled=False)
    streams["ui.b"] = replace(streams["ui.b"], is_open=False)

    go_on(25, NOW + MINUTE, without=("ui.a", "ui.b"), per_minute=15)

    assert troubles.troubles() == []
    assert list(StreamShare.objects.filter(stream="ui.a").values_list("share", flat=True)) == [1.0, 0.0]


def test_tick__log_or_intake_away__no_alarm_then_nor_right_after(counted: World) -> None:
    go_on(1, NOW)
    for number in range(1, 30):
        at = NOW + number * MINUTE
        minute(at, {})
        services.beat(role="intake", now=at, is_well=False, detail="does not answer")
        watching.tick(at + MINUTE)
    services.beat(role="intake", now=NOW + 30 * MINUTE)
    go_on(8, NOW + 30 * MINUTE)

    assert troubles.troubles() == []
    assert TrafficHold.objects.get().ended_at is not None


def test_tick__canaries_alone_arrive__is_silent_all_the_same(counted: World) -> None:
    for number in range(10):
        at = NOW + number * MINUTE
        CanaryRun.objects.create(stream="ui.a", event_id=f"c{number}", sent_at=at, topic="ui.a", recorded_at=at)
        minute(at, {name: 1 if name == "ui.a" else PER_MINUTE for name in NAMES})
        watching.tick(at + MINUTE)

    assert [told.subject for told in troubles.troubles()] == ["ui.a"]


def test_tick__own_counting_paused__no_silence(counted: World) -> None:
    go_on(1, NOW)

    watching.tick(NOW + 50 * MINUTE)
    go_on(2, NOW + 50 * MINUTE)

    assert troubles.troubles() == []


@pytest.mark.parametrize(
    "rule",
    [
        {"is_off": True},
        {"is_off": True, "off_until": NOW + DAY},
        {"watches_silence": False, "watches_low": False},
        {"silence_minutes": 60, "watches_low": False},
    ],
)
def test_tick__rule_of_the_stream__not_told(counted: World, rule: dict[str, object]) -> None:
    TrafficRule.objects.create(stream="ui.a", reason="A test", **rule)

    go_on(9, NOW, without=("ui.a",))

    assert troubles.troubles() == []


def test_tick__silence_for_months__stays_told_and_is_never_learnt(counted: World) -> None:
    go_on(9, NOW, without=("ui.a",))
    learnt = StreamProfile.objects.get(stream="ui.a").learnt_at
    StreamHour.objects.all().delete()
    StreamVolume.objects.all().delete()
    SampledMinute.objects.all().delete()
    later = NOW + 80 * DAY
    CountedHour.objects.bulk_create([CountedHour(hour=later - number * HOUR, minutes=60) for number in range(1, 700)])

    go_on(12, later, without=("ui.a",))

    assert "ui.a" in [told.subject for told in troubles.troubles()]
    assert StreamProfile.objects.get(stream="ui.a").learnt_at == learnt


def test_tick__stream_removed__its_alarm_ends(counted: World) -> None:
    go_on(9, NOW, without=("ui.a",))
    del counted.config.streams["ui.a"]

    go_on(1, NOW + 9 * MINUTE, without=("ui.a",))

    assert troubles.troubles() == []


def test_follow__after_a_pause__shares_of_the_time_between_are_noted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    following.follow(now=NOW, followed_at=None)
    was = world.config.streams["test.event"]
    halved = {"test.event": replace(was, sampling=Sampling(rate=0.5))}

    def stream_set(*, at: datetime) -> tuple[SimpleNamespace, int]:
        return SimpleNamespace(streams=halved if at >= NOW + 2 * HOUR else world.config.streams), 1

    monkeypatch.setattr("monitoring.traffic.following.stream_set", stream_set)
    following.follow(now=NOW + 4 * HOUR, followed_at=NOW)

    steps = list(StreamShare.objects.order_by("at").values_list("at", "share"))
    assert [share for _, share in steps] == [1.0, 0.5, 1.0]
    assert timedelta() <= steps[1][0] - (NOW + 2 * HOUR) <= 20 * MINUTE


def test_states__after_a_restart__as_kept(counted: World) -> None:
    go_on(9, NOW, without=("ui.a",))

    state = incidents.states(now=NOW + 9 * MINUTE)["ui.a"]

    assert (state.kind, state.began_at) == ("silent", NOW)
    assert rolling.roll_up(NOW + 10 * MINUTE)


def test_tick__events_came_while_the_intake_was_said_to_be_away__not_more_than_usual(counted: World) -> None:
    later = go_on(1, NOW)
    for number in range(100):
        minute(later + number * MINUTE, dict.fromkeys(NAMES, PER_MINUTE))
        services.beat(role="intake", now=later + number * MINUTE, is_well=False, detail="does not answer")
        watching.tick(later + (number + 1) * MINUTE)
    later += 100 * MINUTE
    services.beat(role="intake", now=later)

    for _ in range(15):
        later = go_on(1, later)
        assert not TrafficState.objects.exists()

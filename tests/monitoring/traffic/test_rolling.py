"""Minutes rolled up into hours: as often as one likes, canaries apart, with what tells of gaps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from monitoring import services
from monitoring.models import CanaryRun, SampledMinute, StreamVolume
from monitoring.traffic import hours, rolling
from monitoring.traffic.models import CountedHour, StreamHour, StreamShare

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
TEN = datetime(2026, 11, 20, 10, tzinfo=UTC)
on_rows = pytest.mark.usefixtures("db")


def counted(minute: datetime, **volumes: int) -> None:
    services.record_volumes(minute=minute, volumes=volumes, now=minute)


def canary(stream: str, recorded_at: datetime) -> None:
    CanaryRun.objects.create(
        stream=stream, event_id=f"{stream} {recorded_at:%H:%M:%S}", sent_at=recorded_at, topic=stream, recorded_at=recorded_at
    )


def test_of_minutes__quiet_between__longest_gap_and_edges() -> None:
    found = hours.of_minutes([(50, 3, 0), (10, 5, 1), (20, 1, 1), (12, 2, 0)])

    assert found == hours.Hour(events=9, canaries=2, peak=4, first=10, last=50, gap=37)


def test_of_minutes__canaries_alone__no_event() -> None:
    assert hours.of_minutes([(3, 1, 1), (4, 1, 2)]) == hours.Hour(0, 2, 0, None, None, 0)


@pytest.mark.slow
@on_rows
def test_roll_up__again_and_later__each_hour_once_and_with_all_its_minutes() -> None:
    counted(TEN, a=7, b=1)
    counted(TEN + 30 * MINUTE, a=5)
    canary("b", TEN + timedelta(seconds=4))
    rolling.roll_up(TEN + 40 * MINUTE)

    counted(TEN + 59 * MINUTE, a=1)
    found = [rolling.roll_up(TEN + HOUR + 20 * MINUTE), rolling.roll_up(TEN + HOUR + 20 * MINUTE)]

    assert found == [[TEN], []]
    assert list(StreamHour.objects.order_by("stream").values_list("stream", "events", "canaries", "gap")) == [
        ("a", 13, 0, 29),
        ("b", 0, 1, 0),
    ]
    assert CountedHour.objects.get().minutes == 3


@pytest.mark.slow
@on_rows
def test_roll_up__after_a_pause_of_days__catches_up_some_hours_at_a_time() -> None:
    for number in range(20):
        counted(TEN + number * HOUR, a=1)

    found = [len(rolling.roll_up(TEN + timedelta(days=2))) for _ in range(3)]

    assert found == [12, 8, 0]


@pytest.mark.slow
@on_rows
def test_roll_up__minutes_forgotten_since__sums_stay() -> None:
    counted(TEN, a=7)
    counted(TEN + MINUTE, a=7)
    rolling.roll_up(TEN + 2 * HOUR)
    SampledMinute.objects.filter(minute=TEN).delete()

    assert rolling.roll_up(TEN + 2 * HOUR) == []


@pytest.mark.slow
@on_rows
def test_forget__each_age__minutes_go_after_a_week_hours_after_a_year_the_share_that_holds_never() -> None:
    now = TEN + timedelta(days=401)
    for share, at in ((0.5, TEN), (0.2, TEN + HOUR)):
        StreamShare.objects.create(stream="a", at=at, share=share)
    for ago in (timedelta(days=7), timedelta(days=9), timedelta(days=401)):
        counted(now - ago, a=1)
        rolling.roll_up(now - ago)

    rolling.forget(now)

    assert StreamVolume.objects.count() == 1
    assert StreamHour.objects.count() == 2
    assert StreamShare.objects.get().share == 0.2

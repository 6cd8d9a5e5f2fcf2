"""Volumes over time, out of minutes, hours and days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from monitoring import daily_volumes, services
from monitoring.models import CanaryRun, IntakeCount, IntakeHour
from monitoring.traffic import lookups, rolling
from monitoring.traffic.lookups import DAY, HOUR, MINUTE
from monitoring.traffic.models import IntakeDay

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
TEN = datetime(2026, 11, 20, 10, tzinfo=UTC)


def counted(minute: datetime, **volumes: int) -> None:
    services.record_volumes(minute=minute, volumes=volumes, now=minute)


def canary(stream: str, recorded_at: datetime) -> None:
    CanaryRun.objects.create(
        stream=stream,
        event_id=f"{stream} {recorded_at:%d %H:%M:%S}",
        sent_at=recorded_at,
        topic=stream,
        recorded_at=recorded_at,
    )


def test_series__minutes__gaps_stay_gaps_and_canaries_are_left_out() -> None:
    counted(TEN, a=7, b=2)
    counted(TEN + 2 * MINUTE, b=2)
    canary("a", TEN + timedelta(seconds=3))

    found = lookups.series(None, TEN, TEN + 4 * MINUTE, MINUTE)

    assert list(found.of("a")) == [6, None, 0, None]
    assert list(found.of("nobody")) == [0, None, 0, None]
    assert list(found.total) == [8, None, 2, None]
    assert list(lookups.series(["b"], TEN, TEN + 4 * MINUTE, MINUTE).total) == [2, None, 2, None]


def test_series__several_minutes_a_slot__partly_counted_is_scaled() -> None:
    for number in (0, 1, 2, 3, 5):
        counted(TEN + number * MINUTE, a=10)

    assert lookups.series(["a"], TEN, TEN + 12 * MINUTE, 4 * MINUTE).of("a") == (40, 40, None)


def test_series__hours_and_days__the_same_events() -> None:
    for day in range(3):
        for hour in (0, 1):
            for number in range(60):
                counted(TEN + day * DAY + hour * HOUR + number * MINUTE, a=1 + day)
    canary("a", TEN + timedelta(seconds=3))
    end = TEN + 2 * DAY + 2 * HOUR
    for _ in range(3):
        rolling.roll_up(end)
    daily_volumes.roll_up(TEN + 2 * DAY)  # the third day still runs
    midnight = TEN.replace(hour=0)

    hours = lookups.series(["a"], TEN, TEN + 3 * HOUR, HOUR)
    days = lookups.series(["a"], midnight, end, DAY)

    assert hours.of("a") == (59, 60, None)
    # Two hours of each day were counted, which stand for the whole of it.
    assert days.of("a") == (119 * 12, 240 * 12, 360 * 12)
    assert lookups.total_series(TEN, TEN + 3 * HOUR, HOUR).total == hours.total


@pytest.mark.parametrize(("step", "number"), [(MINUTE, 3), (HOUR, 2), (DAY, 1)])
def test_outcome_series__every_fineness__without_canaries(step: timedelta, number: int) -> None:
    fate = {"service": "main", "stream": "a", "reason": ""}
    for outcome, count in (("accepted", 5), ("invalid", 2)):
        IntakeCount.objects.create(minute=TEN, outcome=outcome, count=count, **fate)
        IntakeHour.objects.create(hour=TEN, outcome=outcome, count=count, **fate)
        IntakeDay.objects.create(day=TEN.date(), outcome=outcome, count=count, **fate)
    counted(TEN, a=5)
    canary("a", TEN + timedelta(seconds=3))
    rolling.roll_up(TEN + HOUR)
    begin = TEN.replace(hour=0) if step == DAY else TEN

    found = lookups.outcome_series(["a"], begin, begin + number * step, step)

    assert {outcome: (line[0], sum(line)) for outcome, line in found.items()} == {"accepted": (4, 4), "invalid": (2, 2)}
    assert lookups.refused(found).keys() == {"invalid"}
    assert lookups.outcome_series(["b"], begin, begin + number * step, step) == {}

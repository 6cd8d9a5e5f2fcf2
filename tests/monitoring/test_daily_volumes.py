"""What came per day: rolled up once a day is over, canaries left out, a day nobody counted a gap."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from monitoring import daily_volumes, services
from monitoring.models import CanaryRun, SampledMinute, StreamDay, StreamVolume

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
MIDNIGHT = timezone.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def counted(minute: datetime, events: int) -> None:
    services.record_volumes(minute=minute, volumes={"ui.click": events, "quiet": 0}, now=minute)


def canary(recorded_at: datetime) -> None:
    CanaryRun.objects.create(stream="ui.click", event_id="one", sent_at=recorded_at, topic="ui.click", recorded_at=recorded_at)


def test_roll_up__day_that_is_over__added_up_without_canaries() -> None:
    yesterday = MIDNIGHT - timedelta(days=1)
    counted(yesterday, 7)
    counted(yesterday + timedelta(hours=23, minutes=59), 5)
    canary(yesterday + timedelta(seconds=3))

    days = daily_volumes.roll_up(MIDNIGHT + timedelta(hours=3))

    assert days == [yesterday.date()]
    StreamVolume.objects.all().delete()  # as the minutes are forgotten after a week
    SampledMinute.objects.all().delete()
    assert daily_volumes.counted_days("ui.click", 2)[0] == (yesterday.date(), 11, 2, 7)
    assert daily_volumes.daily_volumes("quiet", 2) == [(yesterday.date() - timedelta(days=1), None), (yesterday.date(), 0)]


def test_roll_up__again__counts_nothing_twice() -> None:
    counted(MIDNIGHT - timedelta(days=1), 7)
    daily_volumes.roll_up(MIDNIGHT + timedelta(hours=3))

    assert daily_volumes.roll_up(MIDNIGHT + timedelta(hours=3)) == []
    assert StreamDay.objects.count() == 1


def test_roll_up__a_day_that_may_still_change__waits() -> None:
    counted(MIDNIGHT - timedelta(days=1), 7)

    assert daily_volumes.roll_up(MIDNIGHT + timedelta(minutes=30)) == []


def test_roll_up__many_days_due__a_few_at_once() -> None:
    for number in range(1, 6):
        counted(MIDNIGHT - timedelta(days=number), 1)

    found = [len(daily_volumes.roll_up(MIDNIGHT + timedelta(hours=3))) for _ in range(3)]

    assert found == [3, 2, 0]


def test_counted_days__not_rolled_up__read_from_minutes() -> None:
    counted(MIDNIGHT, 3)
    canary(MIDNIGHT + timedelta(seconds=1))

    assert daily_volumes.counted_days("ui.click", 1) == [(MIDNIGHT.date(), 2, 1, 3)]

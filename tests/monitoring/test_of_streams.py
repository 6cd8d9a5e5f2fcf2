"""What pages of streams ask of monitoring."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from monitoring import of_streams
from monitoring.models import CanaryRun, IntakeCount
from tests import configuring

pytestmark = pytest.mark.slow


def counted(stream: str, outcome: str, count: int, *, minutes_ago: int = 5) -> None:
    minute = timezone.now().replace(second=0, microsecond=0) - timedelta(minutes=minutes_ago)
    IntakeCount.objects.create(minute=minute, stream=stream, outcome=outcome, count=count)


def test_refused_shares__of_the_last_hour__by_stream(db: None) -> None:
    counted("a", "accepted", 90)
    counted("a", "invalid", 10)
    counted("b", "accepted", 5)
    counted("c", "invalid", 5, minutes_ago=90)

    assert of_streams.refused_shares() == {"a": pytest.approx(0.1), "b": 0.0}


def test_last_canaries__found_on_the_topic__newest_by_stream(db: None) -> None:
    now = timezone.now()
    for minutes in (3, 8):
        moment = now - timedelta(minutes=minutes)
        CanaryRun.objects.create(stream="a", event_id=str(minutes), sent_at=moment, recorded_at=moment, topic="a")
    CanaryRun.objects.create(stream="b", event_id="lost", sent_at=now, topic="b")

    assert of_streams.last_canaries() == {"a": now - timedelta(minutes=3)}


@pytest.mark.parametrize(
    ("name", "why"),
    [("nobody", "pattern"), ("off", "switched off"), ("plain", "no example")],
)
def test_send_canary__where_none_can_be_sent__says_why(db: None, name: str, why: str) -> None:
    configuring.configure({"streams": {"off": {"schema_title": "a", "is_enabled": False}, "plain": {"schema_title": "a"}}})

    sent = of_streams.send_canary(name)

    assert not sent.is_accepted
    assert why in sent.error

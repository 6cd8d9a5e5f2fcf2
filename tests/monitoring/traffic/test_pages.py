"""The pages of traffic: each range, marks, refusals, hostile names, many streams, and what the admin takes."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from monitoring.models import IntakeCount, IntakeHour
from monitoring.traffic.alarm.learning import Profile
from monitoring.traffic.models import CountedHour, StreamHour, StreamProfile, StreamShare, TrafficIncident, TrafficRule
from tests.monitoring.world import World

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
HOUR = timedelta(hours=1)
HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture
def world(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr("monitoring.traffic.pages.snapshot", lambda: world.config)
    monkeypatch.setattr("monitoring.traffic.admin.snapshot", lambda: world.config)
    return world


def now() -> datetime:
    return datetime.now(UTC).replace(second=0, microsecond=0)


def incident(stream: str, kind: str = "silent", **facts: object) -> TrafficIncident:
    began = {"began_at": now() - HOUR, "noticed_at": now() - HOUR / 2, "expected": 3400.0, "seen": 0.0, "minutes": 60}
    return TrafficIncident.objects.create(stream=stream, kind=kind, **{**began, **facts})


@pytest.mark.parametrize("name", ["1h", "24h", "7d", "30d", HOSTILE])
def test_of_stream__each_range__drawn_with_gaps_marks_and_refusals(world: World, client: Client, name: str) -> None:
    hour = now().replace(minute=0)
    for number in range(24 * 60):
        at = hour - number * HOUR
        if number % 5:
            CountedHour.objects.create(hour=at, minutes=60)
            StreamHour.objects.create(stream="test.event", hour=at, events=100, first=0, last=59)
    fate = {"service": "main", "stream": "test.event", "outcome": "invalid", "reason": "event.invalid", "count": 3}
    IntakeCount.objects.create(minute=now() - timedelta(minutes=5), **fate)
    IntakeHour.objects.create(hour=hour - HOUR, **fate)
    for share, ago in ((1.0, 100 * HOUR), (0.25, HOUR / 2)):
        StreamShare.objects.create(stream="test.event", at=now() - ago, share=share)

    page = client.get("/streams/test.event/traffic", {"range": name}).content.decode()

    assert "25\u202f%" in page
    assert "Not accepted" in page
    assert "<script>alert" not in page


def test_of_stream__nothing_counted__says_that_it_is_a_gap(world: World, client: Client) -> None:
    page = client.get("/streams/test.event/traffic").content.decode()

    assert "that is a gap, not zero" in page
    assert "Nothing learnt yet" in page
    assert client.get("/streams/nobody/traffic").status_code == 404


def test_of_stream__silent__says_since_when_and_what_was_expected(world: World, client: Client) -> None:
    incident("test.event")

    page = client.get("/streams/test.event/traffic").content.decode()

    assert "Silent" in page
    assert "3\u202f400 would be usual" in page


def test_of_stream__of_what_was_refused__neither_silence_nor_less_is_watched(world: World, client: Client) -> None:
    world.config.streams["test.event"] = replace(world.config.streams["test.event"], schema_title="error/test")
    body = Profile(rates=(3600.0,) * 168, evidence=(1e6,) * 168, days=28, events=10**6).as_json()
    StreamProfile.objects.create(stream="test.event", learnt_at=now(), body=body)

    page = client.get("/streams/test.event/traffic").content.decode()

    assert page.count("not watched") == 2
    assert "of what is usual</dd>" not in page


def test_index__by_kind__lasting_and_over(world: World, client: Client) -> None:
    incident("test.event")
    incident("ui.fewer", "low", ended_at=now(), seen=10.0)
    TrafficRule.objects.create(stream="ui.x", reason=HOSTILE, is_off=True)

    page = client.get("/traffic").content.decode()

    assert "1 now" in page
    assert "ui.fewer" in page
    assert "<script>alert" not in page
    assert "ui.fewer" not in client.get("/traffic?kind=silent").content.decode()


def test_pages__many_streams_and_incidents__few_queries_and_quick(world: World, client: Client) -> None:
    for number in range(250):
        incident(f"stream.{number}", is_grouped=True)
    client.get("/traffic")

    begun = time.monotonic()
    with connection.execute_wrapper(counting := Counting()):
        client.get("/traffic")

    assert time.monotonic() - begun < 1.0
    assert counting.count <= 12


@pytest.mark.parametrize(
    ("changes", "error"),
    [({}, ""), ({"stream": "nobody"}, "There is no stream"), ({"off_until_0": "2030-01-01", "off_until_1": "00:00"}, "Tick")],
)
def test_rule__in_the_admin__refused_where_it_can_not_be_meant(
    world: World, client: Client, changes: dict[str, str], error: str
) -> None:
    client.force_login(User.objects.create_superuser("ada"))
    form = {"stream": "test.event", "sensitivity": "high", "reason": "Bursts at noon", "watches_silence": "on", **changes}

    answer = client.post("/admin/monitoring/trafficrule/add/", form)

    assert (answer.status_code == 302) is not bool(error)
    assert error in answer.content.decode()
    assert list(TrafficRule.objects.values_list("updated_by", flat=True)) == ([] if error else ["ada"])


def test_rule__somebody_without_permission__may_not(world: World, client: Client) -> None:
    client.force_login(User.objects.create_user("bob", is_staff=True))

    assert client.post("/admin/monitoring/trafficrule/add/", {"stream": "test.event"}).status_code == 403
    assert "Tune or switch off" not in client.get("/streams/test.event/traffic").content.decode()


class Counting:
    count = 0

    def __call__(self, execute: object, sql: str, params: object, many: bool, context: object) -> object:  # noqa: FBT001  # Django's
        self.count += 1
        return execute(sql, params, many, context)  # type: ignore[operator]  # Django hands it in

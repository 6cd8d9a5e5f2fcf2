"""Counts of the intake: kept by minute and hour, looked up, and shown."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client

from eventplatform.core.services import Service
from monitoring.models import IntakeCount, IntakeHour
from monitoring.outcomes import lookups, recording
from monitoring.outcomes.periods import PERIODS
from monitoring.outcomes.reading import Key
from tests.monitoring.world import World

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
NOW = datetime(2026, 11, 26, 10, 30, 5, tzinfo=UTC)
HOSTILE = '"><script>alert(1)</script>'


def event(outcome: str, reason: str = "", *, service: str = "main", stream: str = "test.event") -> Key:
    return "event", service, stream, outcome, reason


@pytest.fixture
def world(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    world.config.services = {"main": Service("main")}
    monkeypatch.setattr("monitoring.outcomes.pages.snapshot", lambda: world.config)
    return world


def test_record__twice_in_an_hour__minutes_and_their_hour_agree() -> None:
    recording.record(at=NOW, totals={event("accepted"): 10, ("received", "main"): 11})
    recording.record(at=NOW + timedelta(minutes=1), totals={event("accepted"): 25, ("received", "main"): 25})

    assert list(IntakeCount.objects.order_by("minute").values_list("count", flat=True)) == [10, 15]
    assert list(IntakeHour.objects.values_list("service", "count")) == [("main", 25)]
    for name in PERIODS:
        seen = lookups.seen(PERIODS[name], now=NOW + timedelta(minutes=2))
        assert (seen.received, seen.settled) == (25, 25)


def test_record__intake_began_anew__its_counts_are_added() -> None:
    for total in (10, 4, 6):
        recording.record(at=NOW, totals={event("accepted"): total})

    assert IntakeCount.objects.get().count == 16


def test_record__intake_began_anew__what_outgrew_its_former_count_is_counted_whole() -> None:
    recording.record(at=NOW, totals={event("accepted"): 100, event("invalid"): 3, event("late"): 1})
    recording.record(at=NOW, totals={event("accepted"): 5, event("invalid"): 8})
    recording.record(at=NOW, totals={event("accepted"): 6, event("invalid"): 8, event("late"): 1})

    assert dict(IntakeCount.objects.values_list("outcome", "count")) == {"accepted": 106, "invalid": 11, "late": 2}


def test_record__same_totals_again__writes_nothing() -> None:
    totals = {event("accepted"): 3}
    recording.record(at=NOW, totals=totals)
    with connection.execute_wrapper(writes := Writes()):
        recording.record(at=NOW, totals=totals)

    assert writes.count == 0


def test_seen__one_stream__its_fates_and_lines_alone() -> None:
    recording.record(at=NOW, totals={event("accepted"): 5, event("invalid", "event.invalid", stream="other"): 2})
    seen = lookups.seen(PERIODS["1h"], stream="other", now=NOW)

    assert seen.fates == {("main", "other", "invalid", "event.invalid"): 2}
    assert {outcome: line[-1] for outcome, line in seen.lines.items()} == {"invalid": 2}


def test_shares__most_refused_first() -> None:
    fates = {
        lookups.Fate("main", "a", "accepted", ""): 90,
        lookups.Fate("main", "b", "hasty", ""): 5,
        lookups.Fate("main", "b", "limited", "rate.exceeded"): 4,
    }

    assert [(one.stream, one.events, one.kept) for one in lookups.shares(fates)] == [("b", 9, 5), ("a", 90, 90)]


def test_week__of_many_streams__is_read_in_few_queries_and_quickly(world: World, client: Client) -> None:
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    IntakeHour.objects.bulk_create(
        IntakeHour(hour=hour - timedelta(hours=number), service="main", stream=f"s.{stream}", outcome="accepted", count=1)
        for number in range(168)
        for stream in range(200)
    )
    client.get("/outcomes?period=7d")  # templates are loaded

    began = time.perf_counter()
    with connection.execute_wrapper(asked := Counting()):
        page = client.get("/outcomes?period=7d")

    assert page.context["events"] == 168 * 200
    assert asked.count <= 10
    assert time.perf_counter() - began < 3


def test_page__nothing_counted__says_so_and_what_to_do(world: World, client: Client) -> None:
    page = client.get("/outcomes").content.decode()

    assert "No event in this time" in page


def test_page__events_of_every_kind__books_reasons_and_links(world: World, client: Client) -> None:
    totals = {
        event("accepted"): 70,
        event("spooled"): 5,
        event("duplicate"): 2,
        event("invalid", "event.invalid"): 8,
        event("limited", "stream.rate_exceeded", stream=""): 3,
        ("received", ""): 90,
        ("body", "main", "body.too_large"): 4,
        ("answer", "lane 201", "0.005"): 30,
    }
    recording.record(at=datetime.now(UTC), totals=totals)

    answer = client.get("/outcomes")
    page = answer.content.decode()

    assert (answer.context["received"], answer.context["events"], answer.context["open"]) == (90, 88, 2)
    assert answer.context["kept"] == 77
    assert client.get("/outcomes?service=other").context["bodies_total"] == 0
    assert "The event breaks its schema." in page
    assert 'href="/rejected?code=event.invalid"' in page
    assert 'href="/errors/event.invalid"' in page
    assert 'href="?service=main&amp;stream=test.event"' in page
    assert "body.too_large" in page
    assert 'href="/outcomes"' in client.get("/overview").content.decode()


@pytest.mark.parametrize(
    "query", [f"service={HOSTILE}&stream={HOSTILE}&period={HOSTILE}", "stream=%00", f"stream={'x' * 5000}"]
)
def test_page__hostile_address__is_escaped(world: World, client: Client, query: str) -> None:
    recording.record(at=datetime.now(UTC), totals={event("accepted"): 1, ("received", ""): 1})

    page = client.get(f"/outcomes?{query}")

    assert page.status_code == 200
    assert "<script>alert" not in page.content.decode()


def test_forget__old_counts__are_gone_and_new_ones_stay() -> None:
    for days, total in ((40, 1), (9, 2), (0, 4)):
        recording.record(at=NOW - timedelta(days=days), totals={event("accepted"): total, ("received", ""): total})
    recording.forget(before=NOW - timedelta(days=8))

    assert list(IntakeCount.objects.values_list("count", flat=True)) == [2]
    assert list(IntakeHour.objects.order_by("hour").values_list("count", flat=True)) == [1, 2]


class Counting:
    count = 0

    def __call__(self, execute, sql, params, many, context):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN204  # Django's signature
        self.count += 1
        return execute(sql, params, many, context)


class Writes(Counting):
    def __call__(self, execute, sql, params, many, context):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN204  # likewise
        self.count += sql.startswith(("INSERT", "UPDATE"))
        return execute(sql, params, many, context)

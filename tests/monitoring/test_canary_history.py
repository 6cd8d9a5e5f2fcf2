from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from eventplatform import panels
from monitoring import canary_history
from monitoring.models import CanaryArrival, CanaryRun, CanaryTurn
from tests.monitoring.world import World

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def walked(stream: str, minutes_ago: int, *, prefix: str = "", topic: float = 0.1, store: float = 2.0) -> None:
    sent_at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    run = CanaryRun.objects.create(
        stream=stream,
        prefix=prefix,
        service="main",
        event_id=f"{prefix}{stream}{minutes_ago}",
        topic=prefix + stream,
        sent_at=sent_at,
        answered_at=sent_at + timedelta(seconds=0.05),
        status=201,
        recorded_at=sent_at + timedelta(seconds=topic),
    )
    CanaryArrival.objects.create(run=run, connector="warehouse-main", written_at=sent_at + timedelta(seconds=store))


def test_of_stream__each_stage_of_each_path__slowest_per_slot_and_what_is_usual(world: World) -> None:
    for minutes, store in ((5, 2.0), (6, 9.0), (100, 3.0)):
        walked("test.event", minutes, store=store)
    walked("test.event", 5, prefix="codfw.")

    found = canary_history.of_stream("test.event", timedelta(hours=24), datetime.now(UTC))

    named = {(one.prefix, one.stage): one for one in found}
    found_store = named["", "warehouse-main"]
    assert [key for key in named if key[0] == ""] == [("", "intake"), ("", "topic"), ("", "warehouse-main")]
    assert ("codfw.", "topic") in named
    assert found_store.number == 3
    assert (found_store.usual.p50, found_store.usual.p99) == pytest.approx((3.0, 9.0))
    assert found_store.line[-1] == pytest.approx(9.0)
    assert found_store.line[0] is None


def test_by_service__last_hour__half_and_99_of_100_by_stage(world: World) -> None:
    for minutes in range(1, 11):
        walked("test.event", minutes, topic=minutes / 10)
    walked("test.event", 90, topic=99)

    found = canary_history.by_service()["main"]

    assert set(found) == {"intake", "topic", "stores"}
    assert found["topic"].p50 == pytest.approx(0.55)
    assert 0.9 < found["topic"].p99 <= 1.0


def test_panel__two_datacenters__each_way_with_its_latencies(client: Client, world: World) -> None:
    for prefix in ("codfw.", "eqiad."):
        CanaryTurn.objects.create(stream="test.event", prefix=prefix, service="main", sent_at=datetime.now(UTC), status=201)
        walked("test.event", 1, prefix=prefix)

    found = next(context for panel, context in panels.rendered("stream", "test.event") if panel.name == "monitoring.canary")

    assert [path.prefix for path, _ in found["paths"]] == ["codfw.", "eqiad."]
    assert [latency.number for _, rows in found["paths"] for stage, latency in rows if stage.name == "topic"] == [1, 1]


@pytest.mark.parametrize("span", ["1h", "24h", "7d", "for ever"])
def test_history__each_range__a_chart_per_stage(client: Client, world: World, span: str) -> None:
    walked("test.event", 5)

    page = client.get("/canaries/test.event", {"range": span}).content.decode()

    assert page.count('class="chart"') == 3
    assert "warehouse-" in page


def test_history__nobody__404(client: Client, world: World) -> None:
    assert client.get("/canaries/nobody").status_code == 404

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from eventplatform import panels
from eventplatform.core.services import Service
from monitoring import canaries, observing, services
from monitoring.models import IntakeCount, IntakeHour, IntakeRequests, SampledMinute, StreamVolume
from monitoring.traffic.models import CountedHour, StreamHour
from tests.monitoring.world import WAREHOUSE, World

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
NOW = datetime.now(UTC).replace(second=0, microsecond=0)
HOSTILE = "x<img src=x onerror=alert(1)>"
PAGES = ("/overview", "/overview/picture", "/overview/streams", "/overview/services/main")


@pytest.fixture
def busy(world: World) -> World:
    """Two streams with an hour of volumes; canaries of one arrived, the store of both is up to date."""
    world.add("quiet.event")
    with world.intake() as intake:
        canaries.send_due(world.log, intake)
    for event in world.posted:
        world.written[event["meta"]["id"]] = datetime.now(UTC)
    for _ in range(2):
        observing.observe(world.log)
    for ago in range(1, 61):
        counted(NOW - timedelta(minutes=ago), {"test.event": 120})
    for role in ("intake", "worker", "log", "spool"):
        services.beat(role=role, now=datetime.now(UTC))
    return world


def counted(minute: datetime, events: dict[str, int]) -> None:
    SampledMinute.objects.get_or_create(minute=minute, defaults={"sampled_at": minute})
    for stream, number in events.items():
        StreamVolume.objects.create(stream=stream, minute=minute, events=number)


def get(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def text(page: str) -> str:
    """What a person reads."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("name", ["1h", "24h", "7d", "30d", "nonsense"])
def test_page__any_range__stands_and_its_address_is_marked(client: Client, busy: World, path: str, name: str) -> None:
    page = get(client, f"{path}?range={name}")

    chosen = re.findall(r'href="\?range=(\w+)" aria-current="true"', page)
    usual = "5m" if path.endswith("picture") else "1h"
    assert chosen == [usual if name == "nonsense" else name]
    assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []


@pytest.mark.parametrize("path", PAGES)
def test_page__refreshes__by_parts_that_each_have_a_name(client: Client, busy: World, path: str) -> None:
    page = get(client, path)

    parts = re.findall(r'id="([\w-]+)"[^>]*\sdata-part(?!s)', page)
    assert len(parts) == page.count(" data-part") - page.count(" data-parts") == len(set(parts))
    assert f'hx-get="{path}" hx-trigger="every 10s, refresh"' in page
    assert re.search(r"Updated <time [^>]*>\d\d:\d\d:\d\d</time> UTC", page)


@pytest.mark.parametrize("path", PAGES)
def test_page__more_streams__not_more_queries(
    client: Client, busy: World, path: str, django_assert_max_num_queries: Any
) -> None:
    client.get(path)
    with django_assert_max_num_queries(1000) as few:
        client.get(path)
    for number in range(40):
        busy.add(f"more.event_{number}")

    with django_assert_max_num_queries(len(few) + 6):  # configuration and schemas are looked at anew each second
        client.get(path)


def test_overview__everything_well__says_so_with_rates(client: Client, busy: World) -> None:
    page = text(get(client, "/overview"))

    assert "Healthy" in page
    assert "Received 1" in page or "Received 2" in page  # canaries are taken out
    assert "Nothing needs attention" in page
    assert "2 of 2" in page


def test_overview__sum_of_outcomes__is_compared_with_what_was_received(client: Client, busy: World) -> None:
    IntakeCount.objects.create(minute=NOW, service="main", stream="test.event", outcome="accepted", count=98)
    IntakeCount.objects.create(
        minute=NOW, service="main", stream="test.event", outcome="invalid", reason="event.invalid", count=2
    )
    received = IntakeRequests.objects.create(at=NOW, seconds=60, kind="received", name="main", count=100)

    right = text(get(client, "/overview"))
    IntakeRequests.objects.filter(pk=received.pk).update(count=103)
    open_ = text(get(client, "/overview"))

    assert "Sum is right 100 received" in right
    assert "Accepted 98 %" in right
    assert "Sum is open 3 received, under way" in open_


def test_overview__last_week__is_drawn_dashed_beside_today(client: Client, busy: World) -> None:
    without = get(client, "/overview")
    for ago in range(1, 61):
        counted(NOW - timedelta(days=7, minutes=ago), {"test.event": 60})

    page = get(client, "/overview")

    assert "Same hours last week" not in without
    assert "Same hours last week" in page
    assert 'class="line dash c5"' in page
    assert "+100 % on last week" in text(page) or "+99 % on last week" in text(page)


def test_overview__a_week__is_made_of_hours(client: Client, busy: World) -> None:
    hour = NOW.replace(minute=0) - timedelta(hours=30)
    CountedHour.objects.create(hour=hour, minutes=60)
    StreamHour.objects.create(stream="test.event", hour=hour, events=7_200_000)
    IntakeHour.objects.create(hour=hour, service="main", stream="test.event", outcome="accepted", count=7_200_000)

    week, day = text(get(client, "/overview?range=7d")), text(get(client, "/overview?range=24h"))

    assert "Events without canaries 14.4 M" in week  # its slot of two hours was counted by half
    assert "7 200 000" in week
    assert "7 200 000" not in day


def test_overview__recent_changes__of_all_apps_with_who(client: Client, busy: World, monkeypatch: pytest.MonkeyPatch) -> None:
    change = panels.Change(NOW, "change", HOSTILE, "/revisions/7", "halved", "maria")
    monkeypatch.setattr(panels, "_changes", {"test": lambda _: [change]})

    page = get(client, "/overview")

    card = page[page.index('id="changes"') :]
    assert "halved" in card
    assert "maria" in card
    assert 'href="/revisions/7"' in card
    assert "<img src=x" not in page


def test_overview__parts__database_and_configuration_have_figures(client: Client, busy: World) -> None:
    page = text(get(client, "/overview"))

    assert re.search(r"Database \d+ of \d+ connections, [\d.]+", page)
    assert "revision 7 in every process" in page


def test_overview__connector_far_behind__stands_first_with_its_wait(client: Client, busy: World) -> None:
    late = replace(WAREHOUSE, name="late", lag_records=41_208, lag_seconds=1500.0)
    busy.connectors = (WAREHOUSE, late)

    page = text(get(client, "/overview"))

    assert "Slowest connector 25 min 1 of 2 under 10 s" in page
    card = page[page.index("Connectors by lag") :]
    assert card.index("late") < card.index("warehouse-main")
    assert "41.2 k records" in card


def test_picture__names_sources_streams_and_stores_with_rates_and_words(client: Client, busy: World) -> None:
    page = get(client, "/overview/picture?range=1h")

    picture = page[page.index('<svg class="picture"') : page.index("</ul>")]
    for name in ("main", "test.event", "quiet.event", "warehouse-main"):
        assert f">{name}</text>" in picture
    assert 'href="/streams/test.event"' in picture
    assert picture.count('class="curve') == 4
    assert "1 ways in, 2 streams, 1 stores" in page
    table = text(page[page.index("The same as a table") :])
    assert "test. event main Flows 2 /s warehouse-main" in table


def test_picture__many_streams__collapsed_and_opened_by_address(client: Client, busy: World) -> None:
    for number in range(60):
        busy.add(f"more.event_{number:02}")

    closed = get(client, "/overview/picture")
    link = re.search(r'href="(\?range=5m&amp;open=main)"', closed)
    opened = get(client, "/overview/picture?range=5m&open=main&open=nonsense")

    assert link
    assert "and 36 more" in closed
    assert "and 36 more" not in opened
    assert opened.count(">more.event_") > 60
    assert "show fewer" in opened


def test_picture__store_stopped__edge_and_box_say_it(client: Client, busy: World) -> None:
    busy.connectors = (replace(WAREHOUSE, state="stopped", last_error="too short"),)

    page = get(client, "/overview/picture")

    assert 'class="curve fail"' in page
    assert 'class="word fail"' in page
    assert "1 needs attention" in page


def test_picture__nothing_configured__stands(client: Client, world: World) -> None:
    world.config.streams.clear()

    assert "No stream is configured" in get(client, "/overview/picture")


def test_streams__filters_and_order__are_the_address(client: Client, busy: World) -> None:
    for number in range(60):
        busy.add(f"more.event_{number:02}", service="other")

    def names(query: str) -> list[str]:
        return re.findall(r'class="main"><a href="/streams/([^"]+)"', get(client, f"/overview/streams{query}"))

    assert names("?sort=volume")[0] == "test.event"
    assert names("?service=main") == ["test.event", "quiet.event"]
    assert names("?q=QUIET") == ["quiet.event"]
    assert names("?state=quiet&service=main") == ["quiet.event"]
    assert len(names("?sort=name")) == 50
    assert len(names("?sort=name&page=2")) == 12
    assert names("?sort=name&page=2&range=24h")[0] == "more.event_50"
    assert names("?q=nothing-like-that") == []


def test_streams__hostile_words__are_escaped(client: Client, busy: World) -> None:
    page = client.get("/overview/streams", {"q": HOSTILE, "service": HOSTILE, "state": HOSTILE, "sort": "\0"}).content.decode()

    assert "<img src=x" not in page


def test_service__its_streams_and_outcomes_alone(client: Client, busy: World) -> None:
    busy.add("elsewhere.event", service="other")
    for service, count in (("main", 40), ("other", 7)):
        IntakeCount.objects.create(minute=NOW, service=service, stream="test.event", outcome="invalid", reason="x", count=count)

    page = text(get(client, "/overview/services/main"))

    assert "elsewhere.event" not in page
    assert "Invalid 40" in page


def test_service__nobody_names_it__is_not_found(client: Client, busy: World) -> None:
    busy.config.services["empty"] = Service("empty")

    assert client.get("/overview/services/nonsense").status_code == 404
    assert "No stream is posted to it" in get(client, "/overview/services/empty")


def test_stranger__login_needed__is_sent_to_the_login(client: Client, world: World, settings: Any) -> None:
    settings.PAGES_NEED_LOGIN = True

    assert {client.get(path).status_code for path in PAGES} == {302}

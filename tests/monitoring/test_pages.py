from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from connectors.lookups import PartitionView
from monitoring import canaries, canary, observing, services, volumes
from monitoring.models import CanaryMark, CanaryRun
from monitoring.traffic import panel
from tests.monitoring.world import WAREHOUSE, World

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
HOSTILE = '</pre><script>alert(1)</script><img src=x onerror="alert(2)">'
PAGES = ("/", "/?canaries=1", "/start/tail", "/start/side", "/overview")


@pytest.fixture
def busy(world: World) -> World:
    """A platform with a canary that passed, and events that nobody should trust."""
    world.add("hostile")
    with world.intake() as intake:
        canaries.send_due(world.log, intake)
    for event in world.posted:
        world.written[event["meta"]["id"]] = datetime.now(UTC)
    observing.observe(world.log)
    observing.observe(world.log)
    world.produce("hostile", {"$schema": HOSTILE, "meta": {"stream": HOSTILE}, HOSTILE: HOSTILE})
    world.produce("hostile", b"\xff\xfe no json " + HOSTILE.encode())
    volumes.sample(world.log)
    for role in ("intake", "worker", "log"):
        services.beat(role=role, now=datetime.now(UTC), detail="" if role == "intake" else HOSTILE)
    return world


@pytest.mark.parametrize("path", PAGES)
def test_page__hostile_events__are_escaped_and_no_inline_script_is_there(client: Client, busy: World, path: str) -> None:
    response = client.get(path)

    page = response.content.decode()
    assert response.status_code == 200
    assert "<img src=x" not in page
    assert "alert(1)</script>" not in page
    assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
    assert re.findall(r"<[^>]*\son[a-z]+\s*=", page) == []


@pytest.mark.parametrize("path", PAGES)
def test_page__policy__scripts_from_files_only(client: Client, busy: World, path: str) -> None:
    policy = dict(part.split(" ", 1) for part in client.get(path)["Content-Security-Policy"].split("; "))

    assert policy["script-src"] == "'self'"
    assert policy["default-src"] == "'self'"
    assert policy["style-src"] == "'self'"
    assert policy["object-src"] == "'none'"


def test_start__events__newest_first_canaries_on_wish(client: Client, busy: World) -> None:
    busy.produce("test.event", {"$schema": "/sample/test_event/1.0.0", "meta": {"stream": "test.event"}, "test": "bonjour"})

    plain, wished = client.get("/start/tail").content.decode(), client.get("/start/tail?canaries=1").content.decode()

    assert plain.index("bonjour") < plain.index("no json")
    assert ">Canary<" not in plain
    assert ">Canary<" in wished


def test_start__canaries_passed__says_so_with_each_stage(client: Client, busy: World) -> None:
    page = client.get("/").content.decode()

    assert "2 of 2 passed" in page
    assert "warehouse-main" in page


def test_start__who_wants_to_instrument__is_led_to_the_client_and_the_instruments(client: Client, busy: World) -> None:
    text = client.get("/").content.decode()

    assert 'href="/client/"' in text
    assert 'href="/instruments"' in text


def test_start__log_away__page_says_so_and_stands(client: Client, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from eventplatform.broker.base import LogUnavailableError

    def away(*_: object) -> None:
        raise LogUnavailableError(reason="connection refused")

    monkeypatch.setattr(world.log, "end_offsets", away)

    response = client.get("/")

    assert response.status_code == 200
    assert "The event log does not answer" in response.content.decode()


def test_record__hostile_content__is_pretty_and_escaped(client: Client, busy: World) -> None:
    href = re.search(r'href="(/records/hostile/[^"]+)"', client.get("/start/tail").content.decode())
    assert href

    page = client.get(href[1]).content.decode()

    assert "&lt;script&gt;" in page
    assert "<script>" not in page


def test_record__gone__is_404_in_the_look(client: Client, world: World) -> None:
    response = client.get("/records/test.event/0/99")

    assert response.status_code == 404
    assert "There is no such page" in response.content.decode()


def test_overview__nothing_configured__stands_and_says_what_to_do(client: Client, world: World) -> None:
    world.config.streams.clear()
    world.connectors = ()

    page = client.get("/overview").content.decode()

    assert "No stream is configured" in page
    assert "No connector yet" in page


def test_overview__worker_silent__one_trouble_not_one_per_canary(client: Client, busy: World) -> None:
    services.beat(role="worker", now=datetime(2026, 1, 1, tzinfo=UTC))

    page = client.get("/overview").content.decode()

    assert page.count('<p class="what">') == 1
    assert "Workers: silent for" in page


def test_pages__login_needed__stranger_is_sent_to_the_login(client: Client, settings: object, world: World) -> None:
    settings.PAGES_NEED_LOGIN = True  # type: ignore[attr-defined]  # pytest-django's settings

    answers = {path: client.get(path).status_code for path in ("/", "/overview", "/healthz", "/readyz", "/metrics")}

    assert answers == {"/": 302, "/overview": 302, "/healthz": 200, "/readyz": 200, "/metrics": 200}


def test_overview__connector_says_what_ails_it__no_second_line_for_its_canaries(client: Client, busy: World) -> None:
    arrived, missing = datetime.now(UTC) - timedelta(minutes=20), datetime.now(UTC) - timedelta(minutes=10)
    CanaryRun.objects.filter(stream="test.event").update(sent_at=arrived)
    CanaryMark.objects.filter(stream="test.event").exclude(connector="").update(sent_at=arrived)
    for moment in (missing, datetime.now(UTC)):
        CanaryRun.objects.create(
            stream="test.event", event_id=str(moment), topic="t", sent_at=moment, recorded_at=moment, status=201
        )
    alone = client.get("/overview").content.decode()
    stopped = PartitionView(
        stream="test.event",
        topic="test.event",
        partition=0,
        state="stopped",
        state_since=missing,
        next_offset=0,
        end_offset=1,
        lag_records=1,
        lag_seconds=None,
        owner="",
        attempts=1,
        not_before=None,
        error_code="connector.stopped",
        last_error="column too short",
        failed_at=missing,
    )
    busy.connectors = (replace(WAREHOUSE, state="stopped", last_error=stopped.last_error, partitions=(stopped,)),)

    told = client.get("/overview").content.decode()

    assert "Canary of test.event not seen at warehouse-main" in alone
    assert "Canary of test.event" not in told
    assert told.count('<p class="what">') == 1


def test_pages__canaries_switched_off__claim_no_health(client: Client, world: World) -> None:
    services.note_turns(turns=[services.Turn("test.event", excluded_because=canary.NOT_WANTED)], now=datetime.now(UTC))

    overview, start = (client.get(path).content.decode() for path in ("/overview", "/"))

    for page in (overview, start):
        assert "No canaries are sent" in page
        assert "an idle stream can&#x27;t be told from a broken one" in page
        assert 'href="/admin/streamconfig/defaults/"' in page
    assert "</svg>Healthy<" not in overview
    assert "Canaries passed" not in overview
    assert "0 of 0" not in overview + start
    assert "oldest never" not in overview


def test_overview__stream_switched_off__same_word_as_its_own_page(client: Client, world: World) -> None:
    world.add("off", is_enabled=False)
    turns = [services.Turn("test.event"), services.Turn("off", excluded_because=canary.SWITCHED_OFF)]
    services.note_turns(turns=turns, now=datetime.now(UTC))

    page = client.get("/overview").content.decode()

    row = page[page.index('class="main"><a href="/streams/off"') :].partition("</tr>")[0]
    assert row.count("Switched off") == 4
    assert "No canary" not in row
    assert "Not seen yet" not in row


def test_start__who_may_add__is_led_to_the_forms_others_to_the_lists(
    client: Client, world: World, admin_client: Client
) -> None:
    stranger, administrator = client.get("/").content.decode(), admin_client.get("/").content.decode()

    for path in ("/admin/streamconfig/stream/", "/admin/connectors/connector/"):
        assert f'href="{path}"' in stranger
        assert f'href="{path}add/"' in administrator


def test_volume__stream_without_canaries__promises_none(world: World) -> None:
    world.add("silent", canary_events_enabled=False)

    shown = {name: panel.volume(name) for name in ("test.event", "silent")}

    assert {name: facts and facts["has_canary"] for name, facts in shown.items()} == {"test.event": True, "silent": False}

"""The page, its part, the API and the command, over a memory log and the tables of dead letters."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.test import Client

from monitoring.stages import Path, Stage
from monitoring.trace.scanning import Bounds
from tests.monitoring.trace.conftest import MYSQL, NOW_MS, PLACE, World, event, new_id

pytestmark = pytest.mark.slow
HOSTILE = '</pre></script><script>alert(1)</script><img src=x onerror="alert(2)">{{7*7}}'


def page(client: Client, query: str, *, status: int = 200) -> str:
    answer = client.get(f"/trace?{query}")
    assert answer.status_code == status, answer.content
    return answer.content.decode().replace("<wbr>", "")


def test_page__nothing_asked__says_what_can_be(client: Client, world: World) -> None:
    text = page(client, "")

    assert "Name an event" in text
    assert '<option value="">Any stream</option><option>other.event</option>' in text
    assert "hx-trigger" not in text


def test_page__found__its_path_and_the_event(client: Client, world: World) -> None:
    world.produce(event(wanted := new_id()))

    text = page(client, f"id={wanted}")

    assert "It arrived everywhere." in text
    for words in ("Received by the intake", "key mw-eventbus", "request request-1", "eqiad.test.event, partition 0, offset 0"):
        assert words in text
    assert '<a href="/connectors/to_mysql">to_mysql</a>' in text
    assert "/records/eqiad.test.event/0/0" in text
    assert f"manage.py trace {wanted}" in text
    assert "2 other connectors do not take this stream" in text
    assert "hx-trigger" not in text


def test_page__set_aside__first_red_step_with_remedy_and_its_place_marked(client: Client, world: World) -> None:
    world.produce(event(wanted := new_id()))
    world.set_aside()

    text = page(client, f"q={wanted}&by=id")

    assert "It stopped at to_mysql" in text
    assert text.count("First red step") == 1
    assert re.search(r'<a class="btn btn-primary" href="/rejected\?group=\w+&amp;letter=\d+">Mend and replay</a>', text)
    assert 'class="bad"' in text


def test_page__refused__reason_and_link_to_its_sample(client: Client, world: World) -> None:
    world.set_aside(source="intake", name="main", service="main", event_id="event-1", code="event.invalid")

    text = page(client, "id=event-1")

    assert "The intake refused it" in text
    assert '<a class="btn" href="/errors/event.invalid">What this means</a>' in text


def test_page__searching__goes_on_by_itself_and_by_a_link(client: Client, world: World) -> None:
    world.produce(event("event-1"), at_ms=NOW_MS - 1000)
    world.fill(5000)
    world.bounds = Bounds(records=2000)

    text = page(client, "id=event-1")
    rounds = 0
    while "Continue from here" in text and "Not found yet" in text:
        link = re.search(r'hx-get="/trace/answer\?([^"]+)" hx-trigger="load', text)
        assert link
        assert f'href="/trace?{link[1]}"' in text
        text = client.get(f"/trace/answer?{link[1].replace('&amp;', '&')}").content.decode()
        rounds += 1

    assert rounds
    assert "It arrived everywhere." in text


def test_page__not_found__says_where_it_looked_and_never_lost(client: Client, world: World) -> None:
    world.fill(10)

    text = page(client, "id=gone&stream=test.event")

    assert "Not found in 2 topics between" in text
    assert "of test.event alone" in text
    assert '<a class="btn" href="/trace?id=gone">Look in all streams</a>' in text
    assert '<a class="btn btn-primary" href="/trace?id=gone&amp;stream=test.event&amp;range=7d">Widen to 7 d</a>' in text
    assert " lost" not in text


@pytest.mark.parametrize(
    ("query", "wider"),
    [
        ("id={v7}", "24h"),
        ("id={v7}&range=24h", "7d"),
        ("id=gone", "7d"),
        ("id=gone&range=1h", "24h"),
        ("id=gone&range=7d", ""),
        ("id=gone&since=2026-01-01", ""),
    ],
)
def test_page__not_found__offers_the_next_wider_range(client: Client, world: World, query: str, wider: str) -> None:
    text = page(client, query.format(v7="019a9d4f-3c80-7def-8abc-0123456789ab"))

    assert re.findall(r"range=(\w+)\">Widen to", text) == ([wider] if wider else [])


def test_page__several__listed_each_with_its_address(client: Client, world: World) -> None:
    for number in range(3):
        world.produce(event(f"event-{number}"))

    text = page(client, "request=request-1")

    assert "Events of this request" in text
    assert "The first of 3 events" in text
    assert text.count("Shown below") == 1
    assert '<a class="mono small" href="/trace?id=event-2&amp;place=eqiad.test.event%2F0%2F2">event-2</a>' in text
    assert "Its place was known" in page(client, "id=event-2&place=eqiad.test.event/0/2")


def test_page__canaries_of_the_stream__beside_it(client: Client, world: World) -> None:
    world.produce(event("event-1"))
    world.canaries = (Path("test.event", "main", (Stage("intake", "ok"), Stage("topic", "ok"), Stage("to_mysql", "fail"))),)

    assert "stopped at to_mysql" in page(client, "id=event-1")


@pytest.mark.parametrize(
    ("query", "code", "status"),
    [
        ("id=x&stream=nowhere", "trace.no_such_stream", 404),
        ("id=x&around=yesterday", "trace.question_invalid", 400),
        ("id=x&since=2026-01-02&until=2026-01-01", "trace.question_invalid", 400),
        ("id=x&since=9999-12-31T23:59:59", "trace.question_invalid", 400),
        ("id=x&from=nothing", "trace.cursor_invalid", 400),
        ("id=x&place=nothing", "trace.question_invalid", 400),
        ("id=x&place=a/1/" + "9" * 30, "trace.question_invalid", 400),
        ("id=" + "x" * 1001, "trace.question_invalid", 400),
    ],
)
def test_question__that_can_not_be_answered__said_by_page_and_api(
    client: Client, world: World, query: str, code: str, status: int
) -> None:
    assert code in page(client, query, status=status)

    answer = client.get(f"/api/v1/trace?{query}")

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_log_away__said(client: Client, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from eventplatform.broker.base import LogUnavailableError

    def away(*_: Any) -> None:
        raise LogUnavailableError(reason="gone")

    monkeypatch.setattr(world.log, "topics", away)

    assert "The event log does not answer: gone." in page(client, "id=x", status=503)
    assert client.get("/api/v1/trace?id=x").status_code == 503


@pytest.mark.parametrize("may_see", [False, True])
def test_personal_data__masked_for_whoever_may_not_see_it(
    client: Client,
    world: World,
    may_see: bool,  # noqa: FBT001  # a case
) -> None:
    world.produce(event("event-1", who="Ada Lovelace", http={"client_ip": "192.0.2.77"}))
    user = User.objects.create_user("ida")
    if may_see:
        user.user_permissions.set(Permission.objects.filter(codename="see_personal_data"))
    client.force_login(user)

    text = page(client, "id=event-1")

    assert ("Ada Lovelace" in text) == may_see
    assert ("192.0.2.77" in text) == may_see
    assert ("masked" in text) != may_see


def test_production__stranger__sent_to_the_login_or_told_to_sign_in(client: Client, world: World, settings: Any) -> None:
    settings.PAGES_NEED_LOGIN = True

    assert client.get("/trace?id=x").status_code == client.get("/trace/answer?id=x").status_code == 302
    answer = client.get("/api/v1/trace?id=x")
    assert (answer.status_code, answer.json()["code"]) == (401, "trace.sign_in_needed")


def test_xss__every_field_hostile__escaped_and_no_inline_script(client: Client, world: World) -> None:
    world.produce(
        {**event(HOSTILE, stream=HOSTILE), HOSTILE: HOSTILE, "$schema": HOSTILE}, key=HOSTILE.encode(), request_id=HOSTILE
    )
    world.set_aside(message=HOSTILE, pointer=f"/{HOSTILE}", code=HOSTILE, remedy=HOSTILE)

    for name in ("id", "request", "key"):
        text = client.get("/trace", {name: HOSTILE}).content.decode()
        assert "It stopped at" in text
        assert "<img src=x" not in text
        assert "<script>alert" not in text
        assert re.findall(r"<script(?![^>]*\bsrc=)", text) == []
        assert "{{7*7}}" in text


def test_api__found__every_step_and_no_content(client: Client, world: World) -> None:
    world.produce(event(wanted := new_id(), who="Ada Lovelace"))
    world.set_aside()

    answer = client.get(f"/api/v1/trace?id={wanted}")

    told = answer.json()
    assert answer["Cache-Control"] == "private, no-store"
    assert (told["state"], told["is_red"]) == ("found", True)
    assert told["event"]["place"] == {"topic": "eqiad.test.event", "partition": 0, "offset": 0}
    assert [step["is_first_red"] for step in told["steps"]] == [False, False, False, True]
    assert told["looked"]["records"] == 1
    assert b"Lovelace" not in answer.content


def test_api__goes_on__by_what_the_answer_before_said(client: Client, world: World) -> None:
    world.produce(event("event-1"), at_ms=NOW_MS - 1000)
    world.fill(5000)
    world.bounds = Bounds(records=2000)

    told = client.get("/api/v1/trace?id=event-1").json()
    while told["state"] == "searching":
        told = client.get("/api/v1/trace", {"id": "event-1", "from": told["looked"]["continue"]}).json()

    assert told["state"] == "found"


def run(*arguments: str) -> tuple[int, str]:
    said = io.StringIO()
    try:
        call_command("trace", *arguments, stdout=said, stderr=io.StringIO())
    except SystemExit as end:
        return int(end.code or 0), said.getvalue()
    return 0, said.getvalue()


def test_command__found_red_or_not__by_its_exit_code(world: World) -> None:
    world.produce(event("event-1"))
    world.produce(event("event-2"))
    world.set_aside(offset=1)

    found, red, gone = run("event-1"), run("event-2"), run("event-3")

    assert (found[0], red[0], gone[0]) == (0, 2, 1)
    assert "It arrived everywhere." in found[1]
    assert "[first red step]: Data too long for column test." in red[1]
    assert gone[1].startswith("Not found in what was looked at.")


def test_command__request_key_json_and_more_than_one_look__as_the_page(world: World) -> None:
    world.produce(event("event-1"), at_ms=NOW_MS - 1000, request_id="r-1", key=b"k")
    world.fill(5000)
    world.bounds = Bounds(records=2000)

    by_request, by_key = run("--request-id", "r-1", "--json"), run("--key", "k", "--stream", "test.event")

    assert by_request[0] == by_key[0] == 0
    assert json.loads(by_request[1])["event"]["id"] == "event-1"


def test_command__question_that_can_not_be_answered__says_why(world: World) -> None:
    with pytest.raises(CommandError, match="No stream nowhere is configured") as caught:
        run("event-1", "--stream", "nowhere")

    assert caught.value.returncode == 3


def test_page__many_streams_and_connectors__few_queries(
    client: Client, world: World, django_assert_max_num_queries: Any
) -> None:
    world.produce(event("event-1"))
    world.connectors = tuple(replace(MYSQL, name=f"c{n}", partitions=(PLACE,)) for n in range(30))

    with django_assert_max_num_queries(12):
        page(client, "id=event-1")

"""The page, the API and the command: what they say, to whom, and at what cost."""

from __future__ import annotations

import io
import json
import re
import time
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from intake.trying.lookups import NotesAwayError
from monitoring.instruments import checking
from streamconfig import lookups
from tests import configuring
from tests.monitoring.instruments.conftest import KEY, STREAM, World

pytestmark = pytest.mark.slow
HOSTILE = '</pre></script><script>alert(1)</script><img src=x onerror="alert(2)">{{7*7}}'
API = f"/api/v1/instruments/{KEY}/check"


@pytest.fixture(autouse=True)
def unshared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "FRESH_SECONDS", -1.0)


def page(client: Client, query: str = "", *, path: str = f"/instruments/{KEY}/check", status: int = 200) -> str:
    answer = client.get(f"{path}?{query}")
    assert answer.status_code == status, answer.content
    return answer.content.decode().replace("<wbr>", "")


def command(*arguments: str) -> tuple[int, str]:
    out = io.StringIO()
    try:
        call_command("check_instrument", *arguments, stdout=out)
    except SystemExit as ended:
        return int(str(ended.code)), out.getvalue()
    return 0, out.getvalue()


def test_page__events_came__verdict_first_and_what_comes_next(client: Client, world: World) -> None:
    world.clicks(40)

    text = page(client)

    assert "<b>Live and correct.</b>" in text
    assert text.index("Live and correct") < text.index("Events that came")
    assert "The rate is as intended, 0.2" in text
    assert "40 events came and passed" in text
    assert f'href="/streams/{STREAM}?tab=connectors"' in text
    assert 'hx-trigger="every 10s, refresh"' in text
    assert "20\u202f% of sessions" in text


def test_page__nothing_came__three_lines_and_the_forced_link(client: Client, world: World) -> None:
    text = page(client, "page=https://www.example.org/a?b%23c")

    assert "Nothing came in the last 15 minutes" in text
    assert "/client/eventplatform.js" in text
    assert "from eventclient import connect" in text
    assert "button_name: &quot;save_page&quot;" in text
    assert "ids={&quot;session&quot;: &quot;00000000000000000000&quot;}" in text
    assert text.count("&lt;/script&gt;") == 2
    assert f'href="https://www.example.org/a?b#eventplatform-debug&amp;eventplatform-force={KEY}"' in text


@pytest.mark.parametrize("address", ["javascript:alert(1)", "//evil", "data:text/html,x", "https://[", "https://" + "a" * 3000])
def test_page__address_that_is_none__never_a_link(client: Client, world: World, address: str) -> None:
    assert "Open it, forced in" not in page(client, f"page={address}")


def test_page__refused__rule_example_and_remedy(client: Client, world: World) -> None:
    world.refuse()

    text = page(client)

    assert "Every event is refused" in text
    assert "Send small letters." in text
    assert 'class="bad"' in text
    assert re.search(r'href="/rejected\?group=\w+"', text)


@pytest.mark.parametrize("query", ["range=9d", "platform=toaster", "logged_in=maybe", "consent=1", "gpc=yes", "dnt=%00"])
def test_api__value_that_is_none__refused_and_named(client: Client, world: World, query: str) -> None:
    answer = client.get(f"{API}?{query}")

    assert (answer.status_code, answer.json()["code"]) == (400, "check.parameter_unknown")
    assert query.partition("=")[0] in answer.json()["detail"]
    assert "live?" in page(client, query)


def test_page__clock_ahead_by_an_hour__said_in_hours(client: Client, world: World) -> None:
    world.clicks(5, dt=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600)))

    text = page(client)

    assert re.search(r"half of the events within (1 h|59 min) of <code>dt</code>", text)


def test_page__unknown_instrument__404_and_how_to_make_it(client: Client, world: World) -> None:
    text = page(client, path="/instruments/nobody/check", status=404)

    assert "There is no instrument nobody" in text
    assert 'href="/admin/streamconfig/instrument/add/"' in text
    assert "/streams/new" in page(client, path="/check/stream/no.stream", status=404)


@pytest.mark.parametrize("name", ["|".join(map(str, range(300))), "a" * 9000], ids=["many names", "endless"])
def test_name_that_none_can_have__404(client: Client, world: World, name: str) -> None:
    page(client, path=f"/check/stream/{name}", status=404)
    page(client, path=f"/instruments/{name}/check", status=404)
    for address in (f"/api/v1/check/stream/{name}", f"/api/v1/instruments/{name}/check"):
        answer = client.get(address)
        assert (answer.status_code, answer.json()["code"]) == (404, "check.subject_missing")


def test_page__client_described__decided_and_kept_in_the_address(client: Client, world: World) -> None:
    assert "Depends on its identifier" in page(client)
    assert "This client is in sample." in page(client, "id=00000000")
    assert "lies at or above the rate" in page(client, "id=ffffffff")
    assert "without consent" in page(client, "consent=no").lower()
    assert 'href="?range=60m&amp;id=00000000"' in page(client, "id=00000000")


def test_page__of_a_stream__with_its_instruments_apart(client: Client, world: World) -> None:
    world.clicks(3)

    text = page(client, path=f"/check/stream/{STREAM}")

    assert f'<a href="/instruments/{KEY}/check">{KEY}</a> 3' in text


def test_page__debug_id__what_the_intake_noted(client: Client, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.monitoring.live.test_pages import REFUSED, note

    event = {"meta": {"stream": STREAM}, "instrument_name": KEY}
    found = [note(event=event, result={**REFUSED, "stream": STREAM}), note(event={**event, "instrument_name": "x"})]
    monkeypatch.setattr("intake.trying.lookups.notes_of_id", lambda _: found)
    text = page(client, "debug_id=me")
    assert text.count("must be text") == 1

    def away(_: str) -> Any:
        raise NotesAwayError

    monkeypatch.setattr("intake.trying.lookups.notes_of_id", away)
    assert "Redis does not answer" in page(client, "debug_id=me")


@pytest.mark.parametrize("may_see", [False, True])
def test_page__personal_data__masked_for_whoever_may_not_see_it(
    client: Client,
    world: World,
    may_see: bool,  # noqa: FBT001  # a case
) -> None:
    world.clicks(1, browser={"session_id": "f0" * 10, "page_path": "/x"})
    world.refuse(world.click(button_name="Save!", browser={"session_id": "e0" * 10}))
    user = User.objects.create_user("ida")
    if may_see:
        user.user_permissions.set(Permission.objects.filter(codename="see_personal_data"))
    client.force_login(user)

    text = page(client)

    assert ("f0" * 10 in text) == may_see
    assert ("e0" * 10 in text) == may_see
    assert "f0" * 10 not in client.get(API).content.decode()


def test_stream_kept_to_a_team__strangers_see_nothing(client: Client, world: World) -> None:
    stream = lookups.current_document().as_json()["streams"][STREAM]
    configuring.configure({"streams": {STREAM: {**stream, "stream_out": {"access": "token", "teams": ["web"]}}}})
    lookups.forget()
    world.clicks(3)
    user = User.objects.create_user("ida")
    client.force_login(user)

    answers = [client.get(path) for path in (f"/instruments/{KEY}/check", f"/check/stream/{STREAM}", API)]

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert answers[2].json()["code"] == "stream.kept_to_teams"
    user.groups.add(Group.objects.get_or_create(name="team: web")[0])
    assert "3 events came and passed" in page(client)


def test_hostile__every_text__escaped_and_no_inline_script(client: Client, world: World) -> None:
    world.clicks(1, **{"$schema": HOSTILE, "position": HOSTILE, "sample": {"unit": HOSTILE, "rate": 0.3}, "dt": HOSTILE})
    world.send({**world.click(), "meta": {"stream": STREAM, "id": HOSTILE, "domain": HOSTILE}})
    world.refuse(HOSTILE.encode(), message=HOSTILE, remedy=HOSTILE, pointer=f"/{HOSTILE}", code=HOSTILE)
    world.refuse(world.click(button_name=HOSTILE), message=HOSTILE, remedy=HOSTILE, pointer=f"/{HOSTILE}")
    quoted = "%3Cscript%3Ealert(1)%3C%2Fscript%3E"
    every = "&".join(f"{name}={quoted}" for name in ("id", "site", "platform", "debug_id", "page", "range", "logged_in"))

    for text in (
        page(client, every),
        page(client, path=f"/check/stream/{STREAM}"),
        page(client, path=f"/instruments/{quoted}/check".replace("%2F", ""), status=404),
    ):
        assert "<img src=x" not in text
        assert "<script>alert" not in text
        assert re.findall(r"<script(?![^>]*\bsrc=)", text) == []
        assert re.findall(r"<[^>]*\son[a-z]+\s*=", text) == []
        assert ">49<" not in text


def test_api__as_the_page_says(client: Client, world: World) -> None:
    world.clicks(30)

    found = client.get(f"{API}?range=5m&id=00000000").json()

    assert (found["is_live"], found["is_correct"], found["events"]["accepted"]) == (True, True, 30)
    assert found["client"]["outcome"] == "in"
    assert found["sampling"][0]["judgement"] == "as_intended"
    assert len(found["events"]["per_minute"]) == 5
    assert client.get("/api/v1/instruments/nobody/check").json()["code"] == "check.subject_missing"
    assert client.get(f"/api/v1/check/stream/{STREAM}").json()["subject"]["kind"] == "stream"


def test_api__pages_need_an_account__401_without_one(client: Client, world: World, settings: Any) -> None:
    settings.PAGES_NEED_LOGIN = True

    answer = client.get(API)

    assert (answer.status_code, answer.json()["code"]) == (401, "check.sign_in_needed")


def test_command__exit_code_says_whether_it_is_live_and_correct(world: World) -> None:
    assert command(KEY)[0] == 1
    world.clicks(25)

    code, text = command(KEY, "--id", "ffffffff")

    assert code == 0
    assert f"{KEY}: Live and correct." in text
    assert "A client with this identifier: unsampled." in text
    assert command("nobody")[0] == 1
    assert command("--stream", STREAM)[0] == 0
    assert json.loads(command(KEY, "--json")[1])["is_correct"] is True


def test_instruments_page__leads_here(client: Client, world: World) -> None:
    assert f'href="/instruments/{KEY}/check"' in client.get(f"/instruments/{KEY}").content.decode()
    assert f'href="/check/stream/{STREAM}"' in client.get(f"/streams/{STREAM}").content.decode()


def test_cost__queries_bounded_and_a_look_is_shared(client: Client, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.clicks(30)
    page(client)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        page(client)
    assert len(queries) < 30

    monkeypatch.setattr(checking, "FRESH_SECONDS", 60.0)
    page(client)
    world.clicks(1)
    begun = time.process_time()
    assert "30 events came and passed" in page(client)
    assert time.process_time() - begun < 0.3
    checking._kept.clear()


def test_busy__the_log_keeps_others_waiting__said_and_nobody_piles_up(
    client: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "_PATIENCE_SECONDS", 0.01)

    with checking._turn:
        assert "Others are reading the log just now." in page(client, status=429)
        assert client.get(API).json()["code"] == "check.log_busy"

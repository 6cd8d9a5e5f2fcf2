"""The page of live events: what it shows of notes, to whom, and how it goes on."""

from __future__ import annotations

import re
import time
from typing import Any

import orjson
import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from eventplatform.core.streams import Stream
from intake.trying.lookups import Note, NotesAwayError
from monitoring.live import pages
from tests.monitoring.rejected.conftest import SCHEMA

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
HOSTILE = '</pre></script><script>alert(1)</script><img src=x onerror="alert(2)"><svg onload=alert(3)>{{7*7}}'
STREAMS = {name: Stream(name, "sample/test_event", "main", (name,)) for name in ("test.event", HOSTILE)}


def note(**changes: Any) -> Note:
    event = changes.pop("event", {"$schema": "/sample/test_event/1.0.0", "meta": {"stream": "test.event"}, "test": "hello"})
    result = {"index": 0, "id": "id-1", "stream": "test.event", "result": "accepted"} | changes.pop("result", {})
    facts = {"received_at": "2026-01-01T10:11:12.345Z", "service": "main", "schema_id": "/sample/test_event/1.0.0", **changes}
    text = orjson.dumps(event).decode()
    written = text if result["result"] == "accepted" else ""
    return Note(**{"result": result, "received": text, "written": written, **facts})


REFUSED = {
    "result": "invalid",
    "code": "event.invalid",
    "pointer": "/test",
    "message": "must be text",
    "remedy": "Mend it.",
    "violations": [{"pointer": "/test", "keyword": "type", "message": "must be text, not a number"}],
}


@pytest.fixture
def notes(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Note]]:
    """What hangs in Redis, by subject."""
    found: dict[str, list[Note]] = {}
    config = type(
        "Config", (), {"streams": STREAMS, "find_schema": lambda _, name: SCHEMA if name == SCHEMA.schema_id else None}
    )
    monkeypatch.setattr("monitoring.live.pages.snapshot", config)
    monkeypatch.setattr("monitoring.personal.snapshot", config)
    monkeypatch.setattr("intake.trying.lookups.notes_of_id", lambda name: found.get(name, []))
    monkeypatch.setattr("intake.trying.lookups.notes_of_stream", lambda name: found.get(name, []))
    monkeypatch.setattr("intake.trying.lookups.debug_ids", lambda: sorted(set(found) - set(STREAMS)))
    return found


def part(client: Client, query: str) -> str:
    answer = client.get(f"/live/events?{query}&begun={int(time.time())}")
    assert answer.status_code == 200
    return answer.content.decode().replace("<wbr>", "")


def test_page__nothing_chosen__says_how(client: Client, notes: dict[str, list[Note]]) -> None:
    notes["my-phone"] = [note()]

    page = client.get("/live").content.decode()

    assert "Choose a stream, or a debug id" in page
    assert '<a class="chip" href="?id=my-phone">my-phone</a>' in page


def test_part__accepted_and_refused__before_and_after_with_reason_and_place(
    client: Client, notes: dict[str, list[Note]]
) -> None:
    notes["me"] = [note(result=REFUSED, event={"test": 7}), note(debug_id="me")]

    page = part(client, "id=me")

    assert page.index("Invalid") < page.index("Accepted")
    assert page.count("Before: as received") == 2
    assert "After: not written" in page
    assert "After: as written" in page
    assert 'class="bad"' in page
    assert "must be text, not a number" in page
    assert "10:11:12.345 UTC" in page
    assert "X-Debug-Id: me" in page
    assert 'hx-trigger="every 500ms"' in page


@pytest.mark.parametrize(("kind", "shown", "hidden"), [("good", "Accepted", "Invalid"), ("bad", "Invalid", "Accepted")])
def test_part__kind_chosen__the_others_are_left_out(
    client: Client, notes: dict[str, list[Note]], kind: str, shown: str, hidden: str
) -> None:
    notes["test.event"] = [note(result=REFUSED), note()]

    page = part(client, f"stream=test.event&kind={kind}")

    assert f"</svg>{shown}</span>" in page
    assert f"</svg>{hidden}</span>" not in page


def test_part__just_begun__says_that_what_is_sent_now_may_pass_unseen(client: Client, notes: dict[str, list[Note]]) -> None:
    page = part(client, "stream=test.event")
    later = client.get(f"/live/events?stream=test.event&state=early&begun={int(time.time()) - pages._READY_SECONDS}")

    assert "Getting ready" in page
    assert "Waiting for the next event" in later.content.decode()
    assert "Getting ready" not in part(client, "id=me")  # marked events are noted whoever looks


def test_part__swapped_while_somebody_is_at_its_buttons__they_are_found_again(
    client: Client, notes: dict[str, list[Note]]
) -> None:
    page = part(client, "stream=test.event")

    assert [re.findall(rf'id="{name}"', page) for name in ("live-pause", "live-go-on", "live-share")] == [
        ['id="live-pause"'],
        ['id="live-go-on"'],
        ['id="live-share"'],
    ]


def test_part__canaries__on_wish_only(client: Client, notes: dict[str, list[Note]]) -> None:
    notes["test.event"] = [note(is_canary=True)]

    assert "hello" not in part(client, "stream=test.event")
    assert "Canary" in part(client, "stream=test.event&canaries=1")


def test_part__nothing_new__nothing_to_swap(client: Client, notes: dict[str, list[Note]]) -> None:
    notes["me"] = [note()]
    state = re.search(r"state=(\w+)", part(client, "id=me"))
    assert state

    same = client.get(f"/live/events?id=me&begun={int(time.time())}&state={state[1]}")
    notes["me"].insert(0, note(event={"test": "new"}))

    assert same.status_code == 204
    assert "new" in part(client, f"id=me&state={state[1]}")


def test_part__fifteen_minutes_later__stops_asking(client: Client, notes: dict[str, list[Note]]) -> None:
    begun = int(time.time()) - pages._GOES_ON_SECONDS - 1

    page = client.get(f"/live/events?id=me&begun={begun}").content.decode()

    assert "hx-trigger" not in page
    assert "stops after fifteen minutes" in page


@pytest.mark.parametrize("begun", ["", "x", "9" * 30, "-1"])
def test_part__bad_time__stops_asking(client: Client, notes: dict[str, list[Note]], begun: str) -> None:
    assert "hx-trigger" not in client.get(f"/live/events?id=me&begun={begun}").content.decode()


def test_part__redis_away__says_so(client: Client, notes: dict[str, list[Note]], monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_: str) -> list[Note]:
        raise NotesAwayError

    monkeypatch.setattr("intake.trying.lookups.notes_of_id", away)

    assert "Redis does not answer" in part(client, "id=me")


def test_part__many__bounded_and_says_what_is_left_out(client: Client, notes: dict[str, list[Note]]) -> None:
    notes["me"] = [note(skipped=7 if number == 3 else 0, event={"test": str(number)}) for number in range(100)]

    page = part(client, "id=me")

    assert page.count("Before: as received") == 25
    assert "75 older not shown" in page
    assert "7 skipped" in page


def test_stream__not_configured__is_never_watched(
    client: Client, monkeypatch: pytest.MonkeyPatch, notes: dict[str, Any]
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("intake.trying.lookups.notes_of_stream", asked.append)

    client.get("/live?stream=nowhere&id=no id")

    assert asked == []


@pytest.mark.parametrize("may_see", [False, True])
def test_personal_data__masked_for_whoever_may_not_see_it(
    client: Client,
    notes: dict[str, list[Note]],
    may_see: bool,  # noqa: FBT001  # a case
) -> None:
    event = {"$schema": "/sample/test_event/1.0.0", "test": "hello", "who": "Ada Lovelace", "http": {"client_ip": "192.0.2.77"}}
    notes["me"] = [note(event=event)]
    user = User.objects.create_user("ida")
    if may_see:
        user.user_permissions.set(Permission.objects.filter(codename="see_personal_data"))
    client.force_login(user)

    page = part(client, "id=me")

    assert ("Ada Lovelace" in page) == may_see
    assert ("192.0.2.77" in page) == may_see
    assert ("masked" in page) != may_see


def test_row_24_xss__every_field_hostile__escaped_and_no_inline_script(client: Client, notes: dict[str, list[Note]]) -> None:
    result = {**REFUSED, "message": HOSTILE, "pointer": f"/{HOSTILE}", "remedy": HOSTILE, "id": HOSTILE, "stream": HOSTILE}
    result["violations"] = [{"pointer": f"/{HOSTILE}", "keyword": HOSTILE, "message": HOSTILE}]
    event = {HOSTILE: HOSTILE, "$schema": HOSTILE, "meta": {"stream": HOSTILE, "id": HOSTILE}, "url": "javascript:alert(4)"}
    notes["me"] = [
        note(result=result, event=event, schema_id=HOSTILE, debug_id=HOSTILE),
        note(event=HOSTILE),
        note(event=event),
    ]

    for page in (client.get("/live?id=me").content.decode(), client.get("/live").content.decode(), part(client, "id=me")):
        assert "<img src=x" not in page
        assert "<script>alert" not in page
        assert "<svg onload" not in page
        assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
        assert re.findall(r"<[^>]*\son[a-z]+\s*=", page) == []
        assert 'href="javascript:' not in page
        assert "{{7*7}}" in page


def test_row_28_template_injection__text_of_an_event__is_never_evaluated(client: Client, notes: dict[str, list[Note]]) -> None:
    probes = ["{{7*7}}", "{% debug %}", "${7*7}", "#{7*7}", "<%= 7*7 %>", "{{request.user}}", "{{settings.SECRET_KEY}}"]
    notes["me"] = [note(event={"test": probe}, debug_id=probe, schema_id=probe) for probe in probes]

    page = part(client, "id=me")

    for probe in ("{{7*7}}", "{% debug %}", "{{request.user}}", "{{settings.SECRET_KEY}}"):
        assert probe in page
    assert ">49<" not in page
    assert "AnonymousUser" not in page


def test_stream_page__leads_here(notes: dict[str, list[Note]], monkeypatch: pytest.MonkeyPatch) -> None:
    from monitoring import stream_panels

    monkeypatch.setattr("monitoring.stream_panels.snapshot", lambda: type("Config", (), {"streams": STREAMS}))

    assert stream_panels.live("test.event") == {"stream": "test.event"}
    assert stream_panels.live("nowhere") is None

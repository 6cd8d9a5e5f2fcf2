"""The page of rejected events: who sees what, what is masked, what a dry run and a replay do."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from eventplatform import panels
from monitoring.rejected import collecting, runs
from tests.monitoring.rejected.conftest import World, rows

pytestmark = pytest.mark.slow

HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(2)">{{7*7}}'


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[dict[str, Any], str]]:
    """What the intake's way back was given; it takes everything."""
    from monitoring.rejected import through_intake

    found: list[tuple[dict[str, Any], str]] = []

    def send(edited: Any, note: str) -> list[str]:
        found.extend((one.event, note) for one in edited)
        return [""] * len(edited)

    monkeypatch.setitem(panels._replays, "intake", panels.Replay(through_intake.check, send))
    return found


@pytest.fixture
def engineer(client: Client, world: World) -> Client:
    user = User.objects.create_user("ida")
    user.user_permissions.set(Permission.objects.filter(codename__in=["replay_rejected", "delete_rejected"]))
    client.force_login(user)
    return client


def key() -> str:
    return str(rows("select key from dead_letter_groups order by total desc, key limit 1")[0][0])


def shown(client: Client, query: str = "") -> str:
    answer = client.get(f"/rejected{query}")
    assert answer.status_code == 200
    return answer.content.decode().split("<main")[1].split("</main>")[0]


def test_page__nothing_rejected__says_so(client: Client, world: World) -> None:
    assert "Nothing was rejected" in shown(client)


def test_page__groups__reason_place_sample_and_remedy(client: Client, world: World) -> None:
    for _ in range(3):
        world.refuse()
    world.refuse(code="stream.unknown", pointer="/meta/stream", message="No stream x is configured.", stream="", schema_id="")
    collecting.collect(world.log)

    page = shown(client, f"?group={key()}")

    assert "number: must be a number, not text" in page.replace("<wbr>", "")
    assert "no configured stream" in page
    assert '<span class="why"><b>number</b> must be a number, not text</span>' in page
    assert "Mend the named places" in page
    assert "Firefox 128, 100 %" in page
    assert "kept 30 days" in page
    assert "number = number(number)" in page  # what mends it is written already
    assert "Sign in" in page


def test_page__hostile_events__are_escaped(client: Client, world: World) -> None:
    world.refuse({HOSTILE: HOSTILE}, message=HOSTILE, client=HOSTILE, pointer=f"/{HOSTILE}", event_id=HOSTILE, remedy=HOSTILE)
    collecting.collect(world.log)

    page = client.get("/rejected").content.decode()

    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "49" not in page.split("<main")[1].split("{{7*7}}")[0][-5:]


@pytest.mark.parametrize("query", ["stream=test.event", "service=main", "code=event.invalid", "source=intake", "team=platform"])
def test_filters__each_one__finds_and_hides(client: Client, world: World, query: str) -> None:
    world.refuse()
    collecting.collect(world.log)
    name = query.partition("=")[0]

    assert "1 group" in shown(client, f"?{query}")
    other = "connector" if name == "source" else "no-such"
    assert "0 groups" in shown(client, f"?{name}={other}") or "Nothing was rejected" in shown(client, f"?{name}={other}")
    assert "1 group" in shown(client, "?search=NUMBER&range=7d")


def test_old_address__leads_here(client: Client, world: World) -> None:
    answer = client.get("/connectors/rejected?source=connector")

    assert answer.status_code == 302
    assert answer["Location"] == "/rejected?source=connector"


@pytest.mark.parametrize("may_see", [False, True])
def test_personal_data__masked_for_whoever_may_not_see_it(client: Client, world: World, may_see: bool) -> None:  # noqa: FBT001  # a case
    planted = {"who": "Ada Lovelace", "http": {"client_ip": "192.0.2.0", "user-agent": "Firefox 128.7"}}
    world.refuse(planted)
    world.refuse(raw='{"client_ip": "192.0.2.0", broken', pointer="", violations=(), is_body=True)
    collecting.collect(world.log)
    user = User.objects.create_user("u")
    if may_see:
        user.user_permissions.set(Permission.objects.filter(codename="see_personal_data"))
    client.force_login(user)
    keys = [row[0] for row in rows("select key from dead_letter_groups")]

    everything = "".join(shown(client, f"?group={one}") for one in keys)
    for one in keys:
        everything += b"".join(client.get(f"/rejected/{one}/export").streaming_content).decode()  # type: ignore[attr-defined]  # a streamed answer

    for secret in ("Ada Lovelace", "192.0.2.0", "Firefox 128.7"):
        assert (secret in everything) is may_see


def test_verbs__strangers_viewers_and_get__refused(client: Client, world: World) -> None:
    world.refuse()
    collecting.collect(world.log)
    for verb in ("dry-run", "replay", "delete"):
        assert client.get(f"/rejected/{key()}/{verb}").status_code == 405
        assert client.post(f"/rejected/{key()}/{verb}").status_code == 302
    client.force_login(User.objects.create_user("viewer"))

    for verb in ("dry-run", "replay", "delete"):
        assert client.post(f"/rejected/{key()}/{verb}").status_code == 403
    assert rows("select count(*) from dead_letter_runs") == [(0,)]


def test_verbs__no_csrf_token__refused(world: World) -> None:
    world.refuse()
    collecting.collect(world.log)
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_superuser("root"))

    assert client.post(f"/rejected/{key()}/delete").status_code == 403


def test_dry_run__over_the_group__what_would_pass_and_why_not(engineer: Client, world: World) -> None:
    for number in ("1", "2", "three"):
        world.refuse({"number": number, "test": "a"})
    world.refuse({"number": "4"})  # lacks `test`
    collecting.collect(world.log)

    page = engineer.post(f"/rejected/{key()}/dry-run", {"rule": "number = number(number)"}, follow=True).content.decode()

    assert "2</span> would pass" in page
    assert "2</span> would not" in page
    assert "a value (text) is no number." in page
    assert "/test is missing" in page
    assert "Replay 2 events" in page
    assert rows("select count(*) from dead_letters where replayed_at is not null") == [(0,)]


def test_dry_run__rule_that_is_none__says_the_line(engineer: Client, world: World) -> None:
    world.refuse()
    collecting.collect(world.log)

    page = engineer.post(f"/rejected/{key()}/dry-run", {"rule": "number = eval(x)"}, follow=True).content.decode()

    assert "Line 1: there is no eval()" in page
    assert "number = eval(x)" in page


def test_replay__mended_and_sent_once__noted_with_who(
    engineer: Client, world: World, sent: list[tuple[dict[str, Any], str]]
) -> None:
    world.refuse({"number": "1", "test": "a", "dt": "2026-01-01T00:00:00Z"})
    world.refuse({"number": "x", "test": "a"})
    collecting.collect(world.log)
    of = key()

    for _ in range(2):
        engineer.post(f"/rejected/{of}/replay", {"rule": "number = number(number)"})

    ((event, note),) = sent
    assert event["number"] == 1
    assert event["dt"] == "2026-01-01T00:00:00Z"
    assert event["meta"]["id"] != "e"
    assert note.startswith("run-")
    ((by, new_id, value),) = rows("select replayed_by, replayed_as, value from dead_letters where replayed_at is not null")
    assert (by, new_id) == ("ida", event["meta"]["id"])
    assert orjson.loads(bytes(value))["number"] == "1"  # the original stays as it was
    assert rows("select waiting, kept from dead_letter_groups") == [(1, 2)]
    assert "Replayed 1 of 2" in shown(engineer, f"?group={of}").replace("\u202f", " ")


def test_replay__keeping_ids__sent_with_them(engineer: Client, world: World, sent: list[tuple[dict[str, Any], str]]) -> None:
    world.refuse({"number": 1, "test": "a"})
    collecting.collect(world.log)

    engineer.post(f"/rejected/{key()}/replay", {"ids": "keep"})

    assert sent[0][0]["meta"]["id"] == "e"


def test_replay__worker_lost_half_way__the_same_ids_again(world: World, sent: list[tuple[dict[str, Any], str]]) -> None:
    world.refuse({"number": 1, "test": "a"})
    collecting.collect(world.log)
    from monitoring.rejected import groups

    group = groups.find(key(), groups.Filters())
    assert group is not None
    run = runs.start("replay", group, by="ida")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "_note", lambda *_, **__: (_ for _ in ()).throw(RuntimeError("killed")))
        with pytest.raises(RuntimeError):
            runs.work(run.id)
    assert [one.id for one in runs.unfinished(quiet_seconds=-1)] == [run.id]

    assert runs.work(run.id)

    assert len(sent) == 2
    assert sent[0][0]["meta"]["id"] == sent[1][0]["meta"]["id"]
    assert rows("select passed, failed, ended_at is not null from dead_letter_runs") == [(1, 0, True)]


def test_replay__more_than_a_person_waits_for__a_workers_with_progress(
    engineer: Client, world: World, sent: list[tuple[dict[str, Any], str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "AT_ONCE", 1)
    monkeypatch.setattr(runs, "_BITE", 2)
    handed: list[int] = []
    monkeypatch.setattr("monitoring.tasks.rejected_run.delay", handed.append)
    for _ in range(5):
        world.refuse({"number": 1, "test": "a"})
    collecting.collect(world.log)

    engineer.post(f"/rejected/{key()}/replay")
    (run_id,) = handed
    assert not sent
    assert not runs.work(run_id, seconds=0)
    state = engineer.get(f"/rejected/runs/{run_id}").content.decode()
    assert "40.0 %" in state
    assert 'hx-trigger="every 1s"' in state
    assert runs.work(run_id)

    assert len(sent) == 5
    assert "hx-trigger" not in engineer.get(f"/rejected/runs/{run_id}").content.decode()


def test_delete__the_group__is_gone_and_who_did_it_is_kept(engineer: Client, world: World) -> None:
    for _ in range(3):
        world.refuse()
    collecting.collect(world.log)

    page = engineer.post(f"/rejected/{key()}/delete", follow=True).content.decode()

    assert "Deleted 3 rejected events." in page
    assert rows("select count(*) from dead_letters") == [(0,)]
    assert rows("select kind, started_by, passed from dead_letter_runs") == [("delete", "ida", 3)]
    gone = engineer.post(f"/rejected/{'0' * 32}/delete", follow=True).content.decode()
    assert "This group is gone" in gone


def test_export__lines_of_json(engineer: Client, world: World) -> None:
    world.refuse()
    collecting.collect(world.log)

    body = b"".join(engineer.get(f"/rejected/{key()}/export").streaming_content).decode()  # type: ignore[attr-defined]  # a streamed answer

    (line,) = body.splitlines()
    assert json.loads(line)["event"]["number"] == "three"

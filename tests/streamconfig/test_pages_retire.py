"""The flow that retires a stream, and the page of topics where it ends."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from eventplatform import panels
from eventplatform.eventlog import event_log
from streamconfig import lookups
from streamconfig.change_control import requests
from streamconfig.change_control.actors import of_user
from streamconfig.models import ChangeRequest, KnownTopic, TopicCheck, TopicRemoval
from tests import configuring

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("streams")]

TOMORROW = (datetime.now(UTC).date() + timedelta(days=1)).isoformat()
STANDING = {
    "instruments": {"far": {"stream": "ui.click", "title": "How far"}},
    "overrides": {"enwiki": {"streams": {"ui.click": {"sample": {"rate": 0.01}}}}},
}


def signed_in(name: str, *permissions: str) -> Client:
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="streamconfig", codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def engineer(db: None) -> Client:
    return signed_in("engineer", "wire_stream", "change_stream")


def ask(client: Client, step: str, **values: str) -> Any:
    return client.post("/retire/ui.click", {"step": step, "reason": "Nobody reads it", **values})


def newest() -> ChangeRequest:
    return ChangeRequest.objects.latest("pk")


def approved() -> None:
    requests.approve(newest().pk, by=of_user(configuring.approver("ann")), seen=newest().edit)


def test_retire__page__says_who_uses_it(engineer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    configuring.configure(STANDING)
    days = [(date(2026, 11, day), events) for day, events in ((20, 700), (21, None), (22, 300), (23, 0), (24, 0))]
    monkeypatch.setitem(panels._functions, "monitoring.daily_volumes", lambda _name, _days: days)

    answer = engineer.get("/retire/ui.click")

    found = answer.context["usage"]
    assert (found.per_day, found.quiet_days, found.last_day, found.is_quiet) == (250, 2, date(2026, 11, 22), False)
    page = answer.content.decode()
    assert "How far" in page
    assert "enwiki" in page


def test_retire__step_by_step__to_a_stream_that_is_gone(engineer: Client) -> None:
    configuring.configure(STANDING)

    assert ask(engineer, "announce", on=TOMORROW).status_code == 302
    approved()
    assert lookups.current_document().get("ui.click").about.expires_on == TOMORROW  # type: ignore[union-attr]  # it is there

    assert ask(engineer, "off").status_code == 302
    approved()
    assert "Switched off" in engineer.get("/retire/ui.click").content.decode()

    assert ask(engineer, "remove").status_code == 302
    approved()
    left = lookups.current_document()
    assert left.get("ui.click") is None
    assert not left.section("instruments")
    assert not left.section("overrides")
    page = engineer.get("/retire/ui.click").content.decode()
    assert "Removed" in page


def test_retire__from_a_day_on__is_scheduled(engineer: Client) -> None:
    ask(engineer, "off", on=TOMORROW)

    assert newest().effective_at == datetime.combine(date.fromisoformat(TOMORROW), datetime.min.time(), UTC)


@pytest.mark.parametrize(
    ("step", "values", "code", "status"),
    [
        ("announce", {"on": ""}, "retire.bad_date", 400),
        ("announce", {"on": "2020-01-01"}, "retire.bad_date", 400),
        ("off", {"on": "tomorrow"}, "retire.bad_date", 400),
        ("off", {"reason": " "}, "change.reason_missing", 400),
        ("remove", {}, "retire.too_early", 409),
    ],
)
def test_retire__what_can_not_be__is_told(engineer: Client, step: str, values: dict[str, str], code: str, status: int) -> None:
    before = ChangeRequest.objects.count()

    answer = ask(engineer, step, **values)

    assert answer.status_code == status
    assert code in answer.content.decode()
    assert ChangeRequest.objects.count() == before


def test_retire__by_roles__refused_where_they_may_not_ask(engineer: Client) -> None:
    configuring.switch(["ui.click"], is_enabled=False)
    before = ChangeRequest.objects.count()

    assert ask(signed_in("viewer"), "announce", on=TOMORROW).status_code == 403
    assert ask(signed_in("editor", "change_stream"), "remove").status_code == 403
    assert ask(Client(), "announce", on=TOMORROW).status_code in {302, 403}
    assert ChangeRequest.objects.count() == before


def test_retire__stream_of_another_team__buttons_are_off_as_the_post_is_refused(engineer: Client) -> None:
    held: dict[str, Any] = lookups.current_document().as_json()["streams"]["ui.click"]
    configuring.configure({"teams": {"web": {"title": "Web"}}, "streams": {"ui.click": {**held, "about": {"owner": "web"}}}})
    stranger = signed_in("editor", "change_stream")

    assert ask(stranger, "announce", on=TOMORROW).status_code == 403
    assert stranger.get("/retire/ui.click").context["may_ask"] is False
    assert engineer.get("/retire/ui.click").context["may_ask"] is True


def test_retire__unknown_stream_or_step__is_404(engineer: Client) -> None:
    assert engineer.get("/retire/nobody").status_code == 404
    assert engineer.post("/retire/nobody", {"step": "off", "reason": "x"}).status_code == 404
    assert ask(engineer, "burn").status_code == 404


def test_topics__removal__takes_two_engineers_and_the_typed_name(engineer: Client) -> None:
    event_log().create_topic("old.topic", partitions=1, retention_ms=None)
    KnownTopic.objects.get_or_create(name="old.topic", defaults={"stream": "old"})
    drift = {"topic": "old.topic", "kind": "orphan", "wanted": "no topic", "found": "a topic", "note": "No stream names it."}
    TopicCheck.objects.update_or_create(pk=1, defaults={"drift": [drift]})
    assert "old.<wbr>topic" in engineer.get("/streams/topics").content.decode()

    engineer.post("/streams/topics/ask", {"topic": "old.topic", "reason": "retired"})
    row = TopicRemoval.objects.get()
    for client, name in (
        (engineer, "old.topic"),
        (signed_in("second", "wire_stream"), "old"),
        (signed_in("editor", "change_stream"), "old.topic"),
    ):
        client.post("/streams/topics/confirm", {"number": row.pk, "name": name})
        row.refresh_from_db()
        assert row.done_at is None
        assert event_log().topics(["old.topic"])

    third = signed_in("third", "wire_stream")
    assert "Delete the topic" in third.get("/streams/topics").content.decode()
    third.post("/streams/topics/confirm", {"number": row.pk, "name": "old.topic"})

    row.refresh_from_db()
    assert row.done_at is not None
    assert not event_log().topics(["old.topic"])


def test_topics__withdrawn__stays(engineer: Client) -> None:
    KnownTopic.objects.get_or_create(name="old.topic", defaults={"stream": "old"})
    engineer.post("/streams/topics/ask", {"topic": "old.topic", "reason": "Nobody reads it"})

    answer = engineer.post("/streams/topics/withdraw", {"number": TopicRemoval.objects.get().pk}, follow=True)

    assert "The topic stays." in answer.content.decode()
    assert not TopicRemoval.objects.exists()

"""Rounds over rows: claimed by one, everything written at once, who is told, and what people do meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError

from eventplatform import panels
from eventplatform.panels import Trouble
from monitoring.alerts import evaluation, heartbeat, lookups, services, silencing, watch
from monitoring.alerts.models import Alert, AlertNotification, AlertReceiver, AlertRound, AlertRule, AlertSilence
from monitoring.models import RoleHeartbeat
from tests.monitoring.alerts.stage import BEGIN, Stage

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def test_round__a_trouble_that_lasts__becomes_one_row_with_its_story(stage: Stage) -> None:
    began = BEGIN - timedelta(minutes=3)
    stage.wrong("connector.stopped", "lake", began_at=began)

    stage.run(60)
    stage.well().run(80)

    row = Alert.objects.get()
    assert (row.phase, row.subject, row.began_at) == ("resolved", "lake", began)
    assert [one.what for one in row.moments.all()] == ["opened", "resolved"]
    assert lookups.waiting() == 0


def test_round__words_that_change__are_kept_and_the_alert_stays_the_same(stage: Stage) -> None:
    for number in range(6):
        stage.well().wrong("connector.behind", "lake", what=f"{number} records behind").run(60)

    row = Alert.objects.get()
    assert row.what == "5 records behind"
    assert row.phase == "open"


def test_round__a_source_breaks__is_told_and_others_are_heard(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.wrong("part.log", "log").run(60)

    def breaks() -> list[Trouble]:
        raise DatabaseError('relation "x" does not exist')

    monkeypatch.setitem(panels._troubles, "stage", breaks)
    monkeypatch.setitem(panels._troubles, "other", lambda: [stage.trouble("part.intake", "")])
    stage.run(120)

    assert {row.kind: row.phase for row in Alert.objects.all()} == {
        "part.log": "open",  # nobody knows, so it stays
        "part.unreadable": "open",
        "part.intake": "open",
    }
    assert AlertRound.objects.get().unreadable == ["stage"]


def test_round__no_source_answers__raises_instead_of_resolving(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.wrong("part.log", "log").run(60)

    def away() -> list[Trouble]:
        raise DatabaseError("connection refused")

    monkeypatch.setattr(panels, "_troubles", {"a": away, "b": away})

    with pytest.raises(DatabaseError):
        stage.run(10)
    assert Alert.objects.get().phase == "open"


def test_claim__two_at_once__one_evaluates(stage: Stage) -> None:
    claim: dict[str, Any] = {"now": BEGIN, "every": timedelta(seconds=9)}

    assert services.claim_round(by="worker", **claim)
    assert not services.claim_round(by="watcher", **claim)
    assert services.claim_round(by="watcher", now=BEGIN + timedelta(seconds=9), every=timedelta(seconds=9))


def test_claim__watcher_stood_in__the_worker_takes_it_back_at_once(stage: Stage) -> None:
    every = timedelta(seconds=9)
    assert services.claim_round(by="watcher", now=BEGIN, every=every)
    soon = BEGIN + timedelta(seconds=3)
    assert not services.claim_round(by="worker", now=soon, every=every)  # it is still at it

    services.note_round(claimed_at=BEGIN, now=BEGIN + timedelta(seconds=1), seconds=1.0, unreadable=())

    assert services.claim_round(by="worker", now=soon, every=every)
    assert not services.claim_round(by="worker", now=soon, every=every)


def test_round__overtaken_while_it_asked__writes_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow() -> list[Trouble]:
        AlertRound.objects.update(claimed_at=BEGIN + timedelta(minutes=1))
        return [stage.trouble("part.log", "")]

    monkeypatch.setitem(panels._troubles, "stage", slow)

    assert evaluation.run("worker", now=lambda: BEGIN) is None
    assert Alert.objects.count() == 0


def test_told__one_message_per_receiver_names_all_and_its_end_is_told(stage: Stage) -> None:
    stage.receiver("mail", "email")
    stage.receiver("chat", "slack", tells_ends=False)

    stage.wrong("connector.stopped", "lake").wrong("connector.stopped", "warehouse").run(60)
    stage.well().run(120)

    told = [(row.receiver_name, row.subject) for row in AlertNotification.objects.order_by("pk")]
    assert sorted(told) == [
        ("chat", "Failing: connector.stopped of lake and 1 more"),
        ("mail", "Failing: connector.stopped of lake and 1 more"),
        ("mail", "Resolved: connector.stopped of lake and 1 more"),
    ]
    text = AlertNotification.objects.filter(receiver_name="mail").earliest("pk").text
    assert "connector.stopped of lake" in text
    assert "connector.stopped of warehouse" in text
    assert "/runbooks/connector.stopped" in text
    assert "To do: Mend the cause, then press Resume." in text


def test_told__lasts__again_after_the_interval_until_somebody_acknowledges(stage: Stage) -> None:
    stage.receiver("mail", "email", repeat_minutes=10)
    stage.wrong("part.log", "log").run(40)

    stage.run(600)
    assert AlertNotification.objects.filter(kind="repeat").count() == 1

    assert services.acknowledge(Alert.objects.get().pk, by="ida", note="on it", now=stage.now)
    stage.run(1200)
    assert AlertNotification.objects.filter(kind="repeat").count() == 1
    assert lookups.waiting() == 0


def test_silenced__nobody_is_told_until_it_ends(stage: Stage) -> None:
    stage.receiver("mail", "email")
    user = User.objects.create_user("ida")
    stage.wrong("traffic.silent", "a[b]*").run(20)
    silencing.silence(Alert.objects.get(), lasts=timedelta(minutes=5), reason="planned", by=user, now=stage.now)

    stage.run(280)
    assert Alert.objects.get().phase == "open"
    assert AlertNotification.objects.count() == 0

    stage.run(30)
    assert AlertNotification.objects.count() == 1
    assert [one.what for one in Alert.objects.get().moments.all()] == ["silenced", "opened"]


def test_silence__of_an_alert__fits_it_alone(stage: Stage) -> None:
    user = User.objects.create_user("ida")
    stage.wrong("traffic.silent", "a*").wrong("traffic.silent", "ab").run(40)
    silencing.silence(Alert.objects.get(subject="a*"), lasts=timedelta(hours=1), reason="", by=user, now=stage.now)

    silenced = lookups.silences(stage.now)
    assert [lookups.silence_of(row, silenced, stage.now) is None for row in Alert.objects.order_by("subject")] == [False, True]


def test_resolved_by_hand__its_end_is_told_and_it_opens_again_while_it_lasts(stage: Stage) -> None:
    stage.receiver("mail", "email")
    stage.wrong("part.log", "log").run(60)
    assert services.resolve(Alert.objects.get().pk, by="ida", note="", now=stage.now)

    stage.run(120)
    assert [row.subject.partition(":")[0] for row in AlertNotification.objects.order_by("pk")] == ["Failing", "Resolved"]

    stage.run(200)
    row = Alert.objects.get()
    assert (row.phase, row.acknowledged_at) == ("open", None)
    assert [one.what for one in row.moments.all()] == ["opened", "resolved", "reopened"]


def test_held__told_after_what_is_above_it_and_not_before(stage: Stage) -> None:
    stage.receiver("mail", "email")
    stage.wrong("part.log", "log").wrong("canary.topic", "s").run(300)

    assert Alert.objects.get(kind="canary.topic").held_by == "part.log"
    assert AlertNotification.objects.count() == 1

    stage.well().wrong("canary.topic", "s").run(150)
    assert Alert.objects.get(kind="canary.topic").phase == "open"


def test_mirror__an_alertmanager__is_told_each_minute_and_of_the_end(stage: Stage) -> None:
    stage.receiver("am", "alertmanager")
    stage.wrong("part.log", "log").run(40)

    for _ in range(3):
        AlertNotification.objects.filter(sent_at=None).update(sent_at=stage.now)
        stage.run(60)

    assert AlertNotification.objects.filter(kind="mirror").count() == 4
    stage.run(180)
    assert AlertNotification.objects.filter(kind="mirror").count() == 4  # one that waits is replaced, not doubled
    stage.well().run(70)
    assert AlertNotification.objects.latest("pk").facts["alerts"][0]["state"] == "resolved"


def test_rule__switched_off_or_gone__defaults_hold(stage: Stage) -> None:
    AlertRule.objects.all().delete()

    stage.wrong("part.log", "log").run(40)

    assert Alert.objects.get().phase == "open"
    assert AlertNotification.objects.count() == 0


def test_forget__long_over__is_deleted_with_its_story(stage: Stage) -> None:
    stage.wrong("part.log", "log").run(60)
    stage.well().run(80)

    assert services.forget(before=stage.now - timedelta(days=1)) == 0
    services.forget(before=stage.now + timedelta(days=1))

    assert Alert.objects.count() == 0


def test_many__250_troubles__one_round_in_few_queries(
    stage: Stage, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    stage.receiver("mail", "email")
    stage.receiver("am", "alertmanager")
    for number in range(250):
        stage.wrong("traffic.silent", f"stream.{number}")
    stage.run(30)

    with django_assert_max_num_queries(40):
        stage.run(10)

    assert Alert.objects.filter(phase="open").count() == 250
    assert len(AlertNotification.objects.get(kind="mirror").facts["alerts"]) == 250
    message = AlertNotification.objects.get(kind="news")
    assert message.facts["alerts_total"] == 250
    assert len(message.facts["alerts"]) == 50
    assert "… and 200 more" in message.text


def test_watcher__workers_silent__takes_over_and_gives_back(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.wrong("part.log", "log")
    monkeypatch.setattr("monitoring.alerts.watch.timezone.now", lambda: stage.now)
    monkeypatch.setattr(evaluation.run, "__kwdefaults__", {"every": evaluation.EVERY, "now": lambda: stage.now})
    stage.run(10)

    ours = []
    for second in range(60):
        stage.now += timedelta(seconds=5)
        if second == 30:
            evaluation.run("worker")
        ours.append(watch.tick())

    assert not any(ours[:4])  # within 25 s a worker may still come
    assert ours[4:30].count(True) == 13  # from then on as often as a worker would
    assert not any(ours[30:34])
    assert Alert.objects.get().phase == "open"
    assert RoleHeartbeat.objects.get(role="watcher").beat_at == stage.now


def test_heartbeat__asked_once_a_minute(stage: Stage, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def ask(url: str) -> str:
        asked.append(url)
        return ""

    monkeypatch.setattr(heartbeat, "_ask", ask)
    settings.ALERT_HEARTBEAT_URL = "https://ring.example.org/x"
    stage.run(10)

    assert heartbeat.ping(BEGIN)
    assert not heartbeat.ping(BEGIN + timedelta(seconds=30))
    assert heartbeat.ping(BEGIN + timedelta(seconds=60))
    assert asked == ["https://ring.example.org/x"] * 2


def test_silence__ended_early__once(stage: Stage) -> None:
    user = User.objects.create_user("ida")
    row = AlertSilence.objects.create(begins_at=BEGIN, until=BEGIN + timedelta(hours=1), reason="x", kinds=["part."])

    assert silencing.end(row, by=user, now=BEGIN + timedelta(minutes=1))
    assert not silencing.end(row, by=user, now=BEGIN + timedelta(minutes=2))


def test_default_rules__stand_in_the_admin_from_the_start(stage: Stage) -> None:
    assert [(row.name, row.wait_seconds) for row in AlertRule.objects.all()] == [("Failures", 30), ("Everything else", 300)]
    assert AlertReceiver.objects.count() == 0

"""The pages of alerts: what is open first, each one's story, runbooks; who may do what, escaping, bounded queries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from monitoring.alerts import kinds
from monitoring.alerts.models import Alert, AlertNotification, AlertSilence
from monitoring.demo_users import ensure_groups
from tests.monitoring.alerts.receiving import receiver
from tests.monitoring.alerts.stage import Stage

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(2)">{{7*7}}'


@pytest.fixture
def engineer(client: Client) -> Client:
    user = User.objects.create_user("ida", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="handle_alerts"))
    client.force_login(user)
    return client


def shown(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode().split("<main")[1].split("</main>")[0]


def test_index__nothing_is_wrong__says_so(client: Client) -> None:
    page = shown(client, "/alerts")

    assert "No alert is open" in page
    assert "Not evaluated yet" in page


def test_index__open_ones__worst_first_with_what_to_do(client: Client, stage: Stage) -> None:
    stage.wrong("connector.behind", "lake", level="warn", what="Lake is behind").run(400)
    stage.wrong("connector.stopped", "warehouse", what="Warehouse stopped", remedy="Open and resume").run(40)

    page = shown(client, "/alerts").replace("<wbr>", "")

    assert page.index("Warehouse stopped") < page.index("Lake is behind")
    assert "Open and resume" in page
    assert "/runbooks/connector.stopped" in page
    assert "evaluated" in page
    assert "Acknowledge</button>" not in page  # nobody is signed in
    assert "Lake is behind" not in shown(client, "/alerts?level=fail").replace("<wbr>", "")
    assert "Warehouse stopped" in shown(client, "/alerts?q=ware").replace("<wbr>", "")


def test_navigation__open_and_unacknowledged__are_counted(client: Client, stage: Stage) -> None:
    stage.wrong("part.log", "log").wrong("part.intake", "intake").run(40)
    Alert.objects.filter(kind="part.log").update(acknowledged_at=timezone.now())

    whole = client.get("/alerts").content.decode()

    entry = whole.split('href="/alerts"')[1].split("</a>")[0]
    assert ">1<" in entry


def test_acts__of_somebody_who_may__are_done_and_kept(engineer: Client, stage: Stage) -> None:
    stage.wrong("part.log", "log").run(40)
    number = Alert.objects.get().pk

    engineer.post(f"/alerts/{number}/acknowledge", {"note": "on it", "next": f"/alerts/{number}"})
    engineer.post(f"/alerts/{number}/silence", {"lasts": "4h", "reason": "planned"})
    page = shown(engineer, f"/alerts/{number}")

    assert "Acknowledged by ida: on it" in page
    assert "Silenced by ida" in page
    silence = AlertSilence.objects.get()
    assert silence.until - silence.begins_at == timedelta(hours=4)
    assert (silence.kinds, silence.subjects, silence.created_by) == (["part.log"], ["log"], "ida")
    assert LogEntry.objects.get().change_message.endswith("planned")
    assert "planned" in shown(engineer, "/alerts?tab=quiet")

    engineer.post(f"/alerts/silences/{silence.pk}/end")
    engineer.post(f"/alerts/{number}/resolve")
    assert Alert.objects.get().is_by_hand
    silence.refresh_from_db()
    assert silence.until <= timezone.now()


@pytest.mark.parametrize("act", ["acknowledge", "silence", "resolve"])
def test_acts__of_somebody_who_may_not__change_nothing(client: Client, stage: Stage, act: str) -> None:
    stage.wrong("part.log", "log").run(40)
    number = Alert.objects.get().pk

    assert client.post(f"/alerts/{number}/{act}").status_code == 302  # to sign in
    client.force_login(User.objects.create_user("eve"))
    assert client.post(f"/alerts/{number}/{act}").status_code == 403

    row = Alert.objects.get()
    assert (row.phase, row.acknowledged_at, AlertSilence.objects.count()) == ("open", None, 0)


def test_act__next_of_another_site__is_not_followed(engineer: Client, stage: Stage) -> None:
    stage.wrong("part.log", "log").run(40)

    answer = engineer.post(f"/alerts/{Alert.objects.get().pk}/acknowledge", {"next": "//evil.example.org/x"})

    assert answer["Location"] == "/alerts"


def test_alert__words_of_others__are_escaped(client: Client, stage: Stage) -> None:
    stage.receiver("mail", "email")
    stage.wrong("connector.stopped", HOSTILE, what=HOSTILE, why=HOSTILE, remedy=HOSTILE).run(40)
    AlertNotification.objects.update(problem=HOSTILE, answer=HOSTILE)
    Alert.objects.update(note=HOSTILE, acknowledged_by="x", acknowledged_at=timezone.now())

    for address in ("/alerts", f"/alerts/{Alert.objects.get().pk}", "/runbooks/connector.stopped"):
        page = client.get(address).content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "49" not in page.partition("{{7*7}}")[0].rpartition("alert(2)")[2]


def test_story__of_one_that_is_over__tells_all(client: Client, stage: Stage) -> None:
    stage.receiver("mail", "email")
    stage.wrong("part.log", "log").run(60)
    AlertNotification.objects.update(sent_at=stage.now, answer="taken for 1 address")
    stage.well().run(80)

    page = shown(client, f"/alerts/{Alert.objects.get().pk}")

    assert page.index("Resolved") < page.index("mail was told") < page.index("Opened</p>") < page.index("Began</p>")
    assert "taken for 1 address" in page
    assert "It is the first." in page


def test_history__filters_and_trend(client: Client, stage: Stage) -> None:
    stage.wrong("part.log", "log").run(60)
    stage.well().run(80)
    now = timezone.now()
    Alert.objects.update(opened_at=now - timedelta(days=3), began_at=now - timedelta(days=3), resolved_at=now)

    assert "part.log of log" in shown(client, "/alerts?tab=history").replace("<wbr>", "")
    assert "Nothing was wrong" in shown(client, "/alerts?tab=history&range=1d")
    assert "1 in all" in shown(client, "/alerts?tab=history&kind=part.log")
    assert "0 in all" in shown(client, "/alerts?tab=history&kind=part.intake")


def test_pending__has_no_page(client: Client, stage: Stage) -> None:
    stage.wrong("part.log", "log").run(10)

    assert client.get(f"/alerts/{Alert.objects.get().pk}").status_code == 404


@pytest.mark.parametrize(
    "query", ["tab=x", "before=99999999999999999999", "before=x", "level=x", "kind=%00", "q=%00", "range=x"]
)
def test_index__nonsense_in_the_address__is_shrugged_off(client: Client, query: str) -> None:
    assert client.get(f"/alerts?tab=history&{query}").status_code == 200
    assert client.get(f"/alerts?{query}").status_code == 200


@pytest.mark.parametrize("code", kinds.KINDS)
def test_runbook__of_every_kind__is_there(client: Client, code: str) -> None:
    assert kinds.KINDS[code].mend[0][:20] in client.get(f"/runbooks/{code}").content.decode().replace("&#x27;", "'")


def test_runbooks__unknown__404(client: Client) -> None:
    assert client.get("/runbooks/no.such").status_code == 404
    assert "Workers or beat stand still" in shown(client, "/runbooks")


def test_receivers__test_button__shows_the_answer(root: Client, settings: Any) -> None:
    settings.OUTBOUND_PRIVATE_HOSTS = ["127.0.0.1"]
    with receiver() as hook:
        row = Stage().receiver("ops", "webhook", url=f"{hook.url}/secret-path")
        page = root.post(f"/alerts/receivers/{row.pk}/test", follow=True).content.decode()

    assert "ops took the test: 200 ok" in page
    assert "secret-path" not in page
    assert LogEntry.objects.get().change_message == "Sent a test."


def test_receivers__of_somebody_who_may_not__are_hidden(engineer: Client) -> None:
    row = Stage().receiver("ops", "webhook", url="https://example.org")

    assert engineer.get("/alerts/receivers").status_code == 403
    assert engineer.post(f"/alerts/receivers/{row.pk}/test").status_code == 403
    assert AlertNotification.objects.count() == 0


def test_groups__of_the_demo__may_what_they_should(db: None) -> None:
    ensure_groups()

    assert User.objects.filter(groups__permissions__codename="handle_alerts").count() == 0
    holders = Permission.objects.get(codename="handle_alerts").group_set.values_list("name", flat=True)
    assert set(holders) == {"approver", "engineer", "administrator"}
    assert set(Permission.objects.get(codename="change_alertreceiver").group_set.values_list("name", flat=True)) == {
        "administrator"
    }


def test_pages__250_open_and_30_days__bounded_queries(
    client: Client, stage: Stage, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    for number in range(250):
        stage.wrong("traffic.silent", f"stream.{number}")
    stage.run(40)
    row = Alert.objects.first()
    assert row
    Alert.objects.bulk_create(
        Alert(
            source="x",
            key=f"k{number}",
            kind="part.log",
            level="fail",
            what="w",
            phase="resolved",
            began_at=row.began_at,
            since=row.since,
            last_seen_at=row.since,
            opened_at=timezone.now() - timedelta(minutes=number * 14),
            resolved_at=timezone.now(),
        )
        for number in range(3000)
    )

    for address in ("/alerts", "/alerts?tab=history&range=400d", f"/alerts/{row.pk}", "/runbooks", "/runbooks/traffic.silent"):
        with django_assert_max_num_queries(25):
            began = timezone.now()
            assert client.get(address).status_code == 200
            assert (timezone.now() - began).total_seconds() < 1.0, address
    assert "Older ones" in shown(client, "/alerts?tab=history&range=400d")

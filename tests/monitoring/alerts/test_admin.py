"""Rules, receivers and silences in the admin: what could never hold is refused, secrets are typed and never shown."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from monitoring.alerts.channels import posting
from monitoring.alerts.models import AlertReceiver, AlertRule, AlertSilence
from tests.monitoring.alerts.receiving import Receiver
from tests.monitoring.alerts.stage import Stage

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

RULE = {
    "name": "Lake",
    "position": "10",
    "is_enabled": "on",
    "kinds": "connector.\ncanary.store",
    "subjects": "lake-*",
    "level": "",
    "wait_seconds": "60",
    "settle_seconds": "60",
    "window_seconds": "60",
    "repeat_minutes": "240",
    "group_by": "rule",
    "hours_zone": "Europe/Berlin",
}


def test_rule__made_in_the_admin__holds(root: Client) -> None:
    made = {**RULE, "hours_begin": "09:00", "hours_end": "17:00", "hours_days": ["0", "4"]}

    answer = root.post("/admin/monitoring/alertrule/add/", made)

    assert answer.status_code == 302, answer.content.decode()[-3000:]
    row = AlertRule.objects.get(name="Lake")
    assert (row.kinds, row.subjects, row.hours_days) == (["connector.", "canary.store"], ["lake-*"], [0, 4])
    assert "connector., canary.store; about lake-*" in root.get("/admin/monitoring/alertrule/").content.decode()
    assert root.get(f"/admin/monitoring/alertrule/{row.pk}/change/").status_code == 200


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kinds": "no.such"}, "There is no kind no.such"),
        ({"kinds": "canary.**"}, "There is no kind canary.**"),
        ({"hours_zone": "Mars/Olympus"}, "There is no such time zone"),
        ({"hours_zone": "../../etc/passwd"}, "There is no such time zone"),
        ({"hours_begin": "09:00"}, "Give both times"),
    ],
)
def test_rule__that_could_never_hold__refused(root: Client, change: dict[str, str], said: str) -> None:
    assert said in root.post("/admin/monitoring/alertrule/add/", {**RULE, **change}).content.decode()


def test_receiver__its_secrets__are_typed_and_never_shown(root: Client) -> None:
    given = {
        "name": "chat",
        "kind": "slack",
        "addresses": "",
        "url": "https://hooks.example.org/T/s3cr3t",
        "secret": "s3cr3t-too",
        "tells_ends": "on",
        "is_enabled": "on",
    }
    assert root.post("/admin/monitoring/alertreceiver/add/", given).status_code == 302
    row = AlertReceiver.objects.get()

    page = root.get(f"/admin/monitoring/alertreceiver/{row.pk}/change/").content.decode()
    assert "s3cr3t" not in page + row.secrets + root.get("/admin/monitoring/alertreceiver/").content.decode()
    assert "https://hooks.example.org/••••" in page

    inner = posting.sealed("http://127.0.0.1:9093", "")
    AlertReceiver.objects.create(name="am", kind="alertmanager", secrets=inner)
    page = root.get(f"/admin/monitoring/alertreceiver/{AlertReceiver.objects.get(name='am').pk}/change/").content.decode()
    assert "http://127.0.0.1:9093/••••" in page

    masked = {**given, "name": "chat 2", "url": "https://hooks.example.org/••••••••", "secret": "••••••••"}
    assert root.post(f"/admin/monitoring/alertreceiver/{row.pk}/change/", masked).status_code == 302
    row.refresh_from_db()
    assert posting.secrets_of(row) == {"url": given["url"], "secret": given["secret"]}
    assert "s3cr3t" not in " ".join(entry.change_message for entry in LogEntry.objects.all())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kind": "webhook", "url": "http://127.0.0.1/x"}, "OUTBOUND_PRIVATE_HOSTS"),
        ({"kind": "webhook", "url": ""}, "This kind needs a URL"),
        ({"kind": "webhook", "url": "https://example.org", "secret": "short"}, "whsec_"),
        ({"kind": "email", "addresses": ""}, "needs an address"),
        ({"kind": "email", "addresses": "not an address"}, "valid email"),
    ],
)
def test_receiver__incomplete__refused(root: Client, change: dict[str, str], said: str) -> None:
    given = {"name": "x", "addresses": "", "url": "", "secret": "", **change}

    assert said in root.post("/admin/monitoring/alertreceiver/add/", given).content.decode()


def test_silence__of_everything_by_accident__refused(root: Client) -> None:
    times = {"begins_at_0": "2026-12-01", "begins_at_1": "09:00", "until_0": "2026-12-01", "until_1": "10:00"}
    nothing = {"kinds": "", "subjects": "", "level": "", "reason": "work", **times}

    assert "Say what it hides" in root.post("/admin/monitoring/alertsilence/add/", nothing).content.decode()
    assert root.post("/admin/monitoring/alertsilence/add/", {**nothing, "kinds": "part."}).status_code == 302
    assert AlertSilence.objects.get().created_by == "root"


def test_receivers__test_action__says_what_each_answered(root: Client, hook: Receiver, stage: Stage) -> None:
    rows = [stage.receiver("ops", "webhook", url=hook.url), stage.receiver("dead", "webhook", url="http://127.0.0.1:9/")]

    given = {"action": "send_test", "_selected_action": [row.pk for row in rows]}
    page = root.post("/admin/monitoring/alertreceiver/", given, follow=True).content.decode()

    assert "ops took the test: 200 ok." in page
    assert "dead did not take the test." in page
    assert [entry.change_message for entry in LogEntry.objects.all()] == ["Sent a test."] * 2

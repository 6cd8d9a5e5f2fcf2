"""Messages to real receivers: mail, signed webhooks, a chat, an Alertmanager; what is down is tried again, others go out."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.utils import timezone

from monitoring.alerts import heartbeat, sending, troubles
from monitoring.alerts.channels import posting, slack
from monitoring.alerts.models import AlertNotification, AlertReceiver, AlertRound
from tests.monitoring.alerts.receiving import Receiver
from tests.monitoring.alerts.stage import Stage
from tests.streamconfig.mail_server import MailServer, mail_server

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

KEY = b"k" * 32
SECRET = f"whsec_{base64.b64encode(KEY).decode()}"


@pytest.fixture
def smtp(settings: Any) -> Iterator[MailServer]:
    with mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server


def opened(stage: Stage) -> AlertNotification:
    """The message about a stopped connector."""
    stage.wrong("connector.stopped", "lake", what="Connector lake <stopped> & waits").run(40)
    return AlertNotification.objects.latest("pk")


def test_mail__real_server__takes_one_with_all_addresses(stage: Stage, smtp: MailServer) -> None:
    row = stage.receiver("team", "email")
    AlertReceiver.objects.filter(pk=row.pk).update(addresses="ida@example.org, bob@example.org")

    message = opened(stage)
    assert sending.send_due() == 1
    assert sending.send_due() == 0

    assert smtp.recipients == ["ida@example.org", "bob@example.org"]
    (mail,) = smtp.mails
    assert mail["Subject"] == "Failing: Connector lake <stopped> & waits"
    assert f"alert-{message.pk}@" in mail["Message-ID"]
    assert "/runbooks/connector.stopped" in mail.as_string()
    message.refresh_from_db()
    assert (message.answer, message.attempts) == ("taken for 2 addresses", 1)


def test_mail__no_server_named__says_that_nobody_gets_it(stage: Stage, settings: Any, tmp_path: Path) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = "django.core.mail.backends.filebased.EmailBackend", str(tmp_path)

    told = sending.test(stage.receiver("team", "email"), by="ida", now=timezone.now())

    assert told.answer == "written down and sent to nobody: EMAIL_URL names no mail server"
    assert len(list(tmp_path.iterdir())) == 1


def test_test__refused__never_says_that_it_is_tried_again(stage: Stage, hook: Receiver) -> None:
    hook.status = 500

    told = sending.test(stage.receiver("ops", "webhook", url=hook.url), by="ida", now=timezone.now())

    assert told.gave_up_at
    assert "tried again" not in told.problem


def test_webhook__signed_as_standard_webhooks(stage: Stage, hook: Receiver) -> None:
    stage.receiver("ops", "webhook", url=f"{hook.url}/in?x=1", secret=SECRET)

    message = opened(stage)
    sending.send_due()

    (taken,) = hook.taken
    assert taken.path == "/in?x=1"
    signed = f"{taken.headers['webhook-id']}.{taken.headers['webhook-timestamp']}.".encode() + taken.body
    expected = base64.b64encode(hmac.digest(KEY, signed, hashlib.sha256)).decode()
    assert taken.headers["webhook-signature"] == f"v1,{expected}"
    assert taken.json["id"] == taken.headers["webhook-id"] == f"alert_{message.pk}"
    assert taken.json["alerts"][0]["kind"] == "connector.stopped"
    assert taken.json["alerts"][0]["runbook_url"].endswith("/runbooks/connector.stopped")


def test_slack__its_own_marks_and_nobody_elses(stage: Stage, hook: Receiver) -> None:
    stage.receiver("chat", "slack", url=f"{hook.url}/T/B/secret")

    opened(stage)
    sending.send_due()

    text = hook.taken[0].json["text"]
    assert "|Connector lake &lt;stopped&gt; &amp; waits>" in text
    assert "*Failing: Connector lake &lt;stopped&gt; &amp; waits*" in text
    assert "|Runbook>" in text


def test_slack__many__shows_twenty_and_counts_the_rest() -> None:
    one = {"state": "open", "level": "fail", "url": "u", "what": "w <!channel>", "remedy": "r", "runbook_url": "b"}

    text = slack.text("s", {"alerts": [one] * 50, "alerts_total": 250, "url": "all"})

    assert text.count("\n") == 21
    assert "<all|230 more>" in text
    assert "<!channel>" not in text


def test_alertmanager__gets_what_is_open_and_its_end(stage: Stage, hook: Receiver) -> None:
    stage.receiver("am", "alertmanager", url=hook.url, secret="token")

    opened(stage)
    sending.send_due()
    stage.well().run(80)
    sending.send_due()

    first, last = hook.taken[0], hook.taken[-1]
    assert first.path == "/api/v2/alerts"
    assert first.headers["authorization"] == "Bearer token"
    (alert,) = first.json
    assert alert["labels"] == {
        "alertname": "connector.stopped",
        "subject": "lake",
        "severity": "critical",
        "job": "event-platform",
    }
    assert alert["labels"] == last.json[0]["labels"]
    assert "/alerts/" in alert["generatorURL"]
    assert datetime.fromisoformat(alert["startsAt"]) < datetime.fromisoformat(alert["endsAt"])
    assert datetime.fromisoformat(last.json[0]["endsAt"]) == stage.now - timedelta(seconds=10)


def test_receiver__refuses__tried_again_at_growing_distances_then_given_up_and_told(stage: Stage, hook: Receiver) -> None:
    stage.receiver("ops", "webhook", url=hook.url)
    hook.status = 500
    message, now = opened(stage), timezone.now()
    AlertNotification.objects.update(not_before=now, created_at=now)

    waits = []
    for _ in range(len(sending.DELAYS) + 1):
        assert not sending.send(message.pk, lambda: now)
        message.refresh_from_db()
        waits.append((message.not_before - now).total_seconds())
    assert waits[:-1] == [delay.total_seconds() for delay in sending.DELAYS]
    assert message.gave_up_at == now
    assert message.problem.startswith("The receiver ops answered 500.")
    (trouble,) = troubles.troubles()
    assert (trouble.kind, trouble.subject) == ("alert.undelivered", "ops")


def test_receiver__away__says_so_and_others_are_told(stage: Stage, hook: Receiver) -> None:
    stage.receiver("dead", "webhook", url="http://127.0.0.1:9/")
    stage.receiver("ops", "webhook", url=hook.url)

    opened(stage)

    assert sending.send_due() == 1
    assert "can't be reached" in AlertNotification.objects.get(receiver_name="dead").problem


def test_receiver__inner_network__never_called(stage: Stage, hook: Receiver, settings: Any) -> None:
    settings.OUTBOUND_PRIVATE_HOSTS = []
    stage.receiver("ops", "webhook", url=hook.url)

    message = opened(stage)
    sending.send_due()

    message.refresh_from_db()
    assert hook.taken == []
    assert message.gave_up_at is not None
    assert "OUTBOUND_PRIVATE_HOSTS" in message.problem


def test_receiver__removed_meanwhile__given_up(stage: Stage) -> None:
    row = stage.receiver("ops", "webhook", url="https://example.org")
    message = opened(stage)

    row.delete()

    assert not sending.send(message.pk)
    message.refresh_from_db()
    assert message.problem.startswith("There is no receiver ops any more")


def test_due__one_message_for_each_receiver(stage: Stage) -> None:
    stage.receiver("ops", "webhook", url="https://example.org")
    stage.receiver("chat", "slack", url="https://example.org")
    stage.wrong("part.log", "log").run(40)
    stage.wrong("part.intake", "intake").run(120)

    assert AlertNotification.objects.count() == 4
    assert len(sending.due(stage.now)) == 2


def test_secret__of_a_receiver__in_no_row_or_message(stage: Stage, hook: Receiver) -> None:
    row = stage.receiver("chat", "slack", url=f"{hook.url}/T/B/s3cr3t-path", secret="s3cr3t-token")
    hook.status = 403

    message = opened(stage)
    sending.send_due()
    tried = sending.test(row, by="ida", now=timezone.now())

    for one in (message, tried):
        one.refresh_from_db()
        assert "s3cr3t" not in " ".join(map(str, one.__dict__.values()))
    assert "s3cr3t" not in row.secrets


def test_test_button__shows_what_was_answered(stage: Stage, hook: Receiver) -> None:
    row = stage.receiver("ops", "webhook", url=hook.url, is_enabled=False)
    hook.answer = b"thanks <b>\0"

    sent = sending.test(row, by="ida", now=timezone.now())
    hook.status = 404
    refused = sending.test(row, by="ida", now=timezone.now())

    assert sent.answer == "200 thanks <b>"
    assert refused.gave_up_at is not None
    assert refused.problem.startswith("The receiver ops answered 404.")
    assert hook.taken[0].json["event"] == "test"


def test_forget__sent_long_ago__states_after_a_day_others_after_ninety(stage: Stage) -> None:
    now = timezone.now()
    facts = {"receiver_name": "x", "subject": "s", "text": "", "not_before": now, "sent_at": now}
    for kind, days in (("mirror", 2), ("news", 2), ("news", 91)):
        AlertNotification.objects.create(kind=kind, created_at=now - timedelta(days=days), **facts)

    sending.forget(now)

    assert AlertNotification.objects.get().kind == "news"


def test_heartbeat__asked_over_the_wire_and_its_failure_is_shown(stage: Stage, hook: Receiver, settings: Any) -> None:
    settings.ALERT_HEARTBEAT_URL = f"{hook.url}/ring"
    stage.run(10)

    assert heartbeat.ping(stage.now)
    hook.status = 500
    assert not heartbeat.ping(stage.now + timedelta(minutes=1))

    assert [one.path for one in hook.taken] == ["/ring"] * 2
    assert AlertRound.objects.get().ping_problem == "It answered 500."


def test_secrets__keys_rotated__are_encrypted_with_the_first(stage: Stage, settings: Any) -> None:
    row = stage.receiver("chat", "slack", url="https://hooks.example.org/T/x")
    old, new = settings.ENCRYPTION_KEYS[0], Fernet.generate_key().decode()

    settings.ENCRYPTION_KEYS = [new, old]
    call_command("rotate_secrets", verbosity=0)
    settings.ENCRYPTION_KEYS = [new]

    row.refresh_from_db()
    assert posting.secrets_of(row) == {"url": "https://hooks.example.org/T/x"}

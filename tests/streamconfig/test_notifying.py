"""Messages: who hears what, that each leaves once, that nothing that is down blocks anybody, and reminders of dates."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core import mail
from django.db import connection, transaction
from django.utils import timezone

from monitoring.demo_users import ensure_groups
from streamconfig import services
from streamconfig.change_control import requests
from streamconfig.change_control.actors import of_user
from streamconfig.models import ChangeRequest, MailChoice, Notification, NotificationTarget
from streamconfig.notifying import reminders, sending, troubles, webhooks
from streamconfig.notifying.kinds import KINDS, kind_of
from tests import configuring
from tests.streamconfig.conftest import DOCUMENT
from tests.streamconfig.mail_server import MailServer, mail_server

pytestmark = pytest.mark.slow

TEAMS = {
    "web": {"title": "Web team", "email": "web-team@example.org"},
    "pages": {"title": "Pages team", "email": "no address at all"},
}


@pytest.fixture
def people(db: None) -> dict[str, User]:
    ensure_groups()
    groups = {
        "ann": ["editor", "team: web"],
        "bob": ["approver"],
        "cy": ["approver", "team: web"],
        "dee": ["team: web"],
        "eve": ["viewer"],
    }
    made = {}
    for name, memberships in groups.items():
        made[name] = User.objects.create_user(name, email=f"{name}@example.org")
        made[name].groups.set([Group.objects.get_or_create(name=one)[0] for one in memberships])
    document = {**DOCUMENT, "teams": TEAMS}
    document["streams"] = {**DOCUMENT["streams"], "ui.click": {**DOCUMENT["streams"]["ui.click"], "about": {"owner": "web"}}}
    configuring.configure(document)
    Notification.objects.all().delete()
    return made


def ask(by: User, rate: float = 0.25, when: datetime | None = None) -> ChangeRequest:
    """A change of ui.click's rate that waits for approval; every policy's own."""
    entry = {**DOCUMENT["streams"]["ui.click"], "sample": {"unit": "session", "rate": rate}, "about": {"owner": "web"}}
    wish = services.with_document({"streams": {"ui.click": entry}})
    outcome = services.propose(wish, by=of_user(by), title="Less clicks", reason="The store is full", effective_at=when)
    assert outcome is not None
    return outcome.request


def told(kind: str) -> set[str]:
    return set(Notification.objects.filter(kind=kind).values_list("address", flat=True))


def test_submitted__approvers_and_team_hear__not_who_asked(people: dict[str, User]) -> None:
    request = ask(people["ann"])

    assert told("submitted") == {"bob@example.org", "cy@example.org", "dee@example.org", "web-team@example.org"}
    row = Notification.objects.filter(kind="submitted").first()
    assert row is not None
    assert row.subject == f"Change {request.pk} waits for approval: Less clicks"
    assert "ui.click sample.rate: 0.5 → 0.25" in row.body
    assert "The store is full" in row.body
    assert f"/changes/{request.pk}" in row.body
    assert KINDS["submitted"].to_do in row.body


def test_applied__author_team_and_who_had_a_say_hear(people: dict[str, User]) -> None:
    request = ask(people["ann"])
    requests.comment(request.pk, by=of_user(people["eve"]), text="Why not less?")
    approve(request, people["bob"])

    assert told("commented") == {"ann@example.org"}
    assert told("approved") == {"ann@example.org"}
    assert told("applied") == {"eve@example.org"} | WEB
    assert "Why not less?" in Notification.objects.get(kind="commented").body


WEB = {"ann@example.org", "cy@example.org", "dee@example.org", "web-team@example.org"}


def approve(request: ChangeRequest, by: User) -> None:
    request.refresh_from_db()
    requests.approve(request.pk, by=of_user(by), seen=request.edit)


def test_rejected__author_hears_why(people: dict[str, User]) -> None:
    request = ask(people["ann"])
    requests.reject(request.pk, by=of_user(people["bob"]), seen=request.edit, comment="Not before Monday")

    assert told("rejected") == {"ann@example.org"}
    assert "Not before Monday" in Notification.objects.get(kind="rejected").body


def test_tell__request_rolled_back__no_message(people: dict[str, User]) -> None:
    with transaction.atomic():
        ask(people["ann"])
        transaction.set_rollback(True)

    assert not Notification.objects.exists()


def test_tell__muted_inactive_and_without_address__not_written_to(people: dict[str, User]) -> None:
    MailChoice.objects.create(user=people["bob"], muted=["submitted"])
    MailChoice.objects.create(user=people["cy"], muted=["applied"])
    User.objects.filter(username="dee").update(is_active=False)

    ask(people["ann"])

    assert told("submitted") == {"cy@example.org", "web-team@example.org"}


def test_kinds__emergency__told_as_a_stop() -> None:
    assert kind_of("applied", is_emergency=True) is KINDS["stopped"]
    assert kind_of("submitted", is_emergency=True) is None
    assert kind_of("drafted") is None


@pytest.fixture
def smtp(settings: Any) -> Iterator[MailServer]:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_TIMEOUT = "127.0.0.1", 5
    with mail_server() as server:
        settings.EMAIL_PORT = server.port
        yield server


def note(address: str, *, once: str = "", channel: str = "email", body: str = "Grüße\n.\nEnd") -> Notification:
    return Notification.objects.create(
        kind="applied", channel=channel, address=address, subject="Größe → ½", body=body, once=once or address
    )


def at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


def test_send__real_mail_server__each_mail_once_and_whole(db: None, smtp: MailServer) -> None:
    rows = [note("ann@example.org"), note("bob@example.org")]

    assert sending.send_due() == 2
    assert sending.send_due() == 0

    assert smtp.recipients == ["ann@example.org", "bob@example.org"]
    body = smtp.mails[0].get_payload(decode=True)
    assert isinstance(body, bytes)
    assert body.decode().replace("\r\n", "\n").strip() == "Grüße\n.\nEnd"
    assert smtp.mails[0]["Message-ID"] == f"<notification-{rows[0].pk}@localhost>"
    assert Notification.objects.filter(sent_at=None).count() == 0


def test_send__address_refused__given_up_and_the_others_sent(db: None, smtp: MailServer) -> None:
    smtp.refused.add("gone@example.org")
    note("gone@example.org")
    note("ann@example.org")

    assert sending.send_due() == 1

    gone = Notification.objects.get(address="gone@example.org")
    assert gone.gave_up_at is not None
    assert "nobody of that name" in gone.problem
    assert [one.what for one in troubles.troubles()] == ["1 messages could not be sent"]


def test_send__server_away__one_wait_then_tried_again_and_given_up(db: None, settings: Any, smtp: MailServer) -> None:
    smtp.is_out_of_order = True
    for name in ("ann", "bob"):
        note(f"{name}@example.org")
    now = timezone.now()

    sending.send_due(at(now))
    assert list(Notification.objects.values_list("attempts", flat=True)) == [1, 0]

    for day in range(20):
        sending.send_due(at(now + timedelta(days=day + 1)))
    rows = list(Notification.objects.all())
    assert {row.attempts for row in rows} == {len(sending.DELAYS) + 1}
    assert all(row.gave_up_at for row in rows)
    assert smtp.mails == []


def test_send__server_back_after_a_failure__delay_grows_then_sent(db: None, smtp: MailServer) -> None:
    smtp.is_out_of_order = True
    row = note("ann@example.org")
    now, waits = timezone.now(), []
    for _ in range(3):
        sending.send_due(at(now))
        row.refresh_from_db()
        waits.append(row.not_before - now)
        now = row.not_before
    smtp.is_out_of_order = False

    assert sending.send_due(at(now)) == 1
    assert waits == list(sending.DELAYS[:3])


def test_send__mail_server_that_hangs__requests_go_on(people: dict[str, User], settings: Any) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_HOST = "django.core.mail.backends.smtp.EmailBackend", "10.255.255.1"
    began = time.monotonic()

    approve(ask(people["ann"]), people["bob"])

    assert time.monotonic() - began < 3
    assert Notification.objects.filter(sent_at=None, attempts=0).exists()


def test_send__two_workers__no_message_twice(transactional_db: None, smtp: MailServer) -> None:
    for number in range(20):
        note(f"somebody-{number}@example.org")
    sent: list[int] = []

    def work() -> None:
        sent.append(sending.send_due())
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for one in workers:
        one.start()
    for one in workers:
        one.join(30)

    assert sum(sent) == 20
    assert sorted(smtp.recipients) == sorted({*smtp.recipients})


class Hook(BaseHTTPRequestHandler):
    server: Any

    def log_message(self, *_words: object) -> None:
        """Nothing on stderr."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.append((dict(self.headers), body))
        self.send_response(self.server.answers)
        self.send_header("Content-Length", "0")
        self.end_headers()


@pytest.fixture
def hook(settings: Any) -> Iterator[Any]:
    settings.OUTBOUND_PRIVATE_HOSTS = ["127.0.0.1"]
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    server.taken, server.answers = [], 200
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(5)


def target(port: int, **facts: Any) -> NotificationTarget:
    return NotificationTarget.objects.create(
        name="chat", url=f"http://127.0.0.1:{port}/hook", secret=webhooks.sealed("s3cret"), **facts
    )


def test_webhook__change_submitted__signed_json_with_text(people: dict[str, User], hook: Any) -> None:
    target(hook.server_address[1])
    request = ask(people["ann"])
    sending.send_due()

    (headers, body), *others = hook.taken
    said = json.loads(body)
    signed = f"{headers['X-Event-Platform-Timestamp']}.".encode() + body
    assert others == []
    assert headers["X-Event-Platform-Signature"] == "sha256=" + hmac.new(b"s3cret", signed, hashlib.sha256).hexdigest()
    assert headers["X-Event-Platform-Event"] == "submitted"
    assert headers["X-Event-Platform-Delivery"] == str(Notification.objects.get(channel="webhook").pk)
    assert said["event"] == "change.submitted"
    assert said["text"].startswith(f"Change {request.pk} waits for approval: Less clicks\nhttp")
    assert said["change"]["changes"][0]["name"] == "ui.click"


def test_webhook__secret__is_not_kept_readable(db: None) -> None:
    row = target(1)

    assert "s3cret" not in row.secret
    assert webhooks.secret_of(row) == "s3cret"


def test_webhook__events_chosen__hears_these_alone(people: dict[str, User], hook: Any) -> None:
    target(hook.server_address[1], events=["applied"])
    ask(people["ann"])

    assert not Notification.objects.filter(channel="webhook").exists()


def test_webhook__refuses__tried_again(db: None, hook: Any) -> None:
    target(hook.server_address[1])
    hook.answers = 302
    row = note("chat", channel="webhook", body="{}")

    sending.send_due()

    row.refresh_from_db()
    assert (row.attempts, row.sent_at, row.gave_up_at) == (1, None, None)
    assert "answered 302" in row.problem
    assert len(hook.taken) == 1


def test_webhook__inner_network__never_reached(db: None, hook: Any, settings: Any) -> None:
    settings.OUTBOUND_PRIVATE_HOSTS = []
    target(hook.server_address[1])
    row = note("chat", channel="webhook", body="{}")

    sending.send_due()

    row.refresh_from_db()
    assert "not one of the public network" in row.problem
    assert hook.taken == []


def test_webhook__target_gone__given_up(db: None) -> None:
    row = note("nobody", channel="webhook", body="{}")

    sending.send_due()

    row.refresh_from_db()
    assert row.gave_up_at is not None


def test_reminders__dates_near__owner_and_team_told_once_each(people: dict[str, User]) -> None:
    about = {"owner": "web", "review_on": "2027-03-15", "expires_on": "2027-06-30"}
    configuring.configure({"streams": {"ui.click": {**DOCUMENT["streams"]["ui.click"], "about": about}}})
    Notification.objects.all().delete()
    begin, counts = date(2027, 2, 20), []
    for day in range(40):
        for _ in range(2):
            reminders.remind(begin + timedelta(days=day))
        counts.append(Notification.objects.count())

    assert told("reminder") == WEB
    assert [day for day, (one, two) in enumerate(zip([0, *counts], counts, strict=False)) if two > one] == [9, 20, 23]
    assert counts[-1] == 12
    assert "ui.click is due for review on 2027-03-15" in Notification.objects.filter(kind="reminder")[0].body


def test_reminders__tick_missed_the_day__told_later(people: dict[str, User]) -> None:
    about = {"owner": "web", "review_on": "2027-03-15"}
    configuring.configure({"streams": {"ui.click": {**DOCUMENT["streams"]["ui.click"], "about": about}}})

    reminders.remind(date(2027, 3, 17))
    reminders.remind(date(2027, 5, 1))

    assert Notification.objects.filter(kind="reminder").count() == 4


def test_forget__old_messages__go_what_waits_stays(db: None) -> None:
    note("ann@example.org")
    note("bob@example.org")
    sending_at = datetime(2027, 1, 1, tzinfo=UTC)
    Notification.objects.filter(address="ann@example.org").update(sent_at=sending_at)
    Notification.objects.update(created_at=sending_at - timedelta(days=91))

    assert sending.forget_old(sending_at) == 1
    assert told("applied") == {"bob@example.org"}


def test_send__subject_with_a_line_break__one_line(people: dict[str, User]) -> None:
    request = ask(people["ann"])
    ChangeRequest.objects.filter(pk=request.pk).update(title="Less\r\nBcc: all@example.org")
    requests.comment(request.pk, by=of_user(people["bob"]), text="Fine")

    sending.send_due()

    assert all("\n" not in one.subject for one in mail.outbox)
    assert any("Less Bcc: all@example.org" in one.subject for one in mail.outbox)

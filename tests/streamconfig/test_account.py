"""One's own page: tokens shown once, and mail that is not wanted; and the admin of webhooks, whose secrets never show."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from monitoring.demo_users import ensure_groups
from streamconfig import accounts
from streamconfig.models import ApiToken, Notification, NotificationTarget
from streamconfig.notifying import webhooks
from streamconfig.notifying.kinds import KINDS

pytestmark = pytest.mark.slow

WEBHOOKS = "/admin/streamconfig/notificationtarget/"


@pytest.fixture
def ann(db: None) -> User:
    return User.objects.create_user("ann", email="ann@example.org")


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_account__stranger__is_sent_to_the_login(db: None) -> None:
    answer = Client().get("/account")

    assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/admin/login/")


def test_account__token_made__shown_once_and_works(ann: User) -> None:
    client = client_of(ann)

    made = client.post("/account", {"do": "make", "name": "nightly job", "days": "30"})
    secret = re.search(r"ep_[A-Za-z0-9_-]{43}", made.content.decode())

    assert secret is not None
    assert accounts.owner_of(secret[0]) == ann
    assert "no-store" in made["Cache-Control"]
    again = client.get("/account").content.decode()
    assert secret[0] not in again
    assert "nightly job" in again


@pytest.mark.parametrize("posted", [{"name": "", "days": "30"}, {"name": "x", "days": "9999"}, {"name": "x", "days": "-1"}])
def test_account__bad_wish__says_why(posted: dict[str, str], ann: User) -> None:
    answer = client_of(ann).post("/account", {"do": "make", **posted})

    assert answer.status_code == 400
    assert not ApiToken.objects.exists()


def test_account__revoke__own_tokens_alone(ann: User) -> None:
    made = accounts.make_token(ann, name="mine", days=1)
    other = User.objects.create_user("bob")

    client_of(other).post("/account", {"do": "revoke", "token": str(made.row.pk)})
    assert ApiToken.objects.count() == 1

    client_of(ann).post("/account", {"do": "revoke", "token": str(made.row.pk)})
    assert ApiToken.objects.count() == 0


def test_account__mail_chosen__kept(ann: User) -> None:
    client_of(ann).post("/account", {"do": "mute", "kind": ["applied", "submitted", "nonsense"]})

    assert accounts.muted_kinds(ann) == KINDS.keys() - {"applied", "submitted"}


def person(group: str) -> Client:
    ensure_groups()
    user = User.objects.create_user(group, is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    return client_of(user)


FORM = {"name": "chat", "url": "https://hooks.example.org/x", "secret": "s3cret", "events": ["applied"], "is_enabled": "on"}


def test_webhook__saved__secret_sealed_masked_and_kept(db: None) -> None:
    client = person("administrator")
    assert client.post(f"{WEBHOOKS}add/", FORM).status_code == 302
    row = NotificationTarget.objects.get()
    assert "s3cret" not in row.secret

    shown = client.get(f"{WEBHOOKS}{row.pk}/change/").content.decode()
    assert "s3cret" not in shown
    assert row.secret not in shown

    client.post(f"{WEBHOOKS}{row.pk}/change/", {**FORM, "secret": "••••••••", "name": "room"})
    row.refresh_from_db()
    assert (row.name, row.events, webhooks.secret_of(row)) == ("room", ["applied"], "s3cret")

    client.post(f"{WEBHOOKS}{row.pk}/change/", {**FORM, "secret": ""})
    row.refresh_from_db()
    assert webhooks.secret_of(row) == ""


@pytest.mark.parametrize("url", ["ftp://hooks.example.org/", "http://user:pw@hooks.example.org/", "http://0x7f000001/", "x"])
def test_webhook__url_that_is_never_called__refused_in_the_form(url: str, db: None) -> None:
    assert person("administrator").post(f"{WEBHOOKS}add/", {**FORM, "url": url}).status_code == 200
    assert not NotificationTarget.objects.exists()


@pytest.mark.parametrize("group", ["viewer", "editor", "approver", "engineer"])
def test_webhook__others__neither_see_nor_post(group: str, db: None) -> None:
    row = NotificationTarget.objects.create(name="chat", url="https://hooks.example.org/T0/secret-path")
    client = person(group)

    for path in ("", "add/", f"{row.pk}/change/", f"{row.pk}/delete/"):
        assert client.get(f"{WEBHOOKS}{path}").status_code == 403
        assert client.post(f"{WEBHOOKS}{path}", {**FORM, "name": "mine"}).status_code == 403
    assert NotificationTarget.objects.values_list("name", flat=True).get() == "chat"


def test_notifications__given_up__sent_again_from_the_list(db: None) -> None:
    row = Notification.objects.create(kind="applied", channel="email", address="a@example.org", subject="s", body="b", once="1")
    Notification.objects.update(gave_up_at=row.created_at, attempts=8)
    client = person("administrator")

    assert client.get("/admin/streamconfig/notification/?outcome=gave_up").status_code == 200
    client.post("/admin/streamconfig/notification/", {"action": "send_again", "_selected_action": [str(row.pk)]})

    row.refresh_from_db()
    assert (row.gave_up_at, row.attempts) == (None, 0)
    assert person("editor").get("/admin/streamconfig/notification/").status_code == 403


def test_admin_of_tokens__administrator__sees_nothing_secret_and_revokes(ann: User) -> None:
    ensure_groups()
    made = accounts.make_token(ann, name="leaked", days=30)
    boss, editor = (User.objects.create_user(name, is_staff=True) for name in ("boss", "ed"))
    boss.groups.add(Group.objects.get(name="administrator"))
    editor.groups.add(Group.objects.get(name="editor"))
    tokens, chosen = "/admin/streamconfig/apitoken/", {"action": "revoke", "_selected_action": str(made.row.pk)}

    assert client_of(editor).get(tokens).status_code == 403
    assert client_of(editor).post(tokens, chosen).status_code == 403
    for path in (tokens, f"{tokens}{made.row.pk}/change/"):
        page = client_of(boss).get(path).content.decode()
        assert "leaked" in page
        assert made.secret not in page
        assert made.row.hash not in page
    assert accounts.owner_of(made.secret) == ann
    client_of(boss).post(tokens, chosen)
    assert accounts.owner_of(made.secret) is None

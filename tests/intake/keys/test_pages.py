"""Producer keys in pages and admin: who may do what, shown once, and nothing of a secret afterwards."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from intake.keys import services
from intake.keys.services import Wish
from intake.models import KeyAct, ProducerKey
from monitoring.demo_users import ensure_groups

pytestmark = pytest.mark.slow

SECRET = re.compile(r"epk_[a-z0-9]{8}_[A-Za-z0-9_-]{43}")
ASKED = {"name": "Page service", "streams": "page_*\nuser_change, page_*", "days": "90"}


@pytest.fixture
def engineer(db: None) -> Client:
    return client_of("engineer")


def client_of(group: str) -> Client:
    ensure_groups()
    user = User.objects.create_user(f"the-{group}", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client = Client()
    client.force_login(user)
    return client


def a_key(**facts: Any) -> ProducerKey:
    return services.make(by="erin", wish=Wish(**({"name": "Page service", "streams": ["page_*"]} | facts))).row


def test_make__engineer__shown_once_with_how_to_send(engineer: Client) -> None:
    answer = engineer.post("/keys/make", ASKED)

    page = answer.content.decode()
    [secret] = {*SECRET.findall(page)}
    key = ProducerKey.objects.get()
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert "curl -X POST" in page
    assert "No stream fits" in page
    assert (key.name, key.streams, key.created_by) == ("Page service", ["page_*", "user_change"], "the-engineer")
    assert timedelta(days=89) < (key.expires_at or timezone.now()) - timezone.now() < timedelta(days=90)
    for address in ("/keys", f"/keys/{key.pk}", "/admin/intake/producerkey/", f"/admin/intake/producerkey/{key.pk}/change/"):
        assert secret not in engineer.get(address).content.decode()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": ""}, "required"),
        ({"streams": "a?b"}, "is no name"),
        ({"days": "9999"}, "valid choice"),
        ({"streams": " , "}, ""),
    ],
)
def test_make__mistake__said_beside_the_field(engineer: Client, wrong: dict[str, str], said: str) -> None:
    answer = engineer.post("/keys/make", ASKED | wrong)

    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert not ProducerKey.objects.exists()


@pytest.mark.parametrize("group", ["viewer", "editor", "approver"])
def test_verbs__other_groups__refused(db: None, group: str) -> None:
    key, client = a_key(), client_of(group)

    answers = [client.post(f"/keys/{verb}", ASKED).status_code for verb in ("make", f"{key.pk}/rotate", f"{key.pk}/revoke")]

    assert answers == [403, 403, 403]
    assert client.get("/keys").status_code == 200
    assert "Make the key" not in client.get("/keys").content.decode()
    assert client.get("/admin/intake/producerkey/add/").status_code == 403
    assert KeyAct.objects.count() == 1


def test_verbs__stranger__is_sent_to_the_login(db: None) -> None:
    assert Client().post("/keys/make", ASKED).status_code == 302
    assert not ProducerKey.objects.exists()


def test_rotate__engineer__successor_is_shown_and_the_old_one_goes_on(engineer: Client) -> None:
    old = a_key()

    page = engineer.post(f"/keys/{old.pk}/rotate", {"days": "30"}).content.decode()

    successor = ProducerKey.objects.get(replaces=old)
    assert SECRET.search(page)
    assert successor.streams == ["page_*"]
    old.refresh_from_db()
    assert old.expires_at is not None
    assert timedelta(days=29) < old.expires_at - timezone.now() <= timedelta(days=30)
    assert "Replaced by" in engineer.get(f"/keys/{old.pk}").content.decode()


def test_rotate__again__refused_in_words(engineer: Client) -> None:
    old = a_key()
    engineer.post(f"/keys/{old.pk}/rotate", {"days": "30"})

    answer = engineer.post(f"/keys/{old.pk}/rotate", {"days": "30"}, follow=True)

    assert "has a successor already" in answer.content.decode()


def test_revoke__engineer__is_over_at_once(engineer: Client) -> None:
    key = a_key()

    page = engineer.post(f"/keys/{key.pk}/revoke", follow=True).content.decode()

    key.refresh_from_db()
    assert key.revoked_at is not None
    assert "Revoked" in page
    assert "Revoke the key" not in page


def test_list__search__finds_by_stream_and_tells_who_is_over(engineer: Client) -> None:
    a_key()
    services.revoke(a_key(name="Gone", streams=["gone.event"]), by="erin")

    assert "Expired and revoked" in engineer.get("/keys").content.decode()
    assert "Page service" not in engineer.get("/keys?q=gone.EV").content.decode()
    assert "No key fits" in engineer.get("/keys?q=nothing-like-it").content.decode()


def test_pages__signed_in_without_the_right__are_not_asked_to_sign_in_again(db: None) -> None:
    key, viewer = a_key(), client_of("viewer")

    for address in ("/keys", f"/keys/{key.pk}"):
        assert "Sign in to" not in viewer.get(address).content.decode()
        assert "Sign in to" in Client().get(address).content.decode()


def test_pages__names_as_long_as_they_may_be__break(engineer: Client) -> None:
    key = a_key(streams=["l" * 200])

    assert re.search(r'data-label="Streams" style="overflow-wrap:anywhere">l+', engineer.get("/keys").content.decode())
    assert re.search(r'style="overflow-wrap:anywhere">[^<]*streams: l+', engineer.get(f"/keys/{key.pk}").content.decode())


def test_detail__unknown__404(engineer: Client) -> None:
    assert engineer.get("/keys/999999").status_code == 404


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "{{ 7|add:7 }}", '"><img src=x>'])
def test_pages__text_of_a_person__is_text(engineer: Client, text: str) -> None:
    key = a_key(name=text, note=text)

    for address in ("/keys", f"/keys/{key.pk}"):
        page = engineer.get(address).content.decode()
        assert "<script>alert" not in page
        assert "<img src=x>" not in page


def test_admin__make__shown_once_in_the_answer_itself(engineer: Client) -> None:
    form = {"name": "From the admin", "streams": "a.event", "services": "", "note": ""}

    answer = engineer.post("/admin/intake/producerkey/add/", form)

    assert answer.status_code == 200
    assert SECRET.search(answer.content.decode())
    assert "no-store" in answer["Cache-Control"]
    assert not any("epk_" in cookie.value for cookie in answer.cookies.values())
    assert ProducerKey.objects.get().streams == ["a.event"]


def test_admin__mistake__said_in_the_form(engineer: Client) -> None:
    answer = engineer.post("/admin/intake/producerkey/add/", {"name": "x", "streams": "a?b", "services": "", "note": ""})

    assert "is no name" in answer.content.decode()
    assert not ProducerKey.objects.exists()


def test_admin__change__goes_through_the_service(engineer: Client) -> None:
    key = a_key()
    form = {"name": "Renamed", "streams": "a.event b.*", "services": "main", "note": "", "events_per_second": "7"}

    answer = engineer.post(f"/admin/intake/producerkey/{key.pk}/change/", form)

    key.refresh_from_db()
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    assert (key.name, key.streams, key.services, key.events_per_second) == ("Renamed", ["a.event", "b.*"], ["main"], 7)
    assert [act.verb for act in key.acts.all()] == ["changed", "made"]


def test_admin__actions__rotate_and_revoke(engineer: Client) -> None:
    keys = [a_key(name="one"), a_key(name="other")]
    chosen = {"_selected_action": [str(key.pk) for key in keys]}

    rotated = engineer.post("/admin/intake/producerkey/", {"action": "rotate", **chosen})
    engineer.post("/admin/intake/producerkey/", {"action": "revoke", **chosen})

    assert len({*SECRET.findall(rotated.content.decode())}) == 2
    assert ProducerKey.objects.filter(replaces__in=keys).count() == 2
    assert ProducerKey.objects.filter(pk__in=[key.pk for key in keys], revoked_at=None).count() == 0


def test_admin__nobody__deletes_keys_or_what_was_done_with_them(engineer: Client) -> None:
    key = a_key()

    assert engineer.post(f"/admin/intake/producerkey/{key.pk}/delete/", {"post": "yes"}).status_code == 403
    assert engineer.get("/admin/intake/keyact/").status_code == 200
    assert engineer.get("/admin/intake/keyact/add/").status_code == 403


def test_navigation__keys__is_there(engineer: Client) -> None:
    assert 'href="/keys"' in engineer.get("/keys").content.decode()

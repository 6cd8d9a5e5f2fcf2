"""Repositories in the admin: who may set them, what is refused, and secrets that never come out again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from registry import tasks
from registry.models import RegistryState, Repository
from registry.repositories import pulling
from tests.registry.origins import Origin, schema

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

ADD = "/admin/registry/repository/add/"
KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0a2V5\n-----END OPENSSH PRIVATE KEY-----"
TYPED = {
    "name": "mine",
    "kind": "git",
    "url": "https://git.example.org/a",
    "branch": "",
    "schema_folder": "jsonschema",
    "is_enabled": "on",
    "interval_seconds": "300",
    "role": "primary",
    "order": "0",
    "compatibility": "BACKWARD",
    "profile": "strict",
    "enforcement": "report",
}
PASSWORD = {"username": "robot", "password": "hunter2hunter2"}


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "wake", lambda: None)


def sign_in(client: Client, *permissions: str) -> Client:
    user = User.objects.create_user("user", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(user)
    return client


@pytest.fixture
def administrator(client: Client) -> Client:
    verbs = ("add", "change", "view", "delete", "administer")
    return sign_in(client, *(f"{verb}_repository" for verb in verbs))


def change(client: Client, **typed: Any) -> str:
    """What the form says; empty where it was saved."""
    row = Repository.objects.get(name="mine")
    response = client.post(f"/admin/registry/repository/{row.pk}/change/", {**TYPED, **typed})
    return "" if response.status_code == 302 else str(response.content.decode())


def test_add__repository__due_at_once_and_shown_where_it_is_imported(administrator: Client, tmp_path: Path) -> None:
    origin = Origin.make(tmp_path / "origin")
    origin.commit({"jsonschema/a/b/1.0.0.yaml": schema("/a/b/1.0.0")})

    response = administrator.post(ADD, {**TYPED, "url": str(origin.path)})

    row = Repository.objects.get()
    assert response.headers["Location"] == "/schemas/repositories/mine"
    assert row.next_pull_at is not None
    assert (row.kind, row.profile) == ("git", "strict")
    assert pulling.pull_due()[0].outcome == "imported"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ({"url": "ext::sh"}, "repository.transport_refused"),
        ({"url": "http://git.example.org/a"}, "repository.transport_refused"),
        ({"url": "https://user:hunter2@git.example.org/a"}, "repository.secret_in_url"),
        ({"url": ""}, "repository.bad_url"),
        ({"url": "--upload-pack=x"}, "repository.bad_url"),
        ({"branch": "--upload-pack=x"}, "repository.bad_branch"),
        ({"schema_folder": "../x"}, "repository.bad_folder"),
        ({"private_key": KEY}, "repository.bad_credentials"),
        ({"url": "git@git.example.org:a", "password": "hunter2"}, "repository.bad_credentials"),
        ({"interval_seconds": "1"}, "at least 10 seconds"),
    ],
)
def test_add__what_can_not_work__refused_with_its_code(administrator: Client, typed: dict[str, str], code: str) -> None:
    page = administrator.post(ADD, {**TYPED, **typed}).content.decode()

    assert code in page
    assert not Repository.objects.exists()


def test_list__long_commit__shortened(administrator: Client) -> None:
    Repository.objects.create(name="mine", commit="0123456789abcdef" * 2)

    page = administrator.get("/admin/registry/repository/").content.decode()

    assert "0123456789<" in page
    assert "0123456789a" not in page


def test_credentials__saved__sealed_and_in_no_page(administrator: Client) -> None:
    secrets = {**PASSWORD, "webhook_key": "hookhook"}

    administrator.post(ADD, {**TYPED, **secrets})

    row = Repository.objects.get()
    assert pulling.credentials_of(row).kept() == PASSWORD
    addresses = (f"/admin/registry/repository/{row.pk}/change/", "/admin/registry/repository/", "/schemas/repositories/mine")
    shown = "".join(administrator.get(address).content.decode() for address in addresses)
    shown += administrator.get(f"/admin/registry/repository/{row.pk}/history/").content.decode() + repr(vars(row))
    shown += change(administrator, **secrets, private_key=KEY, url="ext::sh")
    for secret in (*PASSWORD.values(), "hookhook", "c2VjcmV0a2V5"):
        assert secret not in shown.replace("robots", "")
    assert "Set; leave it empty to keep it." in shown


def test_credentials__left_empty__kept_and_forgotten_when_said_so(administrator: Client) -> None:
    administrator.post(ADD, {**TYPED, **PASSWORD, "webhook_key": "hookhook"})

    assert change(administrator, branch="other", password="newnewnew") == ""
    row = Repository.objects.get()
    assert (row.branch, pulling.credentials_of(row).kept()) == ("other", {**PASSWORD, "password": "newnewnew"})
    assert row.webhook_secret

    assert change(administrator, clear_credentials="on", clear_webhook="on") == ""
    assert (Repository.objects.get().credentials, Repository.objects.get().webhook_secret) == ("", "")


def test_credentials__url_of_another_host__not_sent_there(administrator: Client) -> None:
    administrator.post(ADD, {**TYPED, **PASSWORD})

    assert "repository.bad_credentials" in change(administrator, url="https://evil.example/a")
    assert change(administrator, url="https://evil.example/a", username="other") == ""
    assert pulling.credentials_of(Repository.objects.get()).kept() == {"username": "other"}


def test_change__what_the_pull_wrote__stays_and_the_change_is_pulled(administrator: Client) -> None:
    administrator.post(ADD, TYPED)
    Repository.objects.update(commit="1" * 40, seen_commit="1" * 40, next_pull_at=None)
    page = administrator.get(f"/admin/registry/repository/{Repository.objects.get().pk}/change/")
    Repository.objects.update(commit="2" * 40)
    revision = RegistryState.objects.values_list("revision", flat=True).first() or 0

    assert page.status_code == 200
    assert change(administrator, schema_folder="schemas/", order="3") == ""

    row = Repository.objects.get()
    assert (row.commit, row.seen_commit, row.schema_folder, row.order) == ("2" * 40, "", "schemas", 3)
    assert row.next_pull_at is not None
    assert RegistryState.objects.get().revision > revision


def test_engineer__looks_and_pulls_but_sets_nothing(client: Client) -> None:
    engineer = sign_in(client, "add_repository", "change_repository", "view_repository")
    row = Repository.objects.create(name="mine", kind="git", url="https://git.example.org/a", credentials="sealed")

    assert engineer.get(ADD).status_code == 403
    page = engineer.get(f"/admin/registry/repository/{row.pk}/change/")
    assert page.status_code == 200
    assert "sealed" not in page.content.decode()
    assert engineer.post(f"/admin/registry/repository/{row.pk}/change/", TYPED).status_code == 403
    posted = {"action": "pull_now", "_selected_action": [row.pk]}
    assert engineer.post("/admin/registry/repository/", posted).status_code == 302
    assert Repository.objects.get().next_pull_at is not None


def test_managed_repository__needs_no_url(administrator: Client) -> None:
    administrator.post(ADD, {**TYPED, "kind": "managed", "url": ""})

    assert Repository.objects.get().kind == "managed"

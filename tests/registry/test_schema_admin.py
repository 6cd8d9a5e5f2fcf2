"""The admin of titles, versions and waivers: who may say what, and what can't be edited by anybody."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.utils import timezone

from monitoring import demo_users
from registry import lookups
from registry.models import SchemaTitle, SchemaVersion, Waiver

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

WAIVER = {"title": "ui/*", "version": "", "rule": "NAME-SNAKE-CASE", "pointer": "", "reason": "Old names."}


def client(group: str) -> Client:
    demo_users.ensure_groups()
    user = User.objects.create_user(group, is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    found = Client()
    found.force_login(user)
    return found


def form(**values: Any) -> dict[str, Any]:
    return {"deprecated_since": "", "deprecation_reason": "", "replacement": "", "compatibility": "", **values}


def address(row: SchemaTitle | SchemaVersion) -> str:
    return f"/admin/registry/{row._meta.model_name}/{row.pk}/change/"


def test_title__engineer_deprecates_and_takes_it_back__set_follows(samples: Path) -> None:
    title = SchemaTitle.objects.get(name="ui/button_click")
    engineer, today = client("engineer"), timezone.localdate()
    said = form(deprecated_since=today, deprecation_reason="Too wide.", replacement="ui/page_load")

    first = engineer.post(address(title), said)
    found = lookups.schemas().deprecation("ui/button_click")
    second = engineer.post(address(title), form(compatibility="FULL"))

    assert (first.status_code, second.status_code) == (302, 302)
    assert found is not None
    assert (found.since, found.reason, found.replacement, found.author) == (today, "Too wide.", "ui/page_load", "engineer")
    assert lookups.schemas().deprecation("ui/button_click") is None
    assert SchemaTitle.objects.get(pk=title.pk).compatibility == "FULL"


def test_title__nonsense__said_at_its_field(samples: Path) -> None:
    title = SchemaTitle.objects.get(name="ui/button_click")
    engineer = client("engineer")
    tomorrow = timezone.localdate() + timedelta(days=1)

    answers = {
        "lies in the future": form(deprecated_since=tomorrow, deprecation_reason="Old."),
        "The reason is missing": form(deprecated_since=timezone.localdate()),
        "is no title": form(deprecated_since=timezone.localdate(), deprecation_reason="Old.", replacement="not/there"),
        "Choose the day": form(deprecation_reason="Old."),
    }

    for words, said in answers.items():
        assert words in engineer.post(address(title), said).content.decode()
    assert SchemaTitle.objects.filter(deprecated_since__isnull=False).count() == 0


def test_version__post_of_other_fields__changes_only_its_lifecycle(samples: Path) -> None:
    version = SchemaVersion.objects.get(schema_id="/ui/button_click/1.0.0")
    said = form(deprecated_since=timezone.localdate(), deprecation_reason="Misses a field.")

    answer = client("engineer").post(
        address(version), {**said, "schema_id": "/x/1.0.0", "raw_text": "x", "path": "x", "number": 9}
    )

    after = SchemaVersion.objects.get(pk=version.pk)
    same = ("schema_id", "raw_text", "path", "number", "content_hash")
    assert answer.status_code == 302
    assert after.deprecation_reason == "Misses a field."
    assert [getattr(after, name) for name in same] == [getattr(version, name) for name in same]


@pytest.mark.parametrize("group", ["viewer", "editor"])
def test_lifecycle__others__may_look_only(samples: Path, group: str) -> None:
    version = SchemaVersion.objects.get(schema_id="/ui/button_click/1.0.0")
    said = form(deprecated_since=timezone.localdate(), deprecation_reason="Misses a field.")
    visitor = client(group)

    assert visitor.get(address(version)).status_code == 200
    assert visitor.post(address(version), said).status_code == 403
    assert visitor.post("/admin/registry/waiver/add/", WAIVER).status_code == 403


@pytest.mark.parametrize("permission", ["change_waiver", "approve_draft"])
def test_waiver__engineer_or_approver__adds_and_removes_it(db: None, permission: str) -> None:
    engineer = client("engineer" if permission == "change_waiver" else "viewer")
    User.objects.get().user_permissions.add(Permission.objects.get(codename=permission))

    engineer.post("/admin/registry/waiver/add/", {**WAIVER, "ends_on": timezone.localdate()})
    row = Waiver.objects.get()
    listed = engineer.get("/admin/registry/waiver/?holds=yes").content.decode()
    engineer.post(f"/admin/registry/waiver/{row.pk}/delete/", {"post": "yes"})

    assert row.author == User.objects.get().username
    assert "Old names." in listed
    assert not Waiver.objects.exists()


def test_waiver__ended__listed_as_expired(db: None) -> None:
    Waiver.objects.create(**WAIVER, ends_on=timezone.localdate() - timedelta(days=1), author="ann")
    engineer = client("engineer")

    assert "Old names." in engineer.get("/admin/registry/waiver/?holds=no").content.decode()
    assert "Old names." not in engineer.get("/admin/registry/waiver/?holds=yes").content.decode()


def test_waiver__no_such_rule__said_at_its_field(db: None) -> None:
    said = {**WAIVER, "rule": "NAME-SNAKE", "ends_on": timezone.localdate()}

    answer = client("engineer").post("/admin/registry/waiver/add/", said)

    assert "There is no rule NAME-SNAKE" in answer.content.decode()

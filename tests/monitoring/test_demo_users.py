"""Groups and demo users: what each may do, and that a person's changes stay."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import Group, User

from monitoring import demo_users

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    demo_users.ensure_groups()
    return tmp_path / "demo-users.json"


def test_ensure_users__first_time__each_may_log_in_with_its_own_password(kept: Path) -> None:
    passwords = demo_users.ensure_users(kept)

    assert json.loads(kept.read_text()) == passwords
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert len(set(passwords.values())) == len(demo_users.GROUPS)
    assert authenticate(username="editor", password=passwords["editor"]) is not None
    assert User.objects.filter(is_superuser=True).get().username == "administrator"


def test_ensure_users__again__changes_nothing(kept: Path) -> None:
    passwords = demo_users.ensure_users(kept)
    editor = User.objects.get(username="editor")
    editor.set_password("chosen by a person")
    editor.save()

    assert demo_users.ensure_users(kept) == passwords

    assert authenticate(username="editor", password="chosen by a person") is not None


def test_ensure_users__file_lost__gets_new_passwords_that_work(kept: Path) -> None:
    old = demo_users.ensure_users(kept)
    kept.unlink()

    new = demo_users.ensure_users(kept)

    assert not set(old.values()) & set(new.values())
    assert authenticate(username="viewer", password=new["viewer"]) is not None


@pytest.mark.parametrize("name", ["viewer", "editor", "approver", "engineer"])
def test_groups__nobody_but_the_administrator__touches_users(name: str, kept: Path) -> None:
    codes = Group.objects.get(name=name).permissions.values_list("content_type__app_label", flat=True)

    assert "auth" not in set(codes)


def test_groups__viewer_sees_and_changes_nothing(kept: Path) -> None:
    codes = set(Group.objects.get(name="viewer").permissions.values_list("codename", flat=True))

    assert codes
    assert all(code.startswith("view_") for code in codes)

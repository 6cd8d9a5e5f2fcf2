"""People of each role, and a request that one of them makes; for tests of pages and of the API."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, User
from django.test import Client

from streamconfig import lookups, services
from streamconfig.change_control import requests
from streamconfig.change_control.actors import of_user
from streamconfig.models import ChangeRequest

ROLES = ("viewer", "editor", "approver", "engineer", "administrator")


def person(role: str, name: str = "") -> User:
    user, _ = User.objects.get_or_create(username=name or f"the {role}", defaults={"is_staff": True})
    user.groups.add(Group.objects.get_or_create(name=role)[0])
    return user


def signed_in(role: str, name: str = "") -> Client:
    client = Client()
    client.force_login(person(role, name))
    return client


def halved(*, rate: float = 0.25, effective_at: Any = None, is_draft: bool = False, name: str = "") -> ChangeRequest:
    """An editor asks for another sampling rate of ui.click."""
    actor = of_user(person("editor", name))
    wish = services.with_document({"streams": {"ui.click": {**clicks(), "sample": {"unit": "session", "rate": rate}}}})
    changes = services.changes_of(wish)
    facts: dict[str, Any] = {
        "by": actor,
        "changes": changes,
        "title": "Halve clicks",
        "reason": "Enough",
        "effective_at": effective_at,
    }
    return requests.draft(**facts) if is_draft else requests.propose(**facts).request


def clicks() -> dict[str, Any]:
    held: dict[str, Any] = lookups.current_document().as_json()["streams"]["ui.click"]
    return held


def act(client: Client, change: ChangeRequest, verb: str, **said: str) -> Any:
    return client.post(f"/changes/{change.pk}/{verb}", {"seen": str(change.edit), **said})


def state_of(change: ChangeRequest) -> str:
    change.refresh_from_db()
    return change.state


def text(client: Client, path: str) -> str:
    return str(client.get(path).content.decode())

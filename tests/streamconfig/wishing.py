"""Requests for tests of their rules: asked for by an editor of the web team, approved by people of others."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from streamconfig import lookups, services
from streamconfig.change_control import requests
from streamconfig.change_control.actors import Actor
from streamconfig.change_control.requests import Outcome
from streamconfig.configuration.changes import Change, Field
from streamconfig.models import ChangeRequest
from tests import configuring
from tests.streamconfig.people import person

People = dict[str, Actor]

DOCUMENT: dict[str, Any] = {
    "streams": {
        "ui.click": {
            "schema_title": "ui/click",
            "sample": {"unit": "session", "rate": 0.5},
            "about": {"owner": "web"},
        },
        "ui.load": {"schema_title": "ui/load", "about": {"owner": "web"}},
    },
    "teams": {"web": {"title": "Web"}, "platform": {"title": "Platform"}},
    "instruments": {"menu": {"stream": "ui.click", "owner": "web"}, "banner": {"stream": "ui.load", "owner": "web"}},
}


def ask(by: Actor, wish: services.Wish, *, effective_at: datetime | None = None, source: str = "admin") -> ChangeRequest:
    """Somebody's wish as a request in review."""
    outcome = services.propose(wish, by=by, title="Wish", reason="For the test", effective_at=effective_at, source=source)
    assert outcome is not None
    return outcome.request


def ask_rate(by: Actor, rate: float, *, name: str = "ui.click", effective_at: datetime | None = None) -> ChangeRequest:
    return ask(by, services.with_rates([name], rate), effective_at=effective_at)


def approve(request: ChangeRequest, by: Actor) -> Outcome:
    """Approve what the request says now."""
    request.refresh_from_db()
    return requests.approve(request.pk, by=by, seen=request.edit)


def state_of(request: ChangeRequest) -> str:
    request.refresh_from_db()
    return request.state


def make_people() -> People:
    """One of each group, the editors in the team that owns the streams; the name is the key."""
    return {
        "editor": person("editor", "editor", "web"),
        "colleague": person("colleague", "editor", "web"),
        "approver": person("approver", "approver", "platform"),
        "webapprover": person("webapprover", "approver", "web"),
        "engineer": person("engineer", "engineer", "platform"),
        "administrator": person("administrator", "administrator"),
        "viewer": person("viewer", "viewer"),
    }


def two_people(**facts: Any) -> None:
    """Let every change want two approvals."""
    configuring.configure({"policies": {"two": {"effects": ["*"], "approvals": 2, **facts}}})


def rate_now(name: str = "ui.click") -> Any:
    """The rate that is live."""
    entry = lookups.current_document().get(name)
    assert entry is not None
    return entry.settings.get("sample", {}).get("rate")


def soon(seconds: float = 3600) -> datetime:
    return timezone.now() + timedelta(seconds=seconds)


def rates(was: float, becomes: float) -> list[Change]:
    return [Change("streams", "ui.click", "changed", (Field(("sample", "rate"), was, becomes),))]

"""Who may ask for what in the admin, verb by verb and role by role, by direct POST: what is refused leaves no trace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from streamconfig.models import ChangeRequest, Comment, Defaults, Instrument, Item, Override, Revision, Stream, Team
from tests import configuring
from tests.streamconfig.people import person
from tests.streamconfig.posting import Fields, form_of

pytestmark = pytest.mark.slow

ROLES: dict[str, tuple[str, ...]] = {
    "viewer": ("viewer",),
    "viewer of the team": ("viewer", "web"),
    "editor of the team": ("editor", "web"),
    "editor of another team": ("editor", "app"),
    "approver": ("approver",),
    "engineer": ("engineer",),
    "administrator": ("administrator",),
}
OWNERS = {"editor of the team", "engineer", "administrator"}
ENGINEERS = {"engineer", "administrator"}
ASKING = {"editor of the team", "editor of another team", "approver", "engineer", "administrator"}
DOCUMENT: dict[str, Any] = {
    "defaults": {"canary_events_enabled": True},
    "streams": {
        "ui.click": {"schema_title": "ui/click", "sample": {"unit": "session", "rate": 0.5}, "about": {"owner": "web"}},
        "free": {"schema_title": "ui/click", "sample": {"unit": "session", "rate": 0.5}},
    },
    "teams": {"web": {"title": "Web"}, "app": {"title": "App"}},
    "instruments": {"banner": {"stream": "ui.click", "sample": {"unit": "session", "rate": 0.1}}},
    "overrides": {"+tag": {"streams": {"ui.click": {"sample": {"rate": 0.1}}}}},
}


@dataclass(frozen=True)
class Verb:
    """A page, what is sent besides what it shows, and who may."""

    name: str
    page: Callable[[], str]
    form: str
    sent: dict[str, Any]
    may: set[str]


def page(kind: str, verb: str, *arguments: Any) -> str:
    return reverse(f"admin:streamconfig_{kind}_{verb}", args=arguments)


def stream(name: str = "ui.click") -> Callable[[], str]:
    return lambda: page("stream", "change", Stream.objects.get(name=name).pk)


def item(kind: str, key: str) -> Callable[[], str]:
    return lambda: page(kind, "change", Item.objects.get(key=key).pk)


VERBS = [
    Verb("rate", stream(), "stream_form", {"sampling_percent": "25"}, OWNERS),
    Verb("rate of a free stream", stream("free"), "stream_form", {"sampling_percent": "25"}, ASKING),
    Verb("draft", stream(), "stream_form", {"sampling_percent": "25", "_draft": "1"}, OWNERS),
    Verb("window", stream(), "stream_form", {"windows_once-0-begins": "2099-01-01T00:00"}, OWNERS),
    Verb("retention", stream(), "stream_form", {"consumers-7-name": "lake", "consumers-7-ttl_seconds": "9"}, OWNERS),
    Verb("owner", stream(), "stream_form", {"owner": "app"}, OWNERS),
    Verb("schema", stream(), "stream_form", {"service": "main"}, ENGINEERS),
    Verb("headers", stream(), "stream_form", {"headers-0-field": "a.b", "headers-0-header": "x-ip"}, ENGINEERS),
    Verb("sensitivity", stream(), "stream_form", {"sensitivity": "public"}, ENGINEERS),
    Verb("free settings", stream(), "stream_form", {"other_settings": '{"x": 1}'}, ENGINEERS),
    Verb(
        "defaults", lambda: page("defaults", "change", Defaults.objects.get().pk), "defaults_form", {"canary": "off"}, ENGINEERS
    ),
    Verb("instrument", item("instrument", "banner"), "instrument_form", {"sampling_percent": "1"}, OWNERS),
    Verb("new instrument", lambda: page("instrument", "add"), "instrument_form", {"key": "new", "stream": "ui.click"}, OWNERS),
    Verb("override", item("override", "+tag"), "override_form", {"streams-0-sampling_percent": "1"}, OWNERS),
    Verb("override's rest", item("override", "+tag"), "override_form", {"defaults": '{"x": 1}'}, ENGINEERS),
    Verb("site", lambda: page("site", "add"), "site_form", {"key": "enwiki"}, ENGINEERS),
    Verb("service", lambda: page("intakeservice", "add"), "intakeservice_form", {"key": "main"}, ENGINEERS),
    Verb("team", item("team", "web"), "team_form", {"contact": "#web"}, {"administrator"}),
    Verb(
        "policy",
        lambda: page("policy", "add"),
        "policy_form",
        {"key": "open", "effects": ["*"], "approvals": "0"},
        {"administrator"},
    ),
]


@pytest.fixture
def clients(db: None) -> dict[str, Client]:
    """Somebody of each role, signed in."""
    configuring.configure(DOCUMENT)
    Defaults.objects.get_or_create(pk=1)
    found = {}
    for role, (group, *teams) in ROLES.items():
        found[role] = Client()
        found[role].force_login(person(role, group, *teams).user)
    return found


def live() -> tuple[Any, ...]:
    """Everything that only a publish may change."""
    kinds = (Stream, Defaults, Item, Revision, Comment)
    return tuple(list(kind.objects.order_by("pk").values()) for kind in kinds)


def asked(clients: dict[str, Client], path: str, sent: dict[str, Any]) -> set[str]:
    """Post it as each role; those whose post became a request. A refusal is 403, or a form that says why."""
    before, found = live(), set()
    for role, client in clients.items():
        count = ChangeRequest.objects.count()
        answer = client.post(path, sent)
        if ChangeRequest.objects.count() > count:
            assert answer.status_code == 302
            found.add(role)
        else:
            assert answer.status_code == 403 or answer.context["adminform"].form.errors
        assert live() == before
    return found


@pytest.mark.parametrize("verb", VERBS, ids=[one.name for one in VERBS])
def test_form__posted_by_each_role__asks_only_where_it_may(clients: dict[str, Client], verb: Verb) -> None:
    path = verb.page()
    fields: Fields = form_of(clients["administrator"].get(path), verb.form)  # a post needs no page of one's own

    assert asked(clients, path, {**fields, **verb.sent}) == verb.may


@pytest.mark.parametrize(
    ("kind", "model", "may"),
    [
        ("stream", Stream, ENGINEERS),
        ("instrument", Instrument, OWNERS),
        ("override", Override, OWNERS),
        ("team", Team, {"administrator"}),
    ],
)
def test_removal__posted_by_each_role__asks_only_where_it_may(
    clients: dict[str, Client], kind: str, model: Any, may: set[str]
) -> None:
    pk = model.objects.order_by("-pk")[0].pk if model is not Stream else Stream.objects.get(name="ui.click").pk
    before, found = live(), set()

    for role, client in clients.items():
        count = ChangeRequest.objects.count()
        assert client.post(page(kind, "delete", pk), {"post": "yes"}).status_code in {302, 403}
        client.post(page(kind, "changelist"), {"action": "delete_selected", "_selected_action": [pk], "post": "yes"})
        if ChangeRequest.objects.count() > count:
            found.add(role)

    assert found == may
    assert live() == before


@pytest.mark.parametrize("action", ["enable", "disable", "edit_together"])
def test_action__posted_by_each_role__writes_nothing(clients: dict[str, Client], action: str) -> None:
    before, count = live(), ChangeRequest.objects.count()

    for client in clients.values():
        client.post(
            page("stream", "changelist"), {"action": action, "_selected_action": [Stream.objects.get(name="ui.click").pk]}
        )

    assert (live(), ChangeRequest.objects.count()) == (before, count)


@pytest.mark.parametrize(
    ("sent", "may"),
    [
        ({"chosen": ["is_enabled"]}, OWNERS),
        ({"chosen": ["consumers"], "consumers-rows": "1", "consumers-0-name": "a", "consumers-0-enabled": "on"}, OWNERS),
    ],
)
def test_together__posted_by_each_role__asks_only_where_it_may(
    clients: dict[str, Client], sent: dict[str, Any], may: set[str]
) -> None:
    chosen = {"_selected_action": list(Stream.objects.values_list("pk", flat=True)), "_propose": "1"}
    before, found = live(), set()

    for role, client in clients.items():
        count = ChangeRequest.objects.count()
        assert client.post(page("stream", "together"), {**chosen, **sent}).status_code in {200, 302, 403}
        if ChangeRequest.objects.count() > count:
            found.add(role)

    assert found == may
    assert live() == before


@pytest.mark.parametrize("kind", ["revision", "changerequest", "verdict", "requeststep"])
def test_history__posted_by_each_role__is_never_written(clients: dict[str, Client], kind: str) -> None:
    before = live()

    for client in clients.values():
        assert client.post(page(kind, "add"), {"title": "x"}).status_code == 403
        assert client.post(page(kind, "change", 1), {"title": "x"}).status_code in {302, 403}
        client.post(page(kind, "changelist"), {"action": "delete_selected", "_selected_action": [1], "post": "yes"})

    assert live() == before


def test_stranger__posts__is_led_to_the_login(clients: dict[str, Client]) -> None:
    for verb in VERBS:
        answer = Client().post(verb.page(), verb.sent)
        assert (answer.status_code, answer["Location"].startswith("/admin/login/")) == (302, True)
    assert len(clients) == len(ROLES)

"""No way leads to what is live but a published change request: each form, action, page, address and command is tried."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from registry import services as registry
from streamconfig.models import ChangeRequest, ConfigurationState, Defaults, Item, Revision, Stream
from tests import configuring
from tests.streamconfig.posting import form_of, send
from tests.streamconfig.wishing import DOCUMENT as ASKED

pytestmark = pytest.mark.slow

LIVE = (Stream, Defaults, Item, Revision, ConfigurationState)
DOCUMENT: dict[str, Any] = {
    **ASKED,
    "defaults": {"sample": {"unit": "session", "rate": 0.5}},
    "services": {"main": {"title": "Main"}},
    "sites": {"en": {"title": "English"}},
    "overrides": {"+large": {"streams": {"ui.click": {"sample": {"rate": 0.1}}}}},
    "policies": {"all": {"effects": ["*"]}},  # so that nothing is published before somebody approves
}
# What a person changes in the form of each live thing; and what a new one is called.
EDITS: dict[str, dict[str, str]] = {
    "stream": {"sampling_percent": "25", "sampling_unit": "session"},
    "defaults": {"sampling_percent": "25", "sampling_unit": "session"},
    "team": {"title": "Another"},
    "intakeservice": {"title": "Another"},
    "site": {"title": "Another"},
    "policy": {"title": "Another"},
    "instrument": {"sampling_percent": "25", "sampling_unit": "session"},
    "override": {"streams-0-sampling_percent": "25"},
}
ADDITIONS: dict[str, dict[str, str]] = {
    "stream": {"name": "new.stream", "schema_title": "sample/test_event", "other_settings": "{}"},
    "team": {"key": "new", "title": "New"},
    "intakeservice": {"key": "new", "title": "New"},
    "site": {"key": "new", "title": "New"},
    "policy": {"key": "new", "title": "New", "effects": "rate_up"},
    "instrument": {"key": "new", "stream": "ui.click"},
    "override": {"place": "en", "streams-0-name": "ui.click", "streams-0-sampling_percent": "25"},
}


@pytest.fixture
def root(client: Client, db: None) -> Client:
    """Somebody who may do everything: what they can't do past a request, nobody can."""
    configuring.configure(DOCUMENT)
    client.force_login(configuring.approver("root"))
    return client


def live() -> dict[str, list[Any]]:
    """Every row that is live, to the letter."""
    return {model.__name__: list(model._default_manager.order_by("pk").values()) for model in LIVE}


def asked(doing: Callable[[], object]) -> ChangeRequest | None:
    """The request that doing something made, if any; nothing live may differ by it."""
    before, newest = live(), ChangeRequest.objects.count()
    doing()
    assert live() == before
    made = ChangeRequest.objects.order_by("-pk")[: ChangeRequest.objects.count() - newest]
    assert len(made) < 2
    return made[0] if made else None


def live_admins() -> Iterator[tuple[str, Any, admin.ModelAdmin[Any]]]:
    for model, site in admin.site._registry.items():
        if issubclass(model, LIVE):
            yield str(model._meta.model_name), model, site


def address(name: str, verb: str, *args: Any) -> str:
    return reverse(f"admin:streamconfig_{name}_{verb}", args=args)


# --- the admin ---


def test_admin__every_live_model_that_can_be_changed__is_tried_here(root: Client) -> None:
    editable = {name for name, _, _ in live_admins() if root.get(address(name, "changelist")).status_code in {200, 302}}

    assert editable - {"revision"} == set(EDITS)


@pytest.mark.parametrize("name", EDITS)
def test_admin__form_saved__asks(name: str, root: Client) -> None:
    row = apps.get_model("streamconfig", name)._default_manager.all()[0]
    path = address(name, "change", row.pk)

    request = asked(lambda: send(root, path, form_of(root.get(path), f"{name}_form"), **EDITS[name]))

    assert request is not None
    assert request.state == "in_review"


@pytest.mark.parametrize("name", ADDITIONS)
def test_admin__form_of_a_new_one_saved__asks(name: str, root: Client) -> None:
    schemas = settings.BASE_DIR / "examples/schemas/primary"
    registry.import_folder(name="primary", folder=schemas, role="primary", order=0)
    path = address(name, "add")
    fields = form_of(root.get(path), f"{name}_form")

    request = asked(lambda: send(root, path, {**fields, **_choices(root, path)}, **ADDITIONS[name]))

    assert request is not None
    assert request.state == "in_review"


def _choices(client: Client, path: str) -> dict[str, list[str]]:
    """What a browser would have chosen by itself: the first of each radio or select that is required."""
    form = client.get(path).context["adminform"].form
    chosen = {}
    for name, field in form.fields.items():
        choices = [value for value, _ in getattr(field, "choices", ()) if value]
        if field.required and choices:
            chosen[name] = [str(choices[0])]
    return chosen


@pytest.mark.parametrize("name", [name for name in EDITS if name != "defaults"])
def test_admin__removed__asks(name: str, root: Client) -> None:
    row = apps.get_model("streamconfig", name)._default_manager.all()[0]

    request = asked(lambda: root.post(address(name, "delete", row.pk), {"post": "yes", "reason": "Not needed"}))

    assert request is not None
    assert request.state == "in_review"


def test_admin__every_action_on_every_row__asks_at_most(root: Client) -> None:
    """Also those that somebody adds later: whatever an action is called, no live row differs by it."""
    tried = 0
    for name, model, site in live_admins():
        rows = [str(pk) for pk in model._default_manager.values_list("pk", flat=True)]
        for action in [*(site.actions or ()), "delete_selected"]:
            for more in ({}, {"post": "yes"}):
                data = {"action": action, ACTION_CHECKBOX_NAME: rows, **more}
                asked(partial(root.post, address(name, "changelist"), data))
                tried += 1

    assert tried > 2 * len(EDITS)


@pytest.mark.parametrize("name", ["stream", "instrument"])
def test_admin__many_rows_edited_together__asks(name: str, root: Client) -> None:
    rows = [str(pk) for pk in apps.get_model("streamconfig", name)._default_manager.values_list("pk", flat=True)]
    switched = root.post(address(name, "changelist"), {"action": "disable", ACTION_CHECKBOX_NAME: rows})
    form = switched.context["form"]
    data = {field: value for field, value in form.data.items() if value not in (None, "")}

    request = asked(
        lambda: root.post(address(name, "together"), {**data, ACTION_CHECKBOX_NAME: rows, "_propose": "1", "reason": "Test"})
    )

    assert request is not None
    assert {one.name for one in request.changes} <= set(DOCUMENT["streams"]) | set(DOCUMENT["instruments"])


def test_admin__no_model_admin_of_a_live_row__has_list_editing_or_inlines_of_its_own() -> None:
    for _, _, site in live_admins():
        assert not site.list_editable
        assert not [inline for inline in site.inlines if issubclass(inline.model, LIVE)]


def test_admin__no_inline_of_any_app__is_of_a_live_row() -> None:
    inlines = [inline for site in admin.site._registry.values() for inline in site.inlines]

    assert not [inline for inline in inlines if issubclass(inline.model, LIVE)]


# --- the API ---


def post_json(client: Client, path: str, body: Any) -> Any:
    return client.post(path, json.dumps(body), content_type="application/json")


@pytest.mark.parametrize(
    "body",
    [
        {"set": {"streams": {"ui.click": {"sample.rate": 0.25}}}},
        {"streams": {"new.stream": {"schema_title": "a/title"}}},
        {"remove": {"streams": ["ui.click"]}},
        {"defaults": {"sample": {"unit": "device", "rate": 0.1}}},
        {"teams": {"new": {"title": "New"}}},
    ],
)
def test_api__change_posted__asks(body: dict[str, Any], root: Client) -> None:
    request = asked(lambda: post_json(root, "/api/v1/changes", {"title": "Try", "reason": "Test", **body}))

    assert request is not None
    assert (request.state, request.source) == ("in_review", "api")


@pytest.mark.parametrize("path", ["/api/v1/streams", "/api/v1/streams/ui.click", "/api/v1/instruments/menu", "/w/api.php"])
@pytest.mark.parametrize("verb", ["post", "put", "patch", "delete"])
def test_api__reads__write_nothing(path: str, verb: str, root: Client) -> None:
    assert asked(lambda: getattr(root, verb)(path, "{}", content_type="application/json")) is None


# --- pages ---


def test_pages__stream_retired__asks(root: Client) -> None:
    data = {"step": "announce", "on": "2030-01-01", "reason": "Not needed"}

    assert asked(lambda: root.post(reverse("stream-retire", args=["ui.click"]), data)) is not None


def test_pages__kill_switch__is_the_one_that_publishes_at_once_by_a_request(root: Client) -> None:
    before = Revision.objects.count()

    root.post(reverse("kill"), {"streams": ["ui.click"], "reason": "Too loud"})

    newest = Revision.objects.order_by("-number")[0]
    assert Revision.objects.count() == before + 1
    assert newest.request is not None
    assert (newest.request.is_emergency, newest.request.state) == (True, "applied")


# --- commands ---


def test_commands__import_of_a_file__asks(root: Client, tmp_path: Path) -> None:
    file = tmp_path / "streams.json"
    file.write_text(json.dumps({"streams": {"ui.click": {"schema_title": "ui/other"}}}))

    request = asked(lambda: call_command("import_streams", str(file), verbosity=0))

    assert request is not None
    assert (request.state, request.source) == ("in_review", "command")


def test_commands__folder_of_git_applied__asks(root: Client, tmp_path: Path) -> None:
    call_command("streams", "export", str(tmp_path), verbosity=0)
    (held,) = tmp_path.rglob("ui.click.*")
    held.write_text(held.read_text().replace("ui/click", "ui/other"))

    request = asked(lambda: call_command("streams", "apply", str(tmp_path), "--author", "root", verbosity=0))

    assert request is not None
    assert (request.state, request.source) == ("in_review", "git")


def test_commands__sample_loaded_on_a_configured_platform__asks_once(root: Client, tmp_path: Path) -> None:
    settings_of_test = pytest.MonkeyPatch()
    settings_of_test.setattr(settings, "VAR_DIR", tmp_path)
    try:
        request = asked(lambda: call_command("load_sample", verbosity=0))
        again = asked(lambda: call_command("load_sample", verbosity=0))
    finally:
        settings_of_test.undo()

    assert request is not None
    assert request.state == "in_review"
    assert again is None

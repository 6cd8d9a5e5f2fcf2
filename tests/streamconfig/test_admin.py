"""The admin: what a product manager saves holds everywhere at once, and a post can't do more than its user may."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db.models import Q
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from registry import services as registry
from streamconfig import lookups
from streamconfig.models import Defaults, Revision, Stream
from tests import configuring
from tests.streamconfig.conftest import DOCUMENT

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("streams")]


def user(name: str, *, may_change: bool = True, may_wire: bool = False, may_delete: bool = False) -> User:
    wanted = Q(codename__startswith="view_")
    if may_change:
        wanted |= Q(codename__regex="^(add|change)_")
    if may_delete:
        wanted |= Q(codename__startswith="delete_")
    if may_wire:
        wanted |= Q(codename="wire_stream")
    made = User.objects.create_user(name, is_staff=True)
    made.user_permissions.set(Permission.objects.filter(wanted, content_type__app_label="streamconfig"))
    return made


@pytest.fixture
def editor(client: Client) -> Client:
    client.force_login(user("ed"))
    return client


@pytest.fixture
def engineer(client: Client) -> Client:
    client.force_login(user("eng", may_wire=True, may_delete=True))
    return client


def address(name: str) -> str:
    return reverse("admin:streamconfig_stream_change", args=[Stream.objects.get(name=name).pk])


def form_of(client: Client, path: str) -> dict[str, Any]:
    """What a browser would post: the form's fields but those that are disabled."""
    form = client.get(path).context["adminform"].form
    posted = {}
    for name, field in form.fields.items():
        value = form[name].value()
        if not field.disabled and value not in (None, False):
            posted[name] = "on" if value is True else value
    return posted


def post(client: Client, path: str, **changes: Any) -> HttpResponse:
    posted = {**form_of(client, path), **changes}
    return client.post(path, {name: value for name, value in posted.items() if value is not None}, follow=True)  # type: ignore[return-value]  # with a chain


def errors(response: HttpResponse) -> dict[str, list[str]]:
    return dict(response.context["adminform"].form.errors)  # type: ignore[attr-defined]  # the test client's


def said(response: HttpResponse) -> str:
    return " ".join(str(message) for message in response.context["messages"])  # type: ignore[attr-defined]  # likewise


def test_editor__halves_the_rate__it_holds_in_api_and_history(editor: Client) -> None:
    answer = post(editor, address("ui.click"), sampling_percent="25", reason="half is enough")

    assert "reaches the API and every intake within 2 s" in said(answer)
    api = editor.get("/w/api.php?action=streamconfigs&streams=ui.click").json()
    assert api["streams"]["ui.click"]["sample"] == {"unit": "session", "rate": 0.25}
    assert lookups.snapshot().streams["ui.click"].sampling is not None
    revision = Revision.objects.get(number=2)
    assert (revision.author, revision.reason) == ("ed", "half is enough")
    assert revision.changes[0]["fields"] == [{"path": "sample.rate", "was": 0.5, "becomes": 0.25}]


def test_editor__saves_without_a_change__publishes_nothing(editor: Client) -> None:
    for name in ("ui.click", "page.change", "/^job\\..+/"):
        assert "nothing was published" in said(post(editor, address(name)))

    assert lookups.export() == DOCUMENT


def test_editor__switches_off__intake_is_told(editor: Client) -> None:
    post(editor, address("ui.click"), is_enabled=None)

    assert lookups.snapshot().streams["ui.click"].is_enabled is False


def test_editor__says_who_and_what_for__stands_in_the_document(editor: Client) -> None:
    post(editor, address("ui.click"), owner="Growth", purpose="Find lost clicks", canary="off")

    entry = lookups.current_document().get("ui.click")
    assert entry is not None
    assert (entry.about.owner, entry.about.purpose) == ("Growth", "Find lost clicks")
    assert entry.settings["canary_events_enabled"] is False


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("schema_title", "page/change"),
        ("service", "main"),
        ("name", "ui.other"),
        ("topic_rule", "exact"),
        ("topic_values", "page.change"),
        ("message_key_fields", '{"page_id": "page.page_id"}'),
        ("other_settings", '{"topics": ["page.change"]}'),
    ],
)
def test_editor__posts_wiring__is_refused_and_nothing_changes(editor: Client, field: str, value: str) -> None:
    answer = post(editor, address("ui.click"), **{field: value, "sampling_percent": "1"})

    assert "engineers only" in str(errors(answer))
    assert Revision.objects.count() == 1


@pytest.mark.parametrize("percent", ["-1", "101", "5000"])
def test_sampling__out_of_range__teaches(editor: Client, percent: str) -> None:
    answer = post(editor, address("ui.click"), sampling_percent=percent)

    assert errors(answer)["sampling_percent"] == ["Sampling goes from 0 to 100 percent. For one of twenty write 5."]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"sampling_percent": ""}, "sampling_percent"),
        ({"sampling_unit": ""}, "sampling_unit"),
        ({"consumers": "[1]"}, "consumers"),
    ],
)
def test_form__half_a_setting__names_the_other_half(editor: Client, changes: dict[str, str], field: str) -> None:
    assert field in errors(post(editor, address("ui.click"), **changes))


def test_form__opened_before_anothers_change__is_refused(editor: Client) -> None:
    posted = form_of(editor, address("ui.click"))
    configuring.switch(["ui.click"], is_enabled=False, author="ben", reason="")

    answer = editor.post(address("ui.click"), {**posted, "sampling_percent": "1"}, follow=True)

    assert "ben changed ui.click meanwhile" in said(answer)  # type: ignore[arg-type]  # the test client's
    assert lookups.snapshot().revision == 2


def test_editor__new_stream__is_refused(editor: Client) -> None:
    assert editor.get(reverse("admin:streamconfig_stream_add")).status_code == 403


@pytest.fixture
def registered(tmp_path: Path) -> str:
    """A schema title that the registry knows."""
    folder = tmp_path / "jsonschema/sample/test_event"
    folder.mkdir(parents=True)
    draft = "http://json-schema.org/draft-07/schema#"
    schema = {"$id": "/sample/test_event/1.0.0", "$schema": draft, "title": "sample/test_event", "type": "object"}
    for ending in ("json", "yaml"):
        (folder / f"1.0.0.{ending}").write_text(json.dumps(schema))
    assert registry.import_folder(name="ours", folder=tmp_path).problems == ()
    return "sample/test_event"


def test_engineer__new_stream__is_published(engineer: Client, registered: str) -> None:
    path = reverse("admin:streamconfig_stream_add")
    facts = {"name": "test.new", "service": "main", "topic_rule": "prefixes", "topic_values": "a.\nb."}

    unknown = post(engineer, path, **facts, schema_title="test/evnt")
    answer = post(engineer, path, **facts, schema_title=registered)

    assert errors(unknown)["schema_title"] == ["No schema test/evnt is registered. Did you mean sample/test_event?"]
    assert "Published as revision 2" in said(answer)
    assert lookups.snapshot().streams["test.new"].topics == ("a.test.new", "b.test.new")


@pytest.mark.parametrize(("name", "told"), [("/job(/", "no valid regular expression"), ("two words", "can't name a topic")])
def test_engineer__bad_name__is_told_at_its_field(engineer: Client, registered: str, name: str, told: str) -> None:
    answer = post(engineer, reverse("admin:streamconfig_stream_add"), name=name, schema_title=registered)

    assert told in errors(answer)["name"][0]


def test_engineer__removes_a_stream__it_is_gone(engineer: Client) -> None:
    pk = Stream.objects.get(name="ui.click").pk

    engineer.post(reverse("admin:streamconfig_stream_delete", args=[pk]), {"post": "yes"})

    assert "ui.click" not in lookups.snapshot().streams
    assert not Stream.objects.filter(name="ui.click").exists()


def test_list__action__switches_many_in_one_revision(editor: Client) -> None:
    chosen = list(Stream.objects.filter(name__in=["ui.click", "page.change"]).values_list("pk", flat=True))

    answer = editor.post(
        reverse("admin:streamconfig_stream_changelist"), {"action": "disable", "_selected_action": chosen}, follow=True
    )

    assert "Published as revision 2" in said(answer)  # type: ignore[arg-type]  # the test client's
    assert {stream.is_enabled for stream in lookups.snapshot().streams.values()} == {False}


def test_viewer__looks_but_posts_are_refused(client: Client) -> None:
    client.force_login(user("vic", may_change=False))
    page = client.get(address("ui.click"))

    assert "50 % of sessions" in re.sub(r"\s+", " ", page.content.decode())
    assert client.post(address("ui.click"), {"sampling_percent": "1"}).status_code == 403
    action = {"action": "disable", "_selected_action": [Stream.objects.get(name="ui.click").pk]}
    client.post(reverse("admin:streamconfig_stream_changelist"), action)
    assert Revision.objects.count() == 1


def test_editor__deletes__is_refused(editor: Client) -> None:
    pk = Stream.objects.get(name="ui.click").pk

    assert editor.post(reverse("admin:streamconfig_stream_delete", args=[pk]), {"post": "yes"}).status_code == 403


def test_defaults__by_engineer_only(client: Client) -> None:
    path = reverse("admin:streamconfig_defaults_change", args=[Defaults.objects.get().pk])
    client.force_login(user("ed"))
    assert client.post(path, {"settings": "{}"}).status_code == 403

    client.force_login(user("eng", may_wire=True))
    answer = client.post(path, {"settings": '{"canary_events_enabled": false}', "reason": "quiet"}, follow=True)

    assert "Published as revision 2" in said(answer)  # type: ignore[arg-type]  # the test client's
    assert not lookups.snapshot().streams["page.change"].canary_events_enabled


def test_defaults__nothing_sent__are_not_emptied(client: Client) -> None:
    path = reverse("admin:streamconfig_defaults_change", args=[Defaults.objects.get().pk])
    before = Defaults.objects.get().settings
    client.force_login(user("eng", may_wire=True))

    answer = client.post(path, {})

    assert b"Write {} to have no defaults" in answer.content
    assert Defaults.objects.get().settings == before


def test_revisions__are_shown_and_never_edited(engineer: Client) -> None:
    path = reverse("admin:streamconfig_revision_change", args=[1])

    assert b"sample.<wbr>rate" in engineer.get(path).content
    assert engineer.post(path, {"author": "eve"}).status_code == 403
    assert engineer.get(reverse("admin:streamconfig_revision_changelist")).status_code == 200

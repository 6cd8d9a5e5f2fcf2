"""The admin: what a product manager saves becomes a change request, and holds everywhere once it is approved."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from registry import services as registry
from streamconfig import lookups
from streamconfig.models import ChangeRequest, Revision, Stream
from tests import configuring
from tests.streamconfig.conftest import DOCUMENT
from tests.streamconfig.posting import add_page, approved, errors, form_of, leaves, post, proposed, said, send, user

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("streams")]
FORM = "stream_form"


@pytest.fixture
def editor(client: Client) -> Client:
    client.force_login(user("editor"))
    return client


@pytest.fixture
def engineer(client: Client) -> Client:
    client.force_login(user("engineer"))
    return client


@pytest.fixture
def administrator(client: Client) -> Client:
    client.force_login(user("administrator"))
    return client


def address(name: str) -> str:
    return reverse("admin:streamconfig_stream_change", args=[Stream.objects.get(name=name).pk])


def test_editor__halves_the_rate__it_holds_once_it_is_approved(editor: Client) -> None:
    answer = post(editor, address("ui.click"), FORM, sampling_percent="25", reason="half is enough")

    request = proposed()
    assert "waits for approval: 1 by approver or engineer or administrator" in said(answer)
    assert (request.title, request.reason, request.base_revision) == (
        "ui.click: Sampling rate 50\u202f% → 25\u202f%",
        "half is enough",
        1,
    )
    assert leaves(request) == {"sample.rate": 0.25}
    assert Revision.objects.count() == 1

    approved()

    api = editor.get("/w/api.php?action=streamconfigs&streams=ui.click").json()
    assert api["streams"]["ui.click"]["sample"] == {"unit": "session", "rate": 0.25}
    assert Revision.objects.get(number=2).reason == "half is enough"


def test_editor__describes__is_published_at_once_since_a_policy_waives_it(editor: Client) -> None:
    answer = post(editor, address("ui.click"), FORM, purpose="Find lost clicks", task="https://example.org/1")

    assert "Published as revision 2. It reaches the API and every intake within 2 s" in said(answer)
    entry = lookups.current_document().get("ui.click")
    assert entry is not None
    assert (entry.about.purpose, entry.about.task, entry.about.owner) == (
        "Find lost clicks",
        "https://example.org/1",
        "Web team",
    )


def test_editor__saves_without_a_change__nothing_is_proposed(editor: Client) -> None:
    for name in ("ui.click", "page.change", "/^job\\..+/"):
        assert "Nothing differs" in str(errors(post(editor, address(name), FORM)))

    assert ChangeRequest.objects.count() == 1
    assert lookups.export() == DOCUMENT


def test_editor__saves_a_draft__nobody_is_asked(editor: Client) -> None:
    answer = post(editor, address("ui.click"), FORM, sampling_percent="25", _draft="1")

    assert "is saved as a draft" in said(answer)
    assert proposed().state == ChangeRequest.State.DRAFT


def test_editor__from_a_moment_on__is_scheduled_once_approved(editor: Client) -> None:
    on = (timezone.now() + timedelta(days=3)).strftime("%Y-%m-%dT12:00")
    post(editor, address("ui.click"), FORM, sampling_percent="25", effective_on=on, effective_zone="Asia/Tokyo")

    approved()

    request = proposed()
    assert request.state == ChangeRequest.State.SCHEDULED
    assert request.effective_at is not None
    assert request.effective_at.strftime("%Y-%m-%dT%H:%M") == on.replace("T12", "T03")
    page = re.sub(r"\s+", " ", editor.get(address("ui.click")).content.decode())
    assert re.search(rf"Change {request.pk}</a> sets Sampling rate to 25 % from \w+ \d+ \w+ \d+, 03:00 UTC", page)


@pytest.mark.parametrize(
    ("moment", "zone", "field"),
    [
        ("2020-01-01T00:00", "UTC", "effective_on"),
        ("soon", "UTC", "effective_on"),
        ("2099-01-01T00:00", "Mars", "effective_zone"),
    ],
)
def test_moment__bad__is_told_at_its_field(editor: Client, moment: str, zone: str, field: str) -> None:
    answer = post(editor, address("ui.click"), FORM, sampling_percent="25", effective_on=moment, effective_zone=zone)

    assert field in errors(answer)
    assert ChangeRequest.objects.count() == 1


def test_windows_and_ramp__written_in_rows__are_the_streams(editor: Client) -> None:
    rows = {
        "windows_once-0-begins": "2026-12-01T00:00",
        "windows_once-0-time_zone": "Europe/Berlin",
        "windows_weekly-0-days": ["mon", "fri"],
        "windows_weekly-0-start": "09:00",
        "windows_weekly-0-end": "17:00",
        "windows_weekly-0-time_zone": "Europe/Berlin",
        "ramp-0-begins": "2026-12-01T00:00",
        "ramp-0-percent": "5",
        "late_action": "drop",
    }

    answer = post(editor, address("ui.click"), FORM, **rows)

    assert "waits for approval" in said(answer)
    assert leaves(proposed()) == {
        "windows": [
            {"from": "2026-12-01T00:00", "time_zone": "Europe/Berlin"},
            {"days": ["mon", "fri"], "start": "09:00", "end": "17:00", "time_zone": "Europe/Berlin"},
        ],
        "ramp": [{"at": "2026-12-01T00:00:00Z", "rate": 0.05}],
        "late_events": {"action": "drop"},
    }


def test_stores__one_cell__is_all_that_changes(editor: Client) -> None:
    post(editor, address("ui.click"), FORM, **{"consumers-0-retention_days": "30"})

    assert leaves(proposed()) == {"consumers": {"warehouse": {"retention_days": 30}}}


def test_form__shows_what_the_defaults_say(editor: Client) -> None:
    page = editor.get(address("ui.click")).content.decode()

    assert "As the defaults say: yes" in page
    assert 'value="warehouse"' in page


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("schema_title", "page/change"),
        ("service", "main"),
        ("name", "ui.other"),
        ("topic_rule", "exact"),
        ("topic_values", "page.change"),
        ("message_key-0-name", "page_id"),
        ("headers-0-field", "http.client_ip"),
        ("other_settings", '{"topics": ["page.change"]}'),
        ("partitions", "6"),
        ("sensitivity", "public"),
        ("canary", "off"),
        ("attributes", "performer_name"),
    ],
)
def test_editor__posts_wiring__is_refused_and_nothing_changes(editor: Client, field: str, value: str) -> None:
    marker = {f"{field.split('-', maxsplit=1)[0]}-rows": "1"} if "-" in field else {}

    answer = post(editor, address("ui.click"), FORM, **{field: value, **marker, "sampling_percent": "1"})

    assert "You can't change" in str(errors(answer)["__all__"])
    assert ChangeRequest.objects.count() == 1


@pytest.mark.parametrize("percent", ["-1", "101", "5000"])
def test_sampling__out_of_range__teaches(editor: Client, percent: str) -> None:
    answer = post(editor, address("ui.click"), FORM, sampling_percent=percent)

    assert "Sampling goes from 0 to 100 percent. For one of twenty write 5." in errors(answer)["sampling_percent"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"sampling_percent": ""}, "sampling_percent"),
        ({"sampling_unit": ""}, "sampling_unit"),
        ({"other_settings": "[1]"}, "other_settings"),
        ({"other_settings": '{"sample": {"rate": 1}}'}, "other_settings"),
        ({"topic_rule": "exact", "topic_values": "two words"}, "topic_values"),
        ({"ramp-0-begins": "2026-12-01T00:00"}, "ramp"),
    ],
)
def test_form__wrong__tells_it_at_the_field(engineer: Client, changes: dict[str, str], field: str) -> None:
    assert field in errors(post(engineer, address("ui.click"), FORM, **changes))
    assert ChangeRequest.objects.count() == 1


def test_form__opened_before_anothers_change_of_the_same__tells_what_it_is_now(editor: Client) -> None:
    fields = form_of(editor.get(address("ui.click")), FORM)
    configuring.configure(
        {"streams": {"ui.click": {**DOCUMENT["streams"]["ui.click"], "sample": {"unit": "session", "rate": 0.1}}}}
    )

    answer = send(editor, address("ui.click"), fields, sampling_percent="1")

    assert "Somebody else made it 0.1 meanwhile" in errors(answer)["sampling_percent"][0]
    assert lookups.newest_revision() == 2


def test_form__opened_before_anothers_change_elsewhere__both_hold(editor: Client) -> None:
    fields = form_of(editor.get(address("ui.click")), FORM)
    configuring.switch(["ui.click"], is_enabled=False)

    send(editor, address("ui.click"), fields, purpose="Why not")

    entry = lookups.current_document().get("ui.click")
    assert entry is not None
    assert (entry.is_enabled, entry.about.purpose) == (False, "Why not")


@pytest.mark.parametrize("revision", ["", "x", "0", "77", "99999999999999999999"])
def test_form__says_another_revision__breaks_nothing(editor: Client, revision: str) -> None:
    answer = post(editor, address("ui.click"), FORM, base_revision=revision, sampling_percent="25")

    assert answer.status_code == 200


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


def test_engineer__new_stream__is_proposed_and_then_there(engineer: Client, registered: str) -> None:
    facts = {"name": "test.new", "service": "main", "topic_rule": "prefixes", "topic_values": "a.\nb."}

    unknown = post(engineer, add_page("stream"), FORM, **facts, schema_title="test/evnt")
    answer = post(engineer, add_page("stream"), FORM, **facts, schema_title=registered)

    assert errors(unknown)["schema_title"] == ["No schema test/evnt is registered. Did you mean sample/test_event?"]
    assert "waits for approval" in said(answer)
    assert proposed().title == "Add stream test.new"
    approved()
    assert lookups.snapshot().streams["test.new"].topics == ("a.test.new", "b.test.new")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("/job(/", "no valid regular expression"),
        ("two words", "can't name a topic"),
        ("ui.click", "There is a stream ui.click"),
    ],
)
def test_engineer__bad_name__is_told_at_its_field(engineer: Client, registered: str, name: str, told: str) -> None:
    answer = post(engineer, add_page("stream"), FORM, name=name, schema_title=registered)

    assert told in errors(answer)["name"][0]


def test_engineer__removes_a_stream__is_a_request(engineer: Client) -> None:
    pk = Stream.objects.get(name="ui.click").pk

    engineer.post(reverse("admin:streamconfig_stream_delete", args=[pk]), {"post": "yes", "reason": "nobody reads it"})

    assert (proposed().title, proposed().reason) == ("Remove stream ui.click", "nobody reads it")
    assert Stream.objects.filter(name="ui.click").exists()
    approved()
    assert not Stream.objects.filter(name="ui.click").exists()


def chosen(*names: str) -> list[int]:
    return list(Stream.objects.filter(name__in=names).values_list("pk", flat=True))


def together(client: Client, action: str, *names: str) -> HttpResponse:
    path = reverse("admin:streamconfig_stream_changelist")
    return client.post(path, {"action": action, "_selected_action": chosen(*names)})  # type: ignore[return-value]  # the test client's


def test_action__switches_off__shows_what_it_would_do_and_proposes_one_change(editor: Client) -> None:
    page = together(editor, "disable", "ui.click", "page.change")
    text = page.content.decode()

    assert ChangeRequest.objects.count() == 1
    assert "A stream or instrument is switched off: 2" in text
    assert "Propose as one change" in text

    answer = send(editor, reverse("admin:streamconfig_stream_together"), form_of(page, "together"), _propose="1")

    assert "waits for approval" in said(answer)
    assert [change.name for change in proposed().changes] == ["page.change", "ui.click"]
    approved()
    assert not any(lookups.snapshot().streams[name].is_enabled for name in ("ui.click", "page.change"))


def test_action__removes__says_that_it_is_a_proposal(engineer: Client) -> None:
    page = together(engineer, "delete_selected", "ui.click").content.decode()

    assert "Propose to take these out" in page
    assert ChangeRequest.objects.count() == 1


def test_together__chosen_fields_alone__become_what_was_written(editor: Client) -> None:
    path = reverse("admin:streamconfig_stream_together")
    fields = form_of(together(editor, "edit_together", "ui.click", "page.change"), "together")
    wanted = {"chosen": ["sampling", "consumers"], "sampling_percent": "5", "sampling_unit": "pageview", "owner": "not chosen"}

    page = send(editor, path, fields, **wanted, **{"consumers-0-name": "lake", "consumers-0-ttl_seconds": "60"}, _preview="1")
    send(editor, path, form_of(page, "together"), _propose="1")

    assert {change.name: {one.path: one.becomes for one in change.fields} for change in proposed().changes} == {
        "page.change": {"sample": {"unit": "pageview", "rate": 0.05}, "consumers": {"lake": {"ttl_seconds": 60}}},
        "ui.click": {"sample.unit": "pageview", "sample.rate": 0.05, "consumers": {"lake": {"ttl_seconds": 60}}},
    }


@pytest.mark.parametrize("wanted", [{}, {"chosen": "sampling", "sampling_percent": "500"}, {"chosen": "nonsense"}])
def test_together__nothing_to_do__shows_no_preview(editor: Client, wanted: dict[str, str]) -> None:
    fields = form_of(together(editor, "edit_together", "ui.click"), "together")

    page = send(editor, reverse("admin:streamconfig_stream_together"), fields, **wanted, _propose="1")

    assert page.context["preview"] is None  # type: ignore[attr-defined]  # the test client's
    assert ChangeRequest.objects.count() == 1


def test_viewer__looks_but_posts_are_refused(client: Client) -> None:
    client.force_login(user("viewer"))
    page = client.get(address("ui.click"))

    assert "50 % of sessions" in re.sub(r"\s+", " ", page.content.decode())
    assert client.post(address("ui.click"), {"sampling_percent": "1"}).status_code == 403
    together(client, "disable", "ui.click")
    assert ChangeRequest.objects.count() == 1


@pytest.mark.parametrize(
    "query",
    ["mine=1", "sampled=all", "sampled=some", "sampled=none", "due=review", "due=soon", "due=expired", "due=never", "q=click"],
)
def test_list__filtered__answers(editor: Client, query: str) -> None:
    assert editor.get(f"{reverse('admin:streamconfig_stream_changelist')}?{query}").status_code == 200

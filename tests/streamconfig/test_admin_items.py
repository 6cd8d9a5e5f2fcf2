"""The admin of instruments, overrides, teams, services, sites, policies and defaults, and of what was published."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from streamconfig import lookups
from streamconfig.models import Defaults, Instrument, Item, Stream
from tests import configuring
from tests.streamconfig.posting import add_page, approved, errors, leaves, post, proposed, user

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("streams")]
FORM = "stream_form"


def address(name: str) -> str:
    return reverse("admin:streamconfig_stream_change", args=[Stream.objects.get(name=name).pk])


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


def test_instrument__made_changed_and_stopped__by_an_editor(editor: Client) -> None:
    facts = {
        "key": "banner",
        "stream": "ui.click",
        "sampling_percent": "1",
        "sampling_unit": "session",
        "sites": "enwiki\ndewiki",
    }
    post(editor, add_page("instrument"), "instrument_form", **facts, attributes=["page_id", "page_title"], is_enabled="on")
    approved()

    row = Instrument.objects.get()
    assert row.item == {
        "stream": "ui.click",
        "sample": {"unit": "session", "rate": 0.01},
        "audience": {"sites": ["enwiki", "dewiki"]},
        "contextual_attributes": ["page_id", "page_title"],
    }

    path = reverse("admin:streamconfig_instrument_change", args=[row.pk])
    post(editor, path, "instrument_form", is_enabled=None)
    assert proposed().title == "banner: switched off"
    assert f"Change {proposed().pk}</a>" in editor.get(path).content.decode()
    unknown = post(editor, path, "instrument_form", stream="nowhere")
    assert "There is no stream nowhere." in errors(unknown)["stream"]
    again = post(editor, add_page("instrument"), "instrument_form", **facts)
    assert "There is a banner in instruments already" in errors(again)["key"][0]


def test_override__scope_in_parts__streams_in_rows(engineer: Client) -> None:
    rows = {"streams-0-name": "ui.click", "streams-0-sampling_percent": "1", "streams-0-others": '{"x": 1}'}
    post(engineer, add_page("override"), "override_form", environment="staging", mode="+", place="private", **rows)
    approved()

    row = Item.objects.get(section="overrides")
    assert (row.key, row.item) == ("staging:+private", {"streams": {"ui.click": {"x": 1, "sample": {"rate": 0.01}}}})
    path = reverse("admin:streamconfig_override_change", args=[row.pk])
    assert "Nothing differs" in str(errors(post(engineer, path, "override_form")))
    post(engineer, path, "override_form", **{"streams-0-sampling_percent": "2"})
    assert leaves(proposed()) == {"streams.ui.click.sample.rate": 0.02}


@pytest.mark.parametrize(
    ("kind", "facts", "item"),
    [
        ("team", {"key": "web", "title": "Web", "email": "web@example.org"}, {"title": "Web", "email": "web@example.org"}),
        (
            "intakeservice",
            {"key": "main", "url": "https://x.example", "audience": "internal"},
            {"url": "https://x.example", "audience": "internal"},
        ),
        (
            "site",
            {"key": "enwiki", "tags": "big\nwiki", "hosts": "en.example"},
            {"tags": ["big", "wiki"], "hosts": ["en.example"]},
        ),
        (
            "policy",
            {
                "key": "big",
                "effects": ["rate_up"],
                "rate_factor": "2",
                "approvals": "2",
                "by": ["engineer"],
                "outside_team": "on",
            },
            {"effects": ["rate_up"], "rate_factor": 2.0, "approvals": 2, "by": ["engineer"], "outside_team": True},
        ),
    ],
)
def test_item__made_by_an_administrator__holds_what_was_written(
    administrator: Client, kind: str, facts: dict[str, Any], item: dict[str, Any]
) -> None:
    post(administrator, add_page(kind), f"{kind}_form", **facts)
    approved()

    row = Item.objects.get()
    assert (row.key, row.item) == (facts["key"], item)
    path = reverse(f"admin:streamconfig_{kind}_change", args=[row.pk])
    assert "Nothing differs" in str(errors(post(administrator, path, f"{kind}_form")))
    administrator.post(reverse(f"admin:streamconfig_{kind}_delete", args=[row.pk]), {"post": "yes"})
    approved()
    assert not Item.objects.exists()


def test_defaults__by_an_engineer__change_what_is_said(engineer: Client) -> None:
    path = reverse("admin:streamconfig_defaults_change", args=[Defaults.objects.get().pk])

    assert "Nothing differs" in str(errors(post(engineer, path, "defaults_form")))
    post(engineer, path, "defaults_form", canary="off", reason="quiet")
    approved()

    assert not lookups.snapshot().streams["page.change"].canary_events_enabled
    assert lookups.current_document().defaults["topic_prefixes"] is None


def test_history__of_an_item__leads_to_its_revisions(administrator: Client) -> None:
    post(administrator, add_page("site"), "site_form", key="enwiki")
    approved()
    row = Item.objects.get()

    page = administrator.get(reverse("admin:streamconfig_site_history", args=[row.pk]), follow=True)

    assert [one.number for one in page.context["cl"].result_list] == [2]
    stream = Stream.objects.get(name="ui.click")
    moved = administrator.get(reverse("admin:streamconfig_stream_history", args=[stream.pk]))
    assert moved["Location"] == "/streams/ui.click#history"


@pytest.mark.parametrize("kind", ["revision", "changerequest", "verdict", "requeststep"])
def test_history__is_shown_and_never_edited(administrator: Client, kind: str) -> None:
    post(administrator, address("ui.click"), FORM, sampling_percent="25")
    approved()
    rows = administrator.get(reverse(f"admin:streamconfig_{kind}_changelist"))
    pk = rows.context["cl"].result_list[0].pk

    assert rows.status_code == 200
    assert administrator.post(reverse(f"admin:streamconfig_{kind}_change", args=[pk]), {"author": "eve"}).status_code in {
        302,
        403,
    }
    assert administrator.post(reverse(f"admin:streamconfig_{kind}_delete", args=[pk]), {"post": "yes"}).status_code == 403
    assert administrator.get(reverse(f"admin:streamconfig_{kind}_add")).status_code == 403


EVERY_FIELD = {
    "key": "clicks",
    "title": "Clicks",
    "description": "What browsers say",
    "url": "https://intake.example.org",
    "audience": "external",
    "door_origins": "https://en.example.org\nhttps://de.example.org",
    "door_anonymous": "off",
    "door_error_stream": "page.change",
    "door_ip": "drop",
    "door_agent": "family",
    "door_dnt": "on",
    "door_gpc": "off",
    "door_clears": "on",
    "door_profile": "eventgate",
    "door_hosts": "intake.example.org\nclicks.example.org",
    "door_spooled": "201",
    "door_duplicates": "60",
    "door_sources-0-name": "https://shop.example.org/orders",
    "door_sources-0-path": "ui.click",
    "limit_body": "1000000",
    "limit_event": "65536",
    "limit_events": "100",
    "limit_depth": "10",
    "limit_keys": "200",
    "limit_key_rate": "50.5",
    "limit_key_quota": "100000",
    "limit_address_rate": "5",
    "gate_streams": "on",
    "gate_slashless": "on",
    "gate_schema_parameter": "schema_uri",
    "gate_stream_parameter": "stream",
    "gate_dt": "meta.dt",
    "gate_cors": "https://en.example.org",
}


def test_service__every_field_of_its_form__is_saved_and_shown_again(administrator: Client) -> None:
    post(administrator, add_page("intakeservice"), "intakeservice_form", **EVERY_FIELD)
    approved()

    row = Item.objects.get(section="services", key="clicks")
    assert row.item == {
        "title": "Clicks",
        "description": "What browsers say",
        "url": "https://intake.example.org",
        "audience": "external",
        "origins": ["https://en.example.org", "https://de.example.org"],
        "allows_anonymous": False,
        "error_stream": "page.change",
        "privacy": {"ip": "drop", "user_agent": "family", "heeds_dnt": True, "heeds_gpc": False, "clears_at_door": True},
        "profile": "eventgate",
        "hosts": ["intake.example.org", "clicks.example.org"],
        "spooled_status": 201,
        "duplicate_seconds": 60,
        "sources": {"https://shop.example.org/orders": "ui.click"},
        "limits": {
            "max_body_bytes": 1_000_000,
            "max_event_bytes": 65_536,
            "max_events": 100,
            "max_depth": 10,
            "max_keys": 200,
            "key_events_per_second": 50.5,
            "key_events_per_day": 100_000,
            "address_events_per_second": 5,
        },
        "eventgate": {
            "needs_streams": True,
            "allows_slashless": True,
            "schema_uri_parameter": "schema_uri",
            "stream_parameter": "stream",
            "dt_field": "meta.dt",
            "cors": "https://en.example.org",
        },
    }
    path = reverse("admin:streamconfig_intakeservice_change", args=[row.pk])
    assert "Nothing differs" in str(errors(post(administrator, path, "intakeservice_form")))
    post(administrator, path, "intakeservice_form", limit_events="50")
    assert leaves(proposed()) == {"limits.max_events": 50}


def test_service__in_the_admins_list__shows_profile_and_hosts(administrator: Client) -> None:
    configuring.configure({"services": {"exact": {"profile": "eventgate", "hosts": ["intake.example.org"]}}})

    page = administrator.get(reverse("admin:streamconfig_intakeservice_changelist")).content.decode()

    assert "as EventGate" in page
    assert "intake.example.org" in page

"""The pages of services, and what a stream's page says of the intake."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from eventplatform import panels
from eventplatform.core.door_rules import DoorRules, PrivacyRules
from eventplatform.core.services import Limits, Service
from monitoring.demo_users import ensure_groups
from streamconfig.change_control import requests
from streamconfig.change_control.actors import of_user
from streamconfig.configuration.changes import Change, Field
from streamconfig.forms.items import ServiceForm
from streamconfig.forms.stream import StreamForm
from streamconfig.models import ChangeRequest
from streamconfig.pages import door_words
from tests import configuring
from tests.streamconfig.asking import person, signed_in

HOSTILE = "<script>alert(1)</script>"
SERVICES: dict[str, Any] = {
    "analytics": {
        "title": "Analytics",
        "description": HOSTILE,
        "audience": "external",
        "profile": "eventgate",
        "hosts": ["intake.example.org"],
        "origins": ["https://en.example.org"],
        "error_stream": "page.change",
        "limits": {"max_events": 100, "address_events_per_second": 20},
        "sources": {"reports:csp": "ui.click /csp/1.0.0"},
        "privacy": {"ip": "truncate"},
    }
}
CLICK = {"schema_title": "ui/click", "destination_event_service": "analytics", "intake": {"events_per_second": 100}}


def text(client: Client, path: str) -> str:
    """A page without its marks of where long names may break."""
    return client.get(path).content.decode().replace("<wbr>", "")


def asked(change: Change) -> ChangeRequest:
    """An engineer asks for it."""
    return requests.propose(by=of_user(person("engineer")), changes=(change,), title="Try", reason="To see").request


def words(rules: list[door_words.Rule]) -> dict[str, tuple[str, str]]:
    return {one.name: (one.words, one.whose) for one in rules}


def test_of_stream__says_nothing__is_as_service_and_platform_say() -> None:
    service = Service("a", origins=("https://en.example.org",), error_stream="a.error", privacy=PrivacyRules(ip="drop"))
    said = {"origins": ["https://en.example.org"], "privacy": {"ip": "drop"}}

    found = words(door_words.of_stream(DoorRules(), service, said))

    assert found["Pages that may send"] == ("https://en.example.org", "the service")
    assert found["Clients"] == ("With a producer key or without", "the platform")
    assert found["How much, of all clients"] == ("As much as comes", "the platform")
    assert found["Refused events"] == ("Told on a.error", "the service")
    assert found["Addresses of people"] == ("Dropped", "the service")
    assert found["User agents"] == ("As the schema's marks say", "the platform")
    assert found["While the log is away"] == ("Kept on the intake's disk, answered 202", "the platform")


def test_of_stream__own_rules__are_its_own_word() -> None:
    own = DoorRules(
        origins=("*",),
        allows_anonymous=False,
        events_per_second=5,
        events_per_day=10_000,
        when_log_away="refuse",
        error_stream="mine",
        privacy=PrivacyRules(user_agent="drop", heeds_dnt=True),
    )

    found = words(door_words.of_stream(own, Service("a", error_stream="a.error"), {}))

    assert {name for name, (_, whose) in found.items() if whose == "the stream"} == {
        "Pages that may send",
        "Clients",
        "How much, of all clients",
        "While the log is away",
        "Refused events",
        "User agents",
        "Do Not Track",
    }
    assert found["How much, of all clients"][0] == "5 events a second, 10\u202f000 events a day (UTC)"
    assert found["Clients"][0] == "Only with a producer key"


def test_limits__service_says_more_than_the_process__the_lesser_holds(settings: Settings) -> None:
    settings.INTAKE_MAX_EVENTS = 500
    settings.INTAKE_KEY_EVENTS_PER_SECOND = 7
    service = Service("a", limits=Limits(max_events=1000, max_event_bytes=65_536, max_depth=9))

    found = words(list(door_words.limits(service)))

    assert found["Events of a request"] == ("500", "the platform")
    assert found["An event"] == ("64 KiB", "the service")
    assert found["Levels of an event"] == ("9", "the service")
    assert found["A producer key"] == ("7 events a second", "the platform")
    assert found["An address without a key"] == ("no limit", "the platform")


@pytest.mark.slow
@pytest.mark.usefixtures("streams")
def test_list__kept_and_named_services__address_profile_hosts_and_figures(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    configuring.configure({"services": SERVICES})
    monkeypatch.setitem(panels._functions, "monitoring.service_figures", lambda: {"analytics": (1000, 900)})

    answer = client.get("/services")
    page = text(client, "/services")

    assert {one.key: (one.is_kept, one.streams) for one in answer.context["services"]} == {
        "analytics": (True, 1),
        "main": (False, 2),
    }
    assert "/analytics/v1/events" in page
    assert "As EventGate" in page
    assert "intake.example.org" in page
    assert "10 %" in page
    assert "<script>alert" not in page
    assert 'href="/services"' in client.get("/streams").content.decode()


@pytest.mark.slow
@pytest.mark.usefixtures("streams")
def test_page__of_a_service__rules_limits_streams_and_sources(client: Client) -> None:
    configuring.configure({"services": SERVICES})

    page = text(client, "/services/analytics")

    assert "https://en.example.org" in page
    assert 'href="/streams/ui.click"' in page
    assert "reports:csp" in page
    assert "20 events a second" in page
    assert "Shortened to the network" in page
    assert "<script>alert" not in page
    assert "Only streams name it" in client.get("/services/main").content.decode()
    assert client.get("/services/nobody").status_code == 404


@pytest.mark.slow
@pytest.mark.usefixtures("streams")
@pytest.mark.parametrize(("role", "may"), [("viewer", False), ("editor", False), ("engineer", True), ("administrator", True)])
def test_pages__each_role__is_led_to_the_form_where_it_opens(role: str, may: bool) -> None:  # noqa: FBT001  # a case
    configuring.configure({"services": SERVICES})
    ensure_groups()
    client = signed_in(role)

    assert ("Add a service" in text(client, "/services")) == may
    assert ("Propose a change" in text(client, "/services/analytics")) == may
    assert (client.get("/admin/streamconfig/intakeservice/add/").status_code == 200) == may


@pytest.mark.slow
@pytest.mark.usefixtures("streams")
def test_page__of_a_stream__says_the_intakes_rules_and_whose_they_are(client: Client) -> None:
    configuring.configure({"services": SERVICES, "streams": {"ui.click": CLICK}})

    page = text(client, "/streams/ui.click")

    card = page[page.index('id="intake"') :]
    assert "100 events a second" in card
    assert 'href="/streams/page.change"' in card
    assert 'href="/services/analytics"' in page
    assert client.get("/streams/job.a").status_code == 200  # one that a pattern stands for


@pytest.mark.slow
@pytest.mark.usefixtures("streams")
@pytest.mark.parametrize(
    ("item", "keys", "value", "label"),
    [
        (("services", "analytics"), ("allows_anonymous",), False, "Anonymous clients"),
        (("services", "analytics"), ("limits", "max_keys"), 5, "Keys of an object"),
        (("streams", "ui.click"), ("intake",), {"when_log_away": "refuse"}, "While the log is away"),
    ],
)
def test_change__of_who_may_send__says_so_in_the_forms_words(
    client: Client, item: tuple[str, str], keys: tuple[str, ...], value: object, label: str
) -> None:
    configuring.configure({"services": SERVICES})
    ensure_groups()
    change = asked(Change(*item, "changed", fields=(Field(keys, becomes=value),)))

    page = text(client, f"/changes/{change.pk}")

    assert label in page
    assert "it may refuse some that it takes now" in page
    assert "as many events come as before" not in page


@pytest.mark.slow
@pytest.mark.usefixtures("streams")
def test_change__of_a_services_description__takes_no_event_away(client: Client) -> None:
    configuring.configure({"services": SERVICES})
    ensure_groups()
    field = Field(("description",), was=HOSTILE, becomes="Clicks")
    change = asked(Change("services", "analytics", "changed", fields=(field,)))

    assert "as many events come as before" in text(client, f"/changes/{change.pk}")


@pytest.mark.parametrize(("form", "word"), [(StreamForm, "As the service says"), (ServiceForm, "As the platform says")])
def test_form__rule_left_open__says_whose_word_holds(form: Any, word: str) -> None:
    fields = form.base_fields

    assert dict(fields["door_anonymous"].choices)[""] == word
    assert dict(fields["door_dnt"].choices)[""] == word
    if form is ServiceForm:
        said = [text for one in fields.values() for text in (one.help_text, *dict(getattr(one, "choices", ())).values())]
        assert not any("service" in str(text).lower() and "says" in str(text) for text in said)

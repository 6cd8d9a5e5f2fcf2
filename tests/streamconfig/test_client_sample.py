"""The sample as clients get it, and that an event with all that they fill in is one that its schema takes."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client

from eventplatform.guard import origins
from streamconfig import lookups
from streamconfig.configuration import client_fields
from tests.clients.contract.rendering import assembled

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def sample(db: None) -> None:
    """All of examples/."""
    call_command("load_sample", verbosity=0)
    lookups.forget()


def read(client: Client, query: str = "") -> Any:
    return client.get(f"/api/v1/client{query}").json()


def test_sample__asked_for__all_that_three_lines_need(client: Client) -> None:
    found = read(client)

    assert (found["contract"], found["refresh_seconds"]) == (1, settings.CLIENT_REFRESH_SECONDS)
    assert found["revision"] == lookups.snapshot().revision
    assert found["intakes"]["analytics-external"] == f"{settings.INTAKE_URL}/analytics-external/v1/events"
    clicks = found["streams"]["ui.button_click"]
    assert clicks["schema"] == "/ui/button_click/1.2.0"
    assert (clicks["sample"], clicks["changes"], clicks["heeds"], clicks["curation"]) == (
        {"unit": "session", "rate": 0.5},
        [],
        ["gpc"],
        None,
    )
    assert clicks["fields"] == [
        "meta.id",
        "meta.domain",
        "dt",
        "instrument_name",
        "sample.unit",
        "sample.rate",
        "sample.revision",
        "funnel_name",
        "funnel_event_sequence_position",
        "browser.pageview_id",
        "browser.session_id",
        "browser.page_path",
        "browser.viewport_width_px",
        "browser.language",
    ]
    navigation = found["instruments"]["navigation-clicks"]
    assert (navigation["stream"], navigation["sample"]["rate"]) == ("ui.button_click", 0.2)
    assert found["streams"]["client.error"]["schema"] == "/client/error/1.1.0"
    assert found["streams"]["test.event"]["sample"] is None


# Contract 1 as it was released. Keys may come; none of these may go or become something else before two years are over from the
# release of a contract 2 (docs/how-to/client-versions.md).
_ENTRY: dict[str, Any] = {"sample": (dict, type(None)), "changes": list, "fields": list, "older": dict}
CONTRACT_1: dict[str, dict[str, Any]] = {
    "": {
        "contract": int,
        "revision": int,
        "refresh_seconds": int,
        "stream_url": str,
        "intakes": dict,
        "streams": dict,
        "instruments": dict,
    },
    "streams": {**_ENTRY, "schema": (str, type(None)), "service": str, "heeds": list, "curation": (dict, type(None))},
    "instruments": {**_ENTRY, "stream": str, "audience": (dict, type(None))},
    "audience": {"sites": list, "except_sites": list, "platforms": list, "is_logged_in": (bool, type(None))},
    "sample": {"unit": str, "rate": (int, float)},
}


def test_contract_1__asked_for_by_a_client_of_then__answered_with_each_of_its_keys(client: Client) -> None:
    found = read(client)
    entries = [(name, entry) for name in ("streams", "instruments") for entry in found[name].values()]
    samples = [("sample", entry["sample"]) for _, entry in entries if entry["sample"] is not None]
    audiences = [("audience", entry["audience"]) for entry in found["instruments"].values() if entry["audience"]]

    assert found["contract"] == 1
    assert samples
    for part, told in [("", found), *entries, *samples, *audiences]:
        wrong = [key for key, kind in CONTRACT_1[part].items() if key not in told or not isinstance(told[key], kind)]
        assert wrong == [], (part, told)


def test_scope__site_with_overrides__its_own_sample(client: Client) -> None:
    assert read(client, "?scope=en.example")["streams"]["ui.button_click"]["sample"]["rate"] == 0.1
    assert read(client, "?scope=de.example")["streams"]["ui.button_click"]["sample"]["rate"] == 0.5


@pytest.mark.parametrize(("name", "is_open"), [("ui.button_click", True), ("client.error", True), ("ui.page_load", False)])
def test_sample__page_on_ones_own_machine__may_send_to_two_streams(name: str, *, is_open: bool) -> None:
    snapshot = lookups.snapshot()
    stream = snapshot.streams[name]

    assert origins.allowed("http://localhost:5500", snapshot.services[stream.service], stream) is is_open


def test_every_stream__event_of_any_version_with_all_that_is_filled_in__is_valid(client: Client) -> None:
    context: dict[str, Any] = {}
    for path, values in client_fields.KNOWN.items():
        *parents, name = path.split(".")
        inside = context
        for parent in parents:
            inside = inside.setdefault(parent, {})
        inside[name] = values[0]

    streams = read(client)["streams"]
    assert [*streams["ui.button_click"]["older"]] == ["/ui/button_click/1.0.0", "/ui/button_click/1.1.0"]
    versions = [(name, entry, one) for name, entry in streams.items() for one in (entry["schema"], *entry["older"])]
    for name, entry, version in versions:
        schema = lookups.snapshot().find_schema(version)
        assert schema is not None
        event = copy.deepcopy(schema.examples[0]) | {"$schema": version}
        for path in entry["older"].get(version, entry["fields"]):
            _remove(event, path.split("."))
        given = {"stream": name, "entry": entry, "event": event, "context": context, "knows": {}}
        sent = assembled({**given, "now": "2026-11-26T12:00:00.250Z", "id": "0f8fad5b", "domain": "www.example.org"})

        assert not schema.violations(sent), (name, sent)


def _remove(event: Any, path: list[str]) -> None:
    for name in path[:-1]:
        event = event.get(name, {})
    event.pop(path[-1], None)

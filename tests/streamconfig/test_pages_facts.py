"""The words in which pages tell what changed and what holds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from streamconfig.configuration.changes import Field
from streamconfig.configuration.document import Document, Entry
from streamconfig.pages import holding, usage, wizard_forms
from streamconfig.pages.facts import field_words
from streamconfig.pages.wizard_entry import entry_of

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def test_field_words__rate__is_told_in_percent() -> None:
    fields = [Field(("sample", "rate"), 0.0, 1e-07), Field(("sample", "rate"), 1, 0.05)]

    assert [(was, becomes) for _, was, becomes in field_words(fields)] == [
        ("0\u202f%", "<\u202f0.001\u202f%"),
        ("100\u202f%", "5\u202f%"),
    ]


def test_field_words__rate_absent__stays_empty() -> None:
    assert field_words([Field(("sample", "rate"), becomes=None)]) == (("sample.rate", "", "null"),)


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ({}, "everybody"),
        ({"sample": {"unit": "device", "rate": 0.5}}, "50\u202f% of devices"),
        ({"sample": {"rate": 1}, "ramp": [{"at": "2026-11-01T00:00:00Z", "rate": 0.1}]}, "10\u202f% of sessions"),
        ({"sample": {"rate": 1}, "ramp": [{"at": "2026-12-01T00:00:00Z", "rate": 0.1}]}, "100\u202f% of sessions"),
    ],
)
def test_sampling_at__ramp_and_sample__the_step_that_holds(item: dict[str, Any], words: str) -> None:
    assert holding.sampling_at(item, NOON) == words


def test_opening_of__window__says_until_when() -> None:
    opening = holding.opening_of({"windows": [{"from": "2026-12-01T00:00:00Z"}]}, NOON)

    assert opening is not None
    assert not opening.is_open
    assert opening.edge_at == datetime(2026, 12, 1, tzinfo=UTC)
    assert holding.opening_of({}, NOON) is None


def test_overrides_of__scopes__in_words_and_whether_they_hold_here() -> None:
    sample = {"streams": {"ui.click": {"sample": {"unit": "session", "rate": 0.01}}}}
    document = Document(sections={"overrides": {"enwiki": sample, "staging:+*": sample, "frwiki": {"streams": {"other": {}}}}})

    found = holding.overrides_of("ui.click", document, "production")

    assert [(one.scope, one.words, one.is_here) for one in found] == [
        ("enwiki", "1\u202f% of sessions", True),
        ("every site in staging", "1\u202f% of sessions", False),
    ]


def test_headers_of__kept_ones__personal_ones_are_marked() -> None:
    kept = {"meta.request_id": "x-request-id", "http.request_headers.user-agent": "user-agent", "http.off": False}
    settings = {"producers": {"eventgate": {"enrich_fields_from_http_headers": kept}}}

    assert [(one.name, one.is_personal) for one in holding.headers_of(settings)] == [
        ("x-request-id", False),
        ("user-agent", True),
    ]


def test_suggested_names__of_a_title__those_that_are_free() -> None:
    assert wizard_forms.suggested_names("web/ui/click", {"web.ui.click"}) == ["click", "web.ui.click.v1", "web.ui.click.v2"]


def test_entry_of__all_steps__as_the_configuration_has_it() -> None:
    said: dict[str, dict[str, Any]] = {
        "schema": {"schema_title": "ui/click"},
        "about": {"name": "ui.click", "owner": "web", "purpose": "Count clicks", "expires_on": "2027-06-30", "task": ""},
        "sampling": {
            "unit": "session",
            "percent": "5",
            "when": "weekly",
            "days": ["mon"],
            "start": "09:00:00",
            "end": "17:00:00",
            "time_zone": "Europe/Berlin",
            "late": "drop",
        },
        "stores": {"service": "main", "canary": "off", "partitions": 3, "retention_hours": None},
    }

    entry = entry_of(said, [])

    assert entry.as_json() == {
        "schema_title": "ui/click",
        "destination_event_service": "main",
        "canary_events_enabled": False,
        "sample": {"unit": "session", "rate": 0.05},
        "about": {"owner": "web", "purpose": "Count clicks", "expires_on": "2027-06-30"},
        "windows": [{"days": ["mon"], "start": "09:00", "end": "17:00", "time_zone": "Europe/Berlin"}],
        "late_events": {"action": "drop"},
        "log": {"partitions": 3},
    }


def test_without__a_stream__takes_what_stands_on_it_along() -> None:
    sections: dict[str, dict[str, dict[str, Any]]] = {
        "instruments": {"a": {"stream": "gone"}, "b": {"stream": "kept"}},
        "overrides": {"enwiki": {"streams": {"gone": {"x": 1}, "kept": {"x": 1}}}, "frwiki": {"streams": {"gone": {"x": 1}}}},
    }
    document = Document(entries=(Entry("gone", {}), Entry("kept", {})), sections=sections)

    left = usage.without(document, "gone").as_json()

    assert list(left["streams"]) == ["kept"]
    assert left["instruments"] == {"b": {"stream": "kept"}}
    assert left["overrides"] == {"enwiki": {"streams": {"kept": {"x": 1}}}}

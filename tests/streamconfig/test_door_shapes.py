"""What a stream and a service may say of the intake, and what is made of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from eventplatform.core.door_rules import DoorRules
from eventplatform.core.services import Service
from streamconfig.configuration.document import read
from streamconfig.configuration.stream_set import StreamSet

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def made(**document: Any) -> StreamSet:
    return StreamSet(read(document), at=NOW)


def problems(**document: Any) -> list[tuple[str, str, str]]:
    return [(one.section, one.pointer, one.code) for one in made(**document).problems]


def test_service__everything_said__read() -> None:
    item = {
        "title": "Browsers",
        "profile": "eventgate",
        "hosts": ["intake.example.org"],
        "origins": ["https://en.wikipedia.org"],
        "allows_anonymous": True,
        "spooled_status": 201,
        "error_stream": "browsers.error",
        "duplicate_seconds": 0,
        "sources": {"https://shop.example.org/orders": "shop.order"},
        "limits": {"max_events": 10, "key_events_per_second": 2.5},
        "privacy": {"ip": "truncate", "heeds_gpc": True},
        "eventgate": {"needs_streams": False, "stream_parameter": "stream", "failing_streams": ["x"]},
    }

    found = made(services={"browsers": item}).services["browsers"]

    assert (found.profile, found.hosts, found.spooled_status) == ("eventgate", frozenset({"intake.example.org"}), 201)
    assert (found.sources, found.limits.max_events) == ((("https://shop.example.org/orders", "shop.order"),), 10)
    assert (found.privacy.ip, found.eventgate.needs_streams) == ("truncate", False)
    assert found.eventgate.failing_streams == {"x"}


def test_services__named_by_a_stream_alone__has_defaults() -> None:
    found = made(streams={"s": {"schema_title": "t", "destination_event_service": "main"}}).services

    assert found == {"main": Service("main")}


@pytest.mark.parametrize(
    ("item", "seconds"), [({}, 300), ({"profile": "eventgate"}, 0), ({"profile": "eventgate", "duplicate_seconds": 60}, 60)]
)
def test_service__as_eventgate__knows_no_repeated_ids_unless_told(item: dict[str, Any], seconds: int) -> None:
    assert made(services={"main": item}).services["main"].duplicate_seconds == seconds


def test_stream__intake_said__its_door_rules() -> None:
    rules = {"origins": ["*"], "events_per_second": 5, "when_log_away": "refuse", "privacy": {"user_agent": "family"}}

    door = made(streams={"s": {"schema_title": "t", "intake": rules}}).streams["s"].door

    assert (door.origins, door.events_per_second, door.when_log_away) == (("*",), 5, "refuse")
    assert door.privacy.user_agent == "family"


def test_stream__intake_not_said__nothing_of_its_own() -> None:
    assert made(streams={"s": {"schema_title": "t"}}).streams["s"].door == DoorRules()


def test_stream__intake__never_in_the_compatible_answer() -> None:
    found = made(streams={"s": {"schema_title": "t", "intake": {"events_per_day": 7}}})

    assert "intake" not in found.select(["s"])["s"]


@pytest.mark.parametrize(
    ("rules", "pointer", "code"),
    [
        ([], "/intake", "setting.bad_value"),
        ({"origins": ["https://a.org/path"]}, "/intake/origins", "setting.bad_value"),
        ({"origins": ["*", "https://a.org"]}, "/intake/origins", "setting.bad_value"),
        ({"origins": ["null"]}, "/intake/origins", "setting.bad_value"),
        ({"events_per_second": 0}, "/intake/events_per_second", "setting.bad_value"),
        ({"events_per_day": 1.5}, "/intake/events_per_day", "setting.bad_value"),
        ({"when_log_away": "drop"}, "/intake/when_log_away", "setting.bad_value"),
        ({"error_stream": "a b"}, "/intake/error_stream", "setting.bad_value"),
        ({"privacy": {"ip": "hash"}}, "/intake/privacy/ip", "setting.bad_value"),
        ({"privacy": {"heed_dnt": True}}, "/intake/privacy/heed_dnt", "setting.unknown"),
        ({"orgins": []}, "/intake/orgins", "setting.unknown"),
    ],
)
def test_stream__intake_wrong__place_and_code(rules: Any, pointer: str, code: str) -> None:
    assert problems(streams={"s": {"schema_title": "t", "intake": rules}}) == [("streams", pointer, code)]


@pytest.mark.parametrize(
    ("item", "pointer", "code"),
    [
        ({"profile": "theirs"}, "/profile", "setting.bad_value"),
        ({"hosts": ["https://a.org"]}, "/hosts", "setting.bad_value"),
        ({"spooled_status": True}, "/spooled_status", "setting.bad_value"),
        ({"duplicate_seconds": 10**6}, "/duplicate_seconds", "setting.bad_value"),
        ({"sources": {"x": "no stream!"}}, "/sources", "setting.bad_value"),
        ({"limits": {"max_events": "5"}}, "/limits/max_events", "setting.bad_value"),
        ({"limits": {"max_event": 5}}, "/limits/max_event", "setting.unknown"),
        ({"eventgate": {"stream_parameter": "a b"}}, "/eventgate/stream_parameter", "setting.bad_value"),
        ({"eventgate": {"cors": "a.org"}}, "/eventgate/cors", "setting.bad_value"),
        ({"orgins": []}, "/orgins", "setting.unknown"),
    ],
)
def test_service__wrong__place_and_code(item: Any, pointer: str, code: str) -> None:
    assert problems(services={"main": item}) == [("services", pointer, code)]

"""No client can make new series of a metric, whatever names it makes up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from prometheus_client import REGISTRY

from eventplatform.core.services import EventGateRules, Service
from tests.contracts.intake_doors import GOOD, Platform, dump, platform

EXACT = Service("main", profile="eventgate", eventgate=EventGateRules(stream_parameter="stream", schema_uri_parameter="uri"))


@pytest.fixture(
    params=[(name, service) for name in ("lane", "drf") for service in (Service("main"), EXACT)],
    ids=["lane-ours", "lane-exact", "drf-ours", "drf-exact"],
)
def door(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    name, service = request.param
    yield from platform(name, monkeypatch, service)


def series() -> set[tuple[str, tuple[tuple[str, str], ...]]]:
    return {
        (sample.name, tuple(sorted(sample.labels.items())))
        for family in REGISTRY.collect()
        if family.name.startswith("eventplatform_")
        for sample in family.samples
    }


def hostile(number: int) -> list[tuple[str, Any, dict[str, str]]]:
    """Requests with names of which none comes twice: path, body and headers."""
    made_up = f"made.up.{number}"
    plain = {"content-type": "application/json"}
    events = [
        {**GOOD, "meta": {"stream": made_up, "id": made_up}},
        {**GOOD, "$schema": f"/made/up/{number}.0.0"},
        {**GOOD, "test": number},
        {**GOOD, made_up: made_up},
        {"$schema": made_up, "meta": {"stream": {"a": made_up}}},
        made_up,
    ]
    return [
        ("/v1/events", dump(events), plain),
        (f"/v1/events?stream={made_up}&uri=/made/{number}/1.0.0", dump({"test": "x"}), plain),
        (f"/made-up-{number}/v1/events", dump(GOOD), plain),
        (f"/v1/{made_up}", dump(GOOD), plain),
        ("/v1/events", dump(GOOD), {"content-type": f"application/{made_up}"}),
        ("/v1/events", dump(GOOD), {**plain, "content-encoding": made_up}),
        ("/v1/events", dump(GOOD), {**plain, "host": f"{made_up}.example", "x-request-id": made_up, "user-agent": made_up}),
        ("/v1/events", dump(GOOD), {**plain, "origin": f"https://{made_up}.example", "authorization": f"Bearer {made_up}"}),
        ("/v1/events", orjson.dumps(GOOD)[:-1] + made_up.encode(), plain),
        (
            "/v1/events",
            dump({"a": number}),
            {**plain, "ce-specversion": "1.0", "ce-id": made_up, "ce-source": made_up, "ce-type": made_up},
        ),
    ]


def test_labels__thirty_rounds_of_made_up_names__no_series_but_those_of_the_first(door: Platform) -> None:
    def send(number: int) -> None:
        for path, body, headers in hostile(number):
            door.door.send("POST", path, body, headers)
        door.door.send(f"MADE{number}", "/v1/events", b"", {})

    send(0)
    before = series()
    for number in range(1, 30):
        send(number)

    assert series() - before == set()
    assert not [one for one in before if any("made" in value for _, value in one[1])]

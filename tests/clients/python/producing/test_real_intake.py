"""The client against the intake's own door, as it is served."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from eventclient import Dropped, connect
from tests.intake.serving import serving

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def intake() -> Iterator[str]:
    with serving("tests.intake.served:lane", "asgi", os.environ) as port:
        yield f"http://127.0.0.1:{port}"


def _configuration(intake: str) -> dict[str, Any]:
    entry = {"schema": "/sample/test_event/1.0.0", "service": "main", "sample": None, "fields": ["meta.id"]}
    names = ("test.event", "stopped.event", "topicless.event")
    intakes = {"main": f"{intake}/v1/events"}
    return {"contract": 1, "revision": 1, "intakes": intakes, "streams": dict.fromkeys(names, entry)}


def test_submit__good_and_bad__sent_and_dropped_under_the_intake_s_codes(intake: str) -> None:
    told: list[Dropped] = []
    with connect(intake, config=_configuration(intake), on_dropped=told.append) as events:
        for number in range(100):
            events.submit("test.event", {"test": f"hello {number}"})
        events.submit("test.event", {"test": 7})
        events.submit("stopped.event", {"test": "hello"})
        assert events.flush()

        counted = events.stats()

    assert counted.sent == 100
    assert counted.submitted == 102
    assert {dropped.reason for dropped in told} == {"event.invalid", "stream.disabled"}
    assert next(dropped for dropped in told if dropped.reason == "event.invalid").pointer == "/test"


def test_submit__too_large_together__halved(intake: str) -> None:
    with connect(intake, config=_configuration(intake), batch_bytes=1_000_000) as events:
        for _ in range(40):
            events.submit("test.event", {"test": "x" * 2_000})
        assert events.flush()

        assert events.stats().sent == 40


def test_submit__one_that_spoils_its_batch__dropped_alone(intake: str) -> None:
    deep: dict[str, object] = {}
    for _ in range(70):
        deep = {"a": deep}

    with connect(intake, config=_configuration(intake)) as events:
        for number in range(20):
            events.submit("test.event", {"test": f"{number}"})
        events.submit("test.event", {"test": "a\0b"})
        events.submit("test.event", {"test": "deep", "test_map": deep})
        assert events.flush()

        assert events.stats().sent == 20
        assert events.stats().dropped == {"json.null_character": 1, "json.too_deep": 1}


def test_submit__more_than_a_request_may_hold__all_sent(intake: str) -> None:
    with connect(intake, config=_configuration(intake), batch_events=45) as events:
        for _ in range(45):
            events.submit("test.event", {"test": "x"})
        assert events.flush()

        assert events.stats().sent + events.stats().dropped["events.too_many"] == 45

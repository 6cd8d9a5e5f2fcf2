from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from eventplatform.core.streams import Stream
from monitoring import canary

NOW = datetime(2026, 1, 2, 3, 4, 5, 678_900, tzinfo=UTC)


def example() -> dict[str, Any]:
    return {
        "$schema": "/sample/test_event/1.1.0",
        "meta": {"stream": "elsewhere", "domain": "example.org", "dt": "2020-01-01T00:00:00Z", "id": "old", "uri": "/x"},
        "dt": "2020-01-01T00:00:00Z",
        "test": "hello",
    }


def stream(**changes: Any) -> Stream:
    return Stream(
        **{"name": "test.event", "schema_title": "sample/test_event", "service": "main", "topics": ("test.event",), **changes}
    )


def test_build__example_of_the_schema__becomes_a_marked_event_of_now() -> None:
    event = canary.build("test.event", example(), event_id="new", now=NOW)

    assert event == {
        "$schema": "/sample/test_event/1.1.0",
        "meta": {"stream": "test.event", "domain": "canary", "id": "new", "uri": "/x"},
        "dt": "2026-01-02T03:04:05.678Z",
        "test": "hello",
    }


def test_build__example_without_dt_and_meta__gets_no_dt() -> None:
    event = canary.build("s", {"$schema": "/a/b/1.0.0"}, event_id="i", now=NOW)

    assert event == {"$schema": "/a/b/1.0.0", "meta": {"domain": "canary", "stream": "s", "id": "i"}}


def test_build__example__is_left_as_it_is() -> None:
    given = example()

    canary.build("test.event", given, event_id="new", now=NOW)

    assert given == example()


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"meta": {"domain": "canary"}}, True),
        ({"meta": {"domain": "example.org"}}, False),
        ({"meta": "canary"}, False),
        ({}, False),
        (None, False),
        ([1], False),
    ],
)
def test_is_canary__by_the_domain_alone(event: Any, *, expected: bool) -> None:
    assert canary.is_canary(event) is expected


@pytest.mark.parametrize(
    ("changes", "given", "expected"),
    [
        ({}, {"test": "x"}, ""),
        ({}, None, canary.NO_EXAMPLE),
        ({"is_enabled": False}, {"test": "x"}, canary.SWITCHED_OFF),
        ({"canary_events_enabled": False}, {"test": "x"}, canary.NOT_WANTED),
        ({"name": "/^mediawiki\\.job\\..+/"}, {"test": "x"}, canary.PATTERN),
        ({"schema_title": "error"}, {"test": "x"}, canary.ERRORS),
        ({"service": ""}, {"test": "x"}, ""),  # any intake takes it
    ],
)
def test_excluded_because__each_reason__is_said(changes: dict[str, Any], given: dict[str, Any] | None, expected: str) -> None:
    assert canary.excluded_because(stream(**changes), given) == expected

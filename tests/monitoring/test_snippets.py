from __future__ import annotations

import json
import shlex

from monitoring.snippets import curl, small_event

EXAMPLE = {
    "$schema": "/sample/test_event/1.1.0",
    "meta": {"stream": "test.event", "domain": "example.org", "uri": "/x"},
    "dt": "2026-01-01T00:00:00Z",
    "test": "hello",
    "test_map": {"a": "b"},
    "count": 3,
}


def test_small_event__required_fields_and_one_more() -> None:
    event = small_event("my.stream", EXAMPLE, ["$schema", "meta", "count"])

    assert event == {
        "$schema": "/sample/test_event/1.1.0",
        "meta": {"uri": "/x", "stream": "my.stream"},
        "test": "hello",
        "count": 3,
    }


def test_curl__quotes_in_the_event__stay_inside_the_shells_word() -> None:
    command = curl("http://127.0.0.1:8001", {"$schema": "/a/b/1.0.0", "test": "it's; rm -rf 'x' $(y) `z`"})

    words = shlex.split(command.replace("\\\n", " "))

    assert words[:3] == ["curl", "-i", "http://127.0.0.1:8001/v1/events"]
    assert json.loads(words[-1]) == {"$schema": "/a/b/1.0.0", "test": "it's; rm -rf 'x' $(y) `z`"}

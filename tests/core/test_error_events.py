"""What an error event copies from the event that was refused."""

from __future__ import annotations

import orjson

from eventplatform.core.error_events import ErrorRecord, write

REFUSED = {
    "$schema": "/a\0/1.0.0",
    "meta": {"stream": "a\0", "domain": "\0", "uri": "https://a.example/\0", "request_id": "\0"},
}


def test_write__texts_with_a_character_that_no_store_takes__without_it_and_raw_as_sent() -> None:
    told = ErrorRecord("json.null_character", "No", orjson.dumps(REFUSED).decode(), "2026-01-02T03:04:05Z")

    record = write(told, REFUSED, stream="e", topic="e", title="error", new_id="1", now_ms=0)

    value = orjson.loads(record.value or b"")
    assert orjson.loads(value.pop("raw_event")) == REFUSED
    assert b"\\u0000" not in orjson.dumps(value)
    assert (value["errored_stream_name"], value["meta"]["domain"]) == (
        "a\N{REPLACEMENT CHARACTER}",
        "\N{REPLACEMENT CHARACTER}",
    )

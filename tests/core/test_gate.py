"""The gate: what it fills, refuses and makes of an event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson
import pytest

from eventplatform.core.errors import RejectedError
from eventplatform.core.gate import Gate, Request
from eventplatform.core.schemas import AjvError, Violation
from eventplatform.core.services import Limits, Service
from eventplatform.core.streams import Stream

REQUEST = Request(received_at="2026-01-02T03:04:05.678Z", received_ms=1767323045678, request_id="req")
STREAM = Stream("test.event", "sample/test_event", "main", ("eqiad.test.event", "codfw.test.event"))


@dataclass
class AnySchema:
    """Declares the given paths; an event without `test` breaks it."""

    title: str = "sample/test_event"
    declared: frozenset[tuple[str, ...]] = frozenset({("meta", "dt"), ("meta", "id"), ("meta", "request_id")})
    schema_id: str = "/sample/test_event/1.0.0"
    document: Mapping[str, Any] = ()  # type: ignore[assignment]  # not looked at
    id_title: str = ""
    fill_defaults: None = None
    is_secure: bool = True

    @property
    def titles(self) -> tuple[str, ...]:
        return (self.title, self.id_title)

    def is_valid(self, event: Mapping[str, Any]) -> bool:
        return "test" in event

    def violations(self, event: Mapping[str, Any], limit: int = 20) -> list[Violation]:
        found = [Violation("/test", "required", "must be there"), Violation("/meta/x", "type", "must be string")]
        return [] if self.is_valid(event) else found[:limit]

    def ajv_errors(self, event: Mapping[str, Any], limit: int = 100) -> list[AjvError]:
        return [AjvError("required", "", "#/required", {}, violation.message) for violation in self.violations(event, limit)]

    def declares(self, *path: str) -> bool:
        return path in self.declared


def gate(stream: Stream = STREAM, schema: AnySchema | None = None, **changes: Any) -> Gate:
    known = schema or AnySchema()
    made = Gate(
        find_stream={stream.name: stream}.get,
        find_schema={known.schema_id: known}.get,
        new_id=lambda: "new",
        topic_prefix="codfw.",
    )
    return replace(made, **changes)


def event(**changes: Any) -> dict[str, Any]:
    return {"$schema": "/sample/test_event/1.0.0", "meta": {"stream": "test.event"}, "test": "x", **changes}


def refusal(given: Any, by: Gate | None = None) -> RejectedError:
    with pytest.raises(RejectedError) as caught:
        (by or gate()).admit(given, REQUEST)
    return caught.value


def test_admit__good_event__record_with_topic_headers_time() -> None:
    record = gate().admit(event(), REQUEST)

    assert (record.topic, record.key, record.timestamp_ms, record.partition) == (
        "codfw.test.event",
        None,
        REQUEST.received_ms,
        None,
    )
    assert dict(record.headers) == {"received-at": REQUEST.received_at.encode(), "request-id": b"req", "service": b"main"}
    assert orjson.loads(record.value or b"")["test"] == "x"


def test_admit__bare_meta__filled_where_declared() -> None:
    given = event()

    gate().admit(given, REQUEST)

    assert given["meta"] == {"stream": "test.event", "dt": REQUEST.received_at, "id": "new", "request_id": "req"}


def test_admit__schema_declares_nothing__nothing_added() -> None:
    given = event()

    gate(schema=AnySchema(declared=frozenset())).admit(given, REQUEST)

    assert given["meta"] == {"stream": "test.event"}


def test_admit__invalid__says_first_place_and_how_many_more() -> None:
    given = event()
    del given["test"]

    error = refusal(given)

    assert (error.code, error.pointer, str(error)) == ("event.invalid", "/test", "must be there (and 1 more)")
    assert error.outcome == "invalid"


def test_admit__request_names_a_service__header_says_it() -> None:
    record = gate().admit(event(), replace(REQUEST, service="canaries", made={}))

    assert dict(record.headers)["service"] == b"canaries"


def test_admit__client_showed_a_key__header_names_it() -> None:
    record = gate().admit(event(), replace(REQUEST, key_name="mw-eventbus", made={}))

    assert dict(record.headers)["producer-key"] == b"mw-eventbus"


def test_admit__stream_of_another_service__says_whose_and_where_to_post() -> None:
    error = refusal(event(), gate(services=("analytics",)))

    assert (error.code, error.outcome, error.pointer) == ("stream.of_another_service", "denied", "/meta/stream")
    assert STREAM.service in str(error)
    assert f"/{STREAM.service}/v1/events" in error.hint


def test_admit__stream_of_no_service_at_one_s_address__unknown() -> None:
    error = refusal(event(), gate(replace(STREAM, service=""), services=("analytics",)))

    assert (error.code, error.outcome) == ("stream.unknown", "denied")


def test_admit__larger_than_the_stream_s_service_takes__refused_at_the_address_of_all_too() -> None:
    small = Service(STREAM.service, limits=Limits(max_event_bytes=20))
    error = refusal(event(), replace(gate(), find_service=lambda _: small))

    assert (error.code, error.facts["limit"]) == ("event.too_large", 20)


def test_admit__stopped_stream__disabled() -> None:
    error = refusal(event(), gate(replace(STREAM, is_enabled=False)))

    assert (error.code, error.outcome) == ("stream.disabled", "disabled")


@pytest.mark.parametrize("named", ["development/event", "event"])
def test_admit__stream_names_either_title_of_the_schema__admitted(named: str) -> None:
    schema = AnySchema(title="development/event", id_title="event")

    assert gate(replace(STREAM, schema_title=named), schema).admit(event(), REQUEST).topic
    assert refusal(event(), gate(replace(STREAM, schema_title="other"), schema)).code == "schema.not_allowed"


def test_admit__invalid_for_a_schema_not_allowed__validity_is_said_first() -> None:
    other = gate(schema=AnySchema(title="other/event"))
    broken = event()
    del broken["test"]

    assert refusal(broken, other).code == "event.invalid"
    assert refusal(event(), other).code == "schema.not_allowed"


def test_admit__key_fields__json_object_in_configured_order() -> None:
    keyed = replace(STREAM, message_key_fields={"wiki": "wiki_id", "page": "page.id"})

    record = gate(keyed).admit(event(wiki_id="enwiki", page={"id": 5}), REQUEST)

    assert record.key == b'{"wiki":"enwiki","page":5}'


@pytest.mark.parametrize("page", [None, {}, "text", []])
def test_admit__key_field_missing__refused_with_its_place(page: Any) -> None:
    error = refusal(event(page=page), gate(replace(STREAM, message_key_fields={"page": "page.id"})))

    assert (error.code, error.pointer) == ("event.key_missing", "/page/id")


def test_admit__key_and_event_larger_than_allowed__413() -> None:
    keyed = replace(STREAM, message_key_fields={"test": "test"})
    size = len(gate().admit(event(test="x" * 90), REQUEST).value or b"")

    assert gate(max_event_bytes=size).admit(event(test="x" * 90), REQUEST)
    assert refusal(event(test="x" * 90), gate(keyed, max_event_bytes=size)).code == "event.too_large"


def test_admit__larger_than_allowed__413() -> None:
    error = refusal(event(test="x" * 100), gate(max_event_bytes=150))

    assert (error.code, error.http_status) == ("event.too_large", 413)


@pytest.mark.parametrize(
    ("given", "word"),
    [
        (None, "null"),
        (1, "a number"),
        (1.5, "a number"),
        ("text", "a string"),
        ([], "an array"),
        ([event()], "an array"),
        (True, "true or false"),
    ],
)
def test_admit__no_object__refused_in_the_words_of_json(given: Any, word: str) -> None:
    error = refusal(given)

    assert (error.code, str(error)) == ("event.not_an_object", f"An event must be a JSON object, not {word}.")


def test_admit__unknown_stream__its_name_is_cut() -> None:
    assert len(str(refusal(event(meta={"stream": "x" * 10_000})))) < 300


def test_admit__bad_schema_id__never_echoed() -> None:
    error = refusal(event(**{"$schema": "http://internal.example/secret"}))

    assert error.code == "schema.bad_id"
    assert "internal" not in f"{error} {error.hint}"

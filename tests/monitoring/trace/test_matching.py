from __future__ import annotations

from typing import Any

import orjson
import pytest

from eventplatform.core.error_events import ErrorRecord, write
from eventplatform.core.records import Record
from monitoring.trace.matching import Matcher, key_words

UUID = "2f3c6a5e-8f41-4f0f-9d53-6b1f0d9a7c21"


def record(value: Any = None, *, key: bytes | None = None, headers: tuple[tuple[str, bytes], ...] = ()) -> Record:
    content = value if value is None or isinstance(value, bytes) else orjson.dumps(value)
    return Record("t", 0, 0, 0, key, content, headers)


def has(matcher: Matcher, found: Record) -> bool:
    return list(matcher.among([found])) == [found]


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"meta": {"id": UUID}}, True),
        ({"meta": {"id": UUID.upper()}}, False),
        ({"meta": {"id": "other", "request_id": UUID}}, False),
        ({"meta": {"id": "other"}, "parent": {"meta": {"id": UUID}}}, False),
        ({"meta": UUID}, False),
        (UUID, False),
        ([UUID], False),
        (b"no JSON " + UUID.encode(), False),
        (None, False),
    ],
)
def test_id__of_the_event_itself__alone(event: Any, expected: bool) -> None:  # noqa: FBT001  # a case
    assert has(Matcher("id", UUID), record(event)) == expected


def test_id__uuid_in_capitals__is_the_same() -> None:
    assert has(Matcher("id", UUID.upper()), record({"meta": {"id": UUID}}))


def test_id__of_another_form__as_it_is_written() -> None:
    assert not has(Matcher("id", "Event-1"), record({"meta": {"id": "event-1"}}))
    assert has(Matcher("id", 'a "quoted" ü'), record({"meta": {"id": 'a "quoted" ü'}}))


def test_id__refused_event__its_error_record() -> None:
    told = ErrorRecord(
        "event.invalid", "no", orjson.dumps({"meta": {"id": UUID}}).decode(), "2026-01-01T00:00:00Z", event_id=UUID
    )
    made = write(told, {}, stream="e", topic="e", title="error", new_id="new", now_ms=0)

    assert has(Matcher("id", UUID), record(made.value, headers=made.headers))
    assert not has(Matcher("id", "other"), record(made.value, headers=made.headers))


@pytest.mark.parametrize(
    ("event", "headers"),
    [
        ({"meta": {}}, (("request-id", b"r-1"),)),
        ({"meta": {"request_id": "r-1"}}, ()),
        (None, (("request-id", b"r-1"),)),
    ],
)
def test_request__header_or_field__is_it(event: Any, headers: tuple[tuple[str, bytes], ...]) -> None:
    assert has(Matcher("request", "r-1"), record(event, headers=headers))
    assert not has(Matcher("request", "r-"), record(event, headers=headers))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("enwiki/1093", True),
        ('{"wiki_id":"enwiki","page":{"page_id":1093}}', True),
        ("1093/enwiki", False),
        ("enwiki", False),
        ("1093", False),
        ("enwiki/109", False),
    ],
)
def test_key__as_people_or_the_log_write_it__whole(text: str, expected: bool) -> None:  # noqa: FBT001  # a case
    assert has(Matcher("key", text), record({}, key=b'{"wiki_id":"enwiki","page":{"page_id":1093}}')) == expected


@pytest.mark.parametrize("key", [b"plain/key", b'{"title":"A/B","n":null}', b"[1,true]", b""])
def test_key__of_any_form__is_found_by_its_words(key: bytes) -> None:
    assert has(Matcher("key", key_words(key)), record(None, key=key))


def test_key__record_without_one__is_none() -> None:
    assert not has(Matcher("key", "x"), record({"x": "x"}))

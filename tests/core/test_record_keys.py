"""Keys and timestamps of records."""

from __future__ import annotations

from typing import Any

import pytest

from eventplatform.core.record_keys import key_plan, timestamp_ms
from eventplatform.core.refusals import KeyFieldMissingError
from eventplatform.core.streams import Stream


def key(event: dict[str, Any], fields: dict[str, str]) -> bytes:
    plan = key_plan(fields)
    assert plan is not None
    return plan.key(event)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ('héllo \u2028\x7f\x01"/', '"héllo \u2028\x7f\\u0001\\"/"'),
        (1.0, "1"),
        (-0.0, "0"),
        (1e21, "1e+21"),
        (1e-7, "1e-7"),
        (123.456, "123.456"),
        (9007199254740993, "9007199254740993"),
        (None, "null"),
        ({"b": 1.5, "10": 1, "2": []}, '{"2":[],"10":1,"b":1.5}'),
    ],
)
def test_key__any_value__as_json_stringify_writes_it(value: Any, written: str) -> None:
    assert key({"a": {"b": value}}, {"k": "a.b"}).decode() == f'{{"k":{written}}}'


def test_key__several_fields__in_the_configured_order_and_nested_by_dots() -> None:
    event = {"wiki_id": "enwiki", "page": {"id": 5}}

    assert key(event, {"wiki_id": "wiki_id", "page.id": "page.id"}) == b'{"wiki_id":"enwiki","page":{"id":5}}'


def test_key__field_absent__named() -> None:
    with pytest.raises(KeyFieldMissingError) as caught:
        key({"page": 5}, {"page_id": "page.id"})

    assert (caught.value.pointer, caught.value.facts["name"]) == ("/page/id", "page_id")


def test_key_plan__no_fields__none() -> None:
    assert key_plan({}) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-11-26T12:00:00.123Z", 1795694400123),
        ("2026-11-26T13:00:00+01:00", 1795694400000),
        ("1900-01-01T00:00:00Z", 0),
        ("yesterday", 7),
        (5, 7),
        (None, 7),
    ],
)
def test_timestamp__field__its_moment_else_when_it_was_received(value: Any, expected: int) -> None:
    assert timestamp_ms({"meta": {"dt": value}}, ("meta", "dt"), 7) == expected


@pytest.mark.parametrize(
    ("name", "topic"),
    [("mediawiki.page_change.v1", "eqiad.mediawiki.page_change.v1"), ("eventlogging_Edit", "eventlogging_Edit")],
)
def test_topic__prefix__not_for_streams_of_eventlogging(name: str, topic: str) -> None:
    assert Stream(name, "t", "main", ()).topic("eqiad.") == topic
    assert Stream(name, "t", "main", (f"eqiad.{name}", name)).topic("eqiad.") == topic

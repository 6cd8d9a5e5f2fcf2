"""A dry run on real records: what would be stored, what set aside, and nothing written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest

from connectors import opening, rehearsal
from connectors.rehearsal import Rehearsed
from connectors.sinks.base import RowDiscardedError
from connectors.steering import Steering
from tests.connectors.conftest import FakeSnapshot, Produce, stream

DOCUMENT = {
    "type": "object",
    "properties": {"n": {"type": "integer"}, "who": {"type": "string", "x-pii": "ip", "x-pii-action": "drop"}},
}


@dataclass
class FakeSchema:
    document: dict[str, Any] = field(default_factory=lambda: DOCUMENT)


@pytest.fixture
def schemas(monkeypatch: pytest.MonkeyPatch, snapshot: FakeSnapshot) -> None:
    known = {"/a/1.0.0": FakeSchema()}
    monkeypatch.setattr(FakeSnapshot, "find_schema", lambda _, schema_id: known.get(schema_id))


def rehearsed(kind: str, target: dict[str, Any], steering: Steering) -> Rehearsed:
    store = opening.store_of(kind, name="c", target=target, values={})
    return rehearsal.rehearse(store, name="c", stream=stream("test.event"), steering=steering, count=10)


def event(**facts: Any) -> bytes:
    return orjson.dumps({"$schema": "/a/1.0.0", **facts})


def postgres(steering: Steering) -> Rehearsed:
    return rehearsed("postgres", {"url": "postgresql://w@nowhere/x"}, steering)


def test_rehearse__a_table_kind__columns_rows_and_dead_letters(produce: Produce, schemas: None) -> None:
    produce(b"no json", event(n=7, more=True), event(n="x"), event(meta={"domain": "canary"}))

    told = postgres(Steering())

    assert (told.read, told.canaries, told.skipped) == (4, 1, 0)
    assert told.place == "events.test_event"
    assert ("n", "bigint") in told.columns
    assert [row.pairs for row in told.rows] == [(), (("n", "7"),)]
    assert "not_an_integer" in told.rows[0].extra
    assert [(where, error.code) for where, error in told.refused] == [("test.event/0 0", "record.not_an_event")]


def test_rehearse__policies_and_privacy__as_they_would_count(produce: Produce, schemas: None) -> None:
    produce(event(n=7, more=True), event(n="x"), event(n=1, who="192.0.2.7"))

    told = postgres(Steering(columns="discard_value", types="discard_row", privacy={"ip": "drop"}))

    assert told.discarded_values == 1
    assert [type(error) for _, error in told.dropped] == [RowDiscardedError]
    assert [row.pairs for row in told.rows] == [(("n", "1"),), (("n", "7"),)]


def test_rehearse__upsert__rows_without_the_key_are_refused(produce: Produce, schemas: None) -> None:
    produce(event(n=7), event(who="x"))

    assert "no key is declared" in postgres(Steering(is_upsert=True)).why_not
    told = postgres(Steering(is_upsert=True, key=("/n",)))
    assert [where for where, _ in told.refused] == ["test.event/0 1"]
    assert ("_key", "text") in told.columns


def test_rehearse__nothing_in_the_topic__says_so(produce: Produce, schemas: None) -> None:
    assert "hold no record" in postgres(Steering()).why_not


def test_rehearse__files__the_line_and_its_folder(produce: Produce) -> None:
    produce(orjson.dumps({"meta": {"dt": "2026-01-02T03:04:05Z"}, "n": 7}))

    told = rehearsed("files", {"root": "/lake"}, Steering())

    assert told.place == "/lake/test.event/year=2026/month=01/day=02/hour=03"
    assert told.rows[0].pairs[1] == ("value", '{"meta":{"dt":"2026-01-02T03:04:05Z"},"n":7}')

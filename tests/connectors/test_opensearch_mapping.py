"""From schemas to mappings, from events to documents, from answers to errors; no server."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from connectors.mapping.policies import Policies
from connectors.sinks.base import (
    Position,
    Row,
    RowDiscardedError,
    RowsRefusedError,
    StoreDeniedError,
    StoreUnavailableError,
    WriteBatch,
)
from connectors.sinks.opensearch import OpenSearchSink, Options, Target
from connectors.steering import Steering
from connectors.stores import opensearch_documents as documents
from connectors.stores.opensearch_client import Client, Login, refusal
from connectors.stores.opensearch_indices import Indices, Shape
from connectors.stores.opensearch_mapping import MAX_FIELDS, OWN_PROPERTIES, event_plan, merged, missing, properties
from connectors.stores.opensearch_preview import preview
from eventplatform.core.errors import PlatformError
from eventplatform.core.records import Record, TopicPartition

STRING = {"type": "string"}
SCHEMA = {
    "type": "object",
    "properties": {
        "$schema": STRING,
        "dt": {"type": "string", "format": "date-time"},
        "count": {"type": ["integer", "null"]},
        "ratio": {"type": "number"},
        "is_new": {"type": "boolean"},
        "tags": {"type": "array", "items": STRING},
        "parts": {"type": "array", "items": {"type": "object", "properties": {"a": STRING}}},
        "page": {"type": "object", "properties": {"title": STRING, "id": {"type": "integer"}}},
        "headers": {"type": "object", "additionalProperties": STRING, "properties": {"host": STRING}},
        "free": {"type": "object"},
        "any": {},
        "_id": STRING,
        "_extra": STRING,
        "a.b": STRING,
        "": STRING,
    },
}


def mapped(schema: dict[str, Any] = SCHEMA, **facts: Any) -> dict[str, Any]:
    return properties(schema, flat="flat_object", **{"with_text": False, **facts})


def test_properties__every_kind_of_field__has_its_type() -> None:
    made = mapped()

    assert {name: field.get("type", sorted(field.get("properties", ()))) for name, field in made.items()} == {
        "$schema": "keyword",
        "dt": "date",
        "count": "long",
        "ratio": "double",
        "is_new": "boolean",
        "tags": "keyword",
        "parts": "flat_object",
        "page": ["id", "title"],
        "headers": "flat_object",
        "free": "flat_object",
        "any": "object",
    }
    assert made["any"] == {"type": "object", "enabled": False}
    assert mapped(with_text=True)["tags"]["fields"] == {"text": {"type": "text"}}


def test_missing__what_is_there__stays_as_it_is() -> None:
    there = {"page": {"properties": {"title": {"type": "long"}}}, "dt": {"type": "keyword"}}

    added = missing(mapped(), there)

    assert added["page"] == {"properties": {"id": {"type": "long", "ignore_malformed": True}}}
    assert "dt" not in added
    assert merged(there, added)["page"]["properties"]["title"] == {"type": "long"}
    assert missing(mapped(), merged(there, added)) == {}


def test_missing__field_that_is_no_object_there__not_tried() -> None:
    assert "page" not in missing(mapped(), {"page": {"type": "keyword"}})


def test_missing__more_fields_than_an_index_takes__stops_in_time() -> None:
    wide = {"type": "object", "properties": {f"f{number}": STRING for number in range(2000)}}
    deep = {"type": "object", "properties": {"page": wide}}

    for schema in (wide, deep):
        added = missing(mapped(schema, with_text=True), OWN_PROPERTIES)
        inner = added.get("page", {}).get("properties", added)
        assert 400 < len(inner) < MAX_FIELDS / 2
        assert missing(mapped(schema, with_text=True), merged(OWN_PROPERTIES, added)) == {}


def row(**event: Any) -> Row:
    return Row(Record("page.view", 1, 7, 1_000, None, orjson.dumps(event)), event)


def document(event: dict[str, Any], policies: Policies | None = None) -> tuple[dict[str, Any], int]:
    plan = event_plan(merged(OWN_PROPERTIES, mapped()))
    made = documents.fitted(row(**event), 2, "now", plan=plan, policies=policies or Policies())
    return json.loads(made.body), made.discarded


def test_document__that_fits__is_the_event_and_where_it_came_from() -> None:
    event = {
        "$schema": "/page/view/1.0.0",
        "dt": "2026-11-26T01:02:03.5Z",
        "count": 5,
        "tags": ["a", None, "b"],
        "parts": [{"a": "x"}],
        "page": {"title": "T", "id": 1},
        "headers": {"host": "h", "x": "y"},
        "any": [1, {"a": None}],
        "ratio": None,
        "meta": {"dt": "2026-11-26T01:02:04Z"},
    }

    made, _ = document({name: value for name, value in event.items() if name != "meta"})

    own = made.pop("_record")
    assert made == {name: value for name, value in event.items() if name != "meta"}
    assert own.pop("taken_in").startswith("1970-01-01T00:00:01")
    assert own == {
        "topic": "page.view",
        "partition": 1,
        "offset": 7,
        "generation": 2,
        "timestamp_ms": 1000,
        "written": "now",
    }
    assert documents.taken_in(row(**event)) == datetime(2026, 11, 26, 1, 2, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("event", "extra"),
    [
        ({"count": "5"}, {"/count": "not_an_integer"}),
        ({"count": [1, "x"]}, {"/count": "not_an_integer"}),
        ({"page": {"title": 5, "id": 1}}, {"/page/title": "not_a_string"}),
        ({"page": "x"}, {"/page": "not_an_object"}),
        ({"dt": "2026-13-01T00:00:00Z"}, {"/dt": "impossible_time"}),
        ({"is_new": "true"}, {"/is_new": "not_a_boolean"}),
        ({"headers": "x"}, {"/headers": "not_an_object"}),
        ({"headers": {"x": "y" * 40_000}}, {"/headers": "too_long"}),
        ({"new": 1, "": 2, "a.b": 3, "page": {"": 4, "id": 1}}, {"/new": "", "/": "", "/a.b": "", "/page/": ""}),
        ({"_id": "x", "_record": {"offset": 0}, "_extra": "mine"}, {"/_id": "", "/_record": "", "/_extra": ""}),
    ],
)
def test_document__what_fits_no_field__aside_with_its_reason(event: dict[str, Any], extra: dict[str, str]) -> None:
    given = orjson.dumps(event)

    made, discarded = document(event)

    assert {place: left["why"] for place, left in made["_extra"].items()} == {
        place: why or "unknown_field" for place, why in extra.items()
    }
    assert made["_record"]["offset"] == 7
    assert discarded == 0
    assert orjson.dumps(event) == given  # the caller's own is not touched
    if "page" in event and isinstance(event["page"], dict):
        assert made["page"]["id"] == 1


def test_document__policies__decide() -> None:
    made, discarded = document({"count": "5", "new": 1}, Policies(columns="discard_value", types="discard_value"))

    assert discarded == 2
    assert "_extra" not in made
    with pytest.raises(RowDiscardedError):
        document({"new": 1}, Policies(columns="discard_row"))
    with pytest.raises(PlatformError) as caught:
        document({"count": "5"}, Policies(types="freeze"))
    assert caught.value.code == "sink.type_frozen"


def test_items__refused_documents__by_offset_without_their_content() -> None:
    reason = "failed to parse field [page.title] of type [long] in document with id 'x'. Preview of field's value: 's3cr3t'"
    bad = {"status": 400, "error": {"type": "mapper_parsing_exception", "reason": reason}}

    with pytest.raises(RowsRefusedError) as caught:
        documents.require_taken([row(), row(), None], [{"status": 409}, bad, {"status": 201}], lambda: None)

    told = str(caught.value.refused[7])
    assert "page.title" in told
    assert "s3cr3t" not in told


@pytest.mark.parametrize("status", [403, 404, 429, 500, 503])
def test_items__one_busy__all_again(status: int) -> None:
    forgotten: list[int] = []
    item = {"status": status, "error": {"type": "es_rejected_execution_exception", "reason": "s3cr3t"}}

    with pytest.raises(StoreUnavailableError) as caught:
        documents.require_taken([row()], [item], lambda: forgotten.append(1))

    assert forgotten == [1]
    assert "s3cr3t" not in str(caught.value)


def test_items__index_closed_by_a_person__all_again() -> None:
    item = {"status": 400, "error": {"type": "index_closed_exception", "reason": "closed"}}

    with pytest.raises(StoreUnavailableError, match="index_closed_exception"):
        documents.require_taken([row()], [item], lambda: None)


def test_put__deletion_that_is_refused__said(monkeypatch: pytest.MonkeyPatch) -> None:
    def refusing(_client: Client, lines: bytes) -> list[dict[str, Any]]:
        return [{"status": 400, "error": {"type": "illegal_argument_exception"}} for _ in lines.splitlines()]

    monkeypatch.setattr(Client, "bulk", refusing)
    monkeypatch.setattr(Indices, "open", lambda _: None)
    tombstone = Record("page.change", 0, 7, 0, b"1", None)
    after, steering = Position(8, "i1", "cluster"), Steering(is_upsert=True, key=("/page/id",))
    batch = WriteBatch("page.change", TopicPartition("page.change", 0), None, after, (), (), steering, [tombstone])

    with OpenSearchSink("c1", Target("http://127.0.0.1:9"), Options()) as sink, pytest.raises(RowsRefusedError) as caught:
        sink._put(batch, 0)

    assert list(caught.value.refused) == [7]


def test_refusal__busy_cluster__after_what_it_says() -> None:
    error = refusal(429, {"type": "circuit_breaking_exception", "reason": "Data too large"}, {"retry-after": "9"})

    assert error.retry_after_seconds == 9
    assert "busy" in str(error)
    assert isinstance(refusal(401, {"reason": "missing authentication"}, {}), StoreDeniedError)
    assert "flood-stage" in str(refusal(403, {"type": "cluster_block_exception", "reason": "disk … flood-stage watermark"}, {}))


@pytest.mark.parametrize(
    ("stream", "index"),
    [
        ("mediawiki.page_change", "events-mediawiki.page_change"),
        ("Mediawiki.Page", "events-mediawiki.page~"),
        ("x" * 249, "events-" + "x" * 180 + "~"),
    ],
)
def test_names__of_indices__plain_and_never_shared(stream: str, index: str) -> None:
    indices = Indices(Client("http://127.0.0.1:9", Login()), Shape("events-"))

    found = indices.base(stream)

    assert found.startswith(index)
    assert len(found) - len(index) == (8 if index.endswith("~") else 0)
    assert indices.base(stream.lower()) != found or stream == stream.lower()


@pytest.mark.parametrize(
    ("period", "index", "end"),
    [
        ("day", "e@2026.11.30", datetime(2026, 12, 1, tzinfo=UTC)),
        ("month", "e@2026.12", datetime(2027, 1, 1, tzinfo=UTC)),
        ("year", "e@2026", datetime(2027, 1, 1, tzinfo=UTC)),
        ("year", "e@9999", None),
        ("month", "e@9999.12", None),
        ("day", "e@9999.12.31", None),
        ("month", "e@mine", None),
        ("none", "e", None),
    ],
)
def test_names__end_of_an_index(period: str, index: str, end: datetime | None) -> None:
    assert Indices(Client("http://127.0.0.1:9", Login()), Shape("e", period)).end_of(index) == end


def test_preview__events__as_documents_and_what_would_be_refused() -> None:
    frozen = Steering(types="freeze")

    made = preview("events-page.view", {"/page/view/1.0.0": SCHEMA}, [row(count=1), row(count="x")], frozen, with_text=False)

    assert json.loads(made.rows[0].values["value"])["count"] == 1
    assert [error.code for error in made.refused.values()] == ["sink.type_frozen"]

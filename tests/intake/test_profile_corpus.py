"""The reference's real schemas and stream configuration through a gate with EventGate's order, and what it answers of them."""

from __future__ import annotations

import copy
import functools
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.conf import settings

from eventplatform.core.errors import PlatformError
from eventplatform.core.gate import Gate, Request
from eventplatform.core.services import Service
from eventplatform.core.streams import Stream
from eventplatform.guard.request_head import RequestHead
from intake.ids import new_id
from intake.profiles.eventgate import EventGate
from intake.submission import Submission
from registry.schema.compiled import Schema
from tests.registry import corpus

SERVICE = Service("main", profile="eventgate")
HEADERS = {"user-agent": "Mozilla/5.0 " + "x" * 500, "x-request-id": "the-request"}


@functools.cache
def schemas() -> dict[str, Schema]:
    return {name: Schema(document) for name, document in corpus.versions().items() if not name.startswith("/fragment/")}


@functools.cache
def streams() -> dict[str, Stream]:
    """The real streams, by name; those of patterns left out."""
    path = Path(settings.REFERENCE_DATA_DIR) / "stream-config-production.json"
    if not path.exists():
        pytest.skip("the reference's data is not there (REFERENCE_DATA_DIR)")
    found = {}
    for name, says in json.loads(path.read_text())["streams"].items():
        if not name.startswith("/"):
            keys = says.get("message_key_fields") or {}
            found[name] = Stream(name, says.get("schema_title", ""), "main", (), message_key_fields=keys, settings=says)
    return found


def gate() -> Gate:
    return Gate(streams().get, schemas().get, new_id, topic_prefix="eqiad.", service=SERVICE)


def request() -> Request:
    return Request(
        "2026-11-26T12:00:00.000Z",
        1795694400000,
        "the-request",
        header=lambda name: HEADERS.get(name, ""),
        find_client_ip=lambda: "192.0.2.7",
    )


def addressed() -> Iterator[tuple[Stream, Schema, dict[str, Any]]]:
    """Every example of every real schema, to each real stream of its title."""
    for schema in schemas().values():
        for stream in streams().values():
            for example in copy.deepcopy(schema.examples) if stream.schema_title == schema.title else ():
                example["meta"]["stream"] = stream.name
                yield stream, schema, example


def answered(event: dict[str, Any], error: PlatformError) -> Mapping[str, Any]:
    submission = Submission(1, RequestHead(), is_hasty=False)
    submission.refuse(0, event, "", error)
    submission.settle(())
    answer = EventGate(SERVICE).settled(submission)
    return {"status": answer.status, "reason": answer.reason, **orjson.loads(answer.body)}


def test_admit__every_example_to_every_real_stream__a_record_as_eventgate_makes_it() -> None:
    judge, count = gate(), 0

    for stream, _, example in addressed():
        record = judge.admit(example, request())
        count += 1

        assert record.topic == (stream.name if stream.name.startswith("eventlogging_") else f"eqiad.{stream.name}")
        assert record.timestamp_ms == 1795694400000
        assert (record.key is None) == (not stream.message_key_fields)
        if record.key:
            assert list(json.loads(record.key)) == list(stream.message_key_fields)

    assert count > 80


def test_admit__streams_that_ask_for_the_user_agent__have_it_cut() -> None:
    judge, found = gate(), 0

    for stream, schema, example in addressed():
        asked = stream.settings.get("producers", {}).get("eventgate", {}).get("enrich_fields_from_http_headers", {})
        example.get("http", {}).get("request_headers", {}).pop("user-agent", None)
        value = orjson.loads(judge.admit(example, request()).value or b"")
        told = value.get("http", {}).get("request_headers", {}).get("user-agent", "")
        wants = bool(asked.get("http.request_headers.user-agent")) and schema.declares("http", "request_headers")
        found += wants
        assert told == (HEADERS["user-agent"][:400] if wants else "")

    assert found > 5


def test_refuse__required_field_missing__every_real_schema_tells_it_as_ajv_does() -> None:
    judge, count = gate(), 0

    for _, schema, example in addressed():
        for name in [one for one in schema.document.get("required", ()) if one not in {"$schema", "meta"} and one in example]:
            event = {key: value for key, value in copy.deepcopy(example).items() if key != name}
            with pytest.raises(PlatformError) as caught:
                judge.admit(event, request())
            told = answered(event, caught.value)
            count += 1

            assert (told["status"], told["reason"]) == (400, "1 out of 1 events were invalid and not accepted.")
            assert f"'' should have required property '{name}'" in told["invalid"][0]["context"]["errorsText"]

    assert count > 50


def test_refuse__wrong_stream__said_with_the_title_it_takes() -> None:
    judge = gate()
    other = streams()["mediawiki.page_change.v1"]

    for _, schema, example in addressed():
        if schema.title == other.schema_title:
            continue
        example["meta"]["stream"] = other.name
        with pytest.raises(PlatformError) as caught:
            judge.admit(example, request())
        told = answered(example, caught.value)

        assert told["status"] == 500
        assert re.fullmatch(
            rf"event \S+ of schema at {re.escape(schema.schema_id)} destined to stream {re.escape(other.name)} "
            rf"is not allowed in stream; schema title must be {other.schema_title}\.",
            told["error"][0]["context"]["message"],
        )

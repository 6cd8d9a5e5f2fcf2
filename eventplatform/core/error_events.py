"""Refused events as records of an error stream: Wikimedia's error event, and what it has no field for as headers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from eventplatform.core import names
from eventplatform.core.records import Headers, NewRecord, Record
from eventplatform.core.schemas import Violation

REFERENCE_TITLE = "error"  # Wikimedia's; a title has one repository, so ours has a name of its own
TITLES = frozenset({REFERENCE_TITLE, "eventplatform/error"})  # of one shape
_VERSION = "2.1.0"
EMITTER = "eventplatform-intake"
UNKNOWN = "unknown"  # what the reference writes where the event doesn't say

HEADER_CODE = "error-code"
_POINTER, _OUTCOME, _CLIENT = "error-pointer", "error-outcome", "client"
_STREAM, _SCHEMA, _EVENT_ID = "errored-stream", "errored-schema", "errored-id"  # those that configuration knows
_REMEDY, _VIOLATIONS, _CUT, _BODY = "error-remedy", "violations", "raw-cut", "raw-is-body"
_URI = re.compile(r"[A-Za-z0-9._~:/?#@!$&'()*+,;=%\[\]-]{1,2048}")
_LONGEST_TEXT = 2048
_MOST_VIOLATIONS, _MOST_VIOLATION_BYTES = 20, 8 * 1024


@dataclass(frozen=True, slots=True)
class ErrorRecord:
    """One refusal. `stream` and `schema_id` are empty where configuration knows neither, so that groups stay few.

    `raw` is the event as it was sent, cleaned of personal data; of a body that is no events, its text. `is_cut`: that was
    too long to keep whole, and can't be replayed.
    """

    code: str
    message: str
    raw: str
    received_at: str  # ISO 8601, UTC
    pointer: str = ""
    outcome: str = ""
    remedy: str = ""
    service: str = ""
    stream: str = ""
    schema_id: str = ""
    event_id: str = ""
    client: str = ""
    key_name: str = ""
    request_id: str = ""
    emitter: str = EMITTER
    violations: Sequence[Violation] = ()
    is_cut: bool = False
    is_body: bool = False


def write(
    error: ErrorRecord, event: Mapping[str, Any], *, stream: str, topic: str, title: str, new_id: str, now_ms: int
) -> NewRecord:
    """The record for the error stream `stream`; `event` is the refused one, empty where there was none.

    `title` is the stream's schema title; where that is none of `TITLES`, the event names the reference's.
    """
    given = event.get("meta")
    meta: Mapping[str, Any] = given if isinstance(given, dict) else {}
    value = {
        "$schema": f"/{title if title in TITLES else REFERENCE_TITLE}/{_VERSION}",
        "meta": {
            "stream": stream,
            "id": new_id,
            "dt": error.received_at,
            "uri": _uri(meta.get("uri")),
            "domain": _text(meta.get("domain")),
            "request_id": _text(error.request_id or meta.get("request_id")),
        },
        "dt": error.received_at,
        "emitter_id": error.emitter,
        "raw_event": error.raw,
        "message": error.message[:_LONGEST_TEXT],
        "errored_schema_uri": _text(event.get("$schema")),
        "errored_stream_name": _text(meta.get("stream")),
        "error_type": error.code,
    }
    return NewRecord(topic=topic, value=orjson.dumps(value), headers=_headers(error), timestamp_ms=now_ms)


def read(record: Record) -> ErrorRecord | None:
    """What an error stream's record tells, also of one that another program wrote; None where it is no error event."""
    try:
        value = orjson.loads(record.value or b"")
    except ValueError:
        return None
    if not isinstance(value, dict) or not isinstance(value.get("raw_event"), str):
        return None
    told = {name: inner.decode("utf-8", "replace") for name, inner in record.headers}
    return ErrorRecord(
        code=told.get(HEADER_CODE) or _plain(value.get("error_type")) or "event.rejected",
        message=_plain(value.get("message")),
        raw=value["raw_event"],
        received_at=told.get(names.HEADER_RECEIVED_AT) or _plain(value.get("dt")),
        pointer=told.get(_POINTER, ""),
        outcome=told.get(_OUTCOME, ""),
        remedy=told.get(_REMEDY, ""),
        service=told.get(names.HEADER_SERVICE, ""),
        stream=told.get(_STREAM, "") if HEADER_CODE in told else _known(value.get("errored_stream_name")),
        schema_id=told.get(_SCHEMA, "") if HEADER_CODE in told else _known(value.get("errored_schema_uri")),
        event_id=told.get(_EVENT_ID, ""),
        client=told.get(_CLIENT, ""),
        key_name=told.get(names.HEADER_PRODUCER_KEY, ""),
        request_id=told.get(names.HEADER_REQUEST_ID, ""),
        emitter=_plain(value.get("emitter_id")) or UNKNOWN,
        violations=_violations(told.get(_VIOLATIONS, "")),
        is_cut=_CUT in told,
        is_body=_BODY in told,
    )


def is_of_the_intake(record: Record) -> bool:
    """True for what our own intake wrote; other programs' error events carry no such header."""
    return record.header(HEADER_CODE) is not None


def _headers(error: ErrorRecord) -> Headers:
    pairs = {
        HEADER_CODE: error.code,
        _POINTER: error.pointer,
        _OUTCOME: error.outcome,
        _REMEDY: error.remedy,
        names.HEADER_SERVICE: error.service,
        _STREAM: error.stream,
        _SCHEMA: error.schema_id,
        _EVENT_ID: error.event_id,
        _CLIENT: error.client,
        names.HEADER_PRODUCER_KEY: error.key_name,
        names.HEADER_REQUEST_ID: error.request_id,
        names.HEADER_RECEIVED_AT: error.received_at,
        _CUT: "true" if error.is_cut else "",
        _BODY: "true" if error.is_body else "",
    }
    found = [(name, text[:_LONGEST_TEXT].encode("utf-8", "replace")) for name, text in pairs.items() if text]
    places = _dump(error.violations)
    return (*found, (_VIOLATIONS, places)) if places else tuple(found)


def _dump(violations: Sequence[Violation]) -> bytes:
    told = [[one.pointer[:512], one.keyword, one.message[:512]] for one in violations[:_MOST_VIOLATIONS]]
    while told and len(made := orjson.dumps(told)) > _MOST_VIOLATION_BYTES:
        told = told[: len(told) // 2]
    return made if told else b""


def _violations(text: str) -> tuple[Violation, ...]:
    try:
        return tuple(Violation(*one) for one in orjson.loads(text)) if text else ()
    except (ValueError, TypeError):
        return ()


def _text(value: Any) -> str:
    """A text of the refused event, which may hold U+0000 that no store takes."""
    return value[:_LONGEST_TEXT].replace("\0", "\N{REPLACEMENT CHARACTER}") if isinstance(value, str) and value else UNKNOWN


def _uri(value: Any) -> str:
    """The error's own schema asks for a URI, which a refused event may not hold."""
    return value if isinstance(value, str) and _URI.fullmatch(value) else UNKNOWN


def _plain(value: Any) -> str:
    return value[:_LONGEST_TEXT] if isinstance(value, str) else ""


def _known(value: Any) -> str:
    text = _plain(value)
    return "" if text == UNKNOWN else text

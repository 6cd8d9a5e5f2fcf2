"""Which way in a request takes: what its content type says of the body."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from eventplatform.core.services import Service
from eventplatform.guard.errors import BodyEmptyError, CharsetError, ContentTypeError
from eventplatform.guard.request_head import RequestHead

Way = Literal["json", "lines", "sequence", "cloudevent", "cloudevents", "binary"]

PLAIN_JSON = "application/json"
REPORTS = "application/reports+json"
# What EventGate parses. text/plain is what navigator.sendBeacon sends; reports+json is the Reporting API's.
JSON_TYPES: Mapping[str, Way] = {PLAIN_JSON: "json", "text/plain": "json", REPORTS: "json"}
CLOUD_WAYS = frozenset[Way]({"cloudevent", "cloudevents", "binary"})
WAYS: Mapping[str, Way] = {
    **JSON_TYPES,
    "application/x-ndjson": "lines",
    "application/ndjson": "lines",
    "application/jsonl": "lines",
    "application/jsonlines": "lines",
    "application/x-jsonlines": "lines",
    "application/json-seq": "sequence",
    "application/cloudevents+json": "cloudevent",
    "application/cloudevents-batch+json": "cloudevents",
}
_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([^\s;\"]*)", re.IGNORECASE)
_UTF8 = {"utf-8", "utf8", "us-ascii"}
_ANY_JSON = re.compile(r"application/(?:json|[a-z0-9.!#$&^_-]+\+json)")


def way_of(head: RequestHead, service: Service) -> Way:
    """How the events of this request are read.

    A service that names no `sources` takes no CloudEvents: their headers mean nothing there.

    Raises:
        RejectedError: 415, with the remedy; of an EventGate profile that the body is empty, since EventGate reads no other.
    """
    if service.sources and head.header("ce-specversion") and service.profile == "ours":
        return _binary(head)
    if head.content_type == PLAIN_JSON:
        return "json"
    kind = media_type(head.content_type)
    way = (WAYS if service.profile == "ours" else JSON_TYPES).get(kind)
    if way is None:
        raise ContentTypeError if service.profile == "ours" else BodyEmptyError
    _check_charset(head.content_type)
    return way


def check_json(head: RequestHead) -> None:
    """Only JSON, only UTF-8.

    Raises:
        RejectedError: 415, with the remedy.
    """
    if head.content_type != PLAIN_JSON:
        if media_type(head.content_type) not in JSON_TYPES:
            raise ContentTypeError
        _check_charset(head.content_type)


def media_type(content_type: str) -> str:
    """The type without its parameters, in lower case."""
    return content_type.partition(";")[0].strip().lower()


def is_json(content_type: str) -> bool:
    """True for application/json and what is built on it."""
    return bool(_ANY_JSON.fullmatch(media_type(content_type)))


def _binary(head: RequestHead) -> Way:
    kind = media_type(head.content_type)
    if kind in {
        "application/cloudevents+json",
        "application/cloudevents-batch+json",
    }:  # the content type decides (HTTP binding, 3)
        return WAYS[kind]
    if not is_json(kind):
        raise ContentTypeError
    _check_charset(head.content_type)
    return "binary"


def _check_charset(content_type: str) -> None:
    charset = _CHARSET.search(content_type)
    if charset and charset[1].lower() not in _UTF8:
        raise CharsetError

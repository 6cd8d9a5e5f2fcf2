"""Answers of the door, as the intake's own profile gives them: status, results, problem."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import orjson

from eventclient.testing.bodies import BodyRefused

CORS: Mapping[str, str] = {
    "access-control-allow-origin": "*",
    "access-control-allow-headers": (
        "accept, authorization, content-encoding, content-type, if-none-match, prefer, x-debug-id, x-producer-key, x-request-id"
    ),
    "access-control-expose-headers": "etag, retry-after, date",
    "access-control-allow-methods": "get, post",
    "access-control-max-age": "600",
}
_KEPT = frozenset({"accepted", "duplicate"})


@dataclass(frozen=True)
class Answer:
    """Status, headers, body."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def of_results(results: Sequence[Mapping[str, Any]], *, wants_all: bool = False) -> Answer:
    """Empty where all is well and nobody asks for more; else the fate of every event."""
    failed = [one for one in results if one["result"] not in _KEPT]
    if not failed:
        status = HTTPStatus.CREATED
        if not wants_all:
            return Answer(status)
    else:
        status = HTTPStatus.MULTI_STATUS if len(failed) < len(results) else HTTPStatus.BAD_REQUEST
    return _problem(status, f"{len(failed)} out of {len(results)} events were not accepted.", results=list(results))


def of_refusal(refused: BodyRefused) -> Answer:
    """Of a request that is refused as a whole."""
    return _problem(refused.status, refused.detail, code=refused.code, remedy=refused.remedy)


def not_found() -> Answer:
    """Nothing is at this address."""
    remedy = "POST events to /v1/events."
    return _problem(HTTPStatus.NOT_FOUND, "There is nothing at this address.", code="path.unknown", remedy=remedy)


def _problem(status: int, detail: str, **more: Any) -> Answer:
    document = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": int(status), "detail": detail, **more}
    kind = "application/problem+json" if status >= HTTPStatus.BAD_REQUEST else "application/json"
    return Answer(int(status), orjson.dumps(document), {"content-type": kind})

"""EventGate's profile, exact to the byte: its status codes, reason phrases, bodies and headers; for clients that rely on them.

Facts: EventGate 1.8 over Express 4 and Node 20. What it has no answer for (keys, limits, numbers it would change) is answered
with the status of ours, in the shape of its problem object.
"""

from __future__ import annotations

import html
import zlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, quote

from eventplatform.core import javascript
from eventplatform.core.accepting import takes_gzip
from eventplatform.core.errors import PlatformError
from eventplatform.core.refusals import EventInvalidError
from eventplatform.core.results import EventResult, sentence, title_of
from eventplatform.core.services import Service
from eventplatform.guard.errors import (
    BodyBrokenError,
    BodyEmptyError,
    BodyTooLargeError,
    BodyTruncatedError,
    BodyUndecodableError,
    CharsetError,
    ContentEncodingError,
    ContentTypeError,
    DecodedTooLargeError,
    JsonInvalidError,
    NotEventsError,
    TooManyEventsError,
)
from eventplatform.guard.permit_errors import CHALLENGE
from eventplatform.guard.request_head import RequestHead
from intake import answers
from intake.answers import CORS, PROTECTION, Answer, Headers
from intake.profiles import v8_json
from intake.profiles.base import Settled
from intake.profiles.eventgate_messages import message_of

_JSON = "application/json; charset=utf-8"
_HTML = "text/html; charset=utf-8"
_VARY: Headers = (("vary", "Accept-Encoding"),)  # what the compression middleware adds to every body that it would compress
_COMPRESSED_FROM, _LEVEL = 1024, 3
_EMPTY = "Request body was empty. Must provide JSON encoded events."
# Of what EventGate never refuses; its status is kept where a whole request met it.
_OF_THE_GUARD = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS})
_NOT_FOUND = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Error</title>
</head>
<body>
<pre>Cannot {method} {path}</pre>
</body>
</html>
"""
_SAFE_IN_PATHS = "!#$&'()*+,/:;=?@[]~|^"  # what encodeurl leaves as it is


class EventGate:
    """Answers of a service with the profile `eventgate`."""

    def __init__(self, service: Service) -> None:
        self._service = service
        origin = service.eventgate.cors
        cors = (("access-control-allow-origin", origin), *CORS[1:]) if origin else ()
        self._common: Headers = (*cors, *PROTECTION)
        self._bare = lru_cache(maxsize=256)(self._made_bare)  # nearly every answer is one of a few
        self._common_not_found = tuple(
            (name, "default-src 'none'" if name == "content-security-policy" else value) for name, value in self._common
        )

    def is_hasty(self, head: RequestHead) -> bool:
        """Any word but an empty one, `false` and `0` too; said twice or with brackets, it is a list, which is something."""
        if not head.query:
            return False
        given = [pair for pair in parse_qsl(head.query, keep_blank_values=True) if pair[0].partition("[")[0] == "hasty"]
        return len(given) > 1 or bool(given and (given[0][0] != "hasty" or given[0][1]))

    def settled(self, submission: Settled) -> Answer:
        """Failures alone are listed: those that are wrong in themselves, and all others."""
        total = submission.total
        if submission.is_plain:
            return self._bare(HTTPStatus.CREATED, sentence(total, 0, 0))
        failures = [one for one in submission.results() if not one.is_success]
        if not failures:
            is_spooled = any(one.outcome == "spooled" for one in submission.results())
            return self._bare(self._service.spooled_status if is_spooled else HTTPStatus.CREATED, sentence(total, 0, 0))
        invalid = [one for one in failures if _is_invalid(one)]
        errored = [one for one in failures if not _is_invalid(one)]
        status = HTTPStatus.MULTI_STATUS if len(failures) < total else _status(errored)
        body: dict[str, Any] = {"invalid": [_entry(one, "invalid") for one in invalid]}
        if errored or status == HTTPStatus.MULTI_STATUS:
            body["error"] = [_entry(one, "error") for one in errored]
        waits = [one.error.retry_after_seconds for one in errored if one.error and one.error.retry_after_seconds]
        challenge = (("www-authenticate", CHALLENGE),) if status == HTTPStatus.UNAUTHORIZED else ()
        extra = (*answers.retry_after(max(waits, default=None)), *challenge)
        return self._json(status, body, submission.head, reason=sentence(total, len(invalid), len(errored)), extra=extra)

    def hasty(self, total: int, _head: RequestHead) -> Answer:
        """Said before anything is validated."""
        return self._bare(HTTPStatus.ACCEPTED, f"{total} events hastily received.")

    def refused(self, error: PlatformError, head: RequestHead, body: bytes = b"") -> Answer:
        """What Express and its body parser say, all with 500; the rest with the status of ours."""
        if isinstance(error, ContentTypeError) or (isinstance(error, BodyEmptyError) and not body.isspace()):
            return self._bare(HTTPStatus.BAD_REQUEST, _EMPTY)
        title, detail = _of_the_parser(error, head, body)
        if title:
            problem = _problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", title, detail)
        else:
            problem = _problem(error.http_status, error.code, title_of(error.http_status), str(error))
        document = {**problem, "method": "POST", "uri": _uri(head)}
        return self._json(problem["status"], document, head, extra=answers.what_to_heed(error))

    def options(self, _head: RequestHead) -> Answer:
        """What Express says of its own accord."""
        extra = (("allow", "POST"), *_VARY)
        return Answer(HTTPStatus.OK, b"POST", _HTML, extra, common=self._common)

    def wrong_method(self, method: str, path: str, _allowed: str, head: RequestHead) -> Answer:
        """404, never 405."""
        return self.not_found(method, path, head)

    def not_found(self, method: str, path: str, _head: RequestHead) -> Answer:
        """Express's page."""
        shown = html.escape(quote(path, safe=_SAFE_IN_PATHS)).replace("&#x27;", "&#39;")
        page = _NOT_FOUND.format(method=html.escape(method), path=shown)
        return Answer(HTTPStatus.NOT_FOUND, page.encode(), _HTML, _VARY, common=self._common_not_found)

    def dressed(self, answer: Answer, _head: RequestHead) -> Answer:
        """The answer with EventGate's headers."""
        kind = _JSON if answer.content_type == answers.JSON else answer.content_type
        return Answer(answer.status, answer.body, kind, (*answer.extra, *_VARY), answer.reason, self._common)

    def _made_bare(self, status: int, reason: str) -> Answer:
        return Answer(status, reason=reason, common=self._common, is_chunked=True)

    def _json(
        self, status: int, document: Mapping[str, Any], head: RequestHead, *, reason: str = "", extra: Headers = ()
    ) -> Answer:
        body = javascript.stringify(document)
        extra = (*extra, *_VARY)
        if len(body) < _COMPRESSED_FROM or not takes_gzip(head.header("accept-encoding")):
            return Answer(status, body, _JSON, extra, reason, self._common)
        packer = zlib.compressobj(_LEVEL, wbits=zlib.MAX_WBITS | 16)
        packed = packer.compress(body) + packer.flush()
        return Answer(status, packed, _JSON, (*extra, ("content-encoding", "gzip")), reason, self._common, is_chunked=True)


def _problem(status: int, kind: str, title: str, detail: str) -> dict[str, Any]:
    return {"status": int(status), "type": kind, "title": title, "detail": detail}


def _is_invalid(result: EventResult) -> bool:
    """By its schema, or by JSON that nothing downstream can keep (EventGate knows no such): trying again mends neither."""
    error = result.error
    return isinstance(error, EventInvalidError) or (error is not None and error.code.startswith("json."))


def _status(errored: Sequence[EventResult]) -> int:
    """The status of a request of which nothing succeeded."""
    if not errored:
        return HTTPStatus.BAD_REQUEST
    statuses = {one.error.http_status if one.error else HTTPStatus.INTERNAL_SERVER_ERROR for one in errored}
    only = statuses.pop() if len(statuses) == 1 else HTTPStatus.INTERNAL_SERVER_ERROR
    return only if only in _OF_THE_GUARD else HTTPStatus.INTERNAL_SERVER_ERROR


def _entry(result: EventResult, status: str) -> dict[str, Any]:
    error = result.error
    context: dict[str, Any]
    if isinstance(error, EventInvalidError) and "schema" in error.facts:
        found = error.facts["schema"].ajv_errors(result.event)  # type: ignore[attr-defined]  # a CompiledSchema, as the gate gives it
        texts = ", ".join(f"'{one.data_path}' {one.message}" for one in found)
        context = {"errors": [one.as_json() for one in found], "errorsText": texts}
    else:
        context = {"message": message_of(result)}
    return {"status": status, "event": result.event, "context": context}


def _of_the_parser(error: PlatformError, head: RequestHead, body: bytes) -> tuple[str, str]:
    """Title and detail of an error of the body parser; empty for what isn't one."""
    if isinstance(error, BodyTooLargeError | DecodedTooLargeError | TooManyEventsError):
        return "PayloadTooLargeError", "request entity too large"
    if isinstance(error, CharsetError):
        charset = head.content_type.lower().partition("charset=")[2].partition(";")[0].strip(' "')
        return "UnsupportedMediaTypeError", f'unsupported charset "{charset.upper()}"'
    if isinstance(error, ContentEncodingError):
        return "UnsupportedMediaTypeError", f'unsupported content encoding "{head.content_encoding.strip().lower()}"'
    if isinstance(error, BodyTruncatedError | BodyBrokenError):
        return "BadRequestError", "request aborted"
    return _of_its_decoders(error, body)


def _of_its_decoders(error: PlatformError, body: bytes) -> tuple[str, str]:
    if isinstance(error, BodyUndecodableError) and error.facts["cause"]:
        return "Error", str(error.facts["cause"])
    if isinstance(error, JsonInvalidError | NotEventsError | BodyEmptyError):
        detail = v8_json.explain(body)
        return ("SyntaxError", detail or str(error)) if detail or len(body) > v8_json.MAX_EXPLAINED else ("", "")
    return "", ""


def _uri(head: RequestHead) -> str:
    path = f"/{head.service}/v1/events" if head.service else "/v1/events"
    return f"{path}?{head.query}" if head.query else path

"""Our own profile: client mistakes are 4xx, every failure names its event, its code, its place and its remedy."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from functools import lru_cache
from http import HTTPStatus

import orjson

from eventplatform.core.errors import PlatformError
from eventplatform.core.results import EventResult, problem, summarise
from eventplatform.core.services import Service
from eventplatform.guard import origins
from eventplatform.guard.permit_errors import CHALLENGE
from eventplatform.guard.request_head import RequestHead
from intake import answers
from intake.answers import JSON, OF_DJANGO, PROBLEM, PROTECTION, TEXT, Answer, Headers
from intake.profiles.base import Settled

# What a page may send, and what it may read of the answer.
_ALLOWED_HEADERS = (
    "accept, authorization, content-encoding, content-type, prefer, x-debug-id, x-producer-key, x-request-id, x-requested-with"
)
_EXPOSED_HEADERS = "etag, retry-after"
_PREFLIGHT: Headers = (("allow", "POST"), ("access-control-max-age", "600"))
_WANTS_ALL = "return=representation"
_APPLIED: Headers = (("preference-applied", _WANTS_ALL),)


class Ours:
    """Answers of a service with the profile `ours`. `listed` are the origins that some stream of the service takes.

    `spooled_status_of` answers for each stream, where the streams are of several services; else the service's own holds.
    """

    def __init__(
        self,
        service: Service,
        *,
        errors_url: str = "",
        listed: Collection[str] | None = None,
        spooled_status_of: Callable[[str], int] | None = None,
    ) -> None:
        self._service = service
        self._spooled_status_of = spooled_status_of
        self._errors_url = errors_url
        self._listed = frozenset(service.origins if listed is None else listed)
        self._is_open = origins.ANY in self._listed
        self._accepted = lru_cache(maxsize=64)(self._made_accepted)
        self._headers_for = lru_cache(maxsize=64)(self._made_headers)

    def is_hasty(self, head: RequestHead) -> bool:
        """Any word but an empty one, 0, false or no."""
        return head.is_hasty

    def settled(self, submission: Settled) -> Answer:
        """Empty where all is plainly accepted and nobody asks for more; else the fate of every event."""
        head = submission.head
        wants_all = _WANTS_ALL in head.header("prefer")
        if submission.is_plain and not wants_all:
            return self._accepted(HTTPStatus.CREATED, self._origin(head))
        results = submission.results()
        summary = summarise(results, spooled_status=self._spooled_status(results))
        document = problem(summary.status, summary.detail) | {"results": [one.as_json(self._errors_url) for one in results]}
        is_problem = not all(one.is_success for one in results)
        challenge = (("www-authenticate", CHALLENGE),) if summary.status == HTTPStatus.UNAUTHORIZED else ()
        extra = (*answers.retry_after(summary.retry_after_seconds), *challenge, *(_APPLIED if wants_all else ()))
        kind = PROBLEM if is_problem else JSON
        return Answer(summary.status, orjson.dumps(document), kind, extra, common=self._headers(head))

    def hasty(self, _total: int, head: RequestHead) -> Answer:
        """Empty: nothing is known yet."""
        return self._accepted(HTTPStatus.ACCEPTED, self._origin(head))

    def refused(self, error: PlatformError, head: RequestHead, _body: bytes = b"") -> Answer:
        """The problem, with the page that explains it."""
        return answers.of_error(error, errors_url=self._errors_url, common=self._headers(head))

    def options(self, head: RequestHead) -> Answer:
        """What a browser asks before a cross-origin POST; it may remember the answer for ten minutes."""
        return Answer(HTTPStatus.OK, b"POST", TEXT, _PREFLIGHT, common=self._headers(head))

    def wrong_method(self, _method: str, _path: str, allowed: str, head: RequestHead) -> Answer:
        """405, with what the address takes."""
        return self.dressed(answers.method_not_allowed(allowed, self._errors_url), head)

    def not_found(self, _method: str, _path: str, head: RequestHead) -> Answer:
        """404, with where events go."""
        return self.dressed(answers.not_found(self._errors_url), head)

    def dressed(self, answer: Answer, head: RequestHead) -> Answer:
        """The answer with the headers that this service's browsers ask for."""
        return replace(answer, common=self._headers(head))

    def _spooled_status(self, results: Iterable[EventResult]) -> int:
        """Of several services' events: 201 where that is what each of them says."""
        find = self._spooled_status_of
        if find is None:
            return self._service.spooled_status
        return max((find(one.stream or "") for one in results if one.outcome == "spooled"), default=HTTPStatus.ACCEPTED)

    def _origin(self, head: RequestHead) -> str:
        return "" if self._is_open else head.header("origin")

    def _headers(self, head: RequestHead) -> Headers:
        return self._headers_for(self._origin(head))

    def _made_headers(self, origin: str) -> Headers:
        cors = (
            *origins.cors_headers(origin, self._service, self._listed),
            ("access-control-allow-headers", _ALLOWED_HEADERS),
            ("access-control-expose-headers", _EXPOSED_HEADERS),
            ("access-control-allow-methods", "post"),
        )
        return (*cors, *PROTECTION, *OF_DJANGO)

    def _made_accepted(self, status: HTTPStatus, origin: str) -> Answer:
        return Answer(status, common=self._headers_for(origin))

"""The DRF door: documented, in OpenAPI, and under WSGI; the same guard, gate and answers as the lane."""

from __future__ import annotations

import threading
import time

from django.http import HttpRequest, HttpResponse
from rest_framework.views import APIView

from eventplatform.core.errors import PlatformError
from eventplatform.guard.wsgi import head_of, read_body
from intake import answers, runtime
from intake.answers import Answer
from intake.counting import count_request
from intake.openapi import describe
from intake.service import Intake
from intake.submission import Submission
from intake.visits import Visit


@describe
class EventsView(APIView):
    """POST /v1/events."""

    # Producers are no users of the admin: no session, no cookie, so nothing for CSRF to abuse.
    authentication_classes = ()
    permission_classes = ()

    def dispatch(self, request: HttpRequest, service: str = "") -> HttpResponse:
        """Straight to the intake: it reads, judges and answers in words of its own, as at the lane, whatever `Accept` says."""
        return self.post(request, service) if request.method == "POST" else _other(request, service)

    def post(self, request: HttpRequest, service: str = "") -> HttpResponse:
        """Take events in."""
        door = runtime.intake()
        head = head_of(request.META, service)
        try:
            visit = door.open(head)
        except PlatformError as error:
            return _response(answers.of_error(error, errors_url=door.errors_url))
        read_body(request.META, visit.body, head)
        started = time.perf_counter()
        outcome = door.submit(visit)
        answer = outcome if isinstance(outcome, Answer) else _settled(door, outcome, visit)
        count_request("drf", answer.status, time.perf_counter() - started)
        return _response(answer)


def _settled(door: Intake, submission: Submission, visit: Visit) -> Answer:
    settled = threading.Event()
    submission.when_settled(settled.set)
    is_settled = settled.wait(door.limits.ack_timeout_seconds)
    return door.answer(submission, visit) if is_settled else door.give_up(submission, visit)


def _other(request: HttpRequest, service: str) -> HttpResponse:
    door = runtime.intake()
    try:
        answer = door.answer_other(request.method or "", request.path, head_of(request.META, service))
    except PlatformError as error:
        answer = answers.of_error(error, errors_url=door.errors_url)
    return _response(answer)


def _response(answer: Answer) -> HttpResponse:
    """Django's middleware adds only what is missing, so every header that it knows is set here."""
    response = HttpResponse(answer.body, status=answer.status, reason=answer.reason or None)
    # The metrics count refusals; a log line for each would let any client flood the log.
    response._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001  # Django's own mark
    del response["Content-Type"]
    for name, value in answer.headers:
        response[name] = value
    response["content-length"] = str(len(answer.body))
    return response

"""`/api/v1/instruments/<key>/check` and `/api/v1/check/stream/<name>`: is it live and correct, for programs."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import DatabaseError
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from eventplatform.core.errors import PlatformError, RejectedError, RetriableError
from eventplatform.eventlog import event_log
from eventplatform.json_api import JsonView, ProblemDocumentSerializer
from monitoring import personal
from monitoring.instruments import asked, checking
from monitoring.instruments.checking import RANGES
from monitoring.instruments.evidence.facts import Subject
from monitoring.instruments.telling import as_json
from streamconfig.lookups import snapshot
from streamconfig.reading import lookups as readers


class SignInNeededError(RejectedError):
    """Nobody is known by what the request shows."""

    code = "check.sign_in_needed"
    http_status = 401
    message = (
        "Whether an instrument is live is told to people and programs with an account: no valid token or session was sent."
    )
    remedy = "Make a token at /account and send it as Authorization: Bearer …"


class SubjectMissingError(RejectedError):
    """There is nothing to check."""

    code = "check.subject_missing"
    http_status = 404
    message = "There is no {kind} {name}, so clients drop its events."
    remedy = "Make it, or look for the name that you mean at {where}."


class ParameterUnknownError(RejectedError):
    """To answer another question than the one asked would mislead a program."""

    code = "check.parameter_unknown"
    http_status = 400
    message = "The parameter {name} is none of {values}."
    remedy = "Choose one of them, or leave it out."


class DatabaseAwayError(RetriableError):
    """Refused events and counts are rows of the database."""

    code = "check.database_away"
    message = "The platform's database is away, so nobody knows what was refused."
    remedy = "Ask again in some seconds."


class InstrumentCheckSerializer(serializers.Serializer[Any]):
    """What clients are told, and what their events show."""

    subject = serializers.DictField(help_text="kind (instrument, stream), name, stream")
    is_live = serializers.BooleanField(help_text="It is configured, on, and events came and were taken.")
    is_correct = serializers.BooleanField(help_text="It is live, and nothing was found wrong.")
    verdict = serializers.DictField(help_text="state, headline, next")
    findings = serializers.ListField(help_text="state, code, what, words, step; the worst first")
    configuration = serializers.DictField(help_text="revision, refresh_seconds, is_configured, sample, changes, audience")
    client = serializers.DictField(
        help_text="outcome of the client described: in, depends, or the contract's reason of the drop"
    )
    events = serializers.DictField(help_text="accepted, refused, forced, … per_minute, versions, revisions, domains")
    refused = serializers.ListField(help_text="code, pointer, message, remedy, events")
    sampling = serializers.ListField(help_text="unit, rate, judgement, identifiers, above, estimate, low, high, stated, events")
    fields = serializers.ListField(help_text="field, is_contextual, state, filled, asked")  # type: ignore[assignment]  # DRF's name
    looked = serializers.DictField(help_text="What was read of the log: begin, end, records, left_out, seconds")


_PARAMETERS = [
    OpenApiParameter("range", str, enum=list(RANGES), description="How far back to look."),
    OpenApiParameter("site", str, description="The client's site."),
    OpenApiParameter("platform", str, enum=list(asked.PLATFORMS), description="Its platform."),
    OpenApiParameter("logged_in", str, enum=list(asked.VALUES["logged_in"]), description="Whether its person is logged in."),
    OpenApiParameter(
        "consent", str, enum=list(asked.VALUES["consent"]), description="Whether there is consent; yes if absent."
    ),
    OpenApiParameter("gpc", str, enum=list(asked.VALUES["gpc"]), description="It sends Global Privacy Control."),
    OpenApiParameter("dnt", str, enum=list(asked.VALUES["dnt"]), description="It sends Do Not Track."),
    OpenApiParameter("id", str, description="Its identifier of the sample's unit."),
]
_RESPONSES: dict[Any, Any] = {
    200: InstrumentCheckSerializer,
    **dict.fromkeys((400, 401, 403, 404, 429, 503), ProblemDocumentSerializer),
}


class _Check(JsonView):
    """Answers for one subject."""

    kept: ClassVar[str] = "private, no-store"

    def answered(self, request: Request, subject: Subject, where: str) -> Response:
        """The check, as the parameters describe the client."""
        stream = snapshot().find_stream(subject.stream) if subject.stream else None
        if stream is not None:
            readers.check([stream], request.user)
        given = request.query_params.dict()
        if wrong := asked.unknown(given):
            raise ParameterUnknownError(name=wrong[0], values=", ".join(wrong[1]))
        wanted = asked.read(given)
        may_see = request.user.has_perm(personal.PERMISSION)
        found = checking.shared(event_log(), subject, minutes=wanted.minutes, site=wanted.site, may_see=may_see)
        if found.facts.told.holding is None:
            raise SubjectMissingError(kind=subject.kind, name=subject.name[:100], where=where)
        return Response(as_json(found, wanted.client))

    def translated(self, exc: Exception) -> PlatformError | None:
        """Whom nobody knows, and a database that is away."""
        if isinstance(exc, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
            return SignInNeededError()
        return DatabaseAwayError() if isinstance(exc, DatabaseError) else None


class InstrumentCheck(_Check):
    """Is an instrument live and correct?"""

    @extend_schema(operation_id="instrument_check", parameters=_PARAMETERS, responses=_RESPONSES)
    def get(self, request: Request, key: str) -> Response:
        return self.answered(request, checking.subject_of(snapshot(), key), "/instruments")


class StreamCheck(_Check):
    """Is a stream live and correct?"""

    @extend_schema(operation_id="stream_check", parameters=_PARAMETERS, responses=_RESPONSES)
    def get(self, request: Request, name: str) -> Response:
        return self.answered(request, Subject(name), "/streams")

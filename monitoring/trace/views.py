"""`/api/v1/trace`: where an event is, for programs; one request looks as far as the page does, `from` goes on."""

from __future__ import annotations

from typing import Any

from django.db import DatabaseError
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from eventplatform.core.errors import PlatformError, RejectedError, RetriableError
from eventplatform.eventlog import event_log
from eventplatform.json_api import JsonView, ProblemDocumentSerializer
from monitoring.trace import answering, asked
from monitoring.trace.telling import as_json


class SignInNeededError(RejectedError):
    """Nobody is known by what the request shows."""

    code = "trace.sign_in_needed"
    http_status = 401
    message = "Where an event is, is told to people and programs with an account: no valid token or session was sent."
    remedy = "Make a token at /account and send it as Authorization: Bearer …"


class DatabaseAwayError(RetriableError):
    """Dead letters and positions of connectors are rows of the database."""

    code = "trace.database_away"
    message = "The platform's database is away, so nobody knows what became of events behind the log."
    remedy = "Ask again in some seconds."


class TraceSerializer(serializers.Serializer[Any]):
    """Where an event is."""

    state = serializers.ChoiceField(["found", "refused", "searching", "not_found"])
    is_red = serializers.BooleanField(help_text="Some step failed, and a person has to act.")
    by = serializers.ChoiceField(["id", "request", "key"])
    asked = serializers.CharField()
    stream = serializers.CharField(allow_null=True)
    verdict = serializers.DictField(allow_null=True, help_text="headline, why")
    event = serializers.DictField(allow_null=True, help_text="id, stream, is_canary, size, place")
    steps = serializers.ListField(help_text="name, state, word, words, at, place, code, is_store, is_first_red")
    found = serializers.ListField(help_text="Every record found: id, stream, at, topic, partition, offset, is_refusal")
    refused = serializers.ListField(help_text="Dead letters of the intake and of jobs: id, code, message, dead_letter, at")
    looked = serializers.DictField(allow_null=True, help_text="How far the log was looked at; null where the place was known.")
    waits_in_spool = serializers.CharField(allow_null=True)


class Trace(JsonView):
    """Follows one event from the client to every store."""

    kept = "private, no-store"

    @extend_schema(
        operation_id="trace",
        parameters=[
            OpenApiParameter("id", str, description="The event's meta.id. One of id, request, key is needed."),
            OpenApiParameter("request", str, description="The id of the request that brought it."),
            OpenApiParameter("key", str, description="The message key, as enwiki/1093 or as the log has it."),
            OpenApiParameter("stream", str, description="Only in this stream; all if absent."),
            OpenApiParameter("range", str, enum=["1h", "24h", "7d"], description="How much time to look at."),
            OpenApiParameter("around", str, description="The moment to look around; an id that tells its time needs none."),
            OpenApiParameter("since", str, description="Or from this moment on."),
            OpenApiParameter("until", str, description="And up to this one."),
            OpenApiParameter("place", str, description="topic/partition/offset, where that is known."),
            OpenApiParameter("from", str, description="Goes on: `looked.continue` of the answer before."),
        ],
        responses={200: TraceSerializer, **dict.fromkeys((400, 401, 404, 429, 503), ProblemDocumentSerializer)},
    )
    def get(self, request: Request) -> Response:
        wanted = asked.read(request.query_params.dict())
        found = answering.answer(event_log(), wanted.question(), at=wanted.at(), go_on=wanted.go_on)
        return Response(as_json(found))

    def translated(self, exc: Exception) -> PlatformError | None:
        """Whom nobody knows, and a database that is away."""
        if isinstance(exc, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
            return SignInNeededError()
        return DatabaseAwayError() if isinstance(exc, DatabaseError) else None

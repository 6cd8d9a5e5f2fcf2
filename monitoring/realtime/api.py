"""POST /api/v1/sql: a question of a program, answered as JSON."""

from __future__ import annotations

from typing import Any

from django.db import DatabaseError
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from eventplatform.core.errors import PlatformError, RejectedError
from eventplatform.json_api import JsonView, ProblemDocumentSerializer
from monitoring.realtime import asked, pages
from monitoring.realtime.asking import LONGEST_SQL, MOST_MINUTES, MOST_STREAMS, Question
from monitoring.realtime.errors import EngineBrokenError, StreamUnknownError
from streamconfig.lookups import snapshot


class BodyInvalidError(RejectedError):
    """The body is no question."""

    code = "sql.body_invalid"
    message = "The body is no question: {reason}"
    remedy = 'Post JSON such as {{"sql": "select count(*) from events", "streams": ["a.stream"], "minutes": 10}}.'


class SignInNeededError(RejectedError):
    """Pages, and so questions, need an account here."""

    code = "sql.sign_in_needed"
    http_status = 401
    message = "Questions may be asked by people who have signed in."
    remedy = "Send a token of yours: Authorization: Bearer ep_…"


class QuestionSerializer(serializers.Serializer[Any]):
    """A question."""

    sql = serializers.CharField(max_length=LONGEST_SQL, help_text="One SELECT over streams by their names in double quotes.")
    streams = serializers.ListField(
        child=serializers.CharField(max_length=249), max_length=MOST_STREAMS, required=False, default=list,
        help_text="What the table `events` stands for.",
    )  # fmt: skip
    minutes = serializers.IntegerField(min_value=1, max_value=MOST_MINUTES, default=10, help_text="How far back to read.")
    canaries = serializers.BooleanField(default=False, help_text="Whether canaries are among the events.")
    max_rows = serializers.IntegerField(min_value=1, max_value=asked.ROWS_SENT, default=1000)


class ColumnSerializer(serializers.Serializer[Any]):
    """A column of the answer."""

    name = serializers.CharField()
    type = serializers.CharField(help_text="DuckDB's word.")


class ReadSerializer(serializers.Serializer[Any]):
    """What was read: from `begin_ms` on nothing is missing."""

    streams = serializers.ListField(child=serializers.CharField())
    begin_ms = serializers.IntegerField()
    end_ms = serializers.IntegerField()
    records = serializers.IntegerField()
    bytes = serializers.IntegerField()
    left_out = serializers.IntegerField(help_text="Older records within the minutes asked for.")
    canaries = serializers.IntegerField()
    unreadable = serializers.IntegerField()
    tombstones = serializers.IntegerField()
    closed = serializers.IntegerField(help_text="Refused events of streams that are kept to other teams.")
    read_seconds = serializers.FloatField()
    answer_seconds = serializers.FloatField()


class AnswerSerializer(serializers.Serializer[Any]):
    """Rows, their columns, and what they were made of."""

    columns = ColumnSerializer(many=True)
    rows = serializers.ListField(child=serializers.ListField(child=serializers.JSONField()))
    is_cut = serializers.BooleanField(help_text="There are more rows than `max_rows`.")
    is_complete = serializers.BooleanField(help_text="All records of the minutes asked for were read.")
    read = ReadSerializer()


class SqlView(JsonView):
    """Read-only SQL over the last minutes of streams."""

    kept = "no-store"

    @extend_schema(
        operation_id="sql",
        request=QuestionSerializer,
        responses={200: AnswerSerializer, **dict.fromkeys((400, 401, 403, 422, 429, 503), ProblemDocumentSerializer)},
        examples=[OpenApiExample("Events by stream", {"sql": "select count(*) from events", "streams": ["test.event"]},
                                 request_only=True)],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """The answer; 422 where it would take longer, or more memory, than a question may."""
        body = QuestionSerializer(data=request.data)
        if not body.is_valid():
            raise BodyInvalidError(reason=_first(body.errors))
        given = body.validated_data
        unknown = next((one for one in given["streams"] if one not in snapshot().streams), "")
        if unknown:
            raise StreamUnknownError(name=unknown, hint="GET /api/v1/streams lists them.")
        question = Question(given["sql"], tuple(given["streams"]), given["minutes"], given["canaries"], given["max_rows"])
        found = asked.answered(request, question)
        return Response(pages.document(found))

    def translated(self, exc: Exception) -> PlatformError | None:
        """Whom nobody knows, a body that can't be read, and a database that is away."""
        if isinstance(exc, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
            return SignInNeededError()
        if isinstance(exc, exceptions.ParseError | exceptions.UnsupportedMediaType):
            return BodyInvalidError(reason=str(exc.detail))
        return EngineBrokenError(reason="the database is away") if isinstance(exc, DatabaseError) else None


def _first(errors: Any) -> str:
    """The first thing that is wrong, with its place."""
    if not isinstance(errors, dict):
        return str(errors)
    name, found = next(iter(errors.items()))
    while isinstance(found, dict):
        found = next(iter(found.values()))
    return f"{name}: {found[0] if isinstance(found, list) else found}"

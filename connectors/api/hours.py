"""Hours of streams over HTTP: whether an hour's data is all there, for schedulers that wait for it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from connectors import hours
from connectors.api.base import ConnectorView
from connectors.api.errors import NotThereError
from connectors.models import Connector
from eventplatform.core.errors import RejectedError
from eventplatform.json_api import ProblemDocumentSerializer
from streamconfig import lookups as configuration

_MOST = timedelta(days=7)
_YEARS = range(1970, 9999)
_ERRORS = dict.fromkeys((400, 401, 404, 503), ProblemDocumentSerializer)


class QueryError(RejectedError):
    """The query of a request for hours can't be used."""

    code = "connectors_api.bad_query"
    message = "{reason}"
    remedy = "Ask for /api/v1/hours?stream=NAME&from=2026-11-25T09:00:00Z&to=2026-11-26T09:00:00Z, at most seven days."


class HourSerializer(serializers.Serializer[Any]):
    """One hour of a stream in one store."""

    connector = serializers.CharField()
    stream = serializers.CharField()
    hour = serializers.DateTimeField(help_text="Its first moment, UTC.")
    complete = serializers.BooleanField(help_text="True once all that the log took in before its end is stored.")
    revision = serializers.IntegerField(help_text="Grows each time late events were added; 0: not complete yet.")
    files = serializers.IntegerField()
    rows = serializers.IntegerField()
    since = serializers.DateTimeField(allow_null=True, help_text="When this revision became complete.")


class HoursSerializer(serializers.Serializer[Any]):
    """Hours in their order, by connector."""

    hours = HourSerializer(many=True)


class HourList(ConnectorView):
    """Hours of a stream, and whether each is complete."""

    @extend_schema(
        operation_id="hours_list",
        parameters=[
            OpenApiParameter("stream", str, required=True, description="The stream's name."),
            OpenApiParameter("connector", str, description="Only in this connector's store."),
            OpenApiParameter("from", datetime, description="From the hour of this moment on; a day ago if absent."),
            OpenApiParameter("to", datetime, description="Before this moment; now if absent."),
        ],
        responses={200: HoursSerializer, **_ERRORS},
    )
    def get(self, request: Request) -> Response:
        stream = request.query_params.get("stream", "")
        now = timezone.now()
        last = _moment(request, "to", now)
        first = hours.hour_begun_at(_moment(request, "from", last - timedelta(days=1)))
        if last - first > _MOST + timedelta(hours=1):
            raise QueryError(pointer="/from", reason="from and to are more than seven days apart.")
        found = [
            view
            for connector in _connectors(stream, request.query_params.get("connector", ""))
            for view in hours.of_stream(connector, stream, first, last)
        ]
        return Response(HoursSerializer({"hours": [asdict(view) for view in found]}).data)


def _connectors(stream: str, name: str) -> list[Connector]:
    """Those of lakes that take the stream.

    Raises:
        NotThereError: no such stream; or none of them takes it.
    """
    known = configuration.snapshot().find_stream(stream)
    if known is None:
        raise NotThereError(kind="stream", name=stream, list="/api/v1/streams")
    found = [one for one in hours.lakes(only_enabled=False) if name in {"", one.name} and one.route.takes(known)]
    if not found:
        wanted = f"{name} of a lake that takes" if name else "of a lake that takes"
        raise NotThereError(kind=f"connector {wanted}", name=stream, list="/api/v1/connectors")
    return found


def _moment(request: Request, name: str, default: datetime) -> datetime:
    given = request.query_params.get(name)
    if not given:
        return default
    try:
        moment = datetime.fromisoformat(given.replace(" ", "+"))  # a plus that nobody escaped
    except ValueError:
        raise QueryError(pointer=f"/{name}", reason=f"{name} is no moment as in ISO 8601.") from None
    if moment.year not in _YEARS:
        raise QueryError(pointer=f"/{name}", reason=f"{name} lies in a year without events.")
    return moment if moment.tzinfo else moment.replace(tzinfo=default.tzinfo)

"""`/api/v1/completeness`: may a scheduler take an hour of a stream, in every store or in one?"""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from eventplatform.core.errors import RejectedError
from eventplatform.json_api import JsonView
from monitoring.hours import lookups
from monitoring.hours.judging import STATES
from monitoring.hours.noting import hour_of
from streamconfig.lookups import snapshot

_YEARS = range(1970, 9999)


class HourQueryError(RejectedError):
    """The question names no hour, or none as it can be read."""

    code = "completeness.bad_hour"
    message = "The hour {given} can't be read."
    remedy = "Ask for a moment of the hour in ISO 8601, as in hour=2026-11-26T07:00Z."


class HourUnknownError(RejectedError):
    """There is no such stream, or it is in no such store."""

    code = "completeness.unknown"
    http_status = HTTPStatus.NOT_FOUND
    message = "No stream {stream} in a store {store}."
    remedy = "Ask /api/v1/streams for the streams, /api/v1/connectors for the stores that take them."


class StoreHourSerializer(serializers.Serializer[Any]):
    """One hour of a stream in one store."""

    store = serializers.CharField(help_text="The connector; empty for the log itself, where no connector takes the stream.")
    state = serializers.ChoiceField(choices=STATES, help_text="empty: complete, no event came, canaries prove the path.")
    complete = serializers.BooleanField()
    reason = serializers.CharField(help_text="Why it is not complete, or complete and empty.")
    events = serializers.IntegerField(help_text="Events that the log took in the hour, canaries left out.")
    complete_at = serializers.DateTimeField(allow_null=True, help_text="When it was first known to be complete.")


class CompletenessSerializer(serializers.Serializer[Any]):
    """One hour of a stream; complete where it is so in every store that was asked for."""

    stream = serializers.CharField()
    hour = serializers.DateTimeField(help_text="Its first moment, UTC.")
    complete = serializers.BooleanField()
    state = serializers.ChoiceField(choices=STATES)
    stores = StoreHourSerializer(many=True)


class Completeness(JsonView):
    """Whether an hour of a stream is complete."""

    @extend_schema(
        operation_id="completeness",
        parameters=[
            OpenApiParameter("stream", str, required=True, description="The stream's name."),
            OpenApiParameter("hour", datetime, required=True, description="Any moment of the hour; kept for eight days."),
            OpenApiParameter("store", str, description="Only in this connector's store."),
        ],
        responses={200: CompletenessSerializer},
    )
    def get(self, request: Request) -> Response:
        stream, store = request.query_params.get("stream", ""), request.query_params.get("store")
        hour = _hour(request.query_params.get("hour", ""))
        found = lookups.at(stream, hour) if stream in snapshot().streams else []
        found = [(name, one) for name, one in found if store in {None, name}]
        if not found:
            raise HourUnknownError(stream=stream[:249], store=(store or "at all")[:200])
        stores = [
            {
                "store": name,
                "state": one.state,
                "complete": one.is_complete,
                "reason": one.reason,
                "events": one.events,
                "complete_at": one.complete_at,
            }
            for name, one in found
        ]
        every = [one for _, one in found]
        answer = {"stream": stream, "hour": hour, "complete": all(one.is_complete for one in every), "stores": stores}
        return Response(CompletenessSerializer({**answer, "state": lookups.worst(every)}).data)


def _hour(given: str) -> datetime:
    try:
        moment = datetime.fromisoformat(given.replace(" ", "+"))  # a plus that nobody escaped
    except ValueError:
        raise HourQueryError(pointer="/hour", given=given[:40] or "that was not given") from None
    if moment.year not in _YEARS:
        raise HourQueryError(pointer="/hour", given=given[:40])
    return hour_of(moment if moment.tzinfo else moment.replace(tzinfo=UTC))

"""Alerts over HTTP: list and read them, acknowledge, silence and resolve them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from monitoring.alerts import listing, services, silencing, wording
from monitoring.alerts.api_base import READ_ERRORS, WRITE_ERRORS, AlertView, body_of
from monitoring.alerts.errors import AlertNotThereError, BadAlertRequestError
from monitoring.alerts.listing import Filters, Shown
from monitoring.alerts.models import Alert

_STATES = ("open", "quiet", "history")
_MINUTES = 60


class AlertSerializer(serializers.Serializer[Any]):
    """One alert. `quiet` says why nobody is told of it: silenced, held, or nothing."""

    id = serializers.IntegerField()
    key = serializers.CharField()
    state = serializers.ChoiceField(choices=("open", "resolved"))
    level = serializers.ChoiceField(choices=("fail", "warn"))
    kind = serializers.CharField()
    subject = serializers.CharField()
    what = serializers.CharField()
    why = serializers.CharField()
    remedy = serializers.CharField()
    began_at = serializers.DateTimeField()
    opened_at = serializers.DateTimeField()
    resolved_at = serializers.DateTimeField(allow_null=True)
    acknowledged_by = serializers.CharField()
    held_by = serializers.CharField()
    silenced_until = serializers.DateTimeField(allow_null=True)
    url = serializers.CharField()
    runbook_url = serializers.CharField()


class AlertListSerializer(serializers.Serializer[Any]):
    """Alerts, worst first, of the past the newest first; `before` asks for the next page of those."""

    alerts = AlertSerializer(many=True)
    total = serializers.IntegerField()
    before = serializers.IntegerField(allow_null=True)


class NoteSerializer(serializers.Serializer[Any]):
    """What somebody says beside it."""

    note = serializers.CharField(max_length=2000, default="", allow_blank=True)


class SilenceSerializer(serializers.Serializer[Any]):
    """For how long nobody is told, and why; `width` kind means all alerts of its kind."""

    minutes = serializers.IntegerField(min_value=1, max_value=int(silencing.MOST.total_seconds()) // 60, default=_MINUTES)
    reason = serializers.CharField(max_length=300, default="", allow_blank=True)
    width = serializers.ChoiceField(choices=("subject", "kind"), default="subject")


class AlertList(AlertView):
    """Alerts."""

    @extend_schema(
        operation_id="alerts",
        parameters=[
            OpenApiParameter("state", enum=_STATES, description="open (default), quiet: silenced or held, history."),
            OpenApiParameter("kind", description="A kind, as of /runbooks."),
            OpenApiParameter("level", enum=("fail", "warn")),
            OpenApiParameter("q", description="Part of subject or words."),
            OpenApiParameter("range", enum=tuple(listing.RANGES), description="Of the history: how far back; 7d by default."),
            OpenApiParameter("before", int, description="Of the history: those before this number."),
        ],
        responses={200: AlertListSerializer, **READ_ERRORS},
    )
    def get(self, request: Request) -> Response:
        now, filters = timezone.now(), _filters(request)
        before = None
        if filters.tab == "history":
            found, total = listing.history(filters, now), listing.past(filters, now).count()
            before = found[listing.MOST - 1].row.pk if len(found) > listing.MOST else None
        else:
            found = [one for one in listing.open_ones(filters, now) if one.is_quiet == (filters.tab == "quiet")]
            total = len(found)
        return Response({"alerts": [_as_json(one) for one in found[: listing.MOST]], "total": total, "before": before})


class AlertDetail(AlertView):
    """One alert."""

    @extend_schema(operation_id="alert", responses={200: AlertSerializer, **READ_ERRORS})
    def get(self, request: Request, number: int) -> Response:  # noqa: ARG002  # DRF's signature
        return Response(_told(number))


def _act(name: str, what: str, body: Any) -> Callable[[Any], Any]:
    return extend_schema(
        operation_id=f"alert_{name}", request=body, description=what, responses={200: AlertSerializer, **WRITE_ERRORS}
    )


class AlertAcknowledge(AlertView):
    """Somebody looks after it."""

    @_act("acknowledge", "Nobody is reminded of it any more; its end is told.", NoteSerializer)
    def post(self, request: Request, number: int) -> Response:
        return _by_hand(request, number, services.acknowledge)


class AlertResolve(AlertView):
    """Somebody says that it is over."""

    @_act("resolve", "It opens again in five minutes if it lasts.", NoteSerializer)
    def post(self, request: Request, number: int) -> Response:
        return _by_hand(request, number, services.resolve)


class AlertSilenced(AlertView):
    """Nobody is told for a time."""

    @_act("silence", "It goes on being evaluated and shown.", SilenceSerializer)
    def post(self, request: Request, number: int) -> Response:
        wanted = body_of(request, SilenceSerializer)
        silencing.silence(
            _row(number),
            lasts=timedelta(minutes=wanted["minutes"]),
            reason=wanted["reason"],
            width=wanted["width"],
            by=request.user,
            now=timezone.now(),
        )
        return Response(_told(number))


def _by_hand(request: Request, number: int, act: Callable[..., bool]) -> Response:
    note = body_of(request, NoteSerializer)["note"]
    if not act(number, by=request.user.get_username(), note=note, now=timezone.now()):
        raise AlertNotThereError(state="open ", id=number)
    return Response(_told(number))


def _row(number: int) -> Alert:
    found = Alert.objects.exclude(phase=Alert.Phase.PENDING).filter(pk=number).first()
    if found is None:
        raise AlertNotThereError(state="", id=number)
    return found


def _told(number: int) -> dict[str, Any]:
    (one,) = listing.shown([_row(number)], timezone.now())
    return _as_json(one)


def _as_json(one: Shown) -> dict[str, Any]:
    until = one.silence.until if one.silence else None
    return {**wording.as_json(one.row), "silenced_until": until.isoformat() if until else None}


def _filters(request: Request) -> Filters:
    given = request.query_params
    unknown = given.keys() - {"state", "kind", "level", "q", "range", "before"}
    if unknown:
        raise BadAlertRequestError(reason=f"There is no parameter {min(unknown)[:50]}.")
    before = given.get("before", "")
    wrong = [
        name
        for name, choices in (("state", _STATES), ("level", ("", "fail", "warn")), ("range", (*listing.RANGES,)))
        if given.get(name, choices[0]) not in choices
    ]
    if wrong or (before and not before.isdecimal()) or len(before) > 18:  # noqa: PLR2004  # digits of a bigint
        raise BadAlertRequestError(reason=f"The parameter {wrong[0] if wrong else 'before'} has no such value.")
    if any("\0" in value for value in given.values()):
        raise BadAlertRequestError(reason="A parameter holds a character that no text has.")
    return Filters(
        tab=given.get("state", "open"),
        kind=given.get("kind", ""),
        level=given.get("level", ""),
        q=given.get("q", ""),
        range=given.get("range", "7d"),
        before=int(before) if before else None,
    )

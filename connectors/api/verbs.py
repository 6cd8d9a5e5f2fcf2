"""What can be done to a connector over HTTP: Kafka Connect's verbs, its offsets, and back-fills."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from connectors import acts, backfill, lookups, repositioning, services
from connectors.api.base import READ_ERRORS, WRITE_ERRORS, ConnectorView, body_of, by, connector_of
from connectors.api.bodies import (
    BackfillAskSerializer,
    BackfillSerializer,
    ConnectorAnswerSerializer,
    OffsetsSerializer,
)
from connectors.api.connectors import as_json
from connectors.api.errors import BodyError, NotStoppedError
from connectors.models import Lease
from eventplatform.core.records import TopicPartition

_PLACES = ("first", "end", "store", "reached")


def _switches(name: str, what: str) -> Callable[[Any], Any]:
    responses = {202: ConnectorAnswerSerializer, **WRITE_ERRORS}
    return extend_schema(operation_id=f"connector_{name}", request=None, description=what, responses=responses)


class ConnectorPause(ConnectorView):
    """A pause."""

    @_switches("pause", "Stop waking it; slices end within seconds, nothing is lost.")
    def put(self, request: Request, name: str) -> Response:
        return _switched(request, name, services.pause, "paused")


class ConnectorStop(ConnectorView):
    """A stop."""

    @_switches("stop", "As pause; besides, its offsets may be moved.")
    def put(self, request: Request, name: str) -> Response:
        return _switched(request, name, services.stop, "stopped")


class ConnectorResume(ConnectorView):
    """The end of a pause or a stop."""

    @_switches("resume", "Go on from the store's position, also where an error held it back.")
    def put(self, request: Request, name: str) -> Response:
        return _switched(request, name, services.resume, "resumed")


class ConnectorRestart(ConnectorView):
    """A restart."""

    @extend_schema(
        operation_id="connector_restart",
        request=None,
        parameters=[
            OpenApiParameter("onlyFailed", bool, OpenApiParameter.QUERY, description="Only partitions that failed."),
            OpenApiParameter("includeTasks", bool, OpenApiParameter.QUERY, description="Its partitions too; true by default."),
        ],
        responses={202: ConnectorAnswerSerializer, **WRITE_ERRORS},
    )
    def post(self, request: Request, name: str) -> Response:
        found = connector_of(name)
        only_failed = _flag(request, "onlyFailed", default=False)
        include_tasks = _flag(request, "includeTasks", default=True)
        count = services.restart(connector=name, by=by(request), only_failed=only_failed, include_tasks=include_tasks)
        acts.note(found, by=request.user, changes=[f"restarted {count} partitions"])
        return Response(as_json(connector_of(name)), status=HTTPStatus.ACCEPTED)


class ConnectorOffsets(ConnectorView):
    """Where a connector stands."""

    @extend_schema(operation_id="connector_offsets", responses={200: OffsetsSerializer, **READ_ERRORS})
    def get(self, request: Request, name: str) -> Response:  # noqa: ARG002  # DRF's signature
        """As mirrored; the store's own position is the truth."""
        connector_of(name)
        return Response(_offsets(name))

    @extend_schema(
        operation_id="connector_offsets_move", request=OffsetsSerializer, responses={200: OffsetsSerializer, **WRITE_ERRORS}
    )
    def patch(self, request: Request, name: str) -> Response:
        """Move the store's own position, of a stopped connector alone; each partition by itself."""
        self._require_stopped(name)
        for number, one in enumerate(body_of(request, OffsetsSerializer)["offsets"]):
            where = TopicPartition(one["topic"], one["partition"])
            _move(request, name, where, _place(one["offset"], f"/offsets/{number}/offset"))
        return Response(_offsets(name))

    @extend_schema(operation_id="connector_offsets_reset", responses={200: OffsetsSerializer, **WRITE_ERRORS})
    def delete(self, request: Request, name: str) -> Response:
        """Begin with the first record of every partition again, of a stopped connector alone."""
        self._require_stopped(name)
        for where in _wheres(name):
            _move(request, name, where, "first")
        return Response(_offsets(name))

    def _require_stopped(self, name: str) -> None:
        if not connector_of(name).is_stopped:
            raise NotStoppedError(name=name)


class BackfillList(ConnectorView):
    """Back-fills of a connector."""

    @extend_schema(operation_id="backfills", responses={200: BackfillSerializer(many=True), **READ_ERRORS})
    def get(self, request: Request, name: str) -> Response:  # noqa: ARG002  # DRF's signature
        connector_of(name)
        return Response(BackfillSerializer(backfill.progress(name), many=True).data)

    @extend_schema(
        operation_id="backfill_start", request=BackfillAskSerializer, responses={201: BackfillSerializer, **WRITE_ERRORS}
    )
    def post(self, request: Request, name: str) -> Response:
        found = connector_of(name)
        body = body_of(request, BackfillAskSerializer)
        only = TopicPartition(body.get("topic", body["stream"]), body["partition"]) if "partition" in body else None
        made = backfill.start(
            connector=name,
            stream=body["stream"],
            by=by(request),
            begin=body.get("begin_offset", body.get("begin_at")),
            end=body.get("end_offset", body.get("end_at")),
            only=only,
        )
        acts.note(found, by=request.user, changes=[f"back-fill {made.pk} of {body['stream']} started"])
        shown = next(one for one in backfill.progress(name) if one.id == made.pk)
        return Response(BackfillSerializer(shown).data, status=HTTPStatus.CREATED)


class BackfillVerb(ConnectorView):
    """Pause, resume or cancel a back-fill."""

    @extend_schema(operation_id="backfill_verb", request=None, responses={200: BackfillSerializer, **WRITE_ERRORS})
    def put(self, request: Request, name: str, number: int, verb: str) -> Response:
        found = connector_of(name)
        act = {"pause": backfill.pause, "resume": backfill.resume, "cancel": backfill.cancel}.get(verb)
        if act is None:
            raise BodyError(reason="The verbs are pause, resume and cancel.")
        act(connector=name, number=number, by=by(request))
        acts.note(found, by=request.user, changes=[f"back-fill {number}: {verb}"])
        return Response(BackfillSerializer(next(one for one in backfill.progress(name) if one.id == number)).data)


def _switched(request: Request, name: str, verb: Callable[..., None], told: str) -> Response:
    found = connector_of(name)
    verb(connector=name, by=by(request))
    acts.note(found, by=request.user, changes=[told])
    return Response(as_json(connector_of(name)), status=HTTPStatus.ACCEPTED)


def _move(request: Request, name: str, where: TopicPartition, to: repositioning.Place) -> None:
    found = connector_of(name)
    after = repositioning.reposition(connector=found, where=where, to=to, by=by(request))
    acts.note(found, by=request.user, changes=[f"{where.topic}/{where.partition} goes on at offset {after.next_offset}"])


def _offsets(name: str) -> dict[str, Any]:
    view = lookups.find(name)
    partitions = view.partitions if view else ()
    return {"offsets": [{"topic": one.topic, "partition": one.partition, "offset": one.next_offset} for one in partitions]}


def _wheres(name: str) -> list[TopicPartition]:
    rows = Lease.objects.filter(connector__name=name, backfill=None).values_list("topic", "partition")
    return [TopicPartition(*row) for row in rows]


def _place(given: Any, pointer: str) -> repositioning.Place:
    if given in _PLACES or (isinstance(given, int) and not isinstance(given, bool) and given >= 0):
        return given  # type: ignore[no-any-return]  # one of the words, or an offset
    raise BodyError(pointer=pointer, reason=f"offset: a whole number, or one of {', '.join(_PLACES)}.")


def _flag(request: Request, name: str, *, default: bool) -> bool:
    given = request.query_params.get(name, str(default)).lower()
    if given not in ("true", "false"):
        raise BodyError(pointer=f"/{name}", reason=f"{name}: true or false.")
    return given == "true"

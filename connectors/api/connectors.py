"""Connectors over HTTP: list, make, read, change, delete, and how each is doing."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.contrib.admin.models import ADDITION, CHANGE, DELETION
from django.db import transaction
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from connectors import acts, lookups, services
from connectors.api.base import (
    READ_ERRORS,
    WRITE_ERRORS,
    ConnectorView,
    body_of,
    by,
    connector_of,
    require_unchanged,
    tagged,
)
from connectors.api.bodies import (
    ConnectorAnswerSerializer,
    ConnectorConfigSerializer,
    ConnectorCreateSerializer,
    MinuteSerializer,
    StatusSerializer,
)
from connectors.api.errors import BodyError, NameTakenError
from connectors.api.targets import merged
from connectors.holding import hold
from connectors.models import Connector

_PERMISSIONS = {"POST": "connectors.add_connector", "DELETE": "connectors.delete_connector"}
_CONFIG = ("streams", "options", "rules")


class ConnectorList(ConnectorView):
    """Connectors."""

    permissions = _PERMISSIONS

    @extend_schema(operation_id="connectors", responses={200: ConnectorAnswerSerializer(many=True), **READ_ERRORS})
    def get(self, request: Request) -> Response:  # noqa: ARG002  # DRF's signature
        views = {view.name: view for view in lookups.overview()}
        rows = Connector.objects.select_related("target")
        return Response([as_json(one, views[one.name]) for one in rows if one.name in views])

    @extend_schema(
        operation_id="connector_create",
        request=ConnectorCreateSerializer,
        responses={201: ConnectorAnswerSerializer, **WRITE_ERRORS},
    )
    @transaction.atomic
    def post(self, request: Request) -> Response:
        body = body_of(request, ConnectorCreateSerializer)
        hold("connector", body["name"])
        if Connector.objects.filter(name=body["name"]).exists():
            raise NameTakenError(kind="connector", name=body["name"])
        state = body["initial_state"]
        made = services.save_connector(
            name=body["name"],
            target=body["target"],
            streams=body.get("streams") or ["*"],
            values=body.get("options", {}),
            rules=body.get("rules"),
            is_enabled=state == "running",
            is_stopped=state == "stopped",
        )
        acts.note(made, by=request.user, flag=ADDITION)
        return tagged(Response(as_json(made), status=HTTPStatus.CREATED), made.updated_at)


class ConnectorDetail(ConnectorView):
    """A connector."""

    permissions = _PERMISSIONS

    @extend_schema(operation_id="connector", responses={200: ConnectorAnswerSerializer, **READ_ERRORS})
    def get(self, request: Request, name: str) -> Response:  # noqa: ARG002  # DRF's signature
        found = connector_of(name)
        return tagged(Response(as_json(found)), found.updated_at)

    @extend_schema(
        operation_id="connector_replace",
        request=ConnectorConfigSerializer,
        responses={200: ConnectorAnswerSerializer, **WRITE_ERRORS},
    )
    @transaction.atomic
    def put(self, request: Request, name: str) -> Response:
        """The whole configuration; what is left out takes its default. Whether it runs stays."""
        body = self._body(request, name)
        if "target" not in body:
            raise BodyError(pointer="/target", reason="target: a whole configuration names it.")
        return self._save(request, name, {"streams": ["*"], "options": {}, "rules": {}, **body})

    @extend_schema(
        operation_id="connector_change",
        request=ConnectorConfigSerializer,
        responses={200: ConnectorAnswerSerializer, **WRITE_ERRORS},
    )
    @transaction.atomic
    def patch(self, request: Request, name: str) -> Response:
        """Some of it: within options and rules only what is named changes, and null takes a value away."""
        body = self._body(request, name)
        found = connector_of(name)
        for part in ("options", "rules"):
            body[part] = merged(getattr(found, part), body.get(part, {}))
        return self._save(request, name, {"target": found.target.name, "streams": found.streams, **body})

    @extend_schema(operation_id="connector_delete", responses={204: None, **WRITE_ERRORS})
    def delete(self, request: Request, name: str) -> Response:
        """Forget it; rows, and its place among them, stay in the store."""
        found = connector_of(name)
        require_unchanged(request, name, found.updated_at)
        acts.note(found, by=request.user, flag=DELETION)
        services.delete_connector(connector=name, by=by(request))
        return Response(status=HTTPStatus.NO_CONTENT)

    def _body(self, request: Request, name: str) -> dict[str, Any]:
        body = body_of(request, ConnectorConfigSerializer)
        hold("connector", name)  # the state that the writer saw, and what it changes, stay until it is written
        require_unchanged(request, name, connector_of(name).updated_at)
        return body

    def _save(self, request: Request, name: str, wanted: dict[str, Any]) -> Response:
        before = connector_of(name)
        saved = services.save_connector(
            name=name,
            target=wanted["target"],
            streams=wanted["streams"],
            values=wanted["options"],
            rules=wanted["rules"],
            is_enabled=None,
        )
        changes = acts.differences(_facts(before), _facts(connector_of(name)))
        acts.note(saved, by=request.user, changes=changes, flag=CHANGE)
        return tagged(Response(as_json(connector_of(name))), saved.updated_at)


class ConnectorStatus(ConnectorView):
    """How a connector is doing."""

    @extend_schema(operation_id="connector_status", responses={200: StatusSerializer, **READ_ERRORS})
    def get(self, request: Request, name: str) -> Response:  # noqa: ARG002  # DRF's signature
        found = connector_of(name)
        view = lookups.find(name)
        target = found.target
        preparation = getattr(found, "preparation", None)
        return Response(
            {
                "name": name,
                "state": state_of(found, view),
                "lag_records": view.lag_records if view else 0,
                "lag_seconds": view.lag_seconds if view else None,
                "store_left_alone_until": target.open_until,
                "store_error": target.open_reason,
                "preparation_error": preparation.last_error if preparation else "",
                "tasks": [_task(one) for one in view.partitions] if view else [],
            }
        )


class ConnectorHistory(ConnectorView):
    """What a connector did, by minute."""

    @extend_schema(
        operation_id="connector_history",
        parameters=[OpenApiParameter("hours", int, OpenApiParameter.QUERY, description="1 to 168; 24 where it is left out.")],
        responses={200: MinuteSerializer(many=True), **READ_ERRORS},
    )
    def get(self, request: Request, name: str) -> Response:
        connector_of(name)
        hours = request.query_params.get("hours", "24")
        if not (hours.isdecimal() and len(hours) <= 3 and 1 <= int(hours) <= 168):  # noqa: PLR2004  # a week has three digits
            raise BodyError(pointer="/hours", reason="hours: a whole number from 1 to 168.")
        return Response(MinuteSerializer(lookups.history(name, int(hours)), many=True).data)


def as_json(connector: Connector, view: lookups.ConnectorView | None = None) -> dict[str, Any]:
    """What `ConnectorAnswerSerializer` declares."""
    return {
        "name": connector.name,
        "kind": connector.kind,
        "target": connector.target.name,
        **{part: getattr(connector, part) for part in _CONFIG},
        "wanted_state": "running" if connector.is_enabled else "stopped" if connector.is_stopped else "paused",
        "state": state_of(connector, view or lookups.find(connector.name)),
        "updated_at": connector.updated_at,
    }


def state_of(connector: Connector, view: lookups.ConnectorView | None) -> str:
    """As its worst partition; or as somebody switched it off."""
    if not connector.is_enabled:
        return "stopped" if connector.is_stopped else "paused"
    return {"stopped": "failed"}.get(view.state, view.state) if view else "idle"


def _facts(connector: Connector) -> dict[str, Any]:
    return {"target": connector.target.name, **{part: getattr(connector, part) for part in _CONFIG}}


def _task(one: lookups.PartitionView) -> dict[str, Any]:
    return {
        "stream": one.stream,
        "topic": one.topic,
        "partition": one.partition,
        "state": {"stopped": "failed"}.get(one.state, one.state),
        "next_offset": one.next_offset,
        "end_offset": one.end_offset,
        "lag_records": one.lag_records,
        "lag_seconds": one.lag_seconds,
        "worker": one.owner,
        "tried_again_at": one.not_before,
        "error": one.last_error,
        "error_code": one.error_code,
        "loses_records_at": one.loses_at,
    }

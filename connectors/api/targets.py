"""Targets over HTTP: secrets go in, and never come out."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.contrib.admin.models import DELETION
from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from connectors import acts, catalog, checking, opening, options, services, shown
from connectors.api.base import (
    READ_ERRORS,
    WRITE_ERRORS,
    ConnectorView,
    body_of,
    by,
    require_unchanged,
    tagged,
    target_of,
)
from connectors.api.bodies import CheckSerializer, TargetChangeSerializer, TargetSerializer
from connectors.api.errors import NameTakenError
from connectors.forms import saving
from connectors.holding import hold
from connectors.models import Target
from eventplatform import encryption
from eventplatform.core.errors import PlatformError

_PERMISSIONS = {
    "POST": "connectors.add_target",
    "PUT": "connectors.change_target",
    "PATCH": "connectors.change_target",
    "DELETE": "connectors.delete_target",
}


class TargetList(ConnectorView):
    """Targets."""

    permissions = _PERMISSIONS

    @extend_schema(operation_id="targets", responses={200: TargetSerializer(many=True), **READ_ERRORS})
    def get(self, request: Request) -> Response:  # noqa: ARG002  # DRF's signature
        return Response([as_json(one) for one in Target.objects.all()])

    @extend_schema(operation_id="target_create", request=TargetSerializer, responses={201: TargetSerializer, **WRITE_ERRORS})
    @transaction.atomic
    def post(self, request: Request) -> Response:
        body = body_of(request, TargetSerializer)
        hold("target", body["name"])
        if Target.objects.filter(name=body["name"]).exists():
            raise NameTakenError(kind="target", name=body["name"])
        made = saving.save_target(name=body["name"], kind=body["kind"], values=body["options"], by=request.user)
        return tagged(Response(as_json(made), status=HTTPStatus.CREATED), made.updated_at)


class TargetDetail(ConnectorView):
    """A target."""

    permissions = _PERMISSIONS

    @extend_schema(operation_id="target", responses={200: TargetSerializer, **READ_ERRORS})
    def get(self, request: Request, name: str) -> Response:  # noqa: ARG002  # DRF's signature
        found = target_of(name)
        return tagged(Response(as_json(found)), found.updated_at)

    @extend_schema(
        operation_id="target_replace", request=TargetChangeSerializer, responses={200: TargetSerializer, **WRITE_ERRORS}
    )
    def put(self, request: Request, name: str) -> Response:
        """All open options; secrets that are left out stay."""
        return self._save(request, name, is_whole=True)

    @extend_schema(
        operation_id="target_change", request=TargetChangeSerializer, responses={200: TargetSerializer, **WRITE_ERRORS}
    )
    def patch(self, request: Request, name: str) -> Response:
        """Some options; null takes one away."""
        return self._save(request, name, is_whole=False)

    @extend_schema(operation_id="target_delete", responses={204: None, **WRITE_ERRORS})
    def delete(self, request: Request, name: str) -> Response:
        found = target_of(name)
        require_unchanged(request, name, found.updated_at)
        services.delete_target(target=name, by=by(request))
        acts.note(found, by=request.user, flag=DELETION)
        return Response(status=HTTPStatus.NO_CONTENT)

    @transaction.atomic
    def _save(self, request: Request, name: str, *, is_whole: bool) -> Response:
        body = body_of(request, TargetChangeSerializer)
        hold("target", name)
        found = target_of(name)
        require_unchanged(request, name, found.updated_at)
        values = body["options"] if is_whole else merged(found.options, body["options"])
        saved = saving.save_target(name=name, kind=body.get("kind", found.kind), values=values, by=request.user)
        return tagged(Response(as_json(saved)), saved.updated_at)


class TargetTest(ConnectorView):
    """A test of the connection."""

    permissions = {"POST": "connectors.change_target"}

    @extend_schema(operation_id="target_test", request=None, responses={200: CheckSerializer, **WRITE_ERRORS})
    def post(self, request: Request, name: str) -> Response:  # noqa: ARG002  # DRF's signature
        """Open the store with what is saved, within ten seconds; 200 also where it can't be used."""
        found = target_of(name)
        done = checking.check(found.kind, name="connection-test", target=opening.values_of(found), values={})
        return Response(
            {"is_ok": done.is_ok, "message": done.text, "remedy": done.remedy, "code": done.code, "seconds": done.seconds}
        )


def as_json(target: Target) -> dict[str, Any]:
    """As people may see it."""
    try:
        declared = options.declared(catalog.load(target.kind).target_type)
    except PlatformError:  # its driver is not installed here
        return {"name": target.name, "kind": target.kind, "options": {}}
    kept = encryption.unseal(target.secrets, owner=f"target {target.name}") if target.secrets else {}
    masks = dict.fromkeys(kept, options.MASK)
    return {"name": target.name, "kind": target.kind, "options": {**shown.harmless(declared, target.options), **masks}}


def merged(before: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """`before` with the changes; null takes a value away."""
    return {name: value for name, value in {**before, **changes}.items() if value is not None}

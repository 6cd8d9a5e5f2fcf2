"""What the addresses share: who may read and write, one guarded JSON object as body, errors as problem documents."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.db import DatabaseError
from django.http import Http404
from rest_framework import exceptions, serializers
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response

from connectors.api.errors import (
    BodyError,
    ChangedMeanwhileError,
    MethodError,
    NotAllowedError,
    NotThereError,
    SignInNeededError,
)
from connectors.models import Connector, Target
from eventplatform.core.errors import PlatformError, RetriableError
from eventplatform.json_api import JsonView, Limits, ProblemDocumentSerializer, SeesPages, object_of

_LIMITS = Limits(max_bytes=1024 * 1024, max_depth=16)


READ_ERRORS = dict.fromkeys((401, 404), ProblemDocumentSerializer)
WRITE_ERRORS = dict.fromkeys((400, 401, 403, 404, 409, 412, 503), ProblemDocumentSerializer)


class DatabaseAwayError(RetriableError):
    """Connectors are rows of the database."""

    code = "connectors_api.database_away"
    message = "The platform's database is away."
    remedy = "Ask again in some seconds; connectors go on meanwhile as far as they can."


class MayOperate(SeesPages):
    """Reads by whoever may see the pages; writes by the permission that the view names for the method."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if request.method in SAFE_METHODS:
            return super().has_permission(request, view)
        return bool(request.user and request.user.is_authenticated) and request.user.has_perm(
            view.permission_for(request.method)
        )


class ConnectorView(JsonView):
    """One address; `permissions` says by method what a writer needs."""

    permission_classes: Any = [MayOperate]
    permissions: ClassVar[Mapping[str, str]] = {}

    def permission_for(self, method: str | None) -> str:
        """What somebody needs who uses the method here."""
        return self.permissions.get(method or "", "connectors.change_connector")

    def translated(self, exc: Exception) -> PlatformError | None:
        """Those of DRF that a program meets, and a database that is away."""
        if isinstance(exc, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
            return SignInNeededError()
        if isinstance(exc, exceptions.PermissionDenied):
            return NotAllowedError(reason=str(exc.detail), permission=self.permission_for(self.request.method))
        if isinstance(exc, exceptions.MethodNotAllowed):
            return MethodError(allowed=", ".join(self.allowed_methods))
        if isinstance(exc, Http404):
            return NotThereError(kind="such", name="thing", list="/api/v1/connectors")
        return DatabaseAwayError() if isinstance(exc, DatabaseError) else None


def body_of(request: Request, serializer: type[serializers.Serializer[Any]]) -> dict[str, Any]:
    """The body as an address takes it.

    Raises:
        RejectedError: it is no JSON, too large, or says something that the address doesn't know.
    """
    return object_of(request, serializer, limits=_LIMITS, refuse=lambda place, why: BodyError(pointer=place, reason=why))


def connector_of(name: str) -> Connector:
    """The connector's row.

    Raises:
        NotThereError: there is none.
    """
    found = Connector.objects.select_related("target").filter(name=name).first()
    if found is None:
        raise NotThereError(kind="connector", name=name, list="/api/v1/connectors")
    return found


def target_of(name: str) -> Target:
    """The target's row; see `connector_of`."""
    found = Target.objects.filter(name=name).first()
    if found is None:
        raise NotThereError(kind="target", name=name, list="/api/v1/targets")
    return found


def tagged(response: Response, updated_at: datetime) -> Response:
    """With the tag of a row's state, for `If-Match`."""
    response["ETag"] = _tag(updated_at)
    return response


def require_unchanged(request: Request, name: str, updated_at: datetime) -> None:
    """Refuse a write that was made to another state of the row than its present one.

    Raises:
        ChangedMeanwhileError: `If-Match` says so; without that header there is no such check.
    """
    wanted = [one.strip() for one in request.headers.get("If-Match", "*").split(",")]
    if "*" not in wanted and _tag(updated_at) not in wanted:
        raise ChangedMeanwhileError(name=name)


def by(request: Request) -> str:
    """Who writes."""
    return str(request.user.get_username())


def _tag(moment: datetime) -> str:
    return f'"{round(moment.timestamp() * 1_000_000):x}"'

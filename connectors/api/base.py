"""What the addresses share: who may read and write, one guarded JSON object as body, errors as problem documents."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import DatabaseError
from django.http import Http404
from rest_framework import exceptions, serializers
from rest_framework.parsers import JSONParser
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

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
from eventplatform.guard.json_body import JsonLimits, parse_events
from eventplatform.guard.ways_in import open_json_body
from eventplatform.guard.wsgi import head_of, read_body
from eventplatform.problems import problem_response, unlogged

_MAX_BYTES = 1024 * 1024
_LIMITS = JsonLimits(max_events=1, max_depth=16)


class ProblemOfConnectorsSerializer(serializers.Serializer[Any]):
    """A problem document (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()
    remedy = serializers.CharField()
    pointer = serializers.CharField(required=False)


READ_ERRORS = dict.fromkeys((401, 404), ProblemOfConnectorsSerializer)
WRITE_ERRORS = dict.fromkeys((400, 401, 403, 404, 409, 412, 503), ProblemOfConnectorsSerializer)


class DatabaseAwayError(RetriableError):
    """Connectors are rows of the database."""

    code = "connectors_api.database_away"
    message = "The platform's database is away."
    remedy = "Ask again in some seconds; connectors go on meanwhile as far as they can."


class MayOperate(BasePermission):
    """Reads by whoever may see the pages; writes by the permission that the view names for the method."""

    def has_permission(self, request: Request, view: Any) -> bool:
        is_known = bool(request.user and request.user.is_authenticated)
        if request.method in SAFE_METHODS:
            return is_known or not settings.PAGES_NEED_LOGIN
        return is_known and request.user.has_perm(view.permission_for(request.method))


class ConnectorView(APIView):
    """One address; `permissions` says by method what a writer needs."""

    permission_classes: Any = [MayOperate]
    renderer_classes: Any = [JSONRenderer]
    parser_classes: Any = [JSONParser]
    permissions: ClassVar[Mapping[str, str]] = {}

    def permission_for(self, method: str | None) -> str:
        """What somebody needs who uses the method here."""
        return self.permissions.get(method or "", "connectors.change_connector")

    def handle_exception(self, exc: Exception) -> Response:
        """Errors of the platform, and those of DRF that a program meets, as problem documents."""
        error = exc if isinstance(exc, PlatformError) else self._translated(exc)
        if error is None:
            return super().handle_exception(exc)
        response = unlogged(problem_response(error))
        if isinstance(error, SignInNeededError):
            response["WWW-Authenticate"] = 'Bearer realm="api"'
        if isinstance(error, MethodError):
            response["Allow"] = ", ".join(self.allowed_methods)
        return response  # type: ignore[return-value]  # DRF's dispatch takes any response of Django's

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Nobody but the reader keeps it."""
        made = super().finalize_response(request, response, *args, **kwargs)
        if not made.has_header("Cache-Control"):
            made["Cache-Control"] = "private, no-cache"
        return made

    def _translated(self, exc: Exception) -> PlatformError | None:
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
    head = head_of(request.META)
    content = read_body(request.META, open_json_body(head, _MAX_BYTES), head).finish()
    if content.lstrip()[:1] != b"{":
        raise BodyError(reason="The body must be one JSON object.")
    given = parse_events(content, _LIMITS)[0]
    made = serializer(data=given)
    unknown = [name for name in given if name not in made.fields]
    if unknown:
        raise BodyError(pointer=f"/{unknown[0][:50]}", reason=f"There is no {unknown[0][:50]}, but {', '.join(made.fields)}.")
    if not made.is_valid():
        name, reasons = next(iter(made.errors.items()))
        raise BodyError(pointer=f"/{name}", reason=f"{name}: {_first(reasons)}")
    found: dict[str, Any] = made.validated_data
    return found


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


def _first(reasons: Any) -> str:
    found = reasons
    while isinstance(found, (list, dict)):
        found = next(iter(found.values() if isinstance(found, dict) else found), "")
    return str(found)

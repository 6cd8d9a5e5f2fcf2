"""What the addresses of alerts share: who may read and write, one guarded JSON object as body, errors as problem documents."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from rest_framework import exceptions, serializers
from rest_framework.parsers import JSONParser
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from eventplatform.core.errors import PlatformError
from eventplatform.guard.json_body import JsonLimits, parse_events
from eventplatform.guard.ways_in import open_json_body
from eventplatform.guard.wsgi import head_of, read_body
from eventplatform.problems import problem_response, unlogged
from monitoring.alerts.errors import AlertNotAllowedError, AlertSignInError, BadAlertRequestError

HANDLE = "monitoring.handle_alerts"
_MAX_BYTES = 64 * 1024
_LIMITS = JsonLimits(max_events=1, max_depth=4)


class ProblemOfAlertsSerializer(serializers.Serializer[Any]):
    """A problem document (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()
    remedy = serializers.CharField()


READ_ERRORS = dict.fromkeys((400, 401, 404), ProblemOfAlertsSerializer)
WRITE_ERRORS = dict.fromkeys((400, 401, 403, 404), ProblemOfAlertsSerializer)


class MayHandle(BasePermission):
    """Reads by whoever may see the pages; acts by whoever may handle alerts."""

    def has_permission(self, request: Request, view: Any) -> bool:  # noqa: ARG002  # DRF's signature
        is_known = bool(request.user and request.user.is_authenticated)
        if request.method in SAFE_METHODS:
            return is_known or not settings.PAGES_NEED_LOGIN
        return is_known and request.user.has_perm(HANDLE)


class AlertView(APIView):
    """One address."""

    permission_classes: Any = [MayHandle]
    renderer_classes: Any = [JSONRenderer]
    parser_classes: Any = [JSONParser]

    def handle_exception(self, exc: Exception) -> Response:
        """Errors of the platform, and refusals of DRF's, as problem documents."""
        error = exc if isinstance(exc, PlatformError) else _translated(exc)
        if error is None:
            return super().handle_exception(exc)
        response = unlogged(problem_response(error))
        if isinstance(error, AlertSignInError):
            response["WWW-Authenticate"] = 'Bearer realm="api"'
        return response  # type: ignore[return-value]  # DRF's dispatch takes any response of Django's

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Nobody but the reader keeps it."""
        made = super().finalize_response(request, response, *args, **kwargs)
        made["Cache-Control"] = "private, no-cache"
        return made


def body_of(request: Request, serializer: type[serializers.Serializer[Any]]) -> dict[str, Any]:
    """The body as an address takes it; none is an empty object.

    Raises:
        RejectedError: it is no JSON object, too large, or says something that the address doesn't know.
    """
    content = _content(request.META)
    if content[:1] != b"{":
        raise BadAlertRequestError(reason="The body must be one JSON object.")
    given = {} if content in {b"{}", b"{ }"} else parse_events(content, _LIMITS)[0]  # to it an empty object is no event
    made = serializer(data=given)
    unknown = [name for name in given if name not in made.fields]
    if unknown:
        raise BadAlertRequestError(reason=f"There is no {unknown[0][:50]}, but {', '.join(made.fields)}.")
    if not made.is_valid():
        name, reasons = next(iter(made.errors.items()))
        raise BadAlertRequestError(reason=f"{name}: {reasons[0]}")
    found: dict[str, Any] = made.validated_data
    return found


def _content(meta: dict[str, Any]) -> bytes:
    if meta.get("CONTENT_LENGTH") in {None, "", "0"} and "HTTP_TRANSFER_ENCODING" not in meta:
        return b"{}"
    head = head_of(meta)
    return read_body(meta, open_json_body(head, _MAX_BYTES), head).finish().strip()


def _translated(exc: Exception) -> PlatformError | None:
    if isinstance(exc, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        return AlertSignInError()
    return AlertNotAllowedError(reason=str(exc.detail)) if isinstance(exc, exceptions.PermissionDenied) else None

"""What the addresses of alerts share: who may read and write, one guarded JSON object as body, errors as problem documents."""

from __future__ import annotations

from typing import Any

from rest_framework import exceptions, serializers
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from eventplatform.core.errors import PlatformError
from eventplatform.json_api import JsonView, Limits, ProblemDocumentSerializer, SeesPages, object_of
from monitoring.alerts.errors import AlertNotAllowedError, AlertSignInError, BadAlertRequestError

HANDLE = "monitoring.handle_alerts"
_LIMITS = Limits(max_bytes=64 * 1024, max_depth=4, may_be_absent=True)


READ_ERRORS = dict.fromkeys((400, 401, 404), ProblemDocumentSerializer)
WRITE_ERRORS = dict.fromkeys((400, 401, 403, 404), ProblemDocumentSerializer)


class MayHandle(SeesPages):
    """Reads by whoever may see the pages; acts by whoever may handle alerts."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if request.method in SAFE_METHODS:
            return super().has_permission(request, view)
        return bool(request.user and request.user.is_authenticated) and request.user.has_perm(HANDLE)


class AlertView(JsonView):
    """One address."""

    permission_classes: Any = [MayHandle]

    def translated(self, exc: Exception) -> PlatformError | None:
        """Refusals of DRF's."""
        if isinstance(exc, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
            return AlertSignInError()
        return AlertNotAllowedError(reason=str(exc.detail)) if isinstance(exc, exceptions.PermissionDenied) else None


def body_of(request: Request, serializer: type[serializers.Serializer[Any]]) -> dict[str, Any]:
    """The body as an address takes it; none is an empty object.

    Raises:
        RejectedError: it is no JSON object, too large, or says something that the address doesn't know.
    """
    return object_of(
        request, serializer, limits=_LIMITS, refuse=lambda place, why: BadAlertRequestError(pointer=place, reason=why)
    )

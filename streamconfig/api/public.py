"""What the public reads of configuration share: nobody signs in, errors are problem documents."""

from __future__ import annotations

from typing import Any, Literal

from drf_spectacular.utils import OpenApiParameter
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from eventplatform.core.results import problem
from streamconfig.snapshots import SnapshotMissingError

QUERY: Literal["query"] = "query"


class PublicView(APIView):
    """Read by anybody, without credentials; an unread configuration is 503, try again."""

    permission_classes = [AllowAny]
    authentication_classes: list[Any] = []

    def handle_exception(self, exc: Exception) -> Response:
        """The platform's own error as a problem document."""
        if isinstance(exc, SnapshotMissingError):
            body = problem(exc.http_status, str(exc), code=exc.code, remedy=exc.hint)
            return Response(body, status=exc.http_status, headers={"Retry-After": str(exc.retry_after_seconds)})
        return super().handle_exception(exc)


def parameter(name: str, description: str) -> OpenApiParameter:
    return OpenApiParameter(name, str, QUERY, description=description)

"""What the reads of configuration share: errors are problem documents, and any origin may read them."""

from __future__ import annotations

from typing import Any, Literal

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import exceptions
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from eventplatform.core.errors import PlatformError
from eventplatform.problems import problem_response
from streamconfig import lookups
from streamconfig.api.errors import ParameterInvalidError

QUERY: Literal["query"] = "query"
EXPOSED = "Date, ETag, Retry-After, Warning, X-Config-Age, X-Config-Revision"


UNCHANGED = OpenApiResponse(description="Nothing changed since the answer whose ETag If-None-Match names.")


class PublicView(APIView):
    """Read by anybody, without credentials; whatever the platform itself refuses is a problem document."""

    permission_classes: Any = [AllowAny]
    authentication_classes: Any = []

    def handle_exception(self, exc: Exception) -> Response:
        """The platform's own errors, and mistyped parameters, as problem documents."""
        if isinstance(exc, exceptions.ValidationError) and isinstance(exc.detail, dict):
            name, reasons = next(iter(exc.detail.items()))
            exc = ParameterInvalidError(name=name, reason=" ".join(map(str, reasons)))
        if isinstance(exc, PlatformError):
            return problem_response(exc, cache="no-cache")  # type: ignore[return-value]  # DRF's dispatch takes any response of Django's
        if isinstance(exc, Http404):
            exc = exceptions.NotFound()
        return super().handle_exception(exc)

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Let a page of any origin read the answer, where it takes no credentials."""
        made = super().finalize_response(request, response, *args, **kwargs)
        if not self.authentication_classes:
            share(made)
            if request.method == "OPTIONS":  # a browser's question before a script sends an ETag of its own
                made["Access-Control-Allow-Headers"] = "If-None-Match"
                made["Access-Control-Max-Age"] = "86400"
        return made


def say_if_stale(response: Any) -> None:
    """Say of an answer made from the snapshot how old that is, where the database is away."""
    age = lookups.stale_seconds()
    if age is not None:
        response["X-Config-Age"] = str(age)
        response["Warning"] = '110 - "Response is Stale"'


def share(response: Any) -> None:
    """Let a page of any origin read an answer with its headers."""
    response["Access-Control-Allow-Origin"] = "*"
    response["Access-Control-Expose-Headers"] = EXPOSED


def parameter(name: str, description: str, kind: type = str, **more: Any) -> OpenApiParameter:
    """A parameter of the query, for OpenAPI."""
    return OpenApiParameter(name, kind, QUERY, description=description, **more)

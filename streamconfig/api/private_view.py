"""What the reads of history and of people's names share: seen by whoever may see the pages, asked of the database."""

from __future__ import annotations

from typing import Any

from django.db import DatabaseError
from drf_spectacular.utils import OpenApiParameter
from rest_framework import exceptions
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from eventplatform.json_api import SeesPages
from streamconfig.api.authentication import WRITERS
from streamconfig.api.errors import SignInError
from streamconfig.api.problems import ProblemSerializer
from streamconfig.api.public import PublicView, say_if_stale
from streamconfig.history import HistoryAwayError

READ_FAILURES = {400: ProblemSerializer, 401: ProblemSerializer, 404: ProblemSerializer, 503: ProblemSerializer}


class PrivateView(PublicView):
    """Answers from the database, to whoever may see the pages; while it is away, 503."""

    authentication_classes: Any = WRITERS
    permission_classes: Any = [SeesPages]
    renderer_classes = [JSONRenderer]

    def handle_exception(self, exc: Exception) -> Response:
        """A database that is away, and a stranger who must sign in, in the platform's words."""
        if isinstance(exc, DatabaseError):
            away = HistoryAwayError()
            away.__cause__ = exc
            return super().handle_exception(away)
        if isinstance(exc, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
            refusal = super().handle_exception(SignInError())
            refusal["WWW-Authenticate"] = 'Bearer realm="api"'
            return refusal
        return super().handle_exception(exc)

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Nobody but the reader keeps it."""
        made = super().finalize_response(request, response, *args, **kwargs)
        if not made.has_header("Cache-Control"):
            made["Cache-Control"] = "private, no-cache"
        return made


class PrivateSnapshotView(PrivateView):
    """Answers to the same people from the snapshot, also while the database is away, and says so."""

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Say how old an old snapshot is."""
        made = super().finalize_response(request, response, *args, **kwargs)
        say_if_stale(made)
        return made


def number_in_path(name: str, description: str) -> OpenApiParameter:
    """A number that is part of the address, for OpenAPI."""
    return OpenApiParameter(name, int, OpenApiParameter.PATH, description=description)

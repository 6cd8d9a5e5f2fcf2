"""Stream configuration over HTTP: the reference's address, and `/api/v1/streams`; both answer from the snapshot."""

from __future__ import annotations

import socket
from abc import ABC, abstractmethod
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import http_date
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from eventplatform.core.results import problem
from streamconfig import lookups
from streamconfig.compatible import streamconfigs
from streamconfig.filters import StreamFilter, narrow
from streamconfig.serializers import StreamListSerializer, StreamSerializer, as_json
from streamconfig.snapshots import Snapshot, SnapshotMissingError

_JSON = "application/json; charset=utf-8"
_QUERY: Literal["query"] = "query"


class _PublicView(APIView):
    """Read by anybody, without credentials; an unread configuration is 503, try again."""

    permission_classes = [AllowAny]
    authentication_classes: list[Any] = []

    def handle_exception(self, exc: Exception) -> Response:
        """The platform's own error as a problem document."""
        if isinstance(exc, SnapshotMissingError):
            body = problem(exc.http_status, str(exc), code=exc.code, remedy=exc.hint)
            return Response(body, status=exc.http_status, headers={"Retry-After": str(exc.retry_after_seconds)})
        return super().handle_exception(exc)


def _parameter(name: str, description: str) -> OpenApiParameter:
    return OpenApiParameter(name, str, _QUERY, description=description)


class ActionApi(_PublicView):
    """`action=streamconfigs` of MediaWiki's Action API: settings by stream; errors are 200 with their code in a header."""

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        """Ask the session who it is before DRF, which knows nobody here, forgets the answer."""
        user = getattr(request, "user", None)
        self.is_signed_in = user is not None and user.is_authenticated
        return super().initialize_request(request, *args, **kwargs)

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[Any, str]:  # noqa: ARG002, FBT001, FBT002  # DRF's signature
        """JSON, whatever `Accept` and `format` say."""
        return JSONRenderer(), JSONRenderer.media_type

    @extend_schema(
        operation_id="streamconfigs",
        parameters=[
            OpenApiParameter("action", str, _QUERY, required=True, enum=[streamconfigs.ACTION]),
            _parameter("streams", "Names, separated by |; absent means all, empty means none."),
            _parameter("constraints", "Settings that must hold, such as destination_event_service=main, separated by |."),
            _parameter("format", "Always json."),
            _parameter("formatversion", "2 or latest."),
            _parameter("origin", "`*` allows other origins to read the answer."),
        ],
        responses={200: {"type": "object", "properties": {"streams": {"type": "object"}}}},
    )
    def get(self, request: Request) -> HttpResponseBase:
        return self._answer(request, request.query_params.dict())

    @extend_schema(exclude=True)
    def post(self, request: Request) -> HttpResponseBase:
        posted = request.POST.dict()
        return self._answer(request, {**request.query_params.dict(), **posted})

    def _answer(self, request: Request, parameters: dict[str, str]) -> HttpResponse:
        try:
            query = streamconfigs.parse(parameters)
        except streamconfigs.ApiError as error:
            docref = request.build_absolute_uri(request.path)
            body = streamconfigs.error_answer(error, docref=docref, served_by=socket.gethostname())
            response = HttpResponse(body, content_type=_JSON)
            response["MediaWiki-API-Error"] = error.code
            response["Cache-Control"] = "private, must-revalidate, max-age=0"
        else:
            response = HttpResponse(streamconfigs.answer(lookups.snapshot().stream_set, query), content_type=_JSON)
            _let_caches_keep(response, is_signed_in=self.is_signed_in)
        if parameters.get("origin") == "*":
            response["Access-Control-Allow-Origin"] = "*"
        patch_vary_headers(response, ["Accept-Encoding", "Cookie"])
        return response


def _let_caches_keep(response: HttpResponse, *, is_signed_in: bool) -> None:
    """As in the reference: shared caches may keep what a stranger gets, a user's own answer stays private."""
    age = streamconfigs.MAX_AGE_SECONDS
    if is_signed_in:
        response["Cache-Control"] = f"private, must-revalidate, max-age={age}"
    else:
        response["Cache-Control"] = f"max-age={age}, s-maxage={age}, public"
        response["Expires"] = http_date((timezone.now() + timedelta(seconds=age)).timestamp())


class _SnapshotView(_PublicView, ABC):
    """Answers from a snapshot; a client that has its revision already gets 304, and no row is touched for it."""

    def get(self, request: Request, **names: str) -> HttpResponseBase:
        snapshot = lookups.snapshot()
        etag = f'"{snapshot.tag}-{request.accepted_renderer.format}"'
        response = get_conditional_response(request._request, etag=etag)  # noqa: SLF001  # Django's own needs Django's
        if response is None:
            response = self.answer(request, snapshot, **names)
        response["ETag"] = etag
        response["Cache-Control"] = "no-cache"
        response["Access-Control-Allow-Origin"] = "*"
        return response

    @abstractmethod
    def answer(self, request: Request, snapshot: Snapshot, **names: str) -> Response:
        """The full answer."""


class StreamList(_SnapshotView):
    """All streams that fit, in configuration order."""

    filterset_class = StreamFilter

    @extend_schema(
        operation_id="streams_list",
        parameters=[_parameter(name, str(one.label)) for name, one in StreamFilter.base_filters.items()],
        responses=StreamListSerializer,
    )
    def get(self, request: Request, **names: str) -> HttpResponseBase:
        return super().get(request, **names)

    def answer(self, request: Request, snapshot: Snapshot, **_names: str) -> Response:
        """The streams that fit the parameters."""
        found = narrow(snapshot.stream_set.entries, request.query_params.dict())
        results = [as_json(one, one.entry.name) for one in found]
        return Response({"revision": snapshot.revision, "count": len(results), "results": results})


class StreamDetail(_SnapshotView):
    """One stream, also one that a pattern stands for."""

    @extend_schema(operation_id="streams_read", responses=StreamSerializer)
    def get(self, request: Request, **names: str) -> HttpResponseBase:
        return super().get(request, **names)

    def answer(self, request: Request, snapshot: Snapshot, **names: str) -> Response:  # noqa: ARG002  # the base's signature
        """The stream, or 404."""
        name = names["name"]
        one = snapshot.stream_set.configured(name)
        if one is None:
            remedy = "See /api/v1/streams for all names."
            body = problem(HTTPStatus.NOT_FOUND, f"There is no stream {name[:249]}.", code="stream.not_found", remedy=remedy)
            return Response(body, status=HTTPStatus.NOT_FOUND)
        return Response({**as_json(one, name), "revision": snapshot.revision})

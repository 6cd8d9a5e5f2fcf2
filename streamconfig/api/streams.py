"""`/api/v1/streams`: streams as they hold now, answered from the snapshot."""

from __future__ import annotations

from abc import ABC, abstractmethod
from http import HTTPStatus

from django.http import HttpResponseBase
from django.utils.cache import get_conditional_response
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from eventplatform.core.results import problem
from streamconfig import lookups
from streamconfig.api.filters import StreamFilter, narrow
from streamconfig.api.public import PublicView, parameter
from streamconfig.api.serializers import StreamListSerializer, StreamSerializer, as_json
from streamconfig.snapshots import Snapshot


class _SnapshotView(PublicView, ABC):
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
        parameters=[parameter(name, str(one.label)) for name, one in StreamFilter.base_filters.items()],
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

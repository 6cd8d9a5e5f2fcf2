"""The reference's address, `/w/api.php?action=streamconfigs`; it answers from the snapshot, with bytes made once."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import orjson
from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.http import http_date
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from eventplatform.core.accepting import takes_gzip
from streamconfig import lookups
from streamconfig.api.packed import Kept, Packed
from streamconfig.api.public import QUERY, PublicView, parameter, say_if_stale
from streamconfig.compatible import streamconfigs
from streamconfig.compatible.streamconfigs import Query
from streamconfig.configuration import scopes
from streamconfig.configuration.scopes import Scope, ScopeInvalidError
from streamconfig.snapshots import Snapshot

_JSON = "application/json; charset=utf-8"
_MAX_KEPT_QUERY = 4000  # characters; whoever asks longer questions hardly asks twice
_kept = Kept()


class ActionApi(PublicView):
    """`action=streamconfigs` of MediaWiki's Action API: settings by stream; errors are 200 with their code in a header."""

    renderer_classes = [JSONRenderer]
    user: Any = None

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        """Remember who the session says it is before DRF, which knows nobody here, forgets it."""
        self.user = getattr(request, "user", None) if settings.SESSION_COOKIE_NAME in request.COOKIES else None
        return super().initialize_request(request, *args, **kwargs)

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        """As the reference does, share an answer only where `origin` asks for it; what isn't the reference's is shared."""
        if isinstance(response, _Answer):
            return APIView.finalize_response(self, request, response, *args, **kwargs)  # type: ignore[arg-type]  # Django's do
        return super().finalize_response(request, response, *args, **kwargs)

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[Any, str]:  # noqa: ARG002, FBT001, FBT002  # DRF's signature
        """JSON, whatever `Accept` and `format` say."""
        return JSONRenderer(), JSONRenderer.media_type

    @extend_schema(
        operation_id="streamconfigs",
        parameters=[
            OpenApiParameter("action", str, QUERY, required=True, enum=[streamconfigs.ACTION]),
            parameter("streams", "Names, separated by |; absent means all, empty means none."),
            parameter("constraints", "Settings that must hold, such as destination_event_service=main, separated by |."),
            parameter("scope", "A site, as enwiki, or with its tags, as officewiki|private; else the site of the host."),
            parameter("format", "Always json."),
            parameter("formatversion", "2 or latest."),
            parameter("origin", "`*` allows other origins to read the answer."),
        ],
        responses={200: {"type": "object", "properties": {"streams": {"type": "object"}}}},
    )
    def get(self, request: Request) -> HttpResponseBase:
        return self._answer(request, request.query_params.dict())

    @extend_schema(exclude=True)
    def post(self, request: Request) -> HttpResponseBase:
        posted = request.POST.dict()
        return self._answer(request, {**request.query_params.dict(), **posted})

    def _answer(self, request: Request, parameters: Mapping[str, str]) -> HttpResponse:
        snapshot = lookups.snapshot()
        try:
            query = streamconfigs.parse(parameters, has_high_limits=self._has_high_limits)
            scope = _scope(snapshot, parameters.get("scope", ""), request.get_host())
        except streamconfigs.ApiError as error:
            docref = request.build_absolute_uri(request.path)
            response = _Answer(streamconfigs.error_answer(error, docref=docref, served_by=socket.gethostname()))
            response["MediaWiki-API-Error"] = error.code
            response["Cache-Control"] = "private, must-revalidate, max-age=0"
        else:
            response = _sent(_packed(snapshot, scope, query), request)
            _let_caches_keep(response, is_signed_in=self._is_signed_in())
        say_if_stale(response)
        if parameters.get("origin") == "*":
            response["Access-Control-Allow-Origin"] = "*"
        patch_vary_headers(response, ["Accept-Encoding", "Cookie"])
        return response

    def _is_signed_in(self) -> bool:
        try:
            return self.user is not None and self.user.is_authenticated
        except DatabaseError:
            return True  # somebody with a session, whoever it is: no shared cache may keep it

    def _has_high_limits(self) -> bool:
        """Whether this is somebody whom the reference would give `apihighlimits`."""
        try:
            return self._is_signed_in() and self.user.has_perm("streamconfig.wire_stream")
        except DatabaseError:
            return False


class _Answer(HttpResponse):
    """An answer in the reference's form."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content, content_type=_JSON)


def _scope(snapshot: Snapshot, text: str, host: str) -> Scope | None:
    document = snapshot.stream_set.document
    try:
        found = scopes.resolve(document, text, host=host)
    except ScopeInvalidError:
        raise streamconfigs.unrecognised("scope", text) from None
    return scopes.narrowed(document, found, settings.ENVIRONMENT)


def _packed(snapshot: Snapshot, scope: Scope | None, query: Query) -> Packed:
    def make() -> Any:
        return orjson.Fragment(streamconfigs.answer(snapshot.scoped(scope), query))

    if sum(map(len, (*(query.streams or ()), *(query.constraints or ())))) > _MAX_KEPT_QUERY:
        return Packed.of(make())
    return _kept.get_or_make(snapshot.tag, (scope, query), make)


def _sent(answer: Packed, request: Request) -> _Answer:
    if not takes_gzip(request.headers.get("Accept-Encoding", "")):
        return _Answer(answer.plain)
    response = _Answer(answer.gzipped)
    response["Content-Encoding"] = "gzip"
    return response


def _let_caches_keep(response: HttpResponse, *, is_signed_in: bool) -> None:
    """As in the reference: shared caches may keep what a stranger gets, a user's own answer stays private.

    Ten minutes, also where a window or a ramp has its boundary earlier: its clients are used to it, and the intake stops
    what is stopped at once. Who wants to know at once asks `/api/v1/streams`.
    """
    age = streamconfigs.MAX_AGE_SECONDS
    if is_signed_in:
        response["Cache-Control"] = f"private, must-revalidate, max-age={age}"
    else:
        response["Cache-Control"] = f"max-age={age}, s-maxage={age}, public"
        response["Expires"] = http_date((timezone.now() + timedelta(seconds=age)).timestamp())

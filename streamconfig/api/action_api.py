"""The reference's address, `/w/api.php?action=streamconfigs`; it answers from the snapshot."""

from __future__ import annotations

import socket
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.http import http_date
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from streamconfig import lookups
from streamconfig.api.public import QUERY, PublicView, parameter
from streamconfig.compatible import streamconfigs

_JSON = "application/json; charset=utf-8"


class ActionApi(PublicView):
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
            OpenApiParameter("action", str, QUERY, required=True, enum=[streamconfigs.ACTION]),
            parameter("streams", "Names, separated by |; absent means all, empty means none."),
            parameter("constraints", "Settings that must hold, such as destination_event_service=main, separated by |."),
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

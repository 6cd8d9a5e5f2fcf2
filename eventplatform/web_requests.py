"""Counts and times what the role web answers, gives each request its id in log lines, and its span where traces are on."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from eventplatform import logs, tracing
from eventplatform.core.metrics import WEB_REQUESTS, WEB_SECONDS
from eventplatform.guard.request_head import usable_id

Answer = Callable[[HttpRequest], HttpResponseBase]

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class ObservedRequests:
    """The outermost middleware: whatever answers, is counted."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        method = request.method if request.method in _METHODS else "other"
        began = time.perf_counter()
        with (
            logs.bound(request_id=usable_id(request.headers.get("x-request-id", ""))),
            tracing.span(f"web {method}", kind="server", parent=request.headers.get("traceparent", "")) as span,
        ):
            response = self.get_response(request)
            route = _route(request)
            span.tell(route=route, status=response.status_code)
        WEB_REQUESTS.labels(method, route, str(response.status_code)).inc()
        WEB_SECONDS.labels(route).observe(time.perf_counter() - began)
        return response


def _route(request: HttpRequest) -> str:
    """The pattern that the address fits, so that names in it make no series of their own."""
    match = request.resolver_match
    return match.route if match is not None else ""

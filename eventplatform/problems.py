"""Errors as problem documents (RFC 9457), for every address of Django's that programs ask."""

from __future__ import annotations

from typing import Any

from django.http import JsonResponse

from eventplatform.core.errors import PlatformError, RetriableError
from eventplatform.core.results import problem


def problem_response(error: PlatformError, *, details: dict[str, Any] | None = None, cache: str = "no-store") -> JsonResponse:
    """Code, place, remedy and `Retry-After` of an error; `details` are members beside them."""
    body = problem(error.http_status, str(error), code=error.code, remedy=error.hint)
    if error.pointer:
        body["pointer"] = error.pointer
    response = JsonResponse(body | (details or {}), status=error.http_status, content_type="application/problem+json")
    response["Cache-Control"] = cache
    if isinstance(error, RetriableError):
        response["Retry-After"] = str(error.retry_after_seconds)
    return response


def unlogged(response: JsonResponse) -> JsonResponse:
    """Without a line in Django's log, for what a client typed."""
    response._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001  # Django's own mark
    return response
